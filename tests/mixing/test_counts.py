"""Counting a pool: tokens of every cell against encoding each document by itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from curation.core.errors import BadInput
from curation.core.events import NoEvents
from curation.core.storage import Directory, commit, damaged, listed, read_manifest
from curation.core.tokenizer import Tokenizer
from mixing.counts import Counts, count_pool
from tests.support.pools import Text, file_bytes, pool_rows, random_text, write_pool


def some_texts(n: int = 17) -> list[Text]:
    rng = np.random.default_rng(5)
    texts = [Text(random_text(rng, int(rng.integers(1, 60))), f"d{i % 3}", i % 2) for i in range(n)]
    return [*texts, Text("", "d0"), Text("<|endoftext|> is text here", "d1")]


def test_every_cell_has_the_sum_of_its_documents(tmp_path: Path) -> None:
    pool = write_pool(tmp_path / "pool", some_texts())
    count_pool(pool, 300, tmp_path / "cache", tmp_path / "counts", 1, NoEvents())
    tokenizer = Tokenizer.load(tmp_path / "counts/tokenizer.json")
    counts = Counts.read(tmp_path / "counts")
    tokens: dict[tuple[str, int], int] = {}
    documents: dict[tuple[str, int], int] = {}
    sizes: dict[tuple[str, int], int] = {}
    lengths = []
    for row in pool_rows(pool):
        cell = (str(row["domain"]), int(str(row["bucket"])))
        (ids,) = tokenizer.encode_batch([str(row["text"])])
        assert tokenizer.eos_id not in ids
        lengths.append({"id": row["id"], "n_tokens": len(ids) + 1})
        tokens[cell] = tokens.get(cell, 0) + len(ids) + 1
        documents[cell] = documents.get(cell, 0) + 1
        sizes[cell] = sizes.get(cell, 0) + len(str(row["text"]).encode())
    assert (counts.tokens, counts.documents, counts.bytes) == (tokens, documents, sizes)
    assert list(counts.tokens) == sorted(tokens)
    assert counts.by_domain() == {d: sum(n for cell, n in tokens.items() if cell[0] == d) for d in ("d0", "d1", "d2")}
    manifest = read_manifest(Directory(tmp_path / "counts"), "counts")
    assert manifest["tokens"] == sum(tokens.values())
    parts = [pq.read_table(tmp_path / "counts" / part.path) for part in listed(manifest, "lengths/")]
    assert [row for part in parts for row in part.to_pylist()] == lengths
    assert damaged(Directory(tmp_path / "counts"), manifest) == []


def test_a_second_count_that_finds_its_tokenizer_gives_the_same_files(tmp_path: Path) -> None:
    pool = write_pool(tmp_path / "pool", some_texts())
    count_pool(pool, 300, tmp_path / "cache", tmp_path / "counts", 1, NoEvents())
    once = file_bytes(tmp_path / "counts")
    for name in ("manifest.json", "counts.parquet", "lengths/part-00001.parquet"):
        (tmp_path / "counts" / name).unlink()
    count_pool(pool, 300, tmp_path / "other-cache", tmp_path / "counts", 1, NoEvents())
    assert file_bytes(tmp_path / "counts") == once


def test_a_part_without_documents_counts_nothing(tmp_path: Path) -> None:
    pool = write_pool(tmp_path / "pool", some_texts())
    empty = pq.read_table(pool / "documents/part-00000.parquet").slice(0, 0)
    directory = Directory(pool)
    with directory.create("documents/part-00009.parquet") as draft:
        pq.write_table(empty, draft.stream)
    files = listed(read_manifest(directory, "pool"))
    commit(directory, "pool", [*files, draft.entry])
    count_pool(pool, 300, tmp_path / "cache", tmp_path / "counts", 1, NoEvents())
    assert sum(Counts.read(tmp_path / "counts").documents.values()) == len(some_texts())


def test_a_document_without_a_domain_is_refused(tmp_path: Path) -> None:
    texts = [Text("some words", "d0"), Text("more words", None)]  # type: ignore[arg-type]
    pool = write_pool(tmp_path / "pool", texts)
    with pytest.raises(BadInput, match="no domain"):
        count_pool(pool, 300, tmp_path / "cache", tmp_path / "counts", 1, NoEvents())
