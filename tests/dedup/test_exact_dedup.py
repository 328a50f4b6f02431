"""Exact dedup against brute force: one document of every text stays, the one with the smallest id."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from curation.core.hashing import random_stream
from curation.engine.local import LocalEngine
from tests.support.curated_texts import Row, TextSplit, input_rows, read_pool, run_curate, split_of, steps

CHAIN = steps(("exact_dedup", {}))


def random_splits(seed: int, sizes: Sequence[int]) -> list[TextSplit]:
    """Splits of documents with few different texts, the empty one among them, and domains that may be missing."""
    stream = random_stream(seed, "dedup test")
    texts = ["", "\0", "a", "a ", "\u00e9", "e\u0301", *(f"text {i}" * i for i in range(12))]
    domains = [None, "", "web", "code/python"]
    return [
        split_of(number, [(str(stream.choice(texts)), domains[stream.integers(4)]) for _ in range(size)])
        for number, size in enumerate(sizes)
    ]


def expected_fates(rows: Sequence[Row]) -> dict[str, tuple[int | None, str | None]]:
    """Of every id its dup_count (None: dropped) and the id that it duplicates."""
    fates: dict[str, tuple[int | None, str | None]] = {}
    for row in rows:
        equals = [other["id"] for other in rows if other["text"] == row["text"]]
        smallest = min(equals)
        fates[row["id"]] = (len(equals), None) if row["id"] == smallest else (None, smallest)
    return fates


def found_fates(out: Path) -> dict[str, tuple[int | None, str | None]]:
    pool = read_pool(out)
    kept = {row["id"]: (row["dup_count"], None) for row in pool["documents"]}
    dropped = {row["id"]: (None, row["duplicate_of"]) for row in pool["rejected"]}
    assert {row["rule"] for row in pool["rejected"]} <= {"exact_dedup.duplicate_text"}
    assert len(kept) + len(dropped) == len(pool["documents"]) + len(pool["rejected"])
    return kept | dropped


@pytest.mark.parametrize("seed", range(6))
def test_the_smallest_id_of_every_text_survives(tmp_path: Path, seed: int) -> None:
    splits = random_splits(seed, [(0, 1, 40), (60,), (7, 0, 30, 30, 2)][seed % 3])
    little_memory = LocalEngine(memory_bytes=500)
    run_curate(tmp_path, splits, CHAIN, partitions=[1, 2, 7][seed // 2], engine=little_memory if seed % 2 else None)
    assert found_fates(tmp_path) == expected_fates(input_rows(splits))


def test_dropped_documents_are_not_compared(tmp_path: Path) -> None:
    """A document that an earlier step dropped is no one's original, and is not counted."""
    splits = [split_of(0, [("the same text", "docs"), ("the same text", "web"), ("the same text", "web")])]
    run_curate(tmp_path, splits, steps(("gopher_quality", {"only": ["docs"]}), ("exact_dedup", {})))
    pool = read_pool(tmp_path)
    assert [row["dup_count"] for row in pool["documents"]] == [2]
    web = {row["id"] for row in input_rows(splits) if row["domain"] == "web"}
    assert {row["duplicate_of"] for row in pool["rejected"]} == {None, min(web)}


def test_only_compares_documents_of_those_domains(tmp_path: Path) -> None:
    texts = [("same", domain) for domain in ("code/c", "code/c", "code/python", "web", "web", None)]
    splits = [split_of(0, texts)]
    run_curate(tmp_path, splits, steps(("exact_dedup", {"only": ["code/*"]})))
    rows = input_rows(splits)
    code = [row for row in rows if (row["domain"] or "").startswith("code/")]
    expected = expected_fates(code) | {row["id"]: (1, None) for row in rows if row not in code}
    assert found_fates(tmp_path) == expected


def test_a_repeated_step_keeps_the_counts_of_the_first(tmp_path: Path) -> None:
    splits = [split_of(0, [("a", "code"), ("a", "code"), ("a", "web"), ("a", "web"), ("a", "web")])]
    chain = steps(
        ("exact_dedup", {"name": "code", "only": ["code"]}), ("exact_dedup", {"name": "web", "only": ["web"]})
    )
    run_curate(tmp_path, splits, chain)
    pool = read_pool(tmp_path)
    assert sorted((row["domain"], row["dup_count"]) for row in pool["documents"]) == [("code", 2), ("web", 3)]
    assert sorted(row["rule"] for row in pool["rejected"]) == ["code.duplicate_text"] + ["web.duplicate_text"] * 2


def test_of_one_id_twice_the_first_in_the_input_stays(tmp_path: Path) -> None:
    """A source may give the same document twice, so that even the ids are equal."""
    repeated = split_of(0, [(f"text {i % 3}", "web") for i in range(3)])
    splits = [repeated, repeated, repeated]
    for out, engine in [("large", LocalEngine()), ("little", LocalEngine(memory_bytes=1))]:
        run_curate(tmp_path / out, splits, CHAIN, engine=engine)
        pool = read_pool(tmp_path / out)
        assert [row["id"] for row in pool["documents"]] == [row["id"] for row in input_rows([repeated])]
        assert {row["dup_count"] for row in pool["documents"]} == {3}
