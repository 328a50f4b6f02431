"""Shares to integer tokens: exact sums, caps, ties, and errors that name a way out."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.core.errors import BadInput, Infeasible
from mixing.allocation import allocate, apportion

NAMES = [f"d{i}" for i in range(6)]
Units = dict[str, int]
units = st.dictionaries(st.sampled_from(NAMES), st.integers(1, 10**9), min_size=1)
budgets = st.one_of(st.integers(1, 50), st.integers(1, 6 * 10**12))


def per_domain(allocation: dict[tuple[str, int], int]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for (domain, _), n in allocation.items():
        totals[domain] = totals.get(domain, 0) + n
    return totals


def one_bucket(tokens: dict[str, int]) -> dict[tuple[str, int], int]:
    return {(name, 0): n for name, n in tokens.items()}


@given(units, budgets)
def test_without_caps_each_gets_its_quota_rounded_down_or_up_and_the_sum_is_the_budget(
    shares: Units, budget: int
) -> None:
    weights = {name: share / 10**9 for name, share in shares.items()}
    given_tokens = per_domain(allocate(weights, budget, one_bucket(dict.fromkeys(shares, 5))))
    assert sum(given_tokens.values()) == budget
    for name, share in shares.items():
        quota = Fraction(share * budget, sum(shares.values()))
        assert int(quota) <= given_tokens.get(name, 0) <= -int(-quota // 1)


@given(units, st.integers(1, 10**7), st.lists(st.integers(1, 10**6), min_size=6, max_size=6), st.data())
def test_no_domain_passes_its_cap_and_what_is_left_goes_by_weight(
    shares: Units, budget: int, sizes: list[int], data: st.DataObject
) -> None:
    tokens = {name: size for name, size in zip(NAMES, sizes, strict=True) if name in shares}
    enough = Fraction(budget, sum(tokens.values())) + 1
    repetition = data.draw(st.integers(-(-enough.numerator // enough.denominator), 40 + int(enough)))
    weights = {name: share / 10**9 for name, share in shares.items()}
    given_tokens = per_domain(allocate(weights, budget, one_bucket(tokens), max_repetition=repetition))
    assert sum(given_tokens.values()) == budget
    caps = {name: n * repetition for name, n in tokens.items()}
    assert all(given_tokens.get(name, 0) <= caps[name] for name in shares)
    below = [name for name in shares if given_tokens.get(name, 0) < caps[name]]
    for one in below:
        for other in shares:  # nobody has more for its weight than one that had room left, but for the rounding
            level = Fraction(given_tokens.get(one, 0) + 1, shares[one])
            assert Fraction(given_tokens.get(other, 0) - 1, shares[other]) <= level


def test_what_a_cap_keeps_back_is_shared_by_weight() -> None:
    tokens = one_bucket({"a": 10, "b": 1000, "c": 1000})
    allocation = allocate({"a": 0.5, "b": 0.4, "c": 0.1}, 510, tokens, max_repetition=1)
    assert per_domain(allocation) == {"a": 10, "b": 400, "c": 100}


def test_a_domain_at_its_cap_can_push_the_next_one_to_its_own() -> None:
    tokens = one_bucket({"a": 10, "b": 30, "c": 1000})
    allocation = allocate({"a": 0.6, "b": 0.2, "c": 0.2}, 100, tokens, max_repetition=1)
    assert per_domain(allocation) == {"a": 10, "b": 30, "c": 60}


def test_ties_go_to_the_first_in_name() -> None:
    tokens = one_bucket({"b": 9, "a": 9, "c": 9})
    assert per_domain(allocate({"c": 1, "b": 1, "a": 1}, 4, tokens)) == {"a": 2, "b": 1, "c": 1}
    assert per_domain(allocate({"c": 1, "b": 1, "a": 1}, 5, tokens)) == {"a": 2, "b": 2, "c": 1}


def test_shares_of_a_billionth_count_and_smaller_ones_do_not() -> None:
    tokens = one_bucket({"big": 10**13, "small": 10**13, "none": 10**13})
    allocation = allocate({"big": 1 - 1e-9, "small": 1e-9, "none": 4e-10}, 6 * 10**12, tokens)
    assert per_domain(allocation) == {"big": 6 * 10**12 - 6000, "small": 6000}


def test_caps_of_trillions_are_exact() -> None:
    tokens = one_bucket({"a": 1_000_000_000_001, "b": 5_999_999_999_999})
    allocation = allocate({"a": 0.9, "b": 0.1}, 6 * 10**12, tokens, max_repetition=1)
    assert per_domain(allocation) == {"a": 1_000_000_000_001, "b": 4_999_999_999_999}


def test_a_cap_is_read_as_the_decimal_that_was_written() -> None:
    assert per_domain(allocate({"a": 1}, 41, one_bucket({"a": 10}), max_repetition=4.1)) == {"a": 41}


@given(
    st.dictionaries(st.integers(0, 19), st.integers(0, 10**6), min_size=1).filter(lambda sizes: any(sizes.values())),
    budgets,
    st.lists(st.integers(1, 9), min_size=20, max_size=20),
)
def test_buckets_share_by_rate_times_tokens(sizes: dict[int, int], budget: int, rates: list[int]) -> None:
    tokens = {("d", bucket): n for bucket, n in sizes.items()}
    allocation = allocate({"d": 1.0}, budget, tokens, rates={cell: float(rates[cell[1]]) for cell in tokens})
    assert sum(allocation.values()) == budget
    whole = sum(n * rates[bucket] for bucket, n in sizes.items())
    for bucket, n in sizes.items():
        quota = Fraction(n * rates[bucket] * budget, whole)
        assert int(quota) <= allocation.get(("d", bucket), 0) <= -int(-quota // 1)


def test_buckets_have_the_same_rate_by_default_and_a_rate_of_zero_gets_none() -> None:
    tokens = {("d", 0): 100, ("d", 1): 300}
    assert allocate({"d": 1}, 200, tokens) == {("d", 0): 50, ("d", 1): 150}
    assert allocate({"d": 1}, 200, tokens, rates={("d", 0): 0.0}) == {("d", 1): 200}


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=6), st.integers(1, 10**9), st.floats(0.1, 9))
def test_an_infeasible_budget_names_the_numbers_and_a_repetition_that_is_enough(
    sizes: list[int], budget: int, repetition: float
) -> None:
    tokens = one_bucket(dict(zip(NAMES, sizes, strict=False)))
    weights = {name: 1.0 for name, _ in tokens}
    possible = sum(int(Fraction(str(repetition)) * n) for n in sizes)
    if possible >= budget:
        assert sum(allocate(weights, budget, tokens, max_repetition=repetition).values()) == budget
        return
    with pytest.raises(Infeasible) as raised:
        allocate(weights, budget, tokens, max_repetition=repetition)
    assert f"{possible:,}" in raised.value.what
    assert f"{budget:,}" in raised.value.what
    named = re.search(r"raise max_repetition to ([\d.]+),", str(raised.value.fix))
    assert named is not None
    enough = named.group(1)
    assert sum(allocate(weights, budget, tokens, max_repetition=float(enough)).values()) == budget
    step = Fraction(1, 10 ** len(enough.partition(".")[2])) if "." in enough else Fraction(1)
    less = Fraction(enough) - step
    if step < 1 and less > 0:
        assert sum(int(less * n) for n in sizes) < budget


def test_a_domain_without_tokens_is_infeasible_unless_its_share_is_zero() -> None:
    tokens = {("a", 0): 10, ("b", 0): 0}
    with pytest.raises(Infeasible, match=r"b has 25\.000% of the mixture and no tokens"):
        allocate({"a": 3, "b": 1}, 8, tokens)
    assert allocate({"a": 3, "b": 0, "unknown": 0}, 8, tokens, max_repetition=4) == {("a", 0): 8}


@pytest.mark.parametrize("weight", [-0.1, float("nan"), float("inf")])
def test_a_weight_that_is_none_is_refused(weight: float) -> None:
    with pytest.raises(BadInput, match="the weight of a is"):
        allocate({"a": weight}, 1, {("a", 0): 1})


def test_nothing_to_share_is_infeasible() -> None:
    with pytest.raises(Infeasible, match="no domain has a share"):
        allocate({"a": 0.0}, 1, {("a", 0): 1})
    with pytest.raises(Infeasible, match="every bucket of a has the rate 0"):
        allocate({"a": 1.0}, 1, {("a", 0): 1}, rates={("a", 0): 0.0})


def test_apportion_keeps_every_key() -> None:
    assert apportion({"a": 1, "b": 0}, 3, None) == {"a": 3, "b": 0}
