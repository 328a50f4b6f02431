"""From rates to whole tokens.

1. Every bucket gets rate times mass, rounded by largest remainder, under its cap: max_rate times mass, rounded down.
2. What these caps keep back, less than a token a bucket, goes to buckets with rate 0 above the discard, the best first.
"""

from __future__ import annotations

import math
from fractions import Fraction

from curation.core.errors import BadInput, Infeasible
from mixing.allocation import apportion
from mixing.upsample.curve import Curve

# rates are scaled to integers; this keeps 24 digits of a rate of 1
_RATE_UNIT = 2**80


def bucket_tokens(curve: Curve, total: int | None = None) -> tuple[int, ...]:
    """Whole tokens of every bucket; they sum to the total, and none is above max_rate times the bucket's tokens.

    Args:
        curve: a curve over masses that are whole numbers.
        total: tokens of all buckets; by default the curve's target, rounded. Others are split in the same proportion.

    Raises:
        Infeasible: the caps of the buckets, rounded down, do not reach the total.
        BadInput: a mass that is not whole.
    """
    for q, mass in enumerate(curve.masses):
        if mass != int(mass):
            raise BadInput(f"bucket {q} has {mass} tokens", fix="count whole tokens")
    wanted = round(curve.target) if total is None else total
    if wanted <= 0:
        return (0,) * len(curve.masses)
    quotas = {
        ("", q): int(Fraction(rate) * int(mass) * _RATE_UNIT)
        for q, (rate, mass) in enumerate(zip(curve.rates, curve.masses, strict=True))
    }
    caps = {key: whole_cap(curve.max_rate, curve.masses[key[1]]) for key in quotas if key[1] >= curve.first}
    most = sum(caps.values())
    if most < wanted:
        raise Infeasible(
            f"{wanted:,} tokens are wanted, whole tokens within max_rate {curve.max_rate:g} are {most:,}",
            fix=f"lower the target by {wanted - most:,} tokens",
        )
    seen = {key: quota for key, quota in quotas.items() if quota}
    placed = min(wanted, sum(caps[key] for key in seen))
    given = dict.fromkeys(quotas, 0) | (apportion(seen, placed, caps) if seen else {})
    for key in sorted(caps.keys() - seen.keys(), reverse=True):
        given[key] = min(caps[key], wanted - sum(given.values()))
    return tuple(given.values())


def whole_cap(max_rate: float, mass: float) -> int:
    """Most whole tokens that a bucket may give. The rate is read as the decimal that the user wrote."""
    return math.floor(Fraction(repr(float(max_rate))) * Fraction(mass))
