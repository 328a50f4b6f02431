"""The whole step against comparing each document with each: who stays, who goes, by what value."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from curation.core.events import EventLog
from curation.core.hashing import random_stream
from curation.dedup import minhash_verify
from curation.engine import local
from curation.engine.local import LocalEngine
from curation.engine.workers import Workers
from curation.pipeline.curate import CurateJob, curate
from tests.support.curated_texts import Row, TextSplit, input_rows, run_curate, split_of, steps
from tests.support.near_duplicates import components_of, fates_of, planted, random_words, similar_pairs

# finds every pair of similarity 0.5 or more but one in 10^12
FIND_ALL: dict[str, Any] = {"bands": 100, "rows": 2, "survivor": ["id"]}


def expected_fates(rows: Sequence[Row], ngram: int, threshold: float) -> dict[str, Row]:
    """Of every cluster of similar texts the smallest id stays."""
    pairs = similar_pairs([row["text"] for row in rows], ngram, threshold)
    fates: dict[str, Row] = {row["id"]: {"kept": True, "dup_count": 1} for row in rows}
    for group in components_of(pairs):
        survivor = min(rows[i]["id"] for i in group)
        fates[survivor]["dup_count"] = len(group)
        for i in group:
            if rows[i]["id"] != survivor:
                fates[rows[i]["id"]] = {
                    "kept": False,
                    "rule": "minhash_dedup.near_duplicate",
                    "value": max(value for pair, value in pairs.items() if i in pair),
                    "threshold": threshold,
                    "duplicate_of": survivor,
                }
    return fates


def cut(whole: TextSplit, *at: int) -> list[TextSplit]:
    """The same documents with the same ids, in several files."""
    bounds = [0, *at, len(whole.documents)]
    return [TextSplit(whole.source, whole.documents[start:stop]) for start, stop in itertools.pairwise(bounds)]


@pytest.mark.parametrize(
    ("seed", "ngram", "threshold", "partitions", "at"),
    [(1, 5, 0.8, 1, ()), (2, 5, 0.8, 4, (1, 40, 40, 200)), (3, 2, 0.7, 3, (120,)), (4, 1, 1.0, 2, (3, 7))],
)
def test_every_cluster_keeps_one(
    tmp_path: Path, seed: int, ngram: int, threshold: float, partitions: int, at: tuple[int, ...]
) -> None:
    splits = cut(split_of(0, [(text, "web") for text in planted(seed, 250, ngram)]), *at)
    parameters = {**FIND_ALL, "ngram": ngram, "verify": threshold}
    engine = LocalEngine(memory_bytes=20_000 if partitions > 1 else 2**30)
    run_curate(tmp_path, splits, steps(("minhash_dedup", parameters)), partitions=partitions, engine=engine)
    expected = expected_fates(input_rows(splits), ngram, threshold)
    assert sum(not fate["kept"] for fate in expected.values()) > 20
    assert fates_of(tmp_path) == expected


def test_pairs_are_verified_by_shingles_of_their_own(tmp_path: Path) -> None:
    splits = [split_of(0, [(text, "web") for text in planted(5, 150, 2)])]
    parameters = {**FIND_ALL, "ngram": 1, "verify": {"jaccard": 0.75, "ngram": 2}}
    run_curate(tmp_path, splits, steps(("minhash_dedup", parameters)))
    assert fates_of(tmp_path) == expected_fates(input_rows(splits), 2, 0.75)


def test_defaults_find_what_is_far_above_the_threshold_and_drop_nothing_below(tmp_path: Path) -> None:
    splits = [split_of(0, [(text, "web") for text in planted(6, 300, 5)])]
    run_curate(tmp_path, splits, steps(("minhash_dedup", {})))
    rows = input_rows(splits)
    found, by_id = fates_of(tmp_path), {row["id"]: i for i, row in enumerate(rows)}
    texts = [row["text"] for row in rows]
    dropped = {by_id[name]: by_id[fate["duplicate_of"]] for name, fate in found.items() if not fate["kept"]}
    assert all(fate["value"] >= 0.8 for fate in found.values() if not fate["kept"])
    similar = components_of(similar_pairs(texts, 5, 0.8))
    for document, survivor in dropped.items():
        assert any({document, survivor} <= group for group in similar)
    for group in components_of(similar_pairs(texts, 5, 0.92)):  # P(candidate) above 0.999
        assert len(group - dropped.keys()) <= 1


def test_the_split_of_the_input_partitions_workers_and_bundles_do_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many copies of few texts, so that buckets and components are large."""
    stems = planted(7, 12, 3, (30, 31))
    texts = [f"{stem} {'and more ' * (i % 4)}" for i in range(25) for stem in stems]
    whole = split_of(0, [(text, "web") for text in texts])
    chain = steps(("minhash_dedup", {"ngram": 3, "bands": 14, "rows": 4}))
    run_curate(tmp_path / "whole", [whole], chain, partitions=1)
    with Workers(2) as processes, monkeypatch.context() as patched:
        patched.setattr(local, "Workers", lambda n: contextlib.nullcontext(processes))  # start once, not for every run
        two_workers = LocalEngine(workers=2, memory_bytes=400_000)
        run_curate(tmp_path / "cut", cut(whole, 7, 7, 150, 151), chain, partitions=5, engine=two_workers)
    original = minhash_verify.memberships
    monkeypatch.setattr(minhash_verify, "memberships", lambda graph, documents: original(graph, documents, 2000))
    run_curate(tmp_path / "bundles", cut(whole, 100), chain, partitions=3, engine=LocalEngine(memory_bytes=150_000))
    found = fates_of(tmp_path / "whole")
    assert 0 < sum(fate["kept"] for fate in found.values()) <= len(stems)
    assert fates_of(tmp_path / "cut") == found
    assert fates_of(tmp_path / "bundles") == found


def test_clusters_of_one_template_are_found_whole(tmp_path: Path) -> None:
    """All documents share three quarters of their words, so that buckets are large and mix the clusters."""
    stream = random_stream(12, "templates")
    template, clusters = random_words(stream, 150), 40
    own = [random_words(stream, 45) for _ in range(clusters)]
    texts = [" ".join([*template, *own[i % clusters], *random_words(stream, 3)]) for i in range(clusters * 25)]
    splits = [split_of(0, [(text, "web") for text in texts])]
    run_curate(tmp_path, splits, steps(("minhash_dedup", {"survivor": ["id"]})))
    kept = [fate["dup_count"] for fate in fates_of(tmp_path).values() if fate["kept"]]
    assert kept == [25] * clusters


def test_candidates_that_are_not_verified_all_count(tmp_path: Path) -> None:
    """With 200 bands of one row every two documents that share a few words meet."""
    words = [f"{letter} {letter} {letter}x{i} {letter}y{i}" for letter in "abc" for i in range(30)]
    parameters = {"ngram": 1, "bands": 200, "rows": 1, "verify": None}
    run_curate(tmp_path, [split_of(0, [(text, "web") for text in words])], steps(("minhash_dedup", parameters)))
    fates = fates_of(tmp_path)
    assert sorted(fate["dup_count"] for fate in fates.values() if fate["kept"]) == [30, 30, 30]
    assert {(fate["value"], fate["threshold"]) for fate in fates.values() if not fate["kept"]} == {(None, None)}


def test_odd_texts(tmp_path: Path) -> None:
    """No words: nobody's duplicate. Emoji are words; a hundred thousand times one word is its single shingle."""
    once = ["", " ", "\0\0\0", "\n\t ", "...", "... ...", "--", "\U0001f600", "\U0001f601\U0001f602", "one"]
    pairs = ["\U0001f44d \U0001f44e", "\U0001f44d\0\U0001f44e", "word " * 100_000, "WORD\n" * 90_000]
    splits = [split_of(0, [(text, None) for text in [*once, *once[:7], *pairs]])]
    run_curate(tmp_path, splits, steps(("minhash_dedup", {"survivor": ["id"]})))
    fates, rows = fates_of(tmp_path), input_rows(splits)
    kept = [row["text"] for row in rows if fates[row["id"]]["kept"]]
    assert len(kept) == len(rows) - 2
    assert {row["text"] for row in rows if not fates[row["id"]]["kept"]} < set(pairs)


@pytest.mark.parametrize("texts", [[], [""], ["a text alone"], ["one text", "and another one"]])
def test_nothing_to_drop(tmp_path: Path, texts: list[str]) -> None:
    splits = [split_of(0, []), split_of(1, [(text, "web") for text in texts])]
    run_curate(tmp_path, splits, steps(("minhash_dedup", {})))
    assert [fate["dup_count"] for fate in fates_of(tmp_path).values()] == [1] * len(texts)


def test_no_input_at_all(tmp_path: Path) -> None:
    run_curate(tmp_path, [], steps(("minhash_dedup", {})))
    assert fates_of(tmp_path) == {}


def test_only_compares_documents_of_those_domains(tmp_path: Path) -> None:
    text = " ".join(planted(8, 1, 5))
    splits = [split_of(0, [(text, domain) for domain in ("code/c", "code/python", "web", "web", None)])]
    run_curate(tmp_path, splits, steps(("minhash_dedup", {"only": ["code/*"]})))
    assert sorted(str(fate.get("dup_count")) for fate in fates_of(tmp_path).values()) == ["1", "1", "1", "2", "None"]


def test_dropped_documents_are_not_compared(tmp_path: Path) -> None:
    """A document that an earlier step dropped is no one's original."""
    text = " ".join(planted(9, 1, 5))
    splits = [split_of(0, [(text, "docs"), (text, "web"), (f"{text} tail", "web")])]
    chain = steps(("gopher_quality", {"only": ["docs"]}), ("minhash_dedup", {}))
    run_curate(tmp_path, splits, chain)
    rows, fates = input_rows(splits), fates_of(tmp_path)
    assert fates[rows[0]["id"]]["rule"].startswith("gopher_quality")
    assert {fates[row["id"]].get("duplicate_of") for row in rows[1:]} == {None, rows[2]["id"]}  # the longest stays


def test_two_steps_of_different_strength(tmp_path: Path) -> None:
    """The first drops copies of a domain, the second looks at all that is left, with shingles of its own."""
    text = " ".join(planted(10, 1, 5, (100, 101)))
    texts = [(text, "web"), (f"{text} a b", "web"), (f"{text} c d e f g", "docs"), (f"{text} h i j", "docs")]
    near = ("minhash_dedup", {"name": "near", "only": ["web"], "survivor": ["id"]})
    far = ("minhash_dedup", {"name": "far", "ngram": 2, "bands": 50, "rows": 3, "verify": 0.7, "survivor": ["id"]})
    splits = [split_of(0, texts)]
    run_curate(tmp_path, splits, steps(near, far))
    fates = fates_of(tmp_path)
    assert sorted(str(fate.get("rule")) for fate in fates.values()) == [
        "None",
        "far.near_duplicate",
        "far.near_duplicate",
        "near.near_duplicate",
    ]
    assert [fate["dup_count"] for fate in fates.values() if fate["kept"]] == [4]


def test_the_run_tells_how_many_candidates_were_pairs(tmp_path: Path) -> None:
    texts = planted(11, 80, 3)
    log = tmp_path / "events.jsonl"
    chain = steps(("minhash_dedup", {**FIND_ALL, "ngram": 3}))
    job = CurateJob("pool", (), chain, 17, True, 2)
    curate(job, (split_of(0, [(text, "web") for text in texts]),), tmp_path / "pool", LocalEngine(), EventLog(log))
    [told] = (line for line in map(json.loads, log.read_text().splitlines()) if line["event"] == "metric")
    assert told["verified_pairs"] == len(similar_pairs(texts, 3, 0.8))
    assert told["candidate_pairs"] > told["verified_pairs"]
