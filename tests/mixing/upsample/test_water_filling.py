"""Water-filling against a generic optimiser, against random exchanges, and its limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from curation.core.errors import BadInput
from curation.core.hashing import random_stream
from mixing.upsample import curve_values, solve_curve
from mixing.upsample.water_filling import worth

DECAY = 15.387756


def total_worth(masses: np.ndarray, values: np.ndarray, rates: np.ndarray) -> float:
    repeats = np.maximum(rates - 1, 0)
    unique = np.minimum(rates, 1) + DECAY * (1 - np.exp(-repeats / DECAY))
    return float(masses @ (values * unique))


@pytest.mark.parametrize("seed", range(8))
def test_a_generic_optimiser_finds_no_better_rates(seed: int) -> None:
    stream = random_stream(seed, "water-filling")
    masses = stream.uniform(0.2, 1, 6)
    masses /= masses.sum()
    values = np.sort(stream.uniform(0.3, 1, 6))
    target = float(stream.uniform(0.1, 6.5))
    curve = solve_curve(masses, target, discard=0, family="water-filling", values=values)
    found = minimize(
        lambda rates: -total_worth(masses, values, rates),
        np.full(6, target),
        method="SLSQP",
        bounds=[(0, 7)] * 6,
        constraints={"type": "eq", "fun": lambda rates: masses @ rates - target},
        options={"maxiter": 500, "ftol": 1e-13},
    )
    ours = total_worth(masses, values, np.array(curve.rates))
    assert ours >= -found.fun - 1e-9
    assert ours == pytest.approx(-found.fun, rel=1e-5)


@given(st.integers(0, 10_000), st.floats(0, 1))
@settings(max_examples=60)
def test_no_exchange_between_two_buckets_is_better(seed: int, share: float) -> None:
    stream = random_stream(seed, "exchange")
    n = int(stream.integers(2, 8))
    masses, values = stream.integers(1, 50, n).astype(float), np.sort(stream.integers(1, 6, n)).astype(float)
    rates = np.array(
        solve_curve(masses, share * 7 * masses.sum(), discard=0, family="water-filling", values=values).rates
    )
    best = total_worth(masses, values, rates)
    for giver in range(n):
        for taker in range(n):
            moved = min(rates[giver] * masses[giver], (7 - rates[taker]) * masses[taker], 0.01 * masses.min())
            other = rates.copy()
            other[giver] -= moved / masses[giver]
            other[taker] += moved / masses[taker]
            assert total_worth(masses, values, other) <= best * (1 + 1e-12) + 1e-300


def test_buckets_of_equal_worth_get_equal_rates() -> None:
    for target in (30, 100, 350):
        rates = solve_curve([10, 20, 70], target, discard=0, family="water-filling", values=[2, 2, 2]).rates
        assert rates == pytest.approx((target / 100,) * 3, rel=1e-14)


def test_only_the_bucket_at_the_threshold_is_seen_in_part() -> None:
    curve = solve_curve([10, 10, 10], 14, discard=0, family="water-filling", values=[0.1, 0.99, 1])
    # the best is seen until one more token of it is worth as much as a fresh one of the next bucket
    best = 1 + DECAY * np.log(1 / 0.99)
    assert curve.rates == pytest.approx((0, 1.4 - best, best))
    assert curve.parameters["threshold"] == pytest.approx(0.99)


def test_without_decay_the_best_are_filled_first() -> None:
    masses = [5, 10, 20, 30, 7]
    for target in (10, 49, 200, 400):
        filled = solve_curve(masses, target, discard=0, family="water-filling", repetition_decay=1e12).rates
        assert filled == pytest.approx(solve_curve(masses, target, discard=0, family="step").rates, abs=1e-6)


def test_worth_is_that_of_data_constrained_scaling() -> None:
    # D' = U + U R (1 - e^(-repeats / R)), for U = 1
    assert worth(np.array([0.5, 1, 4]), DECAY) == pytest.approx([0.5, 1, 1 + DECAY * (1 - np.exp(-3 / DECAY))])


def test_it_is_drawn_as_its_bucket_rates() -> None:
    curve = solve_curve([10, 0, 30, 60], 150, discard=0, family="water-filling")
    drawn = curve_values(curve, [0.05, 0.2, 0.39, 0.41, 1.0])
    assert drawn == pytest.approx([curve.rates[q] for q in (0, 2, 2, 3, 3)])


@pytest.mark.parametrize(
    ("values", "message"),
    [([1, 2], "2 values for 3 buckets"), ([1, 0, 2], "bucket 1 is 0"), ([1, 3, 2], "fall from 3 in bucket 1 to 2")],
)
def test_values_that_are_refused(values: list[float], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        solve_curve([1, 1, 1], 1, family="water-filling", values=values)
