"""A study: the mixtures that were tried, and what came out of each.

Two tables with the same runs in the same order: `ratios` (a column a domain, rows sum to 1) and `metrics` (a column a
metric). They are read from ratios.csv and metrics.csv, joined on the run; the CSVs of olmix (`run,name,index,...`) and
of RegMix (`index,train_the_pile_...`) are read as they are, their column names kept.

Names that contain bpb, loss, ppl or nll are better when lower; any other metric needs a direction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from curation.core.errors import BadInput
from curation.core.hashing import digest

_RUN_KEYS = ("run", "run_id", "index")
_NOT_DOMAINS = {"run", "run_id", "name", "index"}
_MINIMISED = ("bpb", "loss", "ppl", "nll")
_SUM_TOLERANCE = 0.02


@dataclass(frozen=True)
class Study:
    """Mixtures and metrics of a swarm; row r of both tables is the same run.

    Args:
        runs: names of the runs.
        ratios: R x D, one column a domain; rows sum to 1.
        metrics: R x T, one column a metric.
        directions: metric to "minimize" or "maximize", for those whose name does not tell.
    """

    runs: tuple[str, ...]
    ratios: pl.DataFrame
    metrics: pl.DataFrame
    directions: Mapping[str, str] = field(default_factory=dict)

    @property
    def domains(self) -> list[str]:
        return self.ratios.columns

    @property
    def ratios_RD(self) -> npt.NDArray[np.float64]:
        return self.ratios.to_numpy().astype(np.float64)

    @property
    def fingerprint(self) -> str:
        """A hash of the names and values."""
        return digest(*self.runs, self.ratios.write_csv(), self.metrics.write_csv())

    def lower_is_better(self, metric: str) -> bool:
        """The direction of a metric.

        Raises:
            BadInput: neither its name nor `directions` tells.
        """
        if metric in self.directions:
            return self.directions[metric] == "minimize"
        if minimised_by_name(metric):
            return True
        raise BadInput(
            f"whether more or less of metric {metric!r} is better is not known",
            fix=f"declare it: --maximize {metric} or --minimize {metric}",
        )

    @staticmethod
    def from_csv(ratios: str | Path, metrics: str | Path) -> Study:
        """Read a study from its two files.

        Rows that sum to 1 within 2 % are scaled to sum to 1 (RegMix rounds to multiples of its minimum weight).

        Raises:
            BadInput: no key column in common, runs missing or repeated, values that are no numbers, rows that do not
                sum to 1.
        """
        tried, measured = _read(ratios), _read(metrics)
        key = next((name for name in _RUN_KEYS if name in tried.columns and name in measured.columns), None)
        if key is None:
            raise BadInput(
                f"no run column in common: {ratios} has {', '.join(tried.columns[:4])}, ..., "
                f"{metrics} has {', '.join(measured.columns[:4])}, ...",
                where=str(metrics),
                fix="give both files a column `run`",
            )
        for frame, path in ((tried, ratios), (measured, metrics)):
            repeated = frame.filter(pl.col(key).is_duplicated())
            if repeated.height:
                raise BadInput(f"run {repeated[key][0]!r} stands there {repeated.height} times", where=str(path))
        absent = sorted(set(tried[key].cast(pl.String)) ^ set(measured[key].cast(pl.String)))
        if absent:
            raise BadInput(
                f"runs that only one of the files has: {', '.join(absent[:5])}{' ...' if len(absent) > 5 else ''}",
                where=f"{ratios}, {metrics}",
                fix="remove their rows, or collect the missing metrics",
            )
        joined = tried.select(key).join(measured, on=key, how="left", maintain_order="left")
        domains = [name for name in tried.columns if name not in _NOT_DOMAINS]
        names = [name for name in measured.columns if name not in _NOT_DOMAINS]
        weights = _numbers(tried.select(domains), ratios)
        sums = weights.sum_horizontal()
        wrong = np.flatnonzero(np.abs(sums.to_numpy() - 1) > _SUM_TOLERANCE)
        if len(wrong):
            row = int(wrong[0])
            raise BadInput(
                f"the shares of run {tried[key][row]!r} sum to {sums[row]:.4f}",
                where=f"{ratios}, row {row + 2}",
                fix="shares of a run sum to 1",
            )
        return Study(
            runs=tuple(tried[key].cast(pl.String)),
            ratios=weights.select(pl.all() / sums),
            metrics=_numbers(joined.select(names), metrics),
        )


def minimised_by_name(metric: str) -> bool:
    """Whether a metric's name says that lower is better; of other metrics it says nothing."""
    return any(word in metric.lower() for word in _MINIMISED)


def _read(path: str | Path) -> pl.DataFrame:
    try:
        return pl.read_csv(path, infer_schema_length=None)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise BadInput(f"cannot be read as CSV: {error}", where=str(path)) from error


def _numbers(frame: pl.DataFrame, path: str | Path) -> pl.DataFrame:
    for name in frame.columns:
        column = frame[name].cast(pl.Float64, strict=False)
        bad = (column.is_null() | column.is_nan() | column.is_infinite()).arg_true()
        if len(bad):
            raise BadInput(
                f"column {name!r} has {frame[name][bad[0]]!r}, which is no number",
                where=f"{path}, row {bad[0] + 2}",
                fix="remove the run from both files, or collect its metrics",
            )
    return frame.cast(pl.Float64)
