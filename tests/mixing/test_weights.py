"""Rounding shares to 1e-9."""

from hypothesis import given
from hypothesis import strategies as st

from mixing.weights import round_shares


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50).filter(lambda xs: sum(xs) > 1e-3))
def test_rounded_shares_sum_to_one_and_stay_near(shares: list[float]) -> None:
    named = {f"d{i:02d}": share / sum(shares) for i, share in enumerate(shares)}
    rounded = round_shares(named)
    assert round(sum(rounded.values()) * 1e9) == 10**9
    assert all(abs(rounded[name] - share) < 2e-9 for name, share in named.items())


def test_a_share_at_its_cap_is_not_rounded_above_it() -> None:
    cap = 0.3333333336
    assert round_shares({"a": cap, "b": 1 - cap}, {"a": cap, "b": 1.0})["a"] <= cap
