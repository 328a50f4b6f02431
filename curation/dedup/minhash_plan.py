"""What bands and rows of MinHash find, before anything is run: the S-curve.

Two documents of Jaccard similarity J agree in one minimum with probability J, in all rows of a band with J^rows, and
become a candidate pair, by one band or more, with 1 - (1 - J^rows)^bands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SIMILARITIES = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0)


@dataclass(frozen=True)
class CurvePoint:
    """The probability `found` that a pair of similarity `jaccard` becomes a candidate."""

    jaccard: float
    found: float


def candidate_probability(jaccard: float, bands: int, rows: int) -> float:
    """1 - (1 - J^rows)^bands."""
    return float(1.0 - (1.0 - jaccard**rows) ** bands)


def s_curve(bands: int, rows: int, similarities: Sequence[float] = SIMILARITIES) -> tuple[CurvePoint, ...]:
    """The curve at some similarities, as rows of a table."""
    return tuple(CurvePoint(jaccard, candidate_probability(jaccard, bands, rows)) for jaccard in similarities)


def plan_text(bands: int, rows: int, similarities: Sequence[float] = SIMILARITIES) -> str:
    """The curve in lines for people."""
    lines = [f"{bands} bands x {rows} rows", "Jaccard  found"]
    lines += [f"{point.jaccard:7.2f}  {100 * point.found:5.1f} %" for point in s_curve(bands, rows, similarities)]
    return "\n".join(lines)
