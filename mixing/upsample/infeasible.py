"""What to say when a domain cannot give the tokens that are wanted: the numbers, the range, the smallest relaxations.

The rate that would do is the target by the tokens above the discard; the discard that would do is the largest bucket
edge above which there is enough at the present rate. Both are printed with as few digits as keep them sufficient.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from curation.core.errors import Infeasible
from mixing.upsample.profile import Profile


def out_of_range(profile: Profile, target: float, limits: Mapping[str, float], where: str | None = None) -> Infeasible:
    """The error for a target above the range.

    Args:
        profile: the domain's buckets.
        target: tokens wanted.
        limits: how often a token may be seen, by the name of the setting that says so; the lowest binds.
        where: the domain.
    """
    total, kept = float(profile.masses_Q.sum()), profile.kept_mass
    if not total:
        return Infeasible(f"{_tokens(target)} tokens are wanted of none", where=where, fix="lower the target to 0")
    name = min(limits, key=lambda limit: limits[limit])
    rate = limits[name]
    what = (
        f"{_tokens(target)} tokens are wanted; the feasible range is 0 to {_tokens(rate * kept)}: "
        f"{name} {rate:g} times {_tokens(kept)} tokens, which are {_tokens(total)} less the worst {profile.start:.4%}"
    )
    needed = _rounded_up(target / kept)
    relaxations = [f"raise {' and '.join(n for n in limits if limits[n] < target / kept)} to {needed}"]
    discard = _largest_discard(profile, target / rate)
    if discard is not None:
        relaxations.append(f"lower discard to {discard}")
    relaxations.append(f"lower the target to {_tokens(math.floor(rate * kept) if rate * kept >= 1 else rate * kept)}")
    return Infeasible(what, where=where, fix=", or ".join(relaxations))


def _largest_discard(profile: Profile, needed: float) -> str | None:
    """The largest edge above which there are so many tokens, as a decimal that is lowered to it; None if none has."""
    above_Q = profile.masses_Q[::-1].cumsum()[::-1]
    enough = np.flatnonzero(above_Q >= needed)
    if not len(enough):
        return None
    q = int(enough[-1])
    edge, following = profile.edges_Q1[q], profile.edges_Q1[q + 1]
    rounded = (_rounded_up(float(edge), digits) for digits in (4, 8, 12))
    return next((text for text in rounded if float(text) < following - 1e-6), repr(float(edge)))


def _rounded_up(value: float, digits: int = 4) -> str:
    if value == 0:
        return "0"
    unit = 10.0 ** (math.floor(math.log10(value)) + 1 - digits)
    return f"{math.ceil(value / unit) * unit:.{digits}g}"


def _tokens(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 or value == int(value) else f"{value:.6g}"
