"""The solver against brute force, the certificate against the truth."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.core.errors import Infeasible
from curation.core.hashing import random_stream
from mixing.regress.log_linear import LogLinearLaw
from mixing.solver.certificate import cap_prices, duality_gap
from mixing.solver.mirror_descent import minimise
from mixing.solver.problem import Problem, cheapest, divergence, share_caps, tilted


def random_problem(seed: int, n_domains: int, kl: float, caps: bool = True, n_laws: int = 3) -> Problem:
    stream = random_stream(seed, "problem", n_domains)
    laws = [LogLinearLaw(float(stream.normal()), stream.normal(size=n_domains)) for _ in range(n_laws)]
    prior = stream.dirichlet(np.ones(n_domains) * 2) + 1e-3
    caps_D = np.ones(n_domains)
    if caps:
        caps_D = np.minimum(1.0, stream.uniform(0.3, 3.0, n_domains) / n_domains)
        caps_D *= max(1.0, 1.05 / caps_D.sum())
    return Problem(
        lambda p: float(np.mean([law.values(p[None])[0] for law in laws])),
        lambda p: np.mean([law.gradient(p) for law in laws], axis=0),
        np.minimum(caps_D, 1.0),
        prior / prior.sum(),
        kl,
    )


def grid(n: int) -> np.ndarray:
    points = [(i, j, n - i - j) for i in range(n + 1) for j in range(n + 1 - i)]
    return np.array(points) / n


@given(st.integers(0, 300), st.sampled_from([0.0, 0.05, 1.0]), st.booleans())
@settings(max_examples=25)
def test_no_point_of_a_fine_grid_is_better(seed: int, kl: float, caps: bool) -> None:
    problem = random_problem(seed, 3, kl, caps)
    found = minimise(problem)
    inside = [p for p in grid(60) if (p <= problem.caps_D).all()]
    assert problem.objective(found.p_D) <= min(map(problem.objective, inside), default=np.inf) + 2e-8
    assert found.p_D.sum() == pytest.approx(1, abs=1e-12)
    assert (found.p_D <= problem.caps_D + 1e-12).all()
    assert (found.p_D >= 0).all()


@given(st.integers(0, 300), st.sampled_from([2, 8, 40]), st.sampled_from([0.0, 0.05]))
@settings(max_examples=25)
def test_the_gap_reaches_its_tolerance(seed: int, n_domains: int, kl: float) -> None:
    assert minimise(random_problem(seed, n_domains, kl)).gap <= 1e-7


@given(st.integers(0, 300), st.sampled_from([0.0, 0.05]))
@settings(max_examples=25)
def test_the_gap_bounds_the_distance_of_any_point(seed: int, kl: float) -> None:
    problem = random_problem(seed, 5, kl)
    best = problem.objective(minimise(problem).p_D)
    stream = random_stream(seed, "points")
    for _ in range(10):
        base = stream.dirichlet(np.ones(5))
        p = tilted(np.zeros(5), 1.0, base, problem.caps_D)
        gap = duality_gap(problem, p)
        assert problem.objective(p) - gap <= best + 1e-9
        assert gap >= problem.objective(p) - best - 1e-9


@given(st.integers(0, 200))
@settings(max_examples=25)
def test_the_tilt_minimises_its_own_objective(seed: int) -> None:
    stream = random_stream(seed, "tilt")
    g, base = stream.normal(size=4), stream.dirichlet(np.ones(4))
    caps = np.minimum(1, stream.uniform(0.2, 1.0, 4))
    caps *= max(1.0, 1.01 / caps.sum())

    def value(x: Any) -> float:
        return float(g @ x) + 0.3 * divergence(x, base)

    x = tilted(g, 0.3, base, caps)
    assert x.sum() == pytest.approx(1, abs=1e-12)
    for _ in range(30):
        other = tilted(np.zeros(4), 1.0, stream.dirichlet(np.ones(4)), caps)
        assert value(x) <= value(other) + 1e-12


def test_the_cheapest_point_fills_the_cheapest_domains() -> None:
    assert cheapest(np.array([3.0, 1.0, 2.0]), np.array([1.0, 0.5, 0.2])).tolist() == pytest.approx([0.3, 0.5, 0.2])


@pytest.mark.parametrize("kl", [0.0, 0.05])
def test_a_price_is_what_a_little_more_of_a_cap_brings(kl: float) -> None:
    problem = random_problem(11, 4, kl)
    found = minimise(problem, 1e-11)
    prices = cap_prices(problem, found.p_D)
    assert (prices > 0).any()
    for i in np.flatnonzero(prices > 0):
        more = problem.caps_D.copy()
        more[i] += 1e-4
        relaxed = Problem(problem.loss, problem.gradient, more, problem.prior_D, kl)
        gain = problem.objective(found.p_D) - relaxed.objective(minimise(relaxed, 1e-11).p_D)
        assert gain == pytest.approx(prices[i] * 1e-4, rel=0.02)


def test_caps_that_miss_the_budget_name_the_smallest_relaxation() -> None:
    with pytest.raises(Infeasible) as caught:
        share_caps({"a": 100, "b": 50}, 1000, 4)
    assert "600" in str(caught.value.fix)
    assert "6.6667" in str(caught.value.fix)
    assert share_caps({"a": 100, "b": 50}, 1000, 6.6667)["a"] == pytest.approx(0.66667)
    assert share_caps({"a": 100, "b": 50}, 600, 4) == {"a": pytest.approx(2 / 3), "b": pytest.approx(1 / 3)}
