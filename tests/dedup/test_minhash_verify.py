"""Sets of shingles, and the similarity of pairs in bundles."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.dedup.minhash_verify import MeasurePairs, shingle_sets
from curation.kernels.shingles import shingle_hashes
from tests.support.near_duplicates import shingles_of

texts = st.text(alphabet="ab .é", max_size=25)


@given(st.lists(texts, max_size=6), st.integers(1, 4))
def test_sets_are_sorted_and_without_repeats(rows: list[str], ngram: int) -> None:
    sets = [
        np.array(row, np.int64).view(np.uint64).tolist()
        for row in shingle_sets(pa.array(rows, pa.string()), ngram).to_pylist()
    ]
    for text, found in zip(rows, sets, strict=True):
        hashes, _ = shingle_hashes(pa.array([text]), ngram)
        assert found == sorted(set(hashes.tolist()))
        assert len(found) == len(shingles_of(text, ngram))


def bundle(number: int, sets: list[list[int]], partners: list[list[int]]) -> list[dict[str, Any]]:
    return [
        {
            "bundle": number,
            "position": i,
            "partners": partners[i],
            "address": 100 * number + i,
            "shingles": members,
        }
        for i, members in enumerate(sets)
    ]


BUNDLES = [
    *bundle(1, [[1, 2, 3, 4], [1, 2, 3, 4, 5], [1, 2]], [[1, 2], [2], []]),
    *bundle(2, [[7], [7], [8], [1, 2, 3]], [[1, 2], [3], [], []]),
    *bundle(5, [[1, 2, 3, -1], [2, 3, -1]], [[1], []]),
]
MEMBER = pa.schema(
    {
        "bundle": pa.int64(),
        "position": pa.int32(),
        "partners": pa.list_(pa.int32()),
        "address": pa.int64(),
        "shingles": pa.list_(pa.int64()),
    }
)


@pytest.mark.parametrize("batch_rows", [1, 2, 4, 100])
def test_pairs_that_reach_the_threshold(batch_rows: int) -> None:
    table = pa.Table.from_pylist(BUNDLES, MEMBER)
    found = [batch.to_pylist() for batch in MeasurePairs(0.75)(iter(table.to_batches(max_chunksize=batch_rows)))]
    pairs = {(row["left"], row["right"]): row["jaccard"] for rows in found for row in rows}
    assert pairs == {(100, 101): 0.8, (200, 201): 1.0, (500, 501): 0.75}
