"""From shares to integer tokens of every (domain, bucket): largest remainder, exact to the token.

1. Weights are rounded to 1e-9 and scaled to sum to 1.
2. Each domain's quota is its weight's part of the budget. A domain whose quota is above its repetition cap gets the
   cap; what it leaves is shared by the others in proportion to their weights, until no quota is above its cap.
3. Each domain gets the whole part of its quota; the tokens that are left go one each to the largest remainders, ties to
   the first in name.
4. Within a domain 3 is done over its buckets, in proportion to rate times tokens (the same rate for all by default).

Everything is integers and fractions, so that no budget is too large to be exact. Cost: domains squared at worst.
Reference: Hamilton's method; Balinski and Young 2001, "Fair Representation".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import TypeVar

from curation.core.errors import BadInput, Infeasible
from mixing.counts import Cell

_WEIGHT_UNIT = 10**9
_RATE_UNIT = 2**80  # keeps 24 digits of a rate of 1
_RELAXATION_DIGITS = 4
Key = TypeVar("Key", str, Cell)


def allocate(
    weights: Mapping[str, float],
    budget_tokens: int,
    available: Mapping[Cell, int],
    *,
    max_repetition: float | None = None,
    rates: Mapping[Cell, float] | None = None,
    max_rate: float | None = None,
) -> dict[Cell, int]:
    """Integer tokens of every cell that gets any; they sum to the budget.

    Args:
        weights: share of each domain.
        budget_tokens: how many tokens there shall be.
        available: tokens that each (domain, bucket) has.
        max_repetition: no domain gets more than this times its tokens; None: no cap.
        rates: relative rate of each cell within its domain; 1 for a cell that is not there.
        max_rate: no cell gets more than this times its tokens, where rounding to whole tokens allows it.

    Raises:
        BadInput: a weight or rate is negative or no number.
        Infeasible: a domain has no tokens, or the caps cannot reach the budget.
    """
    shares = {name: share for name, share in _units(weights).items() if share}
    if not shares:
        raise Infeasible("no domain has a share above 0", fix="give a domain a share")
    cells: dict[str, dict[Cell, int]] = {name: {} for name in shares}
    for cell, n in sorted(available.items()):
        if n and cell[0] in shares:
            cells[cell[0]][cell] = n
    for name, share in shares.items():
        if not cells[name]:
            portion = f"{share / sum(shares.values()):.3%}"
            raise Infeasible(f"{name} has {portion} of the mixture and no tokens", fix=f"give {name} the share 0")
    totals = {name: sum(found.values()) for name, found in cells.items()}
    per_domain = apportion(shares, budget_tokens, _caps(totals, budget_tokens, max_repetition))
    relative = {cell: Fraction(rate) for cell, rate in _checked(rates or {}).items()}
    allocation: dict[Cell, int] = {}
    for domain, tokens in per_domain.items():
        if not tokens:
            continue
        quotas = {cell: int(n * relative.get(cell, Fraction(1)) * _RATE_UNIT) for cell, n in cells[domain].items()}
        if not any(quotas.values()):
            raise Infeasible(
                f"every bucket of {domain} has the rate 0, and {domain} gets {tokens:,} tokens",
                fix=f"give a bucket of {domain} a rate, or {domain} the share 0",
            )
        caps = _times(cells[domain], max_rate) if max_rate is not None else None
        # caps are rounded down, so that together they may miss the domain's tokens by less than one a bucket
        fits = caps is not None and sum(caps[cell] for cell, quota in quotas.items() if quota) >= tokens
        allocation |= apportion(quotas, tokens, caps if fits else None)
    return {cell: n for cell, n in allocation.items() if n}


def apportion(quotas: Mapping[Key, int], total: int, caps: Mapping[Key, int] | None) -> dict[Key, int]:
    """Integers in proportion to quotas that sum to a total: largest remainder, never above a cap.

    Args:
        quotas: not all 0.
        total: what the integers sum to.
        caps: for every key with a quota; together at least the total.
    """
    given = dict.fromkeys(quotas, 0)
    open_keys = sorted(key for key, quota in quotas.items() if quota)
    assert open_keys and (caps is None or sum(caps[key] for key in open_keys) >= total)
    while True:
        left, whole = total - sum(given.values()), sum(quotas[key] for key in open_keys)
        exact = {key: Fraction(quotas[key] * left, whole) for key in open_keys}
        capped = [key for key in open_keys if caps is not None and exact[key] > caps[key]]
        if not capped:
            break
        given |= {key: caps[key] for key in capped if caps is not None}
        open_keys = [key for key in open_keys if key not in capped]
    # no quota is above its cap now, and a cap is a whole number: rounding up does not pass it either
    given |= {key: int(share) for key, share in exact.items()}
    by_remainder = sorted(open_keys, key=lambda key: given[key] - exact[key])
    for key in by_remainder[: total - sum(given.values())]:
        given[key] += 1
    return given


def _units(weights: Mapping[Key, float]) -> dict[Key, int]:
    """Weights as whole numbers of 1e-9, in order of name."""
    return {key: round(weight * _WEIGHT_UNIT) for key, weight in sorted(_checked(weights).items())}


def _checked(numbers: Mapping[Key, float]) -> Mapping[Key, float]:
    for key, number in numbers.items():
        if not (math.isfinite(number) and number >= 0):
            raise BadInput(f"the weight of {key} is {number}", fix="weights and rates are numbers from 0 up")
    return numbers


def _caps(totals: Mapping[str, int], budget: int, max_repetition: float | None) -> dict[str, int] | None:
    """The most tokens that each domain may get."""
    if max_repetition is None:
        return None
    caps = _times(totals, max_repetition)
    possible = sum(caps.values())
    if possible < budget:
        raise Infeasible(
            f"at max_repetition {max_repetition:g} the {sum(totals.values()):,} tokens of the mixture's domains give "
            f"{possible:,}, the budget is {budget:,}",
            fix=f"raise max_repetition to {_smallest_repetition(totals, budget)}, "
            f"or lower the budget to {possible:,} tokens",
        )
    return caps


def _smallest_repetition(totals: Mapping[str, int], budget: int) -> str:
    """The smallest cap of four digits that reaches the budget."""
    exact = Fraction(budget, sum(totals.values()))
    digits = _RELAXATION_DIGITS - 1 - math.floor(math.log10(exact))
    tenth = Fraction(10) ** -digits
    steps = math.ceil(exact / tenth)
    while sum(_times(totals, float(steps * tenth)).values()) < budget:  # every domain is rounded down
        steps += 1
    return f"{float(steps * tenth):.{max(0, digits)}f}"


def _times(totals: Mapping[Key, int], repetition: float) -> dict[Key, int]:
    exact = Fraction(str(repetition))  # as it was written: 4.1 times 10 tokens are 41
    return {name: math.floor(exact * n) for name, n in totals.items()}
