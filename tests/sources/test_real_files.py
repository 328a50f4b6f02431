"""Real data sets, in the formats that they come in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import zstandard

from tests.support.source_files import read, texts, unread


def test_books(shared_data: Path) -> None:
    path = shared_data / "books_gutenberg" / "books.jsonl.zst"
    with zstandard.open(path, "rt", encoding="utf-8", newline="\n") as stream:
        expected = [json.loads(line) for line in stream]
    rows = read(path)
    assert [row["row"] for row in rows] == list(range(len(expected)))
    for row, document in zip(rows, expected, strict=True):
        assert (row["text"], row["source_id"], row["licence"]) == (
            document["text"],
            document["id"],
            document["license"],
        )
        rest = {name: value for name, value in document.items() if name not in ("text", "id", "license")}
        assert json.loads(row["metadata"]) == rest
    assert not unread(rows)


@pytest.mark.parametrize("name", ["test.jsonl", "test.jsonl.gz", "test.jsonl.zst"])
def test_formats_of_dolma(shared_data: Path, name: str) -> None:
    folder = shared_data / "dolma_test_data" / "formats"
    assert texts(read(folder / name, fields={"text": "message"})) == ["this is a test"]


def test_documents_of_dolma(shared_data: Path) -> None:
    rows = read(shared_data / "dolma_test_data" / "multiple_files" / "*.gz")
    assert len({row["location"] for row in rows}) == 2
    assert not unread(rows)
    assert all(row["source_id"] and row["date"] for row in rows)


def test_data_sets_of_all_kinds(shared_data: Path) -> None:
    """Data sets whose rows are questions and not texts are told by what they lack."""
    rows = read(shared_data / "[a-h]*" / "*.jsonl.zst", on_error="skip")
    assert len(texts(rows)) > 1500
    assert {rule for rule, _, _ in unread(rows)} == {"no_text"}
    assert len({row["id"] for row in rows}) > 0.9 * len(rows)
