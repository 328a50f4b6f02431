"""The one hash: vectorised code against the xxhash library, ids, streams."""

import numpy as np
import pyarrow as pa
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from curation.core import hashing


@given(st.lists(st.binary(min_size=8, max_size=8), min_size=1))
def test_eight_bytes_hash_as_the_library_does(keys: list[bytes]) -> None:
    words = np.frombuffer(b"".join(keys), dtype="<u8")
    assert hashing.xxh3_64_of_8_bytes(words).tolist() == [xxhash.xxh3_64_intdigest(key) for key in keys]


@given(st.lists(st.binary(max_size=20), min_size=1))
def test_binary_columns_of_any_length_hash_as_the_library_does(keys: list[bytes]) -> None:
    assert hashing.hash_column(pa.array(keys, pa.binary())).tolist() == [xxhash.xxh3_64_intdigest(k) for k in keys]


@given(st.lists(st.binary(min_size=16, max_size=16), min_size=3), st.integers(0, 2))
def test_a_sliced_column_hashes_its_own_rows(keys: list[bytes], offset: int) -> None:
    column = pa.array(keys, pa.binary()).slice(offset)
    assert hashing.hash_column(column).tolist() == [xxhash.xxh3_64_intdigest(key) for key in keys[offset:]]


@given(st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1))
def test_integers_of_either_width_meet_in_one_partition(values: list[int]) -> None:
    narrow = hashing.partition_of([pa.array(values, pa.int32())], 7)
    wide = hashing.partition_of([pa.array(values, pa.int64())], 7)
    assert narrow.tolist() == wide.tolist()
    assert set(narrow.tolist()) <= set(range(7))


def test_strings_and_nulls_have_partitions() -> None:
    column = pa.array(["a", None, "", "\u00e9"])
    hashes = hashing.hash_column(column)
    assert hashes[1] == hashes[2] == xxhash.xxh3_64_intdigest(b"")
    assert hashes[3] == xxhash.xxh3_64_intdigest("\u00e9".encode())


def test_floats_are_no_keys() -> None:
    with pytest.raises(TypeError, match="double"):
        hashing.hash_column(pa.array([1.0]))


@given(st.lists(st.tuples(st.text(), st.text()), min_size=2, max_size=2, unique=True))
def test_fields_cannot_be_shifted_into_each_other(fields: list[tuple[str, str]]) -> None:
    assert hashing.digest(*fields[0]) != hashing.digest(*fields[1])


def test_an_id_does_not_depend_on_the_place_when_the_user_gives_one() -> None:
    with_id = {hashing.document_id("web", "7", place, row, b"text") for place, row in [("a", 0), ("b", 5)]}
    without = {hashing.document_id("web", None, place, row, b"text") for place, row in [("a", 0), ("b", 5), ("a", 1)]}
    assert len(with_id) == 1
    assert len(without) == 3
    assert all(len(i) == 32 and i == i.lower() for i in with_id | without)


def test_an_id_is_the_hash_of_its_length_prefixed_fields() -> None:
    fields = [b"web", b"p", b"a.jsonl", b"3", b"text"]
    encoded = b"".join(len(field).to_bytes(8, "little") + field for field in fields)
    assert hashing.document_id("web", None, "a.jsonl", 3, b"text") == xxhash.xxh3_128_hexdigest(encoded)


def test_streams_depend_on_seed_and_key_alone() -> None:
    first = hashing.random_stream(1, "design", 3).random(4)
    assert (first == hashing.random_stream(1, "design", 3).random(4)).all()
    assert (first != hashing.random_stream(1, "design", 4).random(4)).all()
    assert (first != hashing.random_stream(2, "design", 3).random(4)).all()
