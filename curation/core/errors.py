"""Errors that a user can act on: what is wrong, where it is, how to fix it.

Every error that bad input or an impossible request can cause is one of these; anything else that reaches the
terminal is a defect of the project. The command line prints the three parts and exits with `exit_code`.
"""

from __future__ import annotations

from collections.abc import Iterable


class MixError(Exception):
    """An error with its place and its remedy.

    Args:
        what: what is wrong, with the offending value.
        where: file and line, column, row, recipe key or document id.
        fix: the key to change or the command to run.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str | None = None, fix: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}\n  fix: {self.fix}" if self.fix else head

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.what, self.where, self.fix))


class RunFailed(MixError):
    """A run could not be finished; the same command continues it."""

    exit_code = 1


class BadInput(MixError):
    """Input that cannot be used: a file, a recipe, a flag."""

    exit_code = 2


class Infeasible(BadInput):
    """A request that no answer can satisfy; `fix` names the smallest relaxation."""


class BadEnvironment(MixError):
    """A package, program or device that the request needs is missing or of the wrong version."""

    exit_code = 3


class Problems(BadInput):
    """Several errors of one input, reported at once."""

    def __init__(self, problems: Iterable[MixError]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[object, ...]:
        return (Problems, (self.problems,))


def _rebuild(kind: type[MixError], what: str, where: str | None, fix: str | None) -> MixError:
    return kind(what, where=where, fix=fix)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like `name`, or None if none is close."""
    import difflib

    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return matches[0] if matches else None
