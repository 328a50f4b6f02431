"""Errors say what, where and how to fix it, and cross processes."""

from __future__ import annotations

import pickle

import pytest

from curation.core.errors import BadEnvironment, BadInput, Infeasible, MixError, Problems, RunFailed, nearest

CASES = [(MixError, 1), (RunFailed, 1), (BadInput, 2), (Infeasible, 2), (BadEnvironment, 3)]


@pytest.mark.parametrize(("kind", "exit_code"), CASES)
@pytest.mark.parametrize("where", [None, "a.yaml:3"])
@pytest.mark.parametrize("fix", [None, "write `b`"])
def test_fields_survive_pickling(kind: type[MixError], exit_code: int, where: str | None, fix: str | None) -> None:
    error = kind("bad `a`", where=where, fix=fix)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert (again.what, again.where, again.fix, again.exit_code) == ("bad `a`", where, fix, exit_code)
    assert str(again) == str(error)


def test_the_text_has_the_parts_that_are_known() -> None:
    assert str(BadInput("bad")) == "bad"
    assert str(BadInput("bad", where="a:3")) == "a:3: bad"
    assert str(BadInput("bad", where="a:3", fix="do x")) == "a:3: bad\n  fix: do x"


def test_several_problems_are_told_together_and_survive_pickling() -> None:
    problems = Problems(iter([BadInput("one", where="a:1"), Infeasible("two", fix="relax")]))
    again = pickle.loads(pickle.dumps(problems))
    assert str(again) == str(problems) == "a:1: one\ntwo\n  fix: relax"
    assert [type(problem) for problem in again.problems] == [BadInput, Infeasible]
    assert again.exit_code == 2


@pytest.mark.parametrize(
    ("name", "found"), [("gopher_qualty", "gopher_quality"), ("holdouts", "holdout"), ("xyz", None)]
)
def test_the_nearest_known_name(name: str, found: str | None) -> None:
    assert nearest(name, ["gopher_quality", "holdout"]) == found
    assert nearest(name, []) is None
