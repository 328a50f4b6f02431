"""Means of the power-exponential density against numerical integration."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from mixing.upsample.density import means, scale

powers = st.one_of(st.just(0.0), st.floats(1e-9, 1e-3), st.floats(0, 6))
slopes = st.one_of(st.just(0.0), st.floats(1e-12, 1e-3), st.floats(0, 40))
cuts = st.lists(st.floats(1e-4, 1 - 1e-4), max_size=6)


def integral(p: float, k: float, low: float, high: float) -> float:
    # with v = s^(p+1) the integrand has no power that is singular at 0
    result = quad(
        lambda v: np.exp(k * (v ** (1 / (p + 1)) - 1)) / (p + 1),
        low ** (p + 1),
        high ** (p + 1),
        epsabs=0,
        epsrel=1e-11,
        limit=400,
        full_output=True,  # no warning where rounding keeps it from the last digits
    )
    return float(result[0])


@given(powers, slopes, cuts)
def test_means_are_integrals_by_widths(p: float, k: float, inner: list[float]) -> None:
    edges = np.unique([0.0, *inner, 1.0])
    edges = np.concatenate([[0.0], edges[1:][np.diff(edges) > 1e-5]])
    edges[-1] = 1.0
    expected = [integral(p, k, low, high) / integral(p, k, 0, 1) / (high - low) for low, high in pairwise(edges)]
    assert means(p, k, edges) == pytest.approx(expected, rel=1e-8)


@given(powers, slopes, st.floats(0.01, 1 - 1e-9), st.floats(1e-13, 1e-7))
def test_a_narrow_interval_keeps_its_digits(p: float, k: float, at: float, width: float) -> None:
    high = min(at + width, 1.0)
    density = scale(p, k) * at**p * np.exp(k * at)
    # the density changes by at most this much over the interval
    change = (p / at + k) * width
    assert means(p, k, np.array([at, high]))[0] == pytest.approx(density, rel=1e-12 + 2 * change)


@pytest.mark.parametrize("k", [100.0, 500.0])
@pytest.mark.parametrize("p", [0.0, 2.0, 50.0])
def test_the_steepest_densities_do_not_overflow(p: float, k: float) -> None:
    edges = np.linspace(0, 1, 21)
    result = means(p, k, edges)
    assert np.isfinite(result).all()
    assert result @ np.diff(edges) == pytest.approx(1, rel=1e-12)
