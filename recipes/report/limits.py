"""How much of many things is shown: at most 24 rows of anything, the ones that matter most, and a line that says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

MOST_ROWS = 24

T = TypeVar("T")


def largest(items: Sequence[T], size: Callable[[T], float], most: int = MOST_ROWS) -> tuple[T, ...]:
    """The items of the largest sizes, in their own order; of equal ones the first."""
    chosen = sorted(range(len(items)), key=lambda i: (-size(items[i]), i))[:most]
    return tuple(items[i] for i in sorted(chosen))


def cut_note(n_shown: int, n_all: int, what: str, rest: str = "") -> str:
    """Says what is left out: "24 of 60 domains are shown, those that change most"; empty if nothing is."""
    if n_shown == n_all:
        return ""
    return f"{n_shown} of {n_all:,} {what}{f'; {rest}' if rest else ''}."
