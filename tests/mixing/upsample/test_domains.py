"""Caps and rates of all domains of a mixture."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from curation.core.errors import BadInput, Infeasible
from mixing.upsample import UpsampleConfig, curves_for, domain_caps, rates_for, solve_curve

MASSES = {("web", 0): 40, ("web", 1): 30, ("web", 2): 20, ("web", 3): 10, ("code", 0): 50}


def test_caps_are_the_rate_times_what_is_above_the_discard() -> None:
    assert domain_caps(MASSES, UpsampleConfig()) == {"code": 350, "web": 420}
    assert domain_caps(MASSES, UpsampleConfig(discard=0)) == {"code": 350, "web": 700}


def test_the_stricter_of_repetition_and_rate_binds() -> None:
    assert domain_caps(MASSES, UpsampleConfig(), 4) == {"code": 200, "web": 240}
    assert domain_caps(MASSES, UpsampleConfig(max_rate=3), 4) == {"code": 150, "web": 180}
    rates = rates_for(MASSES, {"web": 0.5, "code": 0.5}, 400, UpsampleConfig(), 4)
    assert max(rates.values()) == 4


def test_rates_are_those_of_each_domain_alone() -> None:
    config = UpsampleConfig(family="exponential", max_rate=5, discard=0.2)
    rates = rates_for(MASSES, {"web": 0.75, "code": 0.25}, 200, config)
    web = solve_curve([40, 30, 20, 10], 150, 5, discard=0.2, family="exponential")
    assert [rates["web", bucket] for bucket in range(4)] == list(web.rates)
    assert rates["code", 0] == 1


def test_buckets_are_taken_in_order_whatever_the_order_of_the_masses() -> None:
    backwards = dict(reversed(MASSES.items()))
    weights = {"web": 1.0}
    assert rates_for(backwards, weights, 100, UpsampleConfig()) == rates_for(MASSES, weights, 100, UpsampleConfig())


def test_a_domain_without_a_share_has_rates_of_0() -> None:
    rates = rates_for(MASSES, {"web": 1.0}, 100, UpsampleConfig())
    assert rates["code", 0] == 0
    assert rates.keys() == MASSES.keys()


@given(
    st.dictionaries(
        st.tuples(st.sampled_from("abc"), st.integers(0, 19)), st.integers(0, 10**7), min_size=1, max_size=40
    ).filter(lambda masses: any(masses.values())),
    st.sampled_from([0.7, 4.0, 6.5]),
    st.sampled_from([None, 2.5, 4.0]),
    st.sampled_from([10**4, 10**12]),
)
@example(masses={("a", 0): 2830}, max_rate=0.7, max_repetition=None, scale=10**4)  # 0.7 as a float is less than 0.7
@settings(max_examples=60)
def test_a_share_at_its_cap_is_feasible_once_rounded(
    masses: dict[tuple[str, int], int], max_rate: float, max_repetition: float | None, scale: int
) -> None:
    config = UpsampleConfig(max_rate=max_rate)
    caps = domain_caps(masses, config, max_repetition)
    budget = max(1, sum(caps.values())) * scale // 10**4
    # shares as the solver rounds them: down to 1e-9, less than 1e-15 above the cap
    weights = {domain: int(cap / budget * 10**9 + 1e-6) / 10**9 for domain, cap in caps.items()}
    rates = rates_for(masses, weights, budget, config, max_repetition)
    for domain in caps:
        given_tokens = sum(rate * masses[cell] for cell, rate in rates.items() if cell[0] == domain)
        assert given_tokens == pytest.approx(weights[domain] * budget, rel=1e-9, abs=max(0.51, 1e-14 * budget))
    assert max(rates.values()) <= min(max_rate, max_repetition or max_rate)


def test_a_rounded_share_may_pass_its_cap_by_a_part_of_a_token() -> None:
    masses, budget = {("a", 0): 1500, ("b", 0): 10**13}, 6_000_004_000_000
    assert domain_caps(masses, UpsampleConfig(), 4)["a"] == 6000 < 1e-9 * budget
    assert rates_for(masses, {"a": 1e-9, "b": 1 - 1e-9}, budget, UpsampleConfig(), 4)["a", 0] == 4


def test_curves_carry_their_parameters() -> None:
    curves = curves_for(MASSES, {"web": 0.9, "code": 0.1}, 100, UpsampleConfig())
    assert curves["web"].parameters["a"] == pytest.approx(0.4)
    assert curves["web"].target == pytest.approx(90)


def test_all_domains_that_are_short_are_named_with_what_binds() -> None:
    with pytest.raises(Infeasible) as caught:
        rates_for(MASSES, {"web": 0.5, "code": 0.4, "law": 0.1}, 1000, UpsampleConfig(), 4)
    message = str(caught.value)
    assert message.startswith("3 domains cannot give their share")
    assert "code: 400 tokens are wanted; the feasible range is 0 to 200: max_repetition 4 times 50 tokens" in message
    assert "law: 100 tokens are wanted of none" in message
    # 500 of 60 tokens pass both limits, 400 of 50 too
    assert "raise max_rate and max_repetition to 8.334" in message


def test_only_the_limit_that_binds_is_to_be_raised() -> None:
    with pytest.raises(Infeasible, match=r"^web: 300 tokens") as caught:
        rates_for(MASSES, {"web": 1.0}, 300, UpsampleConfig(), 4)
    assert (caught.value.fix or "").startswith("raise max_repetition to 5, or lower discard to 0,")


def test_values_go_by_the_number_of_the_bucket() -> None:
    masses = {("a", 0): 10, ("a", 2): 10}
    config = UpsampleConfig(family="water-filling", values=(1, 2, 3), discard=0)
    assert rates_for(masses, {"a": 1.0}, 5, config) == {("a", 0): 0, ("a", 2): 0.5}
    with pytest.raises(BadInput, match="a: bucket 3 has no value, 3 values are given"):
        rates_for({("a", 3): 10}, {"a": 1.0}, 5, config)
