"""The problem that a mixture solves, and the projections that its solvers share.

    minimise  F(p) = mean_t f_t(p) + kl * KL(p || q)   over   { p : sum p = 1, 0 <= p_i <= cap_i }

with cap_i = N_i r / T: domain i has N_i tokens, each may be seen r times, the budget is T.

`tilted` solves the problem with the loss replaced by a linear one in closed form: for a weight w > 0 of the divergence,
x_i = min(cap_i, s b_i exp(-g_i / w)) with s such that x sums to 1, found by sorting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from curation.core.errors import Infeasible
from mixing.regress.base import Array


@dataclass(frozen=True)
class Problem:
    """A convex loss over a capped simplex with a pull to a prior.

    Args:
        loss: value at p.
        gradient: of the loss at p.
        caps_D: largest share of each domain; they sum to at least 1.
        prior_D: q, positive, sums to 1.
        kl: weight of the divergence, 0 or more.
    """

    loss: Callable[[Array], float]
    gradient: Callable[[Array], Array]
    caps_D: Array
    prior_D: Array
    kl: float

    def objective(self, p_D: Array) -> float:
        return self.loss(p_D) + self.kl * divergence(p_D, self.prior_D)

    @property
    def start_D(self) -> Array:
        """The prior, moved into the caps: the mixture nearest to it in divergence."""
        return tilted(np.zeros_like(self.prior_D), 1.0, self.prior_D, self.caps_D)


def divergence(p_D: Array, q_D: Array) -> float:
    """KL(p || q) in nats."""
    some = p_D > 0
    return float((p_D[some] * np.log(p_D[some] / q_D[some])).sum())


def tilted(gradient_D: Array, weight: float, base_D: Array, caps_D: Array) -> Array:
    """argmin <g, x> + weight * KL(x || base) over the capped simplex.

    Args:
        gradient_D: g.
        weight: above 0.
        base_D: need not sum to 1; a domain with base 0 gets 0.
        caps_D: sum to at least 1 over the domains with a base.
    """
    with np.errstate(divide="ignore"):
        logs_D = np.log(base_D) - gradient_D / weight
    weights_D = np.where(base_D > 0, np.exp(np.maximum(logs_D - logs_D.max(), -700.0)), 0.0)
    # x(s) = min(cap, s w) sums to 1; as s grows, domains reach their caps in the order of cap / w
    with np.errstate(divide="ignore"):
        reached_D = np.where(weights_D > 0, caps_D / np.where(weights_D > 0, weights_D, 1.0), np.inf)
    order = np.argsort(reached_D, kind="stable")
    capped = np.concatenate(([0.0], np.cumsum(caps_D[order])))[:-1]
    free = np.cumsum(weights_D[order][::-1])[::-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        scales = (1 - capped) / free
    # the first number of capped domains for which the next one stays below its cap
    fits = np.flatnonzero(scales <= reached_D[order])
    scale = float(scales[fits[0]]) if len(fits) else np.inf
    with np.errstate(invalid="ignore"):
        x_D = np.where(weights_D > 0, np.minimum(caps_D, scale * weights_D), 0.0)
    return np.asarray(x_D, dtype=np.float64)


def cheapest(gradient_D: Array, caps_D: Array) -> Array:
    """argmin <g, x> over the capped simplex: the cheapest domains up to their caps; ties to the first."""
    x_D = np.zeros_like(caps_D)
    left = 1.0
    for i in np.argsort(gradient_D, kind="stable"):
        x_D[i] = min(caps_D[i], left)
        left -= x_D[i]
        if left <= 0:
            break
    return x_D


def share_caps(available: Mapping[str, int], budget_tokens: int, max_repetition: float) -> dict[str, float]:
    """The largest share of every domain: tokens times repetition over the budget, at most 1.

    Raises:
        Infeasible: together they do not reach the budget; the message has the smallest relaxation.
    """
    reachable = sum(available.values()) * max_repetition
    if reachable < budget_tokens:
        total = sum(available.values())
        if not total:
            raise Infeasible("there are no tokens to mix")
        raise Infeasible(
            f"{total:,} tokens seen {max_repetition:g} times are {int(reachable):,}; the budget is {budget_tokens:,}",
            fix=f"raise max_repetition to {_round_up(budget_tokens / total)}, or lower tokens to {int(reachable):,}",
        )
    return {name: min(1.0, n * max_repetition / budget_tokens) for name, n in available.items()}


def _round_up(value: float) -> str:
    return f"{np.ceil(value * 10_000) / 10_000:.10g}"
