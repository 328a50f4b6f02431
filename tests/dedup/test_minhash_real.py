"""Editions of the same chapters: every pair that is truly similar is found."""

from __future__ import annotations

import itertools
import json
from collections import Counter, defaultdict
from pathlib import Path

import zstandard

from tests.support.curated_texts import input_rows, run_curate, split_of, steps
from tests.support.near_duplicates import components_of, fates_of, shingles_of

Shingle = tuple[bytes, ...]


def pairs_that_share_shingles(sets: list[set[Shingle]], at_least: float) -> dict[tuple[int, int], float]:
    """The similarity of all pairs that have a shingle in common, where it reaches the threshold."""
    holders: dict[Shingle, list[int]] = defaultdict(list)
    for document, shingles in enumerate(sets):
        for shingle in shingles:
            holders[shingle].append(document)
    common = Counter(pair for documents in holders.values() for pair in itertools.combinations(documents, 2))
    found = {(i, j): n / (len(sets[i]) + len(sets[j]) - n) for (i, j), n in common.items()}
    return {pair: value for pair, value in found.items() if value >= at_least}


def test_chapters_of_several_editions(tmp_path: Path, shared_data: Path) -> None:
    with zstandard.open(shared_data / "neardup_real" / "editions.jsonl.zst", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    splits = [split_of(0, [(row["text"], row["group"]) for row in rows])]
    run_curate(tmp_path, splits, steps(("minhash_dedup", {"survivor": ["id"]})))
    fates = fates_of(tmp_path)
    ids = [row["id"] for row in input_rows(splits)]
    similar = pairs_that_share_shingles([shingles_of(row["text"], 5) for row in rows], 0.8)
    high = [pair for pair, value in similar.items() if value >= 0.9]
    assert len(high) > 100
    for group in components_of(high):
        assert sum(fates[ids[i]]["kept"] for i in group) <= 1  # one document stays, or its cluster is larger
    groups = components_of(similar)
    for i, name in enumerate(ids):
        if not fates[name]["kept"]:
            survivor = ids.index(fates[name]["duplicate_of"])
            assert any({i, survivor} <= group for group in groups)
            assert fates[name]["value"] <= max(value for pair, value in similar.items() if i in pair)
