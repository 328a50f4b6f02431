"""A study's laws together: one for every metric, each fitted by itself.

Averaging comes after fitting, never before it: the mean of metrics is not a simple function of the mixture (measured on
RegMix's swarm: rank correlation 0.97 for the mean of laws, 0.65 for the law of the mean).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from scipy.stats import spearmanr

from curation.core.errors import BadInput
from curation.core.plugins import load_plugin
from mixing.regress.base import Array, Law, Regressor
from mixing.study import Study

GROUP = "mixwright.regressors"
DEFAULT = "log-linear"


@dataclass(frozen=True)
class Surrogate:
    """Predicts every metric of a mixture.

    Args:
        study: what it was fitted to.
        regressor: the family.
        laws: one a metric, in the order of `study.metrics`; of a metric that is better when higher, of its negative.
    """

    study: Study
    regressor: Regressor
    laws: tuple[Law, ...]

    @property
    def domains(self) -> list[str]:
        return self.study.domains

    @property
    def metrics(self) -> list[str]:
        return self.study.metrics.columns

    @cached_property
    def signs_T(self) -> Array:
        """1 where lower is better, else -1."""
        return np.array([1.0 if self.study.lower_is_better(metric) else -1.0 for metric in self.metrics])

    @property
    def convex(self) -> bool:
        return all(law.convex for law in self.laws)

    def predict(self, ratios: pl.DataFrame) -> pl.DataFrame:
        """The metrics of mixtures.

        Args:
            ratios: a column a domain, in any order.

        Returns:
            One column a metric, in the units of the study.

        Raises:
            BadInput: a domain's column is missing, or there is one that the study does not know.
        """
        if set(ratios.columns) != set(self.domains):
            odd = sorted(set(ratios.columns) ^ set(self.domains))
            raise BadInput(f"columns and domains of the study differ in: {', '.join(odd)}")
        ratios_RD = ratios.select(self.domains).to_numpy().astype(np.float64)
        values_TR = [sign * law.values(ratios_RD) for sign, law in zip(self.signs_T, self.laws, strict=True)]
        return pl.DataFrame(dict(zip(self.metrics, values_TR, strict=True)))

    @cached_property
    def left_out(self) -> pl.DataFrame:
        """The prediction of each run by laws that were fitted without it; shape and order of `study.metrics`."""
        ratios_RD, metrics_RT = self.study.ratios_RD, self.study.metrics.to_numpy()
        predicted_RT = np.empty_like(metrics_RT)
        for run in range(len(metrics_RT)):
            others = np.arange(len(metrics_RT)) != run
            for t, sign in enumerate(self.signs_T):
                law = self.regressor.fit(ratios_RD[others], sign * metrics_RT[others, t], near=self.laws[t])
                predicted_RT[run, t] = sign * law.values(ratios_RD[run : run + 1])[0]
        return pl.DataFrame(dict(zip(self.metrics, predicted_RT.T, strict=True)))

    def scores(self) -> dict[str, dict[str, float]]:
        """Of every metric: rank correlation, R^2 and residual standard deviation of the left-out predictions."""
        return {metric: _score(self.study.metrics[metric], self.left_out[metric]) for metric in self.metrics}


def fit(study: Study, regressor: str = "auto") -> Surrogate:
    """Fit every metric of a study.

    Args:
        study: at least D + 2 runs.
        regressor: a family by name; "auto" is `log-linear`.

    Raises:
        BadInput: too few runs, an unknown family, a metric without a direction or with values no law can have.
    """
    needed = len(study.domains) + 2
    if len(study.runs) < needed:
        raise BadInput(
            f"{len(study.runs)} runs cannot tell {len(study.domains)} domains apart",
            fix=f"add runs: at least {needed}, better 3 to 5 for each domain",
        )
    chosen: Regressor = load_plugin(GROUP, DEFAULT if regressor == "auto" else regressor)()
    ratios_RD = study.ratios_RD
    laws = []
    for metric in study.metrics.columns:
        sign = 1.0 if study.lower_is_better(metric) else -1.0
        laws.append(chosen.fit(ratios_RD, sign * study.metrics[metric].to_numpy()))
    return Surrogate(study, chosen, tuple(laws))


def _score(measured: pl.Series, predicted: pl.Series) -> dict[str, float]:
    truth, guess = measured.to_numpy(), predicted.to_numpy()
    residual = guess - truth
    spread = float(((truth - truth.mean()) ** 2).sum())
    constant = spread == 0 or float(np.ptp(guess)) == 0
    rank = 0.0 if constant else float(spearmanr(truth, guess).statistic)
    return {
        "rank_correlation": round(rank, 6),
        "r2": round(1 - float((residual**2).sum()) / spread, 6) if spread else 0.0,
        "residual_sd": round(float(np.sqrt((residual**2).mean())), 6),
    }
