"""The power-exponential against its definition, known answers, and a search on a grid by quadrature."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from mixing.upsample import Curve, curve_values, solve_curve

VIGINTILES = [50] * 20
TOTAL = sum(VIGINTILES)


def integral(p: float, slope: float, low: float, high: float) -> float:
    return quad(lambda t: t**p * np.exp(slope * t), low, high, limit=200)[0]


def best_mean(p: float, slope: float, ratio: float, kept: float, width: float) -> float:
    """Mean over the best bucket of the curve that takes `ratio` of the domain's tokens."""
    return ratio * integral(p, slope, kept - width, kept) / integral(p, slope, 0, kept) / width


def grid_search(ratio: float, kept: float, width: float, cap: float) -> tuple[float, float]:
    """The largest power of a grid, then the largest slope by halving, every integral by quadrature."""
    for p in np.linspace(0.01, 2.0, 20)[::-1]:
        if best_mean(p, 0, ratio, kept, width) > cap:
            continue
        low, high = 0.0, 2.0
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if best_mean(p, middle, ratio, kept, width) <= cap else (low, middle)
        return float(p), low
    raise RuntimeError("no power of the grid is feasible")


@pytest.mark.parametrize(
    ("ratio", "p", "slope"),
    [
        (0.05, 2, 2),
        (0.5, 2, 2),
        (1.2, 2, 2),
        (1.3, 2, 1.35),
        (2.0, 1.211, 0),
        (4.19, 0.0025, 0),
        (4.199, 0.0002, 0),
        (4.2, 0, 0),
    ],
)
def test_known_answers_at_vigintiles_a_cap_of_7_and_a_discard_of_two_fifths(
    ratio: float, p: float, slope: float
) -> None:
    curve = solve_curve(VIGINTILES, ratio * TOTAL)
    assert curve.parameters["a"] == pytest.approx(0.4)
    assert curve.parameters["p"] == pytest.approx(p, abs=5e-4 if p > 0.01 else 5e-5)
    assert curve.parameters["lambda"] == pytest.approx(slope, abs=5e-3)
    assert max(curve.rates) == pytest.approx(7 if ratio > 1.25 else ratio * 5.76375, rel=1e-5)


@pytest.mark.parametrize("ratio", [0.05, 1.2, 1.3])
def test_equals_the_grid_search_where_the_largest_power_is_feasible(ratio: float) -> None:
    curve = solve_curve(VIGINTILES, ratio * TOTAL)
    assert (curve.parameters["p"], curve.parameters["lambda"]) == pytest.approx(
        grid_search(ratio, 0.6, 0.05, 7), abs=1e-9
    )


@pytest.mark.parametrize("ratio", [1.6, 2.0, 3.0, 4.0])
def test_the_grid_search_falls_short_by_less_than_one_step_elsewhere(ratio: float) -> None:
    curve = solve_curve(VIGINTILES, ratio * TOTAL)
    p, slope = grid_search(ratio, 0.6, 0.05, 7)
    assert 0 <= curve.parameters["p"] - p < 1.99 / 19
    assert curve.parameters["lambda"] == 0 <= slope


def test_answers_where_the_grid_search_has_none() -> None:
    with pytest.raises(RuntimeError):
        grid_search(4.19, 0.6, 0.05, 7)
    assert sum(solve_curve(VIGINTILES, 4.19 * TOTAL).rates) * 50 == pytest.approx(4190)


@given(
    st.lists(st.integers(1, 1000), min_size=3, max_size=12),
    st.floats(0.01, 0.999),
    st.sampled_from([0.0, 0.3]),
    st.sampled_from(["power-exponential", "exponential"]),
)
@settings(max_examples=40)
def test_rates_are_means_of_the_drawn_curve_over_measured_percentiles(
    masses: list[int], share: float, discard: float, family: str
) -> None:
    curve = drawn(masses, share, discard, family)
    edges = np.concatenate([[0], np.cumsum(masses)]) / sum(masses)
    for low, high, rate in zip(edges[:-1], edges[1:], curve.rates, strict=True):
        mean = quad(lambda x: float(curve_values(curve, x)), low, high, epsrel=1e-10, limit=200)[0] / (high - low)
        assert rate == pytest.approx(mean, rel=1e-6, abs=1e-9)


@given(
    st.lists(st.integers(1, 1000), min_size=2, max_size=12),
    st.floats(0.001, 0.999),
    st.sampled_from([0.0, 0.3]),
    st.sampled_from(["power-exponential", "exponential"]),
)
def test_no_steeper_curve_keeps_to_the_cap(masses: list[int], share: float, discard: float, family: str) -> None:
    curve = drawn(masses, share, discard, family)
    p, slope, start = (curve.parameters[name] for name in ("p", "lambda", "a"))
    ratio, width = curve.target / sum(masses), masses[-1] / sum(masses)
    steepest_p, steepest_slope = (2, 2) if family == "power-exponential" else (0, 15)
    steeper = [(p + 1e-4, 0.0)] if p < steepest_p else [(p, slope + 1e-4)] if slope < steepest_slope - 1e-12 else []
    for powers in steeper:
        assert best_mean(*powers, ratio, 1 - start, width) > curve.max_rate


def drawn(masses: list[int], share: float, discard: float, family: str) -> Curve:
    high = solve_curve(masses, 0, discard=discard).feasible_range[1]
    return solve_curve(masses, share * high, discard=discard, family=family)


@pytest.mark.parametrize("share", [1 - 1e-6, 1 - 1e-9, 1 - 1e-12, 1 - 1e-15])
def test_near_the_upper_end_the_power_goes_to_0_in_proportion(share: float) -> None:
    p = solve_curve(VIGINTILES, 4.2 * TOTAL * share).parameters["p"]
    # near p = 0 the mean over the best w of the kept is 1 + p c, c = -(1 - w) ln(1 - w) / w
    w = 0.05 / 0.6
    assert p == pytest.approx((1 - share) * w / (-(1 - w) * np.log1p(-w)), rel=1e-3, abs=2e-15)


def test_limits_are_parameters() -> None:
    curve = solve_curve(VIGINTILES, 50, max_p=0.5, max_lambda=0.25)
    assert (curve.parameters["p"], curve.parameters["lambda"]) == pytest.approx((0.5, 0.25), rel=1e-14)


def test_one_bucket_above_the_discard_takes_all() -> None:
    assert solve_curve([60, 40], 100, discard=0.6).rates == (0, 2.5)
