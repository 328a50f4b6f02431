"""The code filter against a slow oracle, and every rule at its threshold."""

from __future__ import annotations

import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.ops.code_filter import CodeFilter, CodeFilterConfig, code_signals
from curation.work.fate import judge

LINE_ENDS = "\n\x0b\x0c\r\x1c\x1d\x1e\x85\u2028\u2029"
texts = st.text() | st.text(alphabet="ab1 _{}\n\r\t\u00e9\u0664\u00bd\u4e00\U0001f600")


def line_lengths(text: str) -> list[int]:
    lengths, current = [], 0
    for character in text.replace("\r\n", "\n"):
        if character in LINE_ENDS:
            lengths.append(current)
            current = 0
        else:
            current += 1
    return [*lengths, current] if current or not lengths else lengths


def is_letter_or_digit(character: str) -> bool:
    # str.isalnum: letters of all kinds, and whatever has a numeric value (digits, fractions, Chinese numerals)
    return unicodedata.category(character)[0] == "L" or unicodedata.numeric(character, None) is not None


def oracle(text: str) -> dict[str, float]:
    lengths = line_lengths(text)
    counted = 0
    for character in text:
        counted += is_letter_or_digit(character)
    expected = {
        "n_bytes": sum(1 + (c > "\x7f") + (c > "\u07ff") + (c > "\uffff") for c in text),
        "max_line_length": sorted(lengths)[-1],
        "mean_line_length": sum(lengths) / len(lengths),
        "alnum_ratio": counted / len(text) if text else 0,
    }
    return {name: round(value, 6) for name, value in expected.items()}


@given(texts)
def test_signals_are_what_a_slow_count_finds(text: str) -> None:
    assert code_signals(text) == oracle(text)


def test_the_empty_document_has_zeros() -> None:
    assert set(code_signals("").values()) == {0}


@given(st.lists(texts, max_size=5))
def test_columns_hold_the_signals_of_their_rows(documents: list[str]) -> None:
    step = CodeFilter(CodeFilterConfig())
    measured = step.measure(pa.RecordBatch.from_pydict({"text": pa.array(documents, pa.string())}))
    assert {name: column.type for name, column in measured.items()} == dict(step.columns)
    expected = [{f"code.{name}": value for name, value in oracle(text).items()} for text in documents]
    assert pa.table(dict(measured)).to_pylist() == expected


# a threshold, a text that lies on it, and one that lies just beyond
BOUNDARIES = [
    ("min_bytes", 4, "\u00e9\u00e9", "\u00e9a"),
    ("max_bytes", 4, "\u00e9\u00e9", "\u00e9\u00e9a"),
    ("max_line_length", 3, "ab\n\u00e9\u00e9\u00e9\n", "abcd\na"),
    ("max_mean_line_length", 2, "abc\na", "abc\nab"),
    ("min_alnum_ratio", 0.5, "a1{}", "a{}"),
]
NEVER = {
    "min_bytes": 0, "max_bytes": 10**9, "max_line_length": 10**9, "max_mean_line_length": 10**9, "min_alnum_ratio": 0
}  # fmt: skip


@pytest.mark.parametrize(("rule", "threshold", "on_it", "beyond"), BOUNDARIES)
def test_a_rule_keeps_at_its_threshold_and_drops_beyond(rule: str, threshold: float, on_it: str, beyond: str) -> None:
    step = CodeFilter(CodeFilterConfig.model_validate({**NEVER, rule: threshold}))
    batch = pa.RecordBatch.from_pydict({"text": [on_it, beyond]})
    fate = judge(step.label, step.rules, dict(step.measure(batch)), np.ones(2, dtype=bool))
    assert fate["fate_rule"].to_pylist() == [None, rule]
    assert fate["fate_threshold"].to_pylist() == [None, threshold]


def test_the_table_of_boundaries_has_every_rule() -> None:
    assert [rule.name for rule in CodeFilter(CodeFilterConfig()).rules] == [rule for rule, *_ in BOUNDARIES]
