"""The holdout against its rule: of every domain, in the order of a hash, documents until enough bytes are there."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import pytest
import xxhash

from curation.core.hashing import random_stream
from curation.engine.local import LocalEngine
from curation.engine.operators import Batches
from curation.ops.holdout import SetAside
from tests.support.curated_texts import Row, TextSplit, input_rows, read_pool, run_curate, split_of, steps

DOMAINS = [None, "", "web", "code/python", "code/c"]


def random_texts(seed: int, n: int) -> list[tuple[str, str | None]]:
    """Texts of very different length, some empty, some of more bytes than characters."""
    stream = random_stream(seed, "holdout test")
    lengths = (stream.pareto(0.7, n) * 3).clip(max=5000).astype(int)
    return [("\u00e9a"[i % 2] * int(length), DOMAINS[stream.integers(5)]) for i, length in enumerate(lengths)]


def rank(seed: int, document_id: str) -> int:
    salt = xxhash.xxh3_64_intdigest(f"holdout/{seed}".encode())
    mixed = xxhash.xxh3_64_intdigest(document_id.encode()) ^ salt
    return xxhash.xxh3_64_intdigest(mixed.to_bytes(8, "little")) >> 1


def expected_ids(rows: Sequence[Row], seed: int, limit: int, domains: Sequence[str | None] = DOMAINS) -> set[str]:
    chosen = set()
    for domain in domains:
        taken_bytes = 0
        of_domain = [row for row in rows if row["domain"] == domain]
        for row in sorted(of_domain, key=lambda row: (rank(seed, row["id"]), row["id"])):
            if taken_bytes >= limit:
                break
            chosen.add(row["id"])
            taken_bytes += len(row["text"].encode())
    return chosen


def held_out(out: Path, splits: Sequence[TextSplit], limit: int, seed: int = 17, **options: object) -> set[str]:
    run_curate(out, splits, steps(("holdout", {"per_domain": limit})), seed=seed, **options)  # type: ignore[arg-type]
    pool = read_pool(out)
    assert not pool["rejected"]
    ids = [row["id"] for row in pool["heldout"]]
    assert sorted(ids + [row["id"] for row in pool["documents"]]) == sorted(row["id"] for row in input_rows(splits))
    return set(ids)


@pytest.mark.parametrize(("seed", "limit"), [(3, 1), (4, 2), (3, 100), (4, 2500), (3, 10**9)])
def test_the_rule(tmp_path: Path, seed: int, limit: int) -> None:
    texts = random_texts(seed, 300)
    splits = [split_of(0, texts[:120]), split_of(1, []), split_of(2, texts[120:])]
    assert held_out(tmp_path, splits, limit, seed) == expected_ids(input_rows(splits), seed, limit)


def test_a_limit_that_is_met_exactly_takes_no_more(tmp_path: Path) -> None:
    splits = [split_of(0, [("abcde", "web")] * 40)]
    assert len(held_out(tmp_path, splits, 50)) == 10


def test_the_split_of_the_input_and_the_partitions_do_not_matter(tmp_path: Path) -> None:
    """The same documents with the same ids, cut into files differently."""
    whole = split_of(0, random_texts(5, 90))
    cuts = [[0, 90], [0, 1, 1, 45, 90], list(range(0, 91, 10))]
    found = [
        held_out(
            tmp_path / str(i),
            [TextSplit("memory", whole.documents[start:stop]) for start, stop in itertools.pairwise(cut)],
            300,
            partitions=partitions,
            engine=LocalEngine(memory_bytes=2000),
        )
        for i, (cut, partitions) in enumerate(zip(cuts, [1, 2, 5], strict=True))
    ]
    assert found[0] == found[1] == found[2] == expected_ids(input_rows([whole]), 17, 300)


def test_another_seed_holds_out_others(tmp_path: Path) -> None:
    splits = [split_of(0, random_texts(6, 200))]
    assert held_out(tmp_path / "a", splits, 100, seed=1) != held_out(tmp_path / "b", splits, 100, seed=2)


@pytest.fixture
def crossed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows reach the far side of the exchange, batch by batch."""
    counts: list[int] = []
    original = SetAside.__call__

    def counting(self: SetAside, batches: Batches) -> Batches:
        def counted() -> Batches:
            for batch in batches:
                counts.append(batch.num_rows)
                yield batch

        yield from original(self, counted())

    monkeypatch.setattr(SetAside, "__call__", counting)
    return counts


def test_few_documents_cross_the_exchange(tmp_path: Path, crossed: list[int]) -> None:
    splits = [split_of(0, [("ten bytes.", "web")] * 5000)]
    assert held_out(tmp_path, splits, 1000) == expected_ids(input_rows(splits), 17, 1000)
    assert 100 <= sum(crossed) < 1000  # four times what is needed is 400


def test_all_documents_cross_where_the_first_guess_is_too_small(tmp_path: Path, crossed: list[int]) -> None:
    """One document holds nearly all bytes of the domain: of the others a share by bytes is too few."""
    texts = [("x", "web")] * 800 + [("y" * 1_000_000, "web"), ("z" * 50, "code/c")]
    splits = [split_of(0, texts)]
    assert held_out(tmp_path, splits, 400) == expected_ids(input_rows(splits), 17, 400)
    assert sum(crossed) == 802


def test_only_holds_out_of_those_domains(tmp_path: Path) -> None:
    splits = [split_of(0, random_texts(7, 200))]
    run_curate(tmp_path, splits, steps(("holdout", {"per_domain": 100, "only": ["code/*"]})))
    found = {row["id"] for row in read_pool(tmp_path)["heldout"]}
    assert found == expected_ids(input_rows(splits), 17, 100, ["code/python", "code/c"])


def test_dropped_documents_are_not_held_out(tmp_path: Path) -> None:
    texts = [(f"{'word ' * (i % 7)}{i}", "web") for i in range(100)]
    splits = [split_of(0, texts)]
    never = {"min_mean_word_length": 0, "min_alpha_words": 0, "min_stop_words": 0}
    run_curate(tmp_path, splits, steps(("gopher_quality", {"min_words": 4, **never}), ("holdout", {"per_domain": 200})))
    alive = [row for row in input_rows(splits) if len(row["text"].split()) >= 4]
    assert {row["id"] for row in read_pool(tmp_path)["heldout"]} == expected_ids(alive, 17, 200)


def test_long_documents_are_passed_over(tmp_path: Path) -> None:
    splits = [split_of(0, [*random_texts(9, 200), ("x" * 50_000, "only long")])]
    parameters = {"per_domain": 300, "max_document": 60}
    run_curate(tmp_path, splits, steps(("holdout", parameters)))
    short = [row for row in input_rows(splits) if len(row["text"].encode()) <= 60]
    assert {row["id"] for row in read_pool(tmp_path)["heldout"]} == expected_ids(short, 17, 300)
