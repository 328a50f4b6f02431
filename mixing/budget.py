"""What a budget allows each domain: its cap as a share, and its curve over quality buckets.

Without upsampling a domain may give its tokens times max_repetition. With it, only what its curve can give: the tokens
above the discard times the stricter of max_rate and max_repetition.
"""

from __future__ import annotations

from collections.abc import Mapping

from curation.core.errors import Infeasible
from mixing.counts import Cell, by_domain
from mixing.mixture import DomainCurve, Upsampling
from mixing.solver.problem import share_caps
from mixing.upsample.config import UpsampleConfig
from mixing.upsample.domains import curves_for, domain_caps


def caps_of(
    cells: Mapping[Cell, int], tokens: int, max_repetition: float, upsample: UpsampleConfig | None
) -> dict[str, float]:
    """The largest share of every domain.

    Raises:
        Infeasible: together they do not reach the budget.
    """
    if upsample is None:
        return share_caps(by_domain(cells), tokens, max_repetition)
    most = domain_caps(cells, upsample, max_repetition)
    total = sum(most.values())
    if total < tokens:
        rate = min(upsample.max_rate, max_repetition)
        which = "max_rate" if upsample.max_rate < max_repetition else "max_repetition"
        raise Infeasible(
            f"above the discard of {upsample.discard:g}, tokens seen {rate:g} times are {total:,}; "
            f"the budget is {tokens:,}",
            fix=f"raise {which} by a factor of {tokens / total if total else float('inf'):.4g}, lower the discard, "
            f"or lower tokens to {total:,}",
        )
    return {name: min(1.0, n / tokens) for name, n in most.items()}


def upsampling_of(
    cells: Mapping[Cell, int],
    weights: Mapping[str, float],
    tokens: int,
    max_repetition: float,
    upsample: UpsampleConfig | None,
) -> Upsampling | None:
    """The curves of a mixture, for its file; None without upsampling."""
    if upsample is None:
        return None
    curves = curves_for(cells, weights, tokens, upsample, max_repetition)
    buckets = {domain: [bucket for name, bucket in sorted(cells) if name == domain] for domain in curves}
    return Upsampling(
        config=upsample,
        max_rate=min(upsample.max_rate, max_repetition),
        curves={
            domain: DomainCurve(
                rates=dict(zip(buckets[domain], curve.rates, strict=True)),
                parameters={name: round(value, 9) for name, value in curve.parameters.items()},
            )
            for domain, curve in curves.items()
        },
    )
