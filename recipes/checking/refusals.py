"""What is refused, and where it is written: the address of a value, told at its place in the recipe."""

from __future__ import annotations

from collections.abc import Iterable

from curation.core.errors import BadInput, Infeasible, MixError
from recipes.loading.tree import Addresses, Place


class Refusal:
    """A reason not to run, at an address of the recipe such as `stages.mixture.tokens`.

    Args:
        address: of the value that is wrong, or of what would hold it.
        what: is wrong.
        fix: what to write instead.
        infeasible: whether the recipe is well made and asks for what cannot be.
    """

    def __init__(self, address: str, what: str, fix: str | None = None, *, infeasible: bool = False) -> None:
        self.address = address
        self.what = what
        self.fix = fix
        self.infeasible = infeasible

    def error(self, place: Place) -> MixError:
        kind = Infeasible if self.infeasible else BadInput
        return kind(f"{self.address}: {self.what}", where=str(place), fix=self.fix)


def errors(refusals: Iterable[Refusal], addresses: Addresses) -> list[MixError]:
    """As errors with file, line and column, in the order of the file."""
    placed = [(addresses.place(refusal.address), refusal) for refusal in refusals]
    placed.sort(key=lambda pair: (not pair[0].line, pair[0].file, pair[0].line, pair[0].column))
    return [refusal.error(place) for place, refusal in placed]
