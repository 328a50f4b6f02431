"""What the page reads of a pool's documents and rejected documents, against a pool made by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from recipes.report import pool_rows
from recipes.report.pool_rows import beginning, count_of, files_of, place_of, rejected_by, rows_by_id, steps_of
from recipes.report.quality_scores import domain_scores
from tests.report.conftest import document_id


@pytest.fixture
def pool(by_hand: Callable):
    return by_hand().finish("pool").on_disk.finished["pool"]


def test_rejected_documents_of_a_rule(pool) -> None:
    found = rejected_by(pool, "minhash_dedup.near_duplicate")
    assert found.rows.column("value").to_pylist() == [0.95, 0.81]
    assert not found.is_part
    assert len(rejected_by(pool, "minhash_dedup.other").rows) == 0


def test_no_more_rows_than_are_allowed(pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_rows, "MOST_ROWS", 1)
    found = rejected_by(pool, "minhash_dedup.near_duplicate")
    assert (len(found.rows), found.is_part) == (1, True)
    assert not rejected_by(pool, "decontaminate.contaminated").is_part


def test_many_files_are_read_evenly(pool) -> None:
    entries = [{"path": f"documents/{n:03}", "size_bytes": 1, "xxh3_128": ""} for n in range(130)]
    pool.manifest["files"] = entries
    names, is_part = files_of(pool, "documents")
    assert names == [f"documents/{n:03}" for n in range(0, 130, 3)]
    assert is_part


def test_documents_are_found_by_id(pool) -> None:
    wanted, missing = document_id(1, 2), document_id(9, 9)
    found = rows_by_id(pool, "documents", [wanted, missing])
    assert set(found) == {wanted}
    assert (found[wanted]["domain"], found[wanted]["text"], place_of(found[wanted])) == (
        "docs",
        "document 2 <b>",
        "file, row 2",
    )
    assert rows_by_id(pool, "documents", []) == {}


def test_counts_are_those_of_the_manifest(pool) -> None:
    reached, removed = count_of(pool, "minhash_dedup", "near_duplicate")
    assert (reached.documents, removed.documents) == (80 + 81 + 82 + 2 + 1, 2)
    assert count_of(pool, "minhash_dedup", "other").reached.documents == 0


def test_steps_are_found_by_kind_whatever_their_label(pool) -> None:
    pool.manifest["steps"] = [{"step": "mine", "kind": "quality"}, {"step": "quality", "kind": "other"}]
    assert [step["step"] for step in steps_of(pool, "quality")] == ["mine"]


def test_a_beginning_is_a_line_of_a_hundred_characters() -> None:
    assert beginning("a\n  b") == "a b"
    assert beginning("x" * 101) == "x" * 100 + "\u2026"
    assert beginning(None) == "(the text is not kept)"


def test_scores_of_every_domain(pool) -> None:
    found, is_part = domain_scores(pool)
    assert list(found) == ["code/python", "docs", "legal"]
    assert not is_part
    docs = found["docs"]
    assert docs.counts == np.histogram([0.06, 0.36, 0.66, 0.96], bins=20, range=(0, 1))[0].tolist()
    assert docs.documents == 4
    assert docs.share_above(0.5) == 0.5
    assert [name for name, _ in docs.worst] == [document_id(1, 0), document_id(1, 1)]
    assert [name for name, _ in docs.best] == [document_id(1, 3), document_id(1, 2)]


def test_a_pool_without_scores_has_none(pool) -> None:
    for file in (pool.path / "signals").iterdir():
        file.unlink()
    assert domain_scores(pool) == ({}, False)
