"""From a domain's buckets and a target to a rate for every bucket.

1. Lower the discard to a bucket edge; what is above it can give from 0 to max_rate times its tokens.
2. A target outside that range is refused, with the smallest relaxations that would do.
3. The family's rule picks the curve (constant.py, power_exponential.py, water_filling.py); a bucket's rate is the
   curve's mean over the bucket's percentiles.

Whatever the family: rates times masses sum to the target (to rounding), none is above max_rate, none falls with
quality, and those of the discarded buckets are 0. Cost: 0.1 to 0.4 ms a domain.
Reference: Olmo 3 report, appendices A.2.4 and A.2.5.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curation.core.errors import BadInput, nearest
from mixing.upsample.config import DISCARD, FAMILIES, MAX_LAMBDA, MAX_P, MAX_RATE, REPETITION_DECAY
from mixing.upsample.constant import flat, step
from mixing.upsample.infeasible import out_of_range
from mixing.upsample.power_exponential import power_exponential
from mixing.upsample.profile import Array, Profile
from mixing.upsample.water_filling import water_filling

# a target that is above the range by no more than this share of it is taken for its end
RANGE_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Curve:
    """How often a token of each bucket is seen.

    Args:
        family: shape of the curve.
        rates: of every bucket, the worst first.
        parameters: "a", the percentile at which the curve starts; "C", "p" and "lambda" where the curve is
            C (x - a)^p e^(lambda (x - a)); "threshold" and "repetition_decay" for water-filling.
        feasible_range: least and most tokens that these buckets can give.
        masses: tokens of every bucket.
        target: tokens that are wanted.
        max_rate: how often a token may be seen.
        first: the first bucket that is not discarded.
    """

    family: str
    rates: tuple[float, ...]
    parameters: Mapping[str, float]
    feasible_range: tuple[float, float]
    masses: tuple[float, ...]
    target: float
    max_rate: float
    first: int


def solve_curve(
    masses: Sequence[float],
    target: float,
    max_rate: float = MAX_RATE,
    *,
    discard: float = DISCARD,
    family: str = "power-exponential",
    max_p: float = MAX_P,
    max_lambda: float | None = None,
    values: Sequence[float] | None = None,
    repetition_decay: float = REPETITION_DECAY,
) -> Curve:
    """The curve of a family that takes `target` tokens from a domain.

    Args:
        masses: unique tokens of every quality bucket, the worst first; at least one.
        target: tokens wanted, repetitions counted.
        max_rate: how often a token of any bucket may be seen, above 0.
        discard: share of the worst tokens that are never seen, from 0 to below 1; lowered to a bucket edge.
        family: flat, step, exponential, power-exponential or water-filling.
        max_p: power-exponential: largest power.
        max_lambda: exponential (by default 15) and power-exponential (2): largest slope of the logarithm.
        values: water-filling: worth of a token of each bucket; by default the percentile in its middle.
        repetition_decay: water-filling: repetitions after which worth has decayed by 1/e.

    Raises:
        Infeasible: the target is more than max_rate times the tokens above the discard.
        BadInput: a number outside its range.

    Example:
        >>> solve_curve([100, 100, 100, 100], 300, discard=0.25, family="flat").rates
        (0.0, 1.0, 1.0, 1.0)
    """
    _check(target, max_rate, family)
    profile = Profile.of(masses, discard)
    highest = max_rate * profile.kept_mass
    if target > highest * (1 + RANGE_TOLERANCE):
        raise out_of_range(profile, target, {"max_rate": max_rate})
    mean = min(target / profile.kept_mass, max_rate) if profile.kept_mass else 0.0
    if not len(profile.kept):
        rates_K, parameters = np.zeros(0), {"a": 0.0, "C": 0.0}
    elif family == "flat":
        rates_K, parameters = flat(profile, mean)
    elif family == "step":
        rates_K, parameters = step(profile, mean, max_rate)
    elif family == "water-filling":
        rates_K, parameters = water_filling(profile, mean, max_rate, values, repetition_decay)
    else:
        slope = MAX_LAMBDA[family] if max_lambda is None else max_lambda
        power = max_p if family == "power-exponential" else 0.0
        rates_K, parameters = power_exponential(profile, mean, max_rate, power, slope)
    if mean == max_rate:
        rates_K = np.full_like(rates_K, max_rate)
    return Curve(
        family=family,
        rates=profile.spread(rates_K, max_rate),
        parameters=parameters,
        feasible_range=(0.0, highest),
        masses=tuple(masses),
        target=min(target, highest),
        max_rate=max_rate,
        first=profile.first,
    )


def curve_values(curve: Curve, xs: npt.ArrayLike) -> Array:
    """The curve at percentiles, for drawing; water-filling has no curve but its bucket rates, and they are returned.

    Args:
        curve: a solved curve.
        xs: percentiles of the domain's tokens from 0 (worst) to 1 (best), any shape.
    """
    x = np.asarray(xs, dtype=np.float64)
    if "threshold" in curve.parameters:
        edges_Q1 = np.concatenate([[0.0], np.cumsum(curve.masses)]) / sum(curve.masses)
        filled = np.flatnonzero(curve.masses)
        at = np.searchsorted(edges_Q1[1:][filled], x, side="right")
        return np.asarray(curve.rates)[filled[np.minimum(at, len(filled) - 1)]]
    above = x - curve.parameters["a"]
    p, slope = curve.parameters.get("p", 0.0), curve.parameters.get("lambda", 0.0)
    from_start = np.maximum(above, 0.0)
    return np.where(above >= 0, curve.parameters["C"] * from_start**p * np.exp(slope * from_start), 0.0)


def _check(target: float, max_rate: float, family: str) -> None:
    if family not in FAMILIES:
        near = nearest(family, FAMILIES)
        raise BadInput(
            f"no family of curves is called {family!r}",
            fix=f"did you mean {near}?" if near else f"give one of {', '.join(FAMILIES)}",
        )
    if not (math.isfinite(target) and target >= 0):
        raise BadInput(f"the target is {target} tokens", fix="give a number from 0")
    if not (math.isfinite(max_rate) and max_rate > 0):
        raise BadInput(f"max_rate is {max_rate}", fix="give a number above 0")
