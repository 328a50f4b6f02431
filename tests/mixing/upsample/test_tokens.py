"""Whole tokens of buckets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.core.errors import BadInput, Infeasible
from mixing.upsample import bucket_tokens, solve_curve
from mixing.upsample.config import FAMILIES
from mixing.upsample.tokens import whole_cap


@given(
    st.lists(st.one_of(st.just(0), st.integers(1, 50), st.integers(1, 10**13)), min_size=1, max_size=20).filter(any),
    st.floats(0, 1),
    st.sampled_from(FAMILIES),
    st.sampled_from([0.7, 4.0, 6.5, 7.0]),
)
@settings(max_examples=150)
def test_they_sum_exactly_and_keep_to_the_caps(masses: list[int], share: float, family: str, max_rate: float) -> None:
    empty = solve_curve(masses, 0, max_rate, family=family)
    kept = np.array(solve_curve(masses, 1e-3, max_rate, family="flat").rates) > 0
    caps = [whole_cap(max_rate, mass) if keep else 0 for mass, keep in zip(masses, kept, strict=True)]
    target = int(share * sum(caps))
    assert target <= empty.feasible_range[1]
    curve = solve_curve(masses, target, max_rate, family=family)
    tokens = bucket_tokens(curve)
    assert sum(tokens) == target
    assert all(0 <= n <= cap for n, cap in zip(tokens, caps, strict=True))
    for n, mass, rate in zip(tokens, masses, curve.rates, strict=True):
        # caps, rounded down, may move up to one token a bucket
        assert abs(n - rate * mass) <= len(masses) + 1e-9 * rate * mass


def test_the_largest_remainders_get_what_is_left() -> None:
    curve = solve_curve([10, 10, 10], 22, 2, discard=0, family="flat")
    assert bucket_tokens(curve) == (8, 7, 7)


def test_tiny_rates_keep_their_proportion() -> None:
    curve = solve_curve([10**13, 2 * 10**13], 3, discard=0, family="flat")
    assert bucket_tokens(curve) == (1, 2)


def test_another_total_is_split_in_the_same_proportion() -> None:
    curve = solve_curve([10, 30], 40, discard=0, family="flat")
    assert bucket_tokens(curve, 44) == (11, 33)
    assert bucket_tokens(curve, 0) == (0, 0)


def test_caps_in_whole_tokens_may_be_less_than_the_target() -> None:
    curve = solve_curve([3, 3], 9, 1.5, discard=0)
    with pytest.raises(Infeasible, match=r"9 tokens are wanted, whole tokens within max_rate 1\.5 are 8"):
        bucket_tokens(curve)


def test_what_caps_keep_back_goes_to_the_best_bucket_that_is_not_seen() -> None:
    curve = solve_curve([3, 3, 3, 1, 1], 1, 0.7, discard=0.3, family="step")
    assert curve.rates == pytest.approx((0, 0, 0, 0.3, 0.7))
    assert bucket_tokens(curve) == (0, 0, 1, 0, 0)


def test_a_rate_is_the_decimal_that_was_written() -> None:
    assert whole_cap(0.7, 10) == 7


def test_shares_are_no_tokens() -> None:
    with pytest.raises(BadInput, match=r"bucket 0 has 0\.5 tokens"):
        bucket_tokens(solve_curve([0.5, 0.5], 1))
