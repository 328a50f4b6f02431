"""Flat and step curves, by hand."""

import numpy as np
import pytest

from mixing.upsample import curve_values, solve_curve

MASSES = [40, 30, 20, 10]


def test_flat_is_one_rate_above_the_discard() -> None:
    assert solve_curve(MASSES, 90, discard=0.4, family="flat").rates == (0, 1.5, 1.5, 1.5)


@pytest.mark.parametrize(
    ("target", "rates"),
    [(0, (0, 0, 0, 0)), (7, (0, 0, 0, 0.7)), (20, (0, 0, 0, 2)), (50, (0, 0, 1.5, 2)), (75, (0, 0.5, 2, 2))],
)
def test_step_fills_the_best_first(target: float, rates: tuple[float, ...]) -> None:
    assert solve_curve(MASSES, target, 2, discard=0.4, family="step").rates == pytest.approx(rates, abs=1e-14)


def test_the_discard_is_lowered_to_a_bucket_edge() -> None:
    assert solve_curve(MASSES, 60, discard=0.69, family="flat").rates == (0, 1, 1, 1)
    assert solve_curve(MASSES, 60, discard=0.39, family="flat").rates == pytest.approx((0.6,) * 4)


def test_drawn_curves_are_constant_from_their_start() -> None:
    xs = np.array([0, 0.39, 0.41, 0.74, 0.76, 1])
    flat = solve_curve(MASSES, 90, discard=0.4, family="flat")
    assert curve_values(flat, xs) == pytest.approx([0, 0, 1.5, 1.5, 1.5, 1.5])
    step = solve_curve(MASSES, 50, 2, discard=0.4, family="step")
    assert curve_values(step, xs) == pytest.approx([0, 0, 0, 0, 2, 2])
