"""Requests that are refused say the numbers, the range and relaxations that suffice."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.core.errors import BadInput, Infeasible
from mixing.upsample import solve_curve


def test_the_message() -> None:
    with pytest.raises(Infeasible) as caught:
        solve_curve([50] * 20, 5000)
    assert str(caught.value) == (
        "5,000 tokens are wanted; the feasible range is 0 to 4,200: max_rate 7 times 600 tokens, which are 1,000 less "
        "the worst 40.0000%\n  fix: raise max_rate to 8.334, or lower discard to 0.25, or lower the target to 4,200"
    )


@given(
    st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any),
    st.floats(1e-6, 2),
    st.sampled_from([0.0, 0.4, 0.8]),
    st.sampled_from([0.3, 4.0, 7.0]),
)
def test_every_relaxation_suffices(masses: list[int], more: float, discard: float, max_rate: float) -> None:
    high = solve_curve(masses, 0, max_rate, discard=discard).feasible_range[1]
    target = high * (1 + more)
    with pytest.raises(Infeasible) as caught:
        solve_curve(masses, target, max_rate, discard=discard)
    fix = caught.value.fix or ""
    rate = re.search(r"max_rate to ([\d.e+-]+)", fix)
    assert rate
    solve_curve(masses, target, float(rate[1]), discard=discard)
    lower = re.search(r"discard to ([\d.e+-]+)", fix)
    if target <= max_rate * sum(masses):
        assert lower
        assert float(lower[1]) < discard
        solve_curve(masses, target, max_rate, discard=float(lower[1]))
    else:
        assert not lower
    least = re.search(r"target to ([\d.,e+-]+)", fix)
    assert least
    solve_curve(masses, float(least[1].replace(",", "")), max_rate, discard=discard)


def test_the_discard_that_is_named_is_the_largest() -> None:
    # edges 0.25, 0.5, 0.75: 30 tokens at rate 1 need three of four buckets
    with pytest.raises(Infeasible, match=r"discard to 0\.25,"):
        solve_curve([10, 10, 10, 10], 30, 1, discard=0.75)


def test_a_target_of_a_domain_without_tokens() -> None:
    with pytest.raises(Infeasible, match="10 tokens are wanted of none"):
        solve_curve([0, 0], 10)


@pytest.mark.parametrize("target", [-1.0, float("nan"), float("inf")])
def test_a_target_that_is_no_number_of_tokens(target: float) -> None:
    with pytest.raises(BadInput, match="the target is"):
        solve_curve([1], target)


@pytest.mark.parametrize("masses", [[1, -1], [1, float("nan")], [1, float("inf")]])
def test_masses_that_are_no_numbers_of_tokens(masses: list[float]) -> None:
    with pytest.raises(BadInput, match="bucket 1 has"):
        solve_curve(masses, 0)


def test_no_buckets() -> None:
    with pytest.raises(BadInput, match="no bucket masses"):
        solve_curve([], 0)


@pytest.mark.parametrize("discard", [-0.1, 1.0, float("nan")])
def test_a_discard_that_leaves_nothing(discard: float) -> None:
    with pytest.raises(BadInput, match="discard is"):
        solve_curve([1], 0, discard=discard)


@pytest.mark.parametrize("max_rate", [0.0, -1.0, float("inf")])
def test_a_rate_that_is_none(max_rate: float) -> None:
    with pytest.raises(BadInput, match="max_rate is"):
        solve_curve([1], 0, max_rate)


def test_an_unknown_family_is_told_the_nearest() -> None:
    with pytest.raises(BadInput, match="did you mean exponential"):
        solve_curve([1], 0, family="exponental")
