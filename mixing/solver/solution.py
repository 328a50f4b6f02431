"""From laws, counts and a budget to the best mixture, with its proof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from curation.core.errors import BadInput
from mixing.budget import caps_of, upsampling_of
from mixing.counts import Cell, by_domain
from mixing.mixture import Certificate, Fit, Mixture, Prediction
from mixing.natural import natural_shares
from mixing.regress.base import Array
from mixing.regress.surrogate import Surrogate
from mixing.solver.certificate import cap_prices, duality_gap
from mixing.solver.mirror_descent import Optimum, minimise
from mixing.solver.problem import Problem
from mixing.upsample.config import UpsampleConfig
from mixing.weights import round_shares


@dataclass(frozen=True)
class Solution:
    """A mixture and its proof.

    Args:
        mixture: what is written to mixture.yaml.
        gap: bound on the distance to the best objective; None where the laws are not convex.
        shadow_prices: of every domain, by how much the objective falls for one more unique token of it.
    """

    mixture: Mixture
    gap: float | None
    shadow_prices: Mapping[str, float]


def solve(
    surrogate: Surrogate,
    *,
    counts: Mapping[str, int] | Mapping[Cell, int] | None = None,
    tokens: int | None = None,
    max_repetition: float = 4.0,
    upsample: UpsampleConfig | None = None,
    kl: float = 0.0,
    prior: Mapping[str, float] | None = None,
) -> Solution:
    """The mixture with the best mean of predicted metrics.

    Args:
        surrogate: fitted laws.
        counts: unique tokens of every domain, or of every (domain, bucket); without them there are no caps.
        tokens: the budget; needed for caps.
        max_repetition: how often a token may be seen.
        upsample: curves over quality buckets; needs counts and tokens.
        kl: weight of KL(p || prior) in the objective, in units of the metrics a nat.
        prior: shares to stay near to; the natural ones if there are counts, else the swarm's mean.

    Raises:
        Infeasible: the caps do not reach the budget.
        BadInput: counts and study have different domains.
    """
    domains = surrogate.domains
    cells = None if counts is None else _cells(counts)
    totals = None if cells is None else by_domain(cells)
    if totals is not None and set(totals) != set(domains):
        odd = ", ".join(sorted(set(totals) ^ set(domains)))
        raise BadInput(f"counts and study have different domains: {odd}")
    if upsample is not None and not (cells and tokens):
        raise BadInput("upsampling needs counts and a budget of tokens", fix="give counts and tokens")
    natural = natural_shares(totals) if totals else None
    if prior is None:
        prior = natural or dict(zip(domains, surrogate.study.ratios.mean().row(0), strict=True))
    caps = dict.fromkeys(domains, 1.0)
    if cells and tokens:
        caps = caps_of(cells, tokens, max_repetition, upsample)
    problem = _problem(surrogate, caps, prior, kl)
    optimum = minimise(problem)
    # the rounded mixture is what is used: it is what is certified
    shares = round_shares(dict(zip(domains, optimum.p_D.tolist(), strict=True)), caps)
    p_D = np.array([shares[name] for name in domains])
    gap = duality_gap(problem, p_D) if surrogate.convex else None
    per_token = max_repetition / tokens if tokens else 0.0
    prices = dict(zip(domains, (cap_prices(problem, p_D) * per_token).tolist(), strict=True))
    mixture = Mixture(
        weights=shares,
        natural=natural,
        budget_tokens=tokens,
        max_repetition=max_repetition if totals and tokens else None,
        repetition={name: round(shares[name] * tokens / totals[name], 6) for name in domains if totals[name]}
        if totals and tokens
        else None,
        regressor=surrogate.regressor.name,
        kl=kl,
        study=surrogate.study.fingerprint,
        predicted=_predictions(surrogate, shares, prior),
        fit={metric: Fit(**score) for metric, score in surrogate.scores().items()},
        certificate=_certificate(problem, p_D, gap, optimum, prices, caps),
        upsampling=upsampling_of(cells, shares, tokens, max_repetition, upsample) if cells and tokens else None,
    )
    return Solution(mixture, gap, prices)


def _cells(counts: Mapping[str, int] | Mapping[Cell, int]) -> dict[Cell, int]:
    return {(key, 0) if isinstance(key, str) else key: int(n) for key, n in counts.items()}


def _problem(surrogate: Surrogate, caps: Mapping[str, float], prior: Mapping[str, float], kl: float) -> Problem:
    laws = surrogate.laws

    def loss(p_D: Array) -> float:
        return sum(float(law.values(p_D[None])[0]) for law in laws) / len(laws)

    def gradient(p_D: Array) -> Array:
        mean: Array = np.mean([law.gradient(p_D) for law in laws], axis=0)
        return mean

    domains = surrogate.domains
    prior_D = np.maximum(np.array([prior[name] for name in domains]), 1e-12)
    caps_D = np.array([caps[name] for name in domains])
    return Problem(loss, gradient, caps_D, prior_D / prior_D.sum(), kl)


def _predictions(
    surrogate: Surrogate, shares: Mapping[str, float], prior: Mapping[str, float]
) -> dict[str, Prediction]:
    rows = pl.DataFrame([{name: row[name] for name in surrogate.domains} for row in (shares, prior)])
    predicted = surrogate.predict(rows)
    scores = surrogate.scores()
    return {
        metric: Prediction(
            value=round(predicted[metric][0], 6),
            natural=round(predicted[metric][1], 6),
            se=scores[metric]["residual_sd"],
        )
        for metric in surrogate.metrics
    }


def _certificate(
    problem: Problem,
    p_D: Array,
    gap: float | None,
    optimum: Optimum,
    prices: Mapping[str, float],
    caps: Mapping[str, float],
) -> Certificate:
    objective = problem.objective(p_D)
    capped = [
        f"{name}: at its cap of {caps[name]:.4%} of the mixture"
        for name, share in zip(prices, p_D, strict=True)
        if caps[name] < 1 and share >= caps[name] - 1e-7
    ]
    return Certificate(
        objective=round(objective, 9),
        lower_bound=None if gap is None else round(objective - gap, 9),
        gap=gap,
        solver=optimum.solver,
        iterations=optimum.iterations,
        active=capped,
        shadow_prices={name: price for name, price in prices.items() if price > 0},
    )
