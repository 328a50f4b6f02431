"""From shares to integer tokens of every (domain, bucket): largest remainder, exact to the token.

1. Weights are rounded to 1e-9 and scaled to sum to 1.
2. Each domain's quota is weight times budget; it gets the whole part, and the tokens that are left go one each to the
   largest remainders, ties to the first in name. A domain at its repetition cap gets none beyond it.
3. Within a domain the same is done over its buckets, in proportion to rate times tokens (the same rate for all by
   default).
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TypeVar

from curation.core.errors import Infeasible
from mixing.counts import Cell

_WEIGHT_UNIT = 10**9
Key = TypeVar("Key", str, Cell)


def allocate(
    weights: Mapping[str, float],
    budget_tokens: int,
    available: Mapping[Cell, int],
    *,
    max_repetition: float | None = None,
    rates: Mapping[Cell, float] | None = None,
) -> dict[Cell, int]:
    """Integer tokens of every cell that gets any; they sum to the budget.

    Args:
        weights: share of each domain.
        budget_tokens: how many tokens there shall be.
        available: tokens that each (domain, bucket) has.
        max_repetition: no domain gets more than this times its tokens; None: no cap.
        rates: relative rate of each cell within its domain; by default all are equal.

    Raises:
        Infeasible: a domain has no tokens, or the caps cannot reach the budget.
    """
    shares = {name: round(weight * _WEIGHT_UNIT) for name, weight in sorted(weights.items())}
    totals: dict[str, int] = {}
    for (domain, _), n in available.items():
        totals[domain] = totals.get(domain, 0) + n
    for name, share in shares.items():
        if share and not totals.get(name):
            raise Infeasible(
                f"{name} has {share / _WEIGHT_UNIT:.3%} of the mixture and no tokens", fix=f"give {name} the share 0"
            )
    caps = {name: int(totals[name] * max_repetition) for name in shares if name in totals} if max_repetition else None
    per_domain = apportion(shares, budget_tokens, caps)
    allocation: dict[Cell, int] = {}
    for domain, tokens in per_domain.items():
        cells = {cell: n for cell, n in sorted(available.items()) if cell[0] == domain and n}
        quotas = {cell: n * round((rates or {}).get(cell, 1.0) * _WEIGHT_UNIT) for cell, n in cells.items()}
        if tokens:
            allocation |= apportion(quotas, tokens, None)
    return {cell: n for cell, n in allocation.items() if n}


def apportion(quotas: Mapping[Key, int], total: int, caps: Mapping[Key, int] | None) -> dict[Key, int]:
    """Integers in proportion to quotas that sum to a total: largest remainder, never above a cap.

    Raises:
        Infeasible: the caps sum to less than the total, or every quota is 0.
    """
    whole = sum(quotas.values())
    if whole <= 0:
        raise Infeasible("no domain has a share above 0")
    exact = {key: Fraction(quota * total, whole) for key, quota in quotas.items()}
    given = {key: min(int(share), caps[key]) if caps else int(share) for key, share in exact.items()}
    left = total - sum(given.values())
    # what a cap kept back goes to the others round by round, largest remainder first
    while left > 0:
        open_keys = [key for key in exact if quotas[key] > 0 and (caps is None or given[key] < caps[key])]
        if not open_keys:
            raise Infeasible(
                f"caps allow {total - left:,} tokens, the budget is {total:,}",
                fix=f"raise max_repetition by a factor of {total / (total - left):.4g}, "
                f"or lower the budget to {total - left:,} tokens",
            )
        by_remainder = sorted(open_keys, key=lambda key: (given[key] - exact[key], key))
        each = max(1, left // len(by_remainder))
        for key in by_remainder[: left if each == 1 else None]:
            room = caps[key] - given[key] if caps else each
            step = min(each, room, left)
            given[key] += step
            left -= step
    return given
