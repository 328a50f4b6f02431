"""Candidate pairs: all pairs of small buckets, few of each document in large ones, and the same components."""

from __future__ import annotations

import itertools
from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.dedup.minhash_candidates import REACH, BandRows, DistinctPairs, PairsOfBuckets
from curation.dedup.minhash_signature import MinhashBands
from curation.engine.operators import Stream
from tests.support.near_duplicates import components_of

Bucket = list[int]


def bucket_rows(buckets: list[Bucket]) -> pa.Table:
    rows = [(key, rank, address) for key, bucket in enumerate(buckets) for rank, address in enumerate(bucket)]
    columns = list(zip(*rows, strict=True)) if rows else [(), (), ()]
    names = ("key", "rank", "address")
    return pa.table({name: pa.array(column, pa.int64()) for name, column in zip(names, columns, strict=True)})


def run(stream: Stream, table: pa.Table, batch_rows: int) -> list[tuple[int, int]]:
    batches = list(stream(iter(table.to_batches(max_chunksize=batch_rows))))
    return [(row["left"], row["right"]) for batch in batches for row in batch.to_pylist()]


buckets_of_documents = st.lists(
    st.integers(1, 40).flatmap(lambda n: st.lists(st.integers(0, 60), min_size=1, max_size=n, unique=True)), max_size=6
)


@given(buckets_of_documents, st.integers(0, 5), st.integers(1, 20))
def test_pairs_with_the_first_and_with_those_that_follow(buckets: list[Bucket], reach: int, batch_rows: int) -> None:
    expected = Counter(
        (bucket[i], bucket[j])
        for bucket in buckets
        for i, j in itertools.combinations(range(len(bucket)), 2)
        if i == 0 or j - i <= reach
    )
    assert Counter(run(PairsOfBuckets(reach), bucket_rows(buckets), batch_rows)) == expected


@given(buckets_of_documents, st.integers(0, 5))
def test_components_are_those_of_all_pairs(buckets: list[Bucket], reach: int) -> None:
    found = components_of(run(PairsOfBuckets(reach), bucket_rows(buckets), 7))
    every = components_of(pair for bucket in buckets for pair in itertools.combinations(bucket, 2))
    assert sorted(map(sorted, found)) == sorted(map(sorted, every))


def test_small_buckets_give_all_pairs_and_large_ones_few() -> None:
    small, large = list(range(REACH + 2)), list(range(5000))
    assert len(run(PairsOfBuckets(REACH), bucket_rows([small]), 100)) == len(small) * (len(small) - 1) // 2
    assert len(run(PairsOfBuckets(REACH), bucket_rows([large]), 999)) <= (REACH + 1) * len(large)


def test_a_document_that_is_in_a_bucket_twice_is_not_paired_with_itself() -> None:
    assert run(PairsOfBuckets(REACH), bucket_rows([[3, 3, 4]]), 10) == [(3, 4), (3, 4)]


@pytest.mark.parametrize("batch_rows", [1, 2, 100])
def test_every_pair_once(batch_rows: int) -> None:
    pairs = [(1, 2), (1, 2), (1, 3), (2, 3), (2, 3), (2, 3)]
    table = pa.table({"left": [a for a, _ in pairs], "right": [b for _, b in pairs]})
    assert run(DistinctPairs(), table, batch_rows) == [(1, 2), (1, 3), (2, 3)]


def test_rows_of_bands_and_documents_without_words() -> None:
    signature = MinhashBands(ngram=2, bands=3, rows=2, seed=42)
    documents = pa.record_batch({"text": ["one two three", " \n", "\u2014", "", "One, two: THREE"]})
    measured = signature.measure(documents)[signature.column]
    assert [value and len(value) for value in measured.to_pylist()] == [24, None, 24, None, 24]
    addresses = {"part": pa.array([0, 0, 0, 1, 1], pa.int32()), "part_row": pa.array([0, 1, 2, 0, 1], pa.int64())}
    rows = pa.record_batch({"id": list("abcde"), signature.column: measured, **addresses})
    found = BandRows(signature.column, 3)(rows.slice(1)).to_pylist()
    assert [row["address"] for row in found] == [2] * 3 + [2**40 + 1] * 3
    keys = [row["key"].to_bytes(8, "little", signed=True) for row in found]
    assert b"".join(keys[:3]) == measured[2].as_py()
    assert b"".join(keys[3:]) == measured[0].as_py()
    assert len({row["rank"] for row in found}) == 2
