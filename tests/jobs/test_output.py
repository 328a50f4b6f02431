"""Numbers and tables as people read them."""

from __future__ import annotations

import re

import pytest

from jobs.output import Column, Row, about, print_table, short_count, short_size


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "1 s"),
        (7.6, "8 s"),
        (89, "89 s"),
        (100, "2 min"),
        (3600, "60 min"),
        (5401, "1.5 h"),
        (36_000, "10 h"),
        (3 * 86_400, "3.0 days"),
        (40 * 86_400, "40 days"),
    ],
)
def test_durations_are_as_coarse_as_estimates(seconds: float, text: str) -> None:
    assert about(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 B"), (999, "999 B"), (4200, "4.2 KB"), (14_400_000, "14 MB"), (15_600_000, "16 MB"), (10**12, "1.0 TB")],
)
def test_sizes_have_at_most_three_digits(value: int, text: str) -> None:
    assert short_size(value) == text


def test_counts_have_at_most_three_digits() -> None:
    assert [short_count(n) for n in (5, 1_234, 12_345, 123_456)] == ["5", "1.2K", "12K", "123K"]


def test_a_plain_table_is_aligned_and_leaves_out_what_is_empty(capsys: pytest.CaptureFixture[str]) -> None:
    columns = (Column("name"), Column("n", right=True), Column("empty"), Column("last"))
    print_table(columns, [Row(("a", "10", "", "x")), Row(("long", "9", "", ""))])
    assert capsys.readouterr().out == "name   n  last\na     10  x\nlong   9\n"


@pytest.mark.parametrize("width", [40, 80])
def test_a_table_on_a_terminal_keeps_to_its_width(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", str(width))
    columns = (Column("stage"), Column("reads", may_wrap=True), Column("n", right=True))
    print_table(columns, [Row(("a-name-that-stays", ", ".join(["several"] * 8), "1,234"))])
    lines = re.sub("\x1b\\[[0-9;]*m", "", capsys.readouterr().out).splitlines()
    assert max(len(line.rstrip()) for line in lines) <= width
    assert len(lines) > 2
    assert "a-name-that-stays" in lines[1]
    assert lines[1].rstrip().endswith("1,234")
