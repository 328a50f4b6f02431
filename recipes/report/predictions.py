"""What a study's laws predict: the gain of a mixture, and the runs that they were not fitted to."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from mixing.mixture import Mixture
from recipes.report.words import ratio


@dataclass(frozen=True)
class Gain:
    """A metric at the natural mixture and at the optimised one, as the law has it; a lower value is better.

    Args:
        metric: its name.
        natural: predicted at the natural mixture.
        optimised: predicted at this mixture.
        se: standard deviation of left-out residuals: how far off the law is for one run.
        rank_correlation: Spearman's, of left-out predictions with what was measured.
        r2: of the same; below 0 where the mean of the runs predicts better.
    """

    metric: str
    natural: float
    optimised: float
    se: float
    rank_correlation: float | None
    r2: float | None

    @property
    def difference(self) -> float:
        return self.optimised - self.natural

    @property
    def relative(self) -> float | None:
        return ratio(self.difference, self.natural)


class LeftOut(NamedTuple):
    """Runs of one metric, measured and predicted without themselves, as differences from the mean of the measured."""

    metric: str
    measured: tuple[float, ...]
    predicted: tuple[float, ...]


def gains_of(mixture: Mixture) -> tuple[Gain, ...]:
    """The predicted gain of every metric, in the order of the file."""
    found = []
    for metric, told in mixture.predicted.items():
        fit = mixture.fit.get(metric)
        found.append(
            Gain(
                metric,
                told.natural,
                told.value,
                told.se,
                fit.rank_correlation if fit else None,
                fit.r2 if fit else None,
            )
        )
    return tuple(found)


def mean_gain(gains: Iterable[Gain]) -> Gain | None:
    """The mean over metrics; None if there are none."""
    rows = tuple(gains)
    if not rows:
        return None
    n = len(rows)
    return Gain("mean", sum(g.natural for g in rows) / n, sum(g.optimised for g in rows) / n, math.nan, None, None)


def left_out_of(rows: Iterable[Mapping[str, str]]) -> tuple[LeftOut, ...]:
    """The rows of predictions.csv by metric; rows without two numbers are left out.

    Every metric is centred on its own mean: metrics lie at different levels, and on a common axis these alone would
    look like a good prediction.
    """
    points: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        try:
            point = (float(row["measured"]), float(row["predicted"]))
        except (TypeError, ValueError):
            continue
        if all(map(math.isfinite, point)):
            points.setdefault(row["metric"], []).append(point)
    found = []
    for metric, pairs in points.items():
        mean = sum(measured for measured, _ in pairs) / len(pairs)
        measured, predicted = zip(*((m - mean, p - mean) for m, p in pairs), strict=True)
        found.append(LeftOut(metric, measured, predicted))
    return tuple(found)


def read_left_out(path: Path) -> tuple[LeftOut, ...]:
    """From a predictions.csv."""
    with path.open(encoding="utf-8", newline="") as lines:
        return left_out_of(csv.DictReader(lines))
