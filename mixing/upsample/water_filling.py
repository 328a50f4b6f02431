"""Water-filling: the rates of greatest worth, when repeated tokens are worth less and less.

    maximise  sum of X_q u_q phi(r_q)   over 0 <= r_q <= cap with sum of X_q r_q = target

u_q is the worth of a token of bucket q seen once. phi(r) = r up to 1, then 1 + R (1 - e^(-(r - 1) / R)): the worth in
unique tokens of a token seen r times, after Muennighoff et al. phi is concave, so the conditions of Karush, Kuhn and
Tucker are sufficient, and they have one number, the threshold mu, for all buckets:

    r_q = 0 if u_q < mu,   anything from 0 to 1 if u_q = mu,   min(cap, 1 + R ln(u_q / mu)) if u_q > mu

1. In nu = -ln mu the tokens asked for are piecewise linear with jumps: a bucket enters at -ln u_q with a jump to 1 and
   is full (cap - 1) / R later. Evaluate them at these 2K points, from both sides.
2. Find the point or the piece that holds the target; within a piece interpolate, at a jump fill the buckets that enter
   to the same share. The answer is exact, no iteration is needed.

Rates rise with u_q, so they do not fall with quality. For R to infinity this is best-first filling, for equal worths it
is flat. Cost O(K^2), for K about 20.
Reference: Muennighoff et al. 2023, Scaling data-constrained language models (arXiv 2305.16264), equation 5.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from curation.core.errors import BadInput
from mixing.upsample.profile import Array, Profile


def water_filling(
    profile: Profile, mean: float, cap: float, values: Sequence[float] | None, decay: float
) -> tuple[Array, dict[str, float]]:
    """Rates of the kept buckets, and the parameters: the start, the threshold and the decay.

    Args:
        profile: the buckets.
        mean: how often the kept tokens are seen on average, from 0 to the cap.
        cap: how often a token may be seen.
        values: worth of a token of each of the Q buckets; by default the percentile in the middle of the bucket.
        decay: repetitions R after which the worth of one more has fallen to 1/e.

    Raises:
        BadInput: the values are not as many as the buckets, not above 0, or fall.
    """
    widths_K, enters_K = profile.widths_K, -np.log(_values(profile, values))
    first = min(1.0, cap)

    def rates(nu: float, after: bool) -> Array:
        entered_K = enters_K <= nu if after else enters_K < nu
        return np.where(entered_K, np.clip(first + decay * (nu - enters_K), first, cap), 0.0)

    points_N = np.unique(np.concatenate([enters_K, enters_K + (cap - first) / decay]))
    after_N = np.array([rates(nu, True) @ widths_K for nu in points_N])
    # the last point asks for the cap of all, which the mean does not pass but by rounding
    at = min(int(np.searchsorted(after_N, mean)), len(points_N) - 1)
    nu = float(points_N[at])
    lower_K, upper_K = rates(nu, False), rates(nu, True)
    if float(lower_K @ widths_K) > mean:
        low = float(points_N[at - 1])
        lower_K, upper_K = rates(low, True), lower_K
        nu = low + (nu - low) * _part(mean, lower_K, upper_K, widths_K)
    rates_K = lower_K + (upper_K - lower_K) * _part(mean, lower_K, upper_K, widths_K)
    return rates_K, {"a": profile.start, "threshold": float(np.exp(-nu)), "repetition_decay": decay}


def worth(rates_K: Array, decay: float) -> Array:
    """Unique tokens that a token seen so often is worth: phi."""
    repeats_K = np.maximum(rates_K - 1, 0.0)
    return np.minimum(rates_K, 1.0) - decay * np.expm1(-repeats_K / decay)


def _part(mean: float, lower_K: Array, upper_K: Array, widths_K: Array) -> float:
    """How far the mean lies on the way from the lower rates to the upper ones, from 0 to 1."""
    low, high = float(lower_K @ widths_K), float(upper_K @ widths_K)
    return min(max((mean - low) / (high - low), 0.0), 1.0) if high > low else 1.0


def _values(profile: Profile, values: Sequence[float] | None) -> Array:
    if values is None:
        middles_Q: Array = (profile.edges_Q1[:-1] + profile.edges_Q1[1:]) / 2
        return middles_Q[profile.kept]
    values_Q = np.asarray(values, dtype=np.float64)
    n_buckets = len(profile.masses_Q)
    if values_Q.shape != (n_buckets,):
        raise BadInput(f"{values_Q.size} values for {n_buckets} buckets", fix="give one value for every bucket")
    wrong = np.flatnonzero(~(np.isfinite(values_Q) & (values_Q > 0)))
    if len(wrong):
        raise BadInput(f"the value of bucket {wrong[0]} is {values_Q[wrong[0]]}", fix="give a number above 0")
    falls = np.flatnonzero(np.diff(values_Q) < 0)
    if len(falls):
        q = int(falls[0])
        raise BadInput(
            f"the values fall from {values_Q[q]:g} in bucket {q} to {values_Q[q + 1]:g} in bucket {q + 1}",
            fix="give values that do not fall with quality: rates may not",
        )
    return values_Q[profile.kept]
