"""What every family promises, over random buckets and the whole range of targets."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixing.upsample import UpsampleConfig, solve_curve
from mixing.upsample.config import FAMILIES

masses_of_buckets = st.lists(
    st.one_of(st.just(0), st.integers(1, 10), st.integers(1, 10**6), st.integers(10**11, 10**12)),
    min_size=1,
    max_size=22,
).filter(any)
shares = st.one_of(st.sampled_from([0.0, 1e-9, 1e-6, 1 - 1e-6, 1 - 1e-12, 1.0]), st.floats(0, 1))
discards = st.sampled_from([0.0, 0.1, 0.4, 0.5, 0.99])
rates_at_most = st.sampled_from([0.5, 1.0, 4.0, 7.0])


@pytest.mark.parametrize("family", FAMILIES)
@given(masses=masses_of_buckets, share=shares, discard=discards, max_rate=rates_at_most)
@settings(max_examples=60)
def test_laws(family: str, masses: list[int], share: float, discard: float, max_rate: float) -> None:
    options: dict[str, Any] = {"max_rate": max_rate, "discard": discard, "family": family}
    low, high = solve_curve(masses, 0, **options).feasible_range
    assert low == 0
    target = high * share
    curve = solve_curve(masses, target, **options)
    rates = np.array(curve.rates)
    assert len(rates) == len(masses)
    assert rates @ np.array(masses, float) == pytest.approx(target, rel=1e-11, abs=1e-300)
    assert (rates >= 0).all()
    assert (rates <= max_rate).all()
    assert (np.diff(rates) >= 0).all()
    # a bucket is discarded if it ends within the discard, and none else is cut
    ends = np.cumsum(masses) / sum(masses)
    discarded = (ends <= discard) & (np.cumsum(masses) < sum(masses))
    assert (rates[discarded] == 0).all()
    kept_mass = sum(mass for mass, gone in zip(masses, discarded, strict=True) if not gone)
    assert high == pytest.approx(max_rate * kept_mass, rel=1e-12)


@pytest.mark.parametrize("family", FAMILIES)
@given(masses=masses_of_buckets, share=st.floats(0, 0.999), more=st.floats(1e-6, 1e-3))
@settings(max_examples=40)
def test_no_rate_falls_or_jumps_when_the_target_grows(
    family: str, masses: list[int], share: float, more: float
) -> None:
    high = solve_curve(masses, 0, family=family).feasible_range[1]
    before = np.array(solve_curve(masses, high * share, family=family).rates)
    after = np.array(solve_curve(masses, high * (share + more), family=family).rates)
    assert (after >= before - 1e-9).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_at_the_upper_end_every_family_is_flat_at_the_cap(family: str) -> None:
    curve = solve_curve([3, 5, 7, 0, 11, 2], 7 * 20, discard=0.4, family=family)
    assert curve.rates == (0, 0, 7, 7, 7, 7)


@pytest.mark.parametrize("family", FAMILIES)
def test_without_quality_buckets_all_tokens_are_equal(family: str) -> None:
    assert solve_curve([1000], 2500, family=family).rates == pytest.approx((2.5,), rel=1e-14)


@pytest.mark.parametrize("family", FAMILIES)
def test_no_tokens_give_no_tokens(family: str) -> None:
    assert solve_curve([0, 0], 0, family=family).rates == (0, 0)


def test_the_configuration_has_the_arguments_of_solve_curve_and_its_defaults() -> None:
    masses = [10, 20, 30, 40]
    assert solve_curve(masses, 90, **UpsampleConfig().model_dump()) == solve_curve(masses, 90)


@pytest.mark.parametrize("n", [1, 3, 7, 20])
@pytest.mark.parametrize("scale", [1, 0.05, 1e13 / 3])
def test_an_edge_that_is_the_discard_but_for_rounding_is_reached(n: int, scale: float) -> None:
    # k / n of n equal buckets, for every k: sums of shares are rounded this way or that
    for k in range(n):
        assert solve_curve([scale] * n, scale, discard=k / n, family="flat").rates.count(0.0) == k
