"""Gopher's heuristics against a slow oracle, and every rule at its threshold."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.ops.gopher_quality import GopherQuality, GopherQualityConfig, gopher_signals
from curation.work.fate import judge

# what Python takes for white space and for the end of a line, written out
SPACES = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680"
    + "".join(map(chr, range(0x2000, 0x200B)))
    + "\u2028\u2029\u202f\u205f\u3000"
)
LINE_ENDS = "\n\x0b\x0c\r\x1c\x1d\x1e\x85\u2028\u2029"
pieces = st.sampled_from(
    ["the", "of", "The", "#", "...", "\u2026", "....", "-", "\u2022", " ", "\n", "\r\n", "\t", "word", "7", "\u00e9"]
)
texts = st.text() | st.lists(pieces, max_size=40).map("".join)


def split_at(text: str, ends: str) -> list[str]:
    found, current = [], ""
    for character in text:
        if character in ends:
            found.append(current)
            current = ""
        else:
            current += character
    return [*found, current]


def lines_of(text: str) -> list[str]:
    lines = split_at(text.replace("\r\n", "\n"), LINE_ENDS)
    return lines if lines[-1] else lines[:-1]


def oracle(text: str) -> dict[str, float]:
    words = [word for word in split_at(text, SPACES) if word]
    lines = lines_of(text)
    ellipses = place = 0
    while place < len(text):
        if text[place : place + 3] == "...":
            ellipses += 1
            place += 3
            continue
        ellipses += text[place] == "\u2026"
        place += 1
    hashes = len([character for character in text if character == "#"])
    bullets = [
        line
        for line in lines
        if line.strip(SPACES)[:1] in set("\u2022\u2023\u25b6\u25c0\u25e6\u25a0\u25a1\u25aa\u25ab\u2013-*")
    ]
    trailing = [line for line in lines if line.strip(SPACES)[-3:] == "..." or line.strip(SPACES)[-1:] == "\u2026"]
    with_letter = [word for word in words if any(character.isalpha() for character in word)]
    stop_words = ["the", "be", "to", "of", "and", "that", "have", "with"]
    expected = {
        "n_words": len(words),
        "mean_word_length": sum(len(word) for word in words) / len(words) if words else 0,
        "symbol_ratio": max(hashes, ellipses) / (len(words) or 1),
        "bullet_lines": len(bullets) / len(lines) if lines else 0,
        "ellipsis_lines": len(trailing) / len(lines) if lines else 0,
        "alpha_words": len(with_letter) / len(words) if words else 0,
        "stop_words": len([word for word in stop_words if word in words]),
    }
    return {name: round(value, 6) for name, value in expected.items()}


@given(texts)
def test_signals_are_what_a_slow_count_finds(text: str) -> None:
    assert gopher_signals(text) == oracle(text)


@given(st.lists(texts, max_size=5))
def test_columns_hold_the_signals_of_their_rows(documents: list[str]) -> None:
    step = GopherQuality(GopherQualityConfig())
    batch = pa.RecordBatch.from_pydict({"text": pa.array(documents, pa.string())})
    measured = step.measure(batch)
    assert {name: column.type for name, column in measured.items()} == dict(step.columns)
    expected = [{f"gopher.{name}": value for name, value in oracle(text).items()} for text in documents]
    assert pa.table(dict(measured)).to_pylist() == expected


# a threshold, a text that lies on it, and one that lies just beyond
BOUNDARIES = [
    ("min_words", 5, "word " * 5, "word " * 4),
    ("max_words", 5, "word " * 5, "word " * 6),
    ("min_mean_word_length", 3, "abc abc", "abc ab"),
    ("max_mean_word_length", 3, "abc abc", "abc abcd"),
    ("max_symbol_ratio", 0.25, "# a b c", "# a b"),
    ("max_symbol_ratio", 0.25, "a... b c d", "a... b \u2026 d"),
    ("max_bullet_lines", 0.5, "- a\nb", "- a\n* c\nb"),
    ("max_ellipsis_lines", 0.5, "a...\nb", "a...\nc\u2026\nb"),
    ("min_alpha_words", 0.5, "a 1", "a 1 2"),
    ("min_stop_words", 2, "the of the", "the the The OF"),
]
NEVER = {
    "min_words": 0, "max_words": 10**9, "min_mean_word_length": 0, "max_mean_word_length": 10**9,
    "max_symbol_ratio": 10**9, "max_bullet_lines": 1, "max_ellipsis_lines": 1, "min_alpha_words": 0,
    "min_stop_words": 0,
}  # fmt: skip


@pytest.mark.parametrize(("rule", "threshold", "on_it", "beyond"), BOUNDARIES)
def test_a_rule_keeps_at_its_threshold_and_drops_beyond(rule: str, threshold: float, on_it: str, beyond: str) -> None:
    step = GopherQuality(GopherQualityConfig.model_validate({**NEVER, rule: threshold}))
    batch = pa.RecordBatch.from_pydict({"text": [on_it, beyond]})
    fate = judge(step.label, step.rules, dict(step.measure(batch)), np.ones(2, dtype=bool))
    assert fate["fate_rule"].to_pylist() == [None, rule]
    assert fate["fate_threshold"].to_pylist() == [None, threshold]
    assert fate["fate_stage"].to_pylist() == [None, "gopher_quality"]


def test_the_table_of_boundaries_has_every_rule() -> None:
    names = [rule.name for rule in GopherQuality(GopherQualityConfig()).rules]
    assert list(dict.fromkeys(rule for rule, *_ in BOUNDARIES)) == names == list(NEVER)


def test_the_defaults_are_the_paper_s() -> None:
    found = {rule.name: rule.threshold for rule in GopherQuality(GopherQualityConfig()).rules}
    assert list(found.values()) == [50, 100_000, 3, 10, 0.1, 0.9, 0.3, 0.8, 2]
