"""What a curate stage removed, against numbers counted by hand."""

from __future__ import annotations

from typing import Any

import pytest

from recipes.report.removals import Amount, removals_of
from recipes.report.sections.curation import waterfall_of
from recipes.report.words import size_unit


def row(domain: str | None, step: str | None, rule: str | None, documents: int, n_bytes: int) -> dict[str, Any]:
    return {"source": "s", "domain": domain, "step": step, "rule": rule, "documents": documents, "bytes": n_bytes}


STEPS = [
    {"step": "code_filter", "only": ["code/*"], "min_bytes": 50},
    {"step": "exact_dedup", "only": ["*"]},
    {"step": "holdout", "only": ["*"], "per_domain": 10},
]
COUNTS = [
    row("code/python", None, None, 2, 20),
    row("code/python", "code_filter", "min_bytes", 96, 96),
    row("code/python", "exact_dedup", "duplicate_text", 1, 5),
    row("docs", None, None, 40, 4000),
    row("docs", "exact_dedup", "duplicate_text", 9, 900),
    row("docs", "holdout", "holdout", 1, 100),
]
REMOVALS = removals_of({"counts": COUNTS, "steps": STEPS})


def test_read_is_kept_and_held_out_and_removed() -> None:
    assert REMOVALS.read == Amount(149, 5121)
    assert REMOVALS.kept == Amount(42, 4020)
    assert REMOVALS.held_out == Amount(1, 100)
    assert [step.removed for step in REMOVALS.steps] == [Amount(96, 96), Amount(10, 905), Amount(0, 0)]


def test_a_rule_is_reached_by_its_domains_minus_what_went_before() -> None:
    by_rule = {rule.rule: rule for step in REMOVALS.steps for rule in step.rules}
    assert by_rule["min_bytes"].reached == Amount(99, 121)  # python alone
    assert by_rule["max_bytes"].reached == Amount(3, 25)
    assert by_rule["duplicate_text"].reached == Amount(53, 5025)
    assert by_rule["holdout"].reached == Amount(43, 4120)


def test_conditions_and_marks() -> None:
    by_rule = {rule.rule: rule for step in REMOVALS.steps for rule in step.rules}
    assert by_rule["min_bytes"].condition == "code.n_bytes < 50"
    assert by_rule["duplicate_text"].condition == ""
    assert by_rule["min_bytes"].mark == "removed over 95%"
    assert by_rule["max_bytes"].mark == "removed nothing"
    assert by_rule["duplicate_text"].mark == by_rule["holdout"].mark == ""


def test_exactly_95_percent_is_not_over() -> None:
    counts = [row("d", None, None, 5, 5), row("d", "exact_dedup", "duplicate_text", 95, 95)]
    found = removals_of({"counts": counts, "steps": [{"step": "exact_dedup"}]})
    assert found.steps[0].rules[0].mark == ""


def test_a_rule_that_nothing_reaches_says_so() -> None:
    found = removals_of({"counts": [row("docs", None, None, 5, 5)], "steps": STEPS[:1]})
    assert {rule.mark for rule in found.steps[0].rules} == {"nothing reached it"}


def test_domains_add_up() -> None:
    assert [(d.domain, d.read.documents, d.kept.documents, d.held_out.documents) for d in REMOVALS.domains] == [
        ("code/python", 99, 2, 0),
        ("docs", 50, 40, 1),
    ]


MINE = {"step": "mine", "kind": "code_filter", "min_bytes": 7}
OTHER = {"step": "other", "kind": "no_such_step", "unknown": 1}


def test_a_renamed_step_is_made_by_its_kind_and_an_unknown_one_by_its_counts() -> None:
    counts = [row(None, None, None, 1, 1), row(None, "mine", "min_bytes", 1, 1), row(None, "other", "odd", 2, 2)]
    config = {"counts": counts, "steps": [MINE, OTHER]}
    mine, other = removals_of(config).steps
    assert [rule.rule for rule in mine.rules][:2] == ["min_bytes", "max_bytes"]
    assert mine.rules[0].condition == "code.n_bytes < 7"
    assert [(rule.rule, rule.removed.documents) for rule in other.rules] == [("odd", 2)]


def test_what_reading_rejects_comes_before_every_step() -> None:
    counts = [*COUNTS, row("docs", None, "too_large", 3, 999)]
    found = removals_of({"counts": counts, "steps": STEPS})
    assert found.steps[0].step == ""
    assert found.steps[0].rules[0].reached == Amount(152, 6120)


def test_the_waterfall_ends_where_kept_begins() -> None:
    figure = waterfall_of(REMOVALS, size_unit(5121))
    assert figure.labels == ("read", "code_filter", "exact_dedup", "holdout", "kept")
    documents, megabytes = figure.panels
    assert [(bar.start, bar.end, bar.role) for bar in documents.bars] == [
        (0, 149, "read"),
        (149, 53, "removed"),
        (53, 43, "removed"),
        (43, 42, "held"),
        (0, 42, "kept"),
    ]
    assert megabytes.bars[-2].end == megabytes.bars[-1].end == 4020


@pytest.mark.parametrize("counts", [[], [row("d", "exact_dedup", "duplicate_text", 4, 4)]])
def test_nothing_read_or_nothing_kept(counts: list[dict[str, Any]]) -> None:
    found = removals_of({"counts": counts, "steps": STEPS})
    assert found.kept == Amount(0, 0)
    waterfall_of(found, size_unit(found.read.n_bytes))
