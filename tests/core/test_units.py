"""Quantities as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.core.errors import BadInput
from curation.core.units import format_count, format_seconds, format_size, parse_count, parse_fraction, parse_size


@pytest.mark.parametrize(
    ("text", "value"),
    [("6T", 6 * 10**12), ("1.5B", 1_500_000_000), ("200k", 200_000), ("30M", 30_000_000), ("2G", 2 * 10**9), (17, 17),
     ("1_000", 1000), ("3e6", 3_000_000)],
)  # fmt: skip
def test_counts(text: str | int, value: int) -> None:
    assert parse_count(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("64MiB", 2**26), ("200KB", 200_000), ("2GB", 2 * 10**9), ("2G", 2 * 10**9), ("12B", 12), ("12", 12),
     ("1.5 KiB", 1536), ("1TB", 10**12)],
)  # fmt: skip
def test_sizes(text: str, value: int) -> None:
    assert parse_size(text) == value


@pytest.mark.parametrize("text", ["", "six", "-3", "1.5", "3X", "1KiBB", True, "0.3K5"])
def test_a_bad_count_is_refused_and_shown(text: str) -> None:
    with pytest.raises(BadInput, match=r"count|whole number"):
        parse_count(text)


@pytest.mark.parametrize(("text", "value"), [("20%", 0.2), (0.5, 0.5), ("0.25", 0.25), ("100%", 1.0), (0, 0.0)])
def test_fractions(text: str | float, value: float) -> None:
    assert parse_fraction(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["120%", -0.1, "half", 2])
def test_a_share_beyond_one_is_refused(text: str | float) -> None:
    with pytest.raises(BadInput, match="is not a share"):
        parse_fraction(text)


@given(st.integers(0, 2**62))
def test_plain_integers_are_themselves(n: int) -> None:
    assert parse_count(str(n)) == n == parse_size(f"{n}B")


def test_for_people() -> None:
    assert format_count(12_345_678) == "12.3M"
    assert format_count(999) == "999"
    assert format_size(4_200_000) == "4.2 MB"
    assert format_seconds(8.23) == "8.2 s"
    assert format_seconds(185) == "3 min 05 s"
    assert format_seconds(7800) == "2 h 10 min"
