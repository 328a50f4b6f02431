"""Curves that are one constant above their start: flat and step.

flat: every token above the discard is seen equally often.
step: best first; the best buckets are filled to the cap, then the next one, until the target is reached. As a curve of
the percentile it is the cap for the best share of the tokens, and 0 below; the bucket that the start falls into gets
its mean.

Both are exact at every target from 0 to the cap. Cost O(K).
Reference: the flat filters that Olmo 3 compares its curves with (report, appendix A.2.5, table 39).
"""

from __future__ import annotations

import numpy as np

from mixing.upsample.profile import Array, Profile


def flat(profile: Profile, mean: float) -> tuple[Array, dict[str, float]]:
    """Rates of the kept buckets, and the curve's parameters, where the kept tokens are seen `mean` times on average."""
    return np.full(len(profile.kept), mean), {"a": profile.start, "C": mean}


def step(profile: Profile, mean: float, cap: float) -> tuple[Array, dict[str, float]]:
    """The same, with the best tokens seen `cap` times each and the others not at all."""
    widths_K = profile.widths_K
    # what is wanted in units of the width at the cap, less what better buckets take
    better_K = np.concatenate([np.cumsum(widths_K[::-1])[::-1][1:], [0.0]])
    filled_K = np.clip((mean / cap - better_K) / widths_K, 0.0, 1.0)
    start = 1.0 - (1.0 - profile.start) * mean / cap
    return cap * filled_K, {"a": start, "C": cap}
