"""Curves for all domains of a mixture: how much each can give at most, and the rates at its share of the budget.

A token may be seen max_rate times by the upsampling and max_repetition times by the mixture: the stricter of the two
binds, for every bucket. The mixture is solved under the caps of `domain_caps` first, then each domain's target is its
weight times the budget.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curation.core.errors import BadInput, Infeasible
from mixing.counts import Cell
from mixing.upsample.config import UpsampleConfig
from mixing.upsample.curve import RANGE_TOLERANCE, Curve, solve_curve
from mixing.upsample.infeasible import out_of_range
from mixing.upsample.profile import Profile
from mixing.upsample.tokens import whole_cap


def domain_caps(
    masses: Mapping[Cell, int], config: UpsampleConfig, max_repetition: float | None = None
) -> dict[str, int]:
    """Most tokens that each domain can give: the binding rate times its tokens above the discard, in whole tokens.

    Args:
        masses: tokens of every (domain, bucket); bucket 0 is the worst.
        config: the family and its limits.
        max_repetition: how often a token may be seen; None: only max_rate counts.
    """
    rate = min(_limits(config, max_repetition).values())
    caps = {}
    for domain, buckets in _by_domain(masses).items():
        profile = Profile.of(list(buckets.values()), config.discard)
        caps[domain] = sum(whole_cap(rate, mass) for mass in list(buckets.values())[profile.first :])
    return caps


def curves_for(
    masses: Mapping[Cell, int],
    weights: Mapping[str, float],
    budget_tokens: int,
    config: UpsampleConfig,
    max_repetition: float | None = None,
) -> dict[str, Curve]:
    """The curve of every domain of a mixture; rates are in the order of the domain's buckets.

    Args:
        masses: tokens of every (domain, bucket); bucket 0 is the worst.
        weights: share of each domain.
        budget_tokens: tokens of all domains.
        config: the family and its limits.
        max_repetition: how often a token may be seen; None: only max_rate counts.

    Raises:
        Infeasible: shares that domains cannot give; all of them are named.
        BadInput: values that do not fit the buckets.
    """
    limits = _limits(config, max_repetition)
    domains, caps = _by_domain(masses), domain_caps(masses, config, max_repetition)
    short: list[Infeasible] = []
    curves: dict[str, Curve] = {}
    for domain, weight in sorted(weights.items()):
        buckets = domains.get(domain, {0: 0})
        target, cap = weight * budget_tokens, float(caps.get(domain, 0))
        # rounded shares may pass a cap by some 1e-15 of the budget: less than a token below 10^14 tokens
        if cap < target <= cap + max(0.5, 1e-14 * budget_tokens):
            target = cap
        profile = Profile.of(list(buckets.values()), config.discard)
        if target > min(limits.values()) * profile.kept_mass * (1 + RANGE_TOLERANCE):
            short.append(out_of_range(profile, target, limits, where=domain))
            continue
        curves[domain] = solve_curve(
            list(buckets.values()), target, **_arguments(config, domain, buckets, min(limits.values()))
        )
    if len(short) == 1:
        raise short[0]
    if short:
        raise Infeasible(f"{len(short)} domains cannot give their share\n" + "\n".join(map(str, short)))
    return curves


def rates_for(
    masses: Mapping[Cell, int],
    weights: Mapping[str, float],
    budget_tokens: int,
    config: UpsampleConfig,
    max_repetition: float | None = None,
) -> dict[Cell, float]:
    """How often a token of every (domain, bucket) is seen; 0 for domains without a weight. As `curves_for`."""
    curves = curves_for(masses, weights, budget_tokens, config, max_repetition)
    rates: dict[Cell, float] = {}
    for domain, buckets in _by_domain(masses).items():
        solved = curves[domain].rates if domain in curves else (0.0,) * len(buckets)
        rates |= {(domain, bucket): rate for bucket, rate in zip(buckets, solved, strict=True)}
    return rates


def _limits(config: UpsampleConfig, max_repetition: float | None) -> dict[str, float]:
    return {"max_rate": config.max_rate} | ({} if max_repetition is None else {"max_repetition": max_repetition})


def _by_domain(masses: Mapping[Cell, int]) -> dict[str, dict[int, int]]:
    """Domain -> bucket -> tokens, both in order."""
    domains: dict[str, dict[int, int]] = {}
    for (domain, bucket), tokens in sorted(masses.items()):
        domains.setdefault(domain, {})[bucket] = tokens
    return domains


def _arguments(config: UpsampleConfig, domain: str, buckets: Mapping[int, int], rate: float) -> dict[str, Any]:
    arguments = config.model_dump() | {"max_rate": rate}
    if config.values is not None:
        beyond = [bucket for bucket in buckets if not 0 <= bucket < len(config.values)]
        if beyond:
            raise BadInput(
                f"bucket {beyond[0]} has no value, {len(config.values)} values are given",
                where=domain,
                fix="give `upsample.values` for every bucket",
            )
        arguments["values"] = [config.values[bucket] for bucket in buckets]
    return arguments
