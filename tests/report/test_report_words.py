"""Numbers as text."""

from __future__ import annotations

import math

import pytest

from recipes.report.figures.canvas import shortened
from recipes.report.words import (
    MISSING,
    decimal,
    general,
    joined,
    percent,
    scientific,
    short,
    signed,
    signed_percent,
    size_unit,
    times,
    whole,
)


@pytest.mark.parametrize("write", [decimal, general, percent, scientific, short, signed, signed_percent, times, whole])
@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_a_dash(write, value) -> None:
    assert write(value) == MISSING


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (whole(12345), "12,345"),
        (decimal(-1.23456), "\u22121.2346"),
        (signed(0.0123), "+0.0123"),
        (signed(-0.00001), "0.0000"),
        (percent(0.1234), "12.3\u202f%"),
        (percent(0.0001), "<0.1\u202f%"),
        (percent(0), "0.0\u202f%"),
        (signed_percent(-0.01234), "\u22121.23\u202f%"),
        (signed_percent(0.0), "0.00\u202f%"),
        (scientific(2.185e-9), "2.2\u202f\u00d7\u202f10\u207b\u2079"),
        (scientific(0), "0"),
        (scientific(0.5), "0.5"),
        (times(1.2), "1.20\u00d7"),
        (joined(["a", "b", "c"]), "a, b and c"),
        (joined([]), ""),
        (size_unit(13_850_000).of(1_230_000), "1.23"),
        (size_unit(6e13).name, "TB"),
    ],
)
def test_numbers(text: str, expected: str) -> None:
    assert text == expected


def test_long_names_keep_both_ends() -> None:
    assert shortened("web/science/physics/optics", 13) == "web/sc\u2026optics"
    assert shortened("short", 5) == "short"
    assert shortened("a\nb\x07", 9) == "a\ufffdb\ufffd"
