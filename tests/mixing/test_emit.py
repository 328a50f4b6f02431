"""Emission as a whole: exact tokens, whole documents, the same bytes however it is run."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.core.errors import BadInput, Infeasible
from mixing.shards.reader import ShardReader
from mixing.shards.verify import verify
from tests.support.pools import (
    Text,
    available_tokens,
    emit_shards,
    file_bytes,
    pool_rows,
    random_text,
    tokenizer,
    write_pool,
)

words = st.text(alphabet="abc é\n", max_size=30)
texts = st.builds(Text, st.one_of(words, st.just("<|endoftext|>")), st.sampled_from(["a", "b/c"]), st.integers(0, 1))


@pytest.fixture(scope="module")
def large_pool(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[tuple[str, int], int]]:
    """About 60,000 tokens in 3 domains."""
    rng = np.random.default_rng(1)
    documents = [Text(random_text(rng, int(rng.integers(5, 700))), f"d{i % 3}", i % 2) for i in range(90)]
    return write_pool(tmp_path_factory.mktemp("large") / "pool", documents, 20), available_tokens(documents)


@settings(max_examples=25)
@given(st.lists(texts, min_size=1, max_size=9), st.data())
def test_any_pool_and_allocation_give_shards_that_keep_every_promise(
    documents: list[Text], data: st.DataObject
) -> None:
    available = available_tokens(documents)
    asked = st.fixed_dictionaries({cell: st.integers(0, 3 * n) for cell, n in available.items()})
    allocation = data.draw(asked.filter(lambda cells: any(cells.values())))
    with tempfile.TemporaryDirectory() as folder:
        pool = write_pool(Path(folder) / "pool", documents, 4)
        shards, manifest = emit_shards(Path(folder), pool, allocation)
        assert verify(shards) == []
        check(shards, pool, allocation, available)
        assert manifest.budget_tokens == sum(allocation.values())


def check(
    shards: Path, pool: Path, allocation: dict[tuple[str, int], int], available: dict[tuple[str, int], int]
) -> None:
    """The brute-force view: count everything again, and decode every document."""
    reader = ShardReader(shards)
    rows = list(reader.documents())
    tokens: Counter[tuple[str, int]] = Counter()
    copies: dict[tuple[str, int], list[str]] = {}
    by_id = {str(row["id"]): row for row in pool_rows(pool)}
    for row in rows:
        cell = (row.domain, row.bucket)
        ids = reader.tokens(row.start, row.end)
        tokens[cell] += len(ids)
        assert ids[-1] == tokenizer().eos_id
        source = by_id[row.id]
        assert (source["domain"], source["bucket"]) == cell
        assert (source["source"], source["location"]) == (row.source, row.location)
        (whole,) = tokenizer().encode_batch([str(source["text"])])
        assert ids[:-1].tolist() == whole[: len(ids) - 1].tolist()
        if len(ids) == len(whole) + 1:
            assert tokenizer().decode(ids[:-1]) == source["text"]
            copies.setdefault((row.id, row.copy), []).append(row.id)
    assert dict(tokens) == {cell: n for cell, n in allocation.items() if n}
    assert all(len(found) == 1 for found in copies.values())
    for cell, n in allocation.items():
        documents = [i for i, row in by_id.items() if (row["domain"], row["bucket"]) == cell]
        for copy in range(n // available[cell]):
            assert {i for i in documents if (i, copy) in copies} == set(documents)
    for entry in reader.manifest.domains:
        cell = (entry.domain, entry.bucket)
        assert entry.asked_tokens == entry.delivered_tokens == allocation[cell]
        assert entry.available_tokens == available[cell]
        longest: dict[str, int] = {}
        for row in rows:
            if (row.domain, row.bucket) == cell:
                longest[row.id] = max(longest.get(row.id, 0), row.end - row.start)
        assert entry.unique_tokens == sum(longest.values())


def test_one_token_is_an_end_of_text(tmp_path: Path) -> None:
    pool = write_pool(tmp_path / "pool", [Text("a few words", "a")])
    shards, manifest = emit_shards(tmp_path, pool, {("a", 0): 1})
    assert np.fromfile(shards / "tokens/part-00000.npy", "<u2").tolist() == [tokenizer().eos_id]
    assert manifest.domains[0].cut_document is not None
    assert verify(shards) == []


def test_an_empty_document_is_an_end_of_text(tmp_path: Path) -> None:
    pool = write_pool(tmp_path / "pool", [Text("", "a")])
    shards, manifest = emit_shards(tmp_path, pool, {("a", 0): 3})
    assert np.fromfile(shards / "tokens/part-00000.npy", "<u2").tolist() == [tokenizer().eos_id] * 3
    assert manifest.domains[0].cut_document is None
    assert [row.copy for row in ShardReader(shards).documents()] == [0, 1, 2]


def test_parts_have_the_stated_length_and_cut_documents_end_at_their_borders(
    tmp_path: Path, large_pool: tuple[Path, dict[tuple[str, int], int]]
) -> None:
    pool, available = large_pool
    allocation = {cell: 3 * n + 500 * (1 + cell[1]) for cell, n in available.items()}
    shards, manifest = emit_shards(tmp_path, pool, allocation)
    parts = [np.fromfile(shards / file.path, "<u2") for file in manifest.token_files]
    assert len(parts) >= 3
    assert [len(part) for part in parts[:-1]] == [65_536] * (len(parts) - 1)
    assert sum(map(len, parts)) == sum(allocation.values())
    assert all(part[-1] == tokenizer().eos_id for part in parts)
    assert verify(shards) == []
    one_part, _ = emit_shards(tmp_path, pool, allocation, name="one", part_tokens=2**20)
    whole = np.fromfile(one_part / "tokens/part-00000.npy", "<u2")
    joined = np.concatenate(parts)
    different = np.flatnonzero(whole != joined)
    assert set(different.tolist()) <= {65_536 * (number + 1) - 1 for number in range(len(parts) - 1)}
    assert len(different)


def test_a_document_that_ends_where_a_part_ends_is_not_cut(tmp_path: Path) -> None:
    texts = [Text((f"{i:03}" + "0123456789" * 30)[:255], "a") for i in range(4)]
    assert available_tokens(texts) == {("a", 0): 4 * 256}  # a divisor of 65,536
    pool = write_pool(tmp_path / "pool", texts)
    shards, manifest = emit_shards(tmp_path, pool, {("a", 0): 2 * 65_536 + 512})
    assert {row.end - row.start for row in ShardReader(shards).documents()} == {256}
    assert manifest.domains[0].cut_document is None
    assert verify(shards) == []


def test_workers_do_not_change_a_byte(tmp_path: Path, large_pool: tuple[Path, dict[tuple[str, int], int]]) -> None:
    pool, available = large_pool
    allocation = {cell: 3 * n for cell, n in available.items()}
    one, _ = emit_shards(tmp_path, pool, allocation, name="one")
    many, _ = emit_shards(tmp_path, pool, allocation, name="many", workers=2)
    assert file_bytes(one) == file_bytes(many)


class StopAt:
    """Events that end the run, as a kill would, when so many parts are written."""

    def __init__(self, parts: int) -> None:
        self.parts = parts

    def emit(self, event: str, /, **fields: Any) -> None:
        if fields.get("label") == "write shards" and fields["done"] == self.parts:
            raise KeyboardInterrupt


@pytest.mark.parametrize("lost", ["nothing", "a finished part", "half a finished part", "the list of finished parts"])
def test_a_killed_emission_goes_on_to_the_same_bytes(
    tmp_path: Path, large_pool: tuple[Path, dict[tuple[str, int], int]], lost: str
) -> None:
    pool, available = large_pool
    allocation = {cell: 3 * n for cell, n in available.items()}
    whole, manifest = emit_shards(tmp_path, pool, allocation, name="whole")
    assert len(manifest.token_files) > 2
    with pytest.raises(KeyboardInterrupt):
        emit_shards(tmp_path, pool, allocation, name="killed", events=StopAt(2))
    killed = tmp_path / "killed"
    assert not (killed / "manifest.json").exists()
    finished = killed / "tokens/part-00001.npy"
    if lost == "a finished part":
        finished.unlink()
    elif lost == "half a finished part":
        finished.write_bytes(finished.read_bytes()[:1000])
    elif lost == "the list of finished parts":
        shutil.rmtree(killed / "work")
    emit_shards(tmp_path, pool, allocation, name="killed")
    assert file_bytes(killed) == file_bytes(whole)


def test_a_finished_part_is_not_written_again(
    tmp_path: Path, large_pool: tuple[Path, dict[tuple[str, int], int]]
) -> None:
    pool, available = large_pool
    allocation = {cell: 3 * n for cell, n in available.items()}
    with pytest.raises(KeyboardInterrupt):
        emit_shards(tmp_path, pool, allocation, events=StopAt(2))
    before = (tmp_path / "shards/tokens/part-00000.npy").stat().st_mtime_ns
    emit_shards(tmp_path, pool, allocation)
    assert (tmp_path / "shards/tokens/part-00000.npy").stat().st_mtime_ns == before


def test_another_seed_gives_another_order(tmp_path: Path, large_pool: tuple[Path, dict[tuple[str, int], int]]) -> None:
    pool, available = large_pool
    one, _ = emit_shards(tmp_path, pool, available, name="one", seed=1)
    two, _ = emit_shards(tmp_path, pool, available, name="two", seed=2)
    assert (one / "tokens/part-00000.npy").read_bytes() != (two / "tokens/part-00000.npy").read_bytes()


def test_a_cell_that_the_pool_does_not_have_is_infeasible(tmp_path: Path) -> None:
    pool = write_pool(tmp_path / "pool", [Text("a few words", "a")])
    with pytest.raises(Infeasible, match="no documents of b, bucket 3"):
        emit_shards(tmp_path, pool, {("a", 0): 1, ("b", 3): 1})


@pytest.mark.parametrize("part_tokens", [0, 65_535, 70_000])
def test_a_part_length_that_readers_would_not_fill_is_refused(tmp_path: Path, part_tokens: int) -> None:
    pool = write_pool(tmp_path / "pool", [Text("a few words", "a")])
    with pytest.raises(BadInput, match=f"part_tokens is {part_tokens}"):
        emit_shards(tmp_path, pool, {("a", 0): 1}, part_tokens=part_tokens)


def test_an_allocation_of_nothing_is_infeasible(tmp_path: Path) -> None:
    pool = write_pool(tmp_path / "pool", [Text("a few words", "a")])
    with pytest.raises(Infeasible, match="no tokens"):
        emit_shards(tmp_path, pool, {("a", 0): 0})
