"""The power-exponential and the exponential curve, the steepest that the cap allows.

    f(x) = C (x - a)^p e^(lambda (x - a))   for percentiles x from a, and 0 below

C is set by the target. The mean over the best bucket must not pass the cap; f rises, so no other bucket passes it then.
That mean rises with p and with lambda, hence each choice below is the root of one monotone function:

1. p is the largest power in [0, max_p] for which lambda = 0 keeps to the cap.
2. lambda is the largest slope in [0, max_lambda] that keeps to the cap at this p; it is 0 unless p = max_p.

This is the rule of Olmo 3 (the largest feasible p, then the largest feasible lambda) without its grid of 20 powers from
0.01 to 2. On the grid, p falls short of the largest power by up to 0.1 and lambda takes up what is left; the curve then
jumps when the target passes a grid point, and no target above about 99.8 % of the feasible range has an answer. Here
the rates are continuous in the target, none falls when the target grows, and at the upper end p reaches 0: the curve is
flat at the cap. The exponential is the case max_p = 0. For p below 1 the curve is not convex, at p = 0 it starts with
a jump.

Numerics: s = (x - a) / (1 - a) maps what is kept onto [0, 1]; there the rates are the mean rate times means of a
density (mixing/upsample/density.py), and k = lambda (1 - a). Cost: some ten evaluations of two 1F1 by Brent's method.
Reference: Olmo 3 report, appendix A.2.4; dolma3, datasets/dolma3_mix/mixes/mixing_utils.py.
"""

from __future__ import annotations

from collections.abc import Callable

from scipy.optimize import brentq

from mixing.upsample.density import means, scale
from mixing.upsample.profile import Array, Profile


def power_exponential(
    profile: Profile, mean: float, cap: float, max_p: float, max_lambda: float
) -> tuple[Array, dict[str, float]]:
    """Rates of the kept buckets, and the curve's parameters.

    Args:
        profile: the buckets.
        mean: how often the kept tokens are seen on average, from 0 to the cap.
        cap: how often a token of the best bucket may be seen on average.
        max_p: largest power.
        max_lambda: largest slope of the logarithm per unit of percentile.
    """
    edges_K1 = profile.inner_edges_K1
    best_edges = edges_K1[-2:]
    kept = 1.0 - profile.start

    def excess(p: float, k: float) -> float:
        return mean * float(means(p, k, best_edges)[0]) - cap

    p = _largest(lambda p: excess(p, 0.0), max_p)
    k = _largest(lambda k: excess(p, k), max_lambda * kept) if p == max_p else 0.0
    parameters = {"a": profile.start, "C": mean * scale(p, k) / kept**p, "p": p, "lambda": k / kept}
    return mean * means(p, k, edges_K1), parameters


def _largest(excess: Callable[[float], float], limit: float) -> float:
    """The largest argument in [0, limit] at which a rising function is not above 0; 0 if there is none."""
    if excess(limit) <= 0:
        return limit
    if excess(0.0) >= 0:
        return 0.0
    root: float = brentq(excess, 0.0, limit, xtol=1e-15, rtol=1e-14)
    return root
