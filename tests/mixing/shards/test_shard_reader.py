"""Reading shards: against arrays read by hand."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.core.errors import BadInput
from curation.core.storage import Directory
from mixing.shards.format import index_name, read_index
from mixing.shards.order import position_to_index
from mixing.shards.reader import SequenceIterator, ShardReader
from tests.support.pools import Text, available_tokens, emit_shards, random_text, write_pool
from tests.support.shard_sets import write_shards

PART = 65_536


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three parts of an emission."""
    rng = np.random.default_rng(2)
    documents = [Text(random_text(rng, int(rng.integers(1, 2000))), f"d{i % 2}") for i in range(40)]
    folder = tmp_path_factory.mktemp("reader")
    allocation = {cell: 5 * n for cell, n in available_tokens(documents).items()}
    emitted, manifest = emit_shards(folder, write_pool(folder / "pool", documents), allocation)
    assert len(manifest.token_files) > 2
    return emitted


@pytest.fixture(scope="module")
def stream(shards: Path) -> np.ndarray:
    """All tokens, read without the project: raw little-endian uint16, no header."""
    return np.concatenate([np.fromfile(path, "<u2") for path in sorted((shards / "tokens").glob("*.npy"))])


def test_tokens_of_any_range_are_those_of_the_files(shards: Path, stream: np.ndarray) -> None:
    reader = ShardReader(shards)
    assert reader.n_tokens == len(stream)
    rng = np.random.default_rng(0)
    ranges = [tuple(sorted(pair)) for pair in rng.integers(0, len(stream) + 1, (40, 2)).tolist()]
    edges = [0, 1, PART - 1, PART, PART + 1, 2 * PART, len(stream) - 1, len(stream)]
    for start, stop in [*ranges, *((a, b) for a in edges for b in edges if a <= b)]:
        assert np.array_equal(reader.tokens(start, stop), stream[start:stop])


@pytest.mark.parametrize(("start", "stop"), [(-1, 5), (5, 4), (0, 10**9)])
def test_tokens_that_are_not_there_are_refused(shards: Path, start: int, stop: int) -> None:
    with pytest.raises(ValueError, match="are not within 0 to"):
        ShardReader(shards).tokens(start, stop)


def test_documents_cover_all_tokens_in_order(shards: Path, stream: np.ndarray) -> None:
    reader = ShardReader(shards)
    position = 0
    for row in reader.documents():
        assert row.start == position
        assert stream[row.end - 1] == reader.manifest.eos_id
        assert reader.manifest.eos_id not in stream[row.start : row.end - 1]
        position = row.end
    assert position == len(stream)


def test_the_document_of_a_token_is_the_one_whose_range_holds_it(shards: Path) -> None:
    reader = ShardReader(shards)
    rows = list(reader.documents())
    positions = {0, PART - 1, PART, 2 * PART - 1, 2 * PART, reader.n_tokens - 1}
    positions |= {rows[10].start, rows[10].end - 1, rows[10].end, rows[-1].start}
    for position in sorted(positions):
        (expected,) = (row for row in rows if row.start <= position < row.end)
        part, inside = divmod(position, PART)
        found = reader.document_at(position)
        assert found == reader.document_at(inside, part)
        assert (found.start + part * PART, found.end + part * PART) == (expected.start, expected.end)
        assert (found.id, found.copy, found.location) == (expected.id, expected.copy, expected.location)


@pytest.mark.parametrize("position", [-1, 10**9])
def test_a_global_position_beyond_the_tokens_is_refused(shards: Path, position: int) -> None:
    with pytest.raises(BadInput, match=f"no token at position {position}; there are"):
        ShardReader(shards).document_at(position)


def test_a_part_or_position_that_is_not_there_is_refused(shards: Path) -> None:
    reader = ShardReader(shards)
    with pytest.raises(BadInput, match="no part 99"):
        reader.document_at(0, 99)
    with pytest.raises(BadInput, match=r"no token at position 65536 of tokens/part-00000\.npy"):
        reader.document_at(PART, 0)


@pytest.mark.parametrize("damage", ["missing", "shorter", "half a token"])
def test_a_damaged_part_is_named(tmp_path: Path, damage: str) -> None:
    folder = write_shards(tmp_path / "shards", [5, 6, 0], vocab_size=300)
    part = folder / "tokens/part-00000.npy"
    if damage == "missing":
        part.unlink()
    else:
        part.write_bytes(part.read_bytes()[: 4 if damage == "shorter" else 5])
    if damage == "half a token":
        text = (folder / "manifest.json").read_text().replace('"size_bytes": 6', '"size_bytes": 5')
        (folder / "manifest.json").write_text(text)
    with pytest.raises(BadInput, match=r"part-00000\.npy"):
        ShardReader(folder)


def test_a_directory_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no manifest\.json"):
        ShardReader(tmp_path)


def test_wide_vocabularies_are_read_as_uint32(tmp_path: Path) -> None:
    folder = write_shards(tmp_path / "shards", [70_000, 3, 0], vocab_size=100_278)
    assert ShardReader(folder).tokens(0, 3).tolist() == [70_000, 3, 0]
    assert np.fromfile(folder / "tokens/part-00000.npy", "<u4").tolist() == [70_000, 3, 0]


def test_names_with_commas_quotes_and_line_breaks_survive_the_index(tmp_path: Path) -> None:
    name = 'a,"b"\nc/\u00e9 '
    pool = write_pool(tmp_path / "pool", [Text("words", name)])
    shards, _ = emit_shards(tmp_path, pool, {(name, 0): 4})
    assert {row.domain for row in read_index(shards / index_name("tokens/part-00000.npy"))} == {name}


def sequences(reader: ShardReader, length: int = 1000, seed: int = 17) -> SequenceIterator:
    return SequenceIterator(reader, length, seed)


def take(iterator: Iterator[np.ndarray], n: int) -> list[list[int]]:
    return [tokens.tolist() for tokens in islice(iterator, n)]


def test_sequences_are_the_chunks_of_the_stream_in_the_order_of_the_epoch(shards: Path, stream: np.ndarray) -> None:
    iterator = sequences(ShardReader(shards), 9000)
    n = len(stream) // 9000
    found = take(iter(iterator), 2 * n + 1)
    for place, tokens in enumerate(found):
        index = position_to_index(n, 17, place // n, place % n)
        assert tokens == stream[index * 9000 : (index + 1) * 9000].tolist()
    assert sorted(found[:n]) == sorted(found[n : 2 * n])
    assert found[:n] != found[n : 2 * n]


@settings(max_examples=30)
@given(st.integers(0, 40))
def test_a_state_goes_on_exactly_where_it_was(shards: Path, done: int) -> None:
    reader = ShardReader(shards)
    undisturbed = sequences(reader, 20_000)
    for _ in islice(iter(undisturbed), done):
        pass
    resumed = sequences(reader, 20_000)
    resumed.load_state_dict(undisturbed.state_dict())
    for one, other in zip(islice(iter(resumed), 5), islice(iter(undisturbed), 5), strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize(("length", "seed", "key"), [(999, 17, "length"), (1000, 18, "seed")])
def test_a_state_of_another_iterator_is_refused(shards: Path, length: int, seed: int, key: str) -> None:
    reader = ShardReader(shards)
    with pytest.raises(BadInput, match=f"{key} of the state is"):
        sequences(reader).load_state_dict(sequences(reader, length, seed).state_dict())


def test_a_state_of_other_shards_is_refused(shards: Path, tmp_path: Path) -> None:
    other = ShardReader(write_shards(tmp_path / "shards", [1] * 2000, vocab_size=300))
    with pytest.raises(BadInput, match="n_tokens of the state is"):
        sequences(other).load_state_dict(sequences(ShardReader(shards)).state_dict())


def test_too_few_tokens_for_a_sequence_are_refused(tmp_path: Path) -> None:
    folder = write_shards(tmp_path / "shards", [1, 2, 0], vocab_size=300)
    with pytest.raises(BadInput, match="3 tokens do not fill one sequence of 4"):
        sequences(ShardReader(folder), 4)
    assert Directory(folder).exists("manifest.json")
