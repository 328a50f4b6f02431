"""The limit of a source: a prefix of its documents, in the order of location and row, as long as fits."""

from __future__ import annotations

from pathlib import Path

import pytest

from curation.sources import grouping
from tests.support.source_files import Row, lines, parquet, read, texts, unread, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "a.jsonl.gz", lines({"text": "aaaa"}, "bad", {"text": ""}, {"text": "bb"}, {"id": 1}))
    write(tmp_path / "b.parquet", parquet([{"text": "\u00e9" * 3}, {"text": None}, {"text": "c"}]))
    write(tmp_path / "c.jsonl", b"")
    write(tmp_path / "d.jsonl", lines({"text": "dddd"}, {"text": "eeeee"}))
    return tmp_path


def n_bytes(rows: list[Row]) -> int:
    return sum(len(text.encode()) for text in texts(rows))


def test_as_many_documents_as_fit(folder: Path) -> None:
    whole = read(folder)
    for limit in range(1, n_bytes(whole) + 3):
        rows = read(folder, limit=limit)
        size, fitting = 0, 0
        for text in texts(whole):
            size += len(text.encode())
            if size > limit:
                break
            fitting += 1
        assert texts(rows) == texts(whole)[:fitting]
        assert rows == whole[: len(rows)]


def test_the_cut_does_not_depend_on_how_files_are_split(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [read(folder, limit=limit) for limit in (3, 7, 13, 19)]
    monkeypatch.setattr(grouping, "SMALL_BYTES", 1)
    assert [read(folder, limit=limit) for limit in (3, 7, 13, 19)] == expected


def test_rows_that_give_no_document_count_nothing(folder: Path) -> None:
    rows = read(folder, limit=12)
    assert texts(rows) == ["aaaa", "", "bb", "\u00e9" * 3]
    assert len(unread(rows)) == 3


def test_a_limit_counts_what_is_sampled(tmp_path: Path) -> None:
    for number in range(3):
        write(tmp_path / f"{number}.jsonl", lines(*({"text": f"text {i:04}"} for i in range(500))))
    sampled = read(tmp_path, sample=0.2)
    assert 200 < len(sampled) < 400
    assert read(tmp_path, sample=0.2, limit=9 * 150) == sampled[:150]
    assert {row["id"] for row in read(tmp_path, sample=0.1)} < {row["id"] for row in sampled}
