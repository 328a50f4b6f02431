"""Looking n-grams up against a Python dictionary."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.core.hashing import random_stream
from curation.decon.probe import find_ngrams, ngram_table

EDGES = [0, 1, 63, 2**63 - 1, 2**63, 2**64 - 2, 2**64 - 1]
HASHES = st.sampled_from(EDGES) | st.integers(0, 2**64 - 1)


def check(known: list[int], texts: list[list[int]]) -> None:
    table = ngram_table(np.array(known, np.uint64))
    bounds = np.cumsum([0, *map(len, texts)])
    hashes = np.array([value for text in texts for value in text], np.uint64)
    found, found_bounds = find_ngrams(hashes, bounds, table)
    number = {value: i for i, value in enumerate(known)}
    expected = [[number[value] for value in text if value in number] for text in texts]
    assert found.tolist() == [i for text in expected for i in text]
    assert found_bounds.tolist() == np.cumsum([0, *map(len, expected)]).tolist()


@given(st.sets(HASHES, max_size=30), st.data())
def test_any_hashes(known: set[int], data: st.DataObject) -> None:
    value = st.sampled_from(sorted(known)) | HASHES if known else HASHES
    check(sorted(known), data.draw(st.lists(st.lists(value, max_size=8), max_size=4)))


@pytest.mark.parametrize("n", [1, 1000, 4097])
def test_many(n: int) -> None:
    stream = random_stream(n, "probe test")
    known = sorted({int(value) for value in stream.integers(0, 2**64, n, dtype=np.uint64)})
    others = [int(value) for value in stream.integers(0, 2**64, 5000, dtype=np.uint64)]
    check(known, [others[:2500], [], known[::3], others[2500:] + known])
