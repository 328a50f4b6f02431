"""The evaluation of held-out documents against counting by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.quality.evaluation import area_under_curve, evaluate, negatives_pass

SCORED = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.5, 0.7, 1.0]), st.booleans()), min_size=1, max_size=30)


@given(SCORED)
def test_the_area_is_the_share_of_pairs_in_order(rows: list[tuple[float, bool]]) -> None:
    pairs = [(a, b) for a, a_good in rows for b, b_good in rows if a_good and not b_good]
    won = sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs)
    found = area_under_curve(np.array([score for score, _ in rows]), np.array([good for _, good in rows]))
    assert found == (pytest.approx(won / len(pairs), abs=1e-6) if pairs else None)


@given(SCORED, st.sampled_from([0.0, 0.5, 0.6]))
def test_precision_and_recall_are_shares_of_documents(rows: list[tuple[float, bool]], threshold: float) -> None:
    taken = [good for score, good in rows if score >= threshold]
    found = evaluate(np.array([score for score, _ in rows]), np.array([good for _, good in rows]), threshold)
    n_good = sum(good for _, good in rows)
    assert found["precision"] == (pytest.approx(sum(taken) / len(taken), abs=1e-6) if taken else None)
    assert found["recall"] == (pytest.approx(sum(taken) / n_good, abs=1e-6) if n_good else None)
    assert (found["positives"], found["negatives"]) == (n_good, len(rows) - n_good)


def test_thresholds_let_a_share_of_the_negatives_pass() -> None:
    scores = np.concatenate([np.arange(100) / 100, np.ones(50)])
    found = negatives_pass(scores, np.arange(150) >= 100)
    assert [row["share"] for row in found] == [0.5, 0.2, 0.1, 0.05, 0.02, 0.01]
    for row in found:
        assert (scores[:100] >= row["score"]).sum() == round(100 * row["share"])


def test_shares_of_less_than_one_negative_are_left_out() -> None:
    assert [row["share"] for row in negatives_pass(np.arange(12.0), np.zeros(12, bool))] == [0.5, 0.2, 0.1]
