"""The log-linear law of Data Mixing Laws and Olmix: f(p) = c + exp(a . p), for one metric.

Fit, for R runs over D domains:
1. For each of several floors c below the smallest metric, log(metric - c) is regressed on p by ridge: a start.
2. From every start, trust-region least squares (analytic Jacobian) with a Huber loss on the residuals in units of the
   metric's spread, and a weak ridge on the spread of a around its mean, which makes the answer unique where runs are
   few. The floor stays within 50 standard deviations below the smallest metric, where the law is linear to the eye.
3. The best of the ends is taken.

Convex in p: the exponential of a linear function. Cost: tens of milliseconds for 25 runs and 5 domains.
Reference: Ye et al. 2024, "Data Mixing Laws", equation 6; Olmix (Chen et al. 2026), section 3. There c is exp(c'),
which keeps it positive; here it is free, so that metrics of any sign can be fitted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from mixing.regress.base import Array, Law

_FLOORS = (0.05, 0.5, 1.0, 2.0, 5.0, 20.0)  # standard deviations below the smallest metric
_LOWEST_FLOOR = 50.0
_RIDGE = 1e-3
_HUBER_SCALE = 1.5


@dataclass(frozen=True)
class LogLinearLaw:
    """floor + exp(a . p)."""

    floor: float
    a_D: Array
    convex: bool = True

    def values(self, ratios_RD: Array) -> Array:
        predicted: Array = self.floor + np.exp(ratios_RD @ self.a_D)
        return predicted

    def gradient(self, ratios_D: Array) -> Array:
        slope: Array = np.exp(float(ratios_D @ self.a_D)) * self.a_D
        return slope


@dataclass(frozen=True)
class LogLinear:
    """See the module."""

    name: str = "log-linear"

    def fit(self, ratios_RD: Array, metric_R: Array, near: Law | None = None) -> LogLinearLaw:
        # in units of the spread and counted from the smallest value, every metric looks alike
        scale = max(float(np.std(metric_R)), 1e-9)
        smallest = float(metric_R.min())
        unit_R = (metric_R - smallest) / scale
        if isinstance(near, LogLinearLaw):
            starts = [np.concatenate(([(near.floor - smallest) / scale], near.a_D - np.log(scale)))]
        else:
            starts = [np.concatenate(([-depth], _ridge(ratios_RD, np.log(unit_R + depth)))) for depth in _FLOORS]
        ends = [_descend(start, ratios_RD, unit_R) for start in starts]
        _, best = min(ends, key=lambda end: end[0])
        return LogLinearLaw(floor=smallest + scale * float(best[0]), a_D=best[1:] + np.log(scale))


def _descend(start: Array, ratios_RD: Array, unit_R: Array) -> tuple[float, Array]:
    lower, upper = np.full(len(start), -np.inf), np.full(len(start), np.inf)
    lower[0], upper[0] = -_LOWEST_FLOOR, max(1.0, float(unit_R.max()))
    start = np.clip(start, lower + 1e-9, upper - 1e-9)
    found = least_squares(
        _residuals,
        start,
        jac=_jacobian,
        bounds=(lower, upper),
        args=(ratios_RD, unit_R),
        loss="huber",
        f_scale=_HUBER_SCALE,
        x_scale="jac",
        max_nfev=200,
    )
    return round(float(found.cost), 12), found.x


def _residuals(parameters: Array, ratios_RD: Array, unit_R: Array) -> Array:
    floor, a_D = parameters[0], parameters[1:]
    misfit = floor + np.exp(np.minimum(ratios_RD @ a_D, 50.0)) - unit_R
    return np.concatenate((misfit, np.sqrt(_RIDGE) * (a_D - a_D.mean())))


def _jacobian(parameters: Array, ratios_RD: Array, unit_R: Array) -> Array:
    a_D = parameters[1:]
    n_domains = len(a_D)
    slope_RD = np.exp(np.minimum(ratios_RD @ a_D, 50.0))[:, None] * ratios_RD
    misfit = np.column_stack((np.ones(len(unit_R)), slope_RD))
    centred = np.sqrt(_RIDGE) * (np.eye(n_domains) - 1 / n_domains)
    return np.vstack((misfit, np.column_stack((np.zeros(n_domains), centred))))


def _ridge(ratios_RD: Array, target_R: Array) -> Array:
    """Least squares through the simplex with a weak ridge around the mean: always solvable."""
    mean = float(target_R.mean())
    gram = ratios_RD.T @ ratios_RD + 1e-3 * np.eye(ratios_RD.shape[1])
    return np.asarray(mean + np.linalg.solve(gram, ratios_RD.T @ (target_R - mean)), dtype=np.float64)
