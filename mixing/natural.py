"""Mixtures that need no study: the natural one, in proportion to tokens, the uniform one, and the only one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from curation.core.errors import Infeasible
from mixing.budget import caps_of, upsampling_of
from mixing.counts import Cell, by_domain
from mixing.mixture import Certificate, Mixture
from mixing.upsample.config import UpsampleConfig
from mixing.weights import round_shares

ONE_DOMAIN = "one domain"
"""What the certificate of the only mixture names as its solver."""


def natural_shares(counts: Mapping[str, int]) -> dict[str, float]:
    """Tokens of each domain over all tokens.

    Raises:
        Infeasible: there are no tokens.
    """
    total = sum(counts.values())
    if not total:
        raise Infeasible("there are no tokens to mix")
    return {name: n / total for name, n in sorted(counts.items())}


def baseline(
    kind: Literal["natural", "uniform"],
    counts: Mapping[Cell, int],
    tokens: int,
    max_repetition: float,
    upsample: UpsampleConfig | None = None,
) -> Mixture:
    """A mixture without a study, for comparison.

    "uniform" gives every domain the same share, except that a domain at its repetition cap keeps the cap and the others
    share the rest (UniMax, Chung et al. 2023). `counts` are the tokens of every (domain, bucket).

    Raises:
        Infeasible: the caps do not reach the budget.
    """
    totals = by_domain(counts)
    caps = caps_of(counts, tokens, max_repetition, upsample)
    natural = natural_shares(totals)
    shares = round_shares(natural if kind == "natural" else _even(caps), caps)
    return Mixture(
        weights=shares,
        natural=natural,
        budget_tokens=tokens,
        max_repetition=max_repetition,
        repetition={name: round(share * tokens / totals[name], 6) for name, share in shares.items() if totals[name]},
        baseline=kind,
        upsampling=upsampling_of(counts, shares, tokens, max_repetition, upsample),
    )


def only_mixture(
    counts: Mapping[Cell, int], tokens: int, max_repetition: float, upsample: UpsampleConfig | None = None
) -> Mixture:
    """The mixture of a single domain: weight 1. It is the best one, since there is no other: its gap is 0.

    Raises:
        Infeasible: the cap does not reach the budget.
    """
    proof = Certificate(
        objective=0.0, lower_bound=0.0, gap=0.0, solver=ONE_DOMAIN, iterations=0, active=[], shadow_prices={}
    )
    mixture = baseline("natural", counts, tokens, max_repetition, upsample)
    assert len(mixture.weights) == 1
    return mixture.model_copy(update={"baseline": None, "certificate": proof})


def _even(caps: Mapping[str, float]) -> dict[str, float]:
    shares: dict[str, float] = {}
    left = 1.0
    for number, (name, cap) in enumerate(sorted(caps.items(), key=lambda item: (item[1], item[0]))):
        shares[name] = min(cap, left / (len(caps) - number))
        left -= shares[name]
    return {name: shares[name] for name in sorted(shares)}
