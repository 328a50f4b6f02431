"""The row-local pass: scopes, the first rule in recipe order, repeated steps, rows that are dead already."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from curation.core.document import DOCUMENT
from curation.ops.gopher_quality import gopher_signals
from curation.ops.holdout import ByteLength
from curation.pipeline.annotate import Annotate
from curation.work.fate import FATE, no_fate
from tests.support.curated_texts import split_of, steps

NEVER = {"min_words": 0, "min_mean_word_length": 0, "min_alpha_words": 0, "min_stop_words": 0, "max_symbol_ratio": 99}
N_WORDS = "gopher.n_words"


def annotate(chain: Any, texts: list[tuple[str, str | None]]) -> list[dict[str, Any]]:
    operator = Annotate(tuple(chain))
    operator.setup()
    (batch,) = split_of(0, texts).read()
    found = operator(batch)
    assert found.schema == operator.output_schema(batch.schema)
    return found.to_pylist()


DOMAINS = ["code/c", "code/python", "docs/prose", "web", None]


@pytest.mark.parametrize(
    ("only", "in_scope"),
    [
        (["*"], DOMAINS),
        (["code/*"], ["code/c", "code/python"]),
        (["code/?", "web"], ["code/c", "web"]),
        (["docs"], []),
        ([], []),
    ],
)
def test_a_step_measures_and_judges_the_domains_of_its_scope(only: list[str], in_scope: list[str | None]) -> None:
    chain = steps(("gopher_quality", {**NEVER, "min_words": 2, "only": only}))
    rows = annotate(chain, [("word", domain) for domain in DOMAINS])
    assert [row[N_WORDS] for row in rows] == [1 if domain in in_scope else None for domain in DOMAINS]
    assert [row["fate_rule"] for row in rows] == ["min_words" if domain in in_scope else None for domain in DOMAINS]


def test_the_first_step_in_recipe_order_is_recorded_and_later_ones_measure_all_the_same() -> None:
    short = ("gopher_quality", {**NEVER, "min_words": 3})
    code = ("code_filter", {"min_bytes": 10, "min_alnum_ratio": 0})
    texts = [("a b", None), ("a b c", None), ("a b c d e f", None)]
    assert [row["fate_stage"] for row in annotate(steps(short, code), texts)] == ["gopher_quality", "code_filter", None]
    rows = annotate(steps(code, short), texts)
    assert [row["fate_stage"] for row in rows] == ["code_filter", "code_filter", None]
    assert [(row["code.n_bytes"], row[N_WORDS]) for row in rows] == [(3, 2), (5, 3), (11, 6)]
    assert [(row["fate_value"], row["fate_threshold"]) for row in rows[:2]] == [(3, 10), (5, 10)]


def test_a_repeated_step_fills_the_same_columns_and_has_a_name_of_its_own() -> None:
    chain = steps(
        ("gopher_quality", {**NEVER, "name": "code", "min_words": 2, "only": ["code/*"]}),
        ("gopher_quality", {**NEVER, "name": "web", "min_words": 3, "only": ["web"]}),
    )
    rows = annotate(chain, [("a b", "code/c"), ("a b", "web"), ("a", "code/c"), ("a", None)])
    assert [row[N_WORDS] for row in rows] == [2, 2, 1, None]
    assert [row["fate_stage"] for row in rows] == [None, "web", "code", None]


def test_rows_that_are_dead_before_the_pass_are_not_measured_and_keep_their_fate() -> None:
    (batch,) = split_of(0, [("a", "web"), ("b b", "web"), ("c", "web")]).read()
    fate = no_fate(3) | {"fate_stage": pa.array(["old", None, None]), "fate_rule": pa.array(["rule", None, None])}
    known = {name: batch.column(name) for name in batch.schema.names}
    batch = pa.RecordBatch.from_pydict(known | fate, schema=pa.schema([*DOCUMENT, *FATE]))
    operator = Annotate(steps(("gopher_quality", {**NEVER, "min_words": 2})), carry=("id",))
    rows = operator(batch).to_pylist()
    assert operator(batch).schema == operator.output_schema(batch.schema)
    assert [row[N_WORDS] for row in rows] == [None, 2, 1]
    assert [row["fate_stage"] for row in rows] == ["old", None, "gopher_quality"]
    assert "text" not in rows[0]


def test_features_have_no_rules_and_no_scope() -> None:
    rows = annotate([ByteLength()], [("\u00e9", None), ("", "web")])
    assert [(row["n_bytes"], row["fate_rule"]) for row in rows] == [(2, None), (0, None)]


def test_signals_of_a_scope_are_at_the_right_rows() -> None:
    texts = [(f"{'word ' * i}", ["web", "code/c", None][i % 3]) for i in range(20)]
    for row, (text, domain) in zip(annotate(steps(("gopher_quality", {"only": ["web"]})), texts), texts, strict=True):
        expected = gopher_signals(text) if domain == "web" else dict.fromkeys(gopher_signals(text))
        assert {name: row[f"gopher.{name}"] for name in expected} == expected
