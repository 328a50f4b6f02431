"""The Jaccard similarity of pairs against Python's sets."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from curation.kernels.buffers import int64_list_buffers
from curation.kernels.jaccard import jaccard_of_pairs

MASK = 2**64 - 1
elements = st.integers(0, 12) | st.integers(0, MASK)


def similarity(a: set[int], b: set[int]) -> float:
    return len(a & b) / len(a | b) if a | b else 0.0


def measure(sets: list[set[int]], pairs: list[tuple[int, int]], at_least: float) -> list[float]:
    values = np.array([value for members in sets for value in sorted(members)], np.uint64)
    offsets = np.cumsum([0, *map(len, sets)]).astype(np.int32)
    left, right = np.array(pairs, np.int64).reshape(-1, 2).T.copy()
    found: list[float] = jaccard_of_pairs(values, offsets, left, right, at_least).tolist()
    return found


@given(st.lists(st.sets(elements, max_size=15), min_size=1, max_size=6))
def test_all_pairs(sets: list[set[int]]) -> None:
    pairs = [(i, j) for i in range(len(sets)) for j in range(len(sets))]
    assert measure(sets, pairs, 0.0) == [similarity(sets[i], sets[j]) for i, j in pairs]


@given(st.sets(elements, max_size=15), st.sets(elements, max_size=15), st.floats(0, 1))
def test_only_pairs_that_cannot_reach_the_threshold_are_passed_over(a: set[int], b: set[int], at_least: float) -> None:
    [found] = measure([a, b], [(0, 1)], at_least)
    exact = similarity(a, b)
    assert found == exact if exact >= at_least else found in (0.0, exact)


def test_a_threshold_that_is_met_exactly() -> None:
    """Four of five is 0.8, whatever the size."""
    for size in (1, 7, 1000):
        assert measure([set(range(4 * size)), set(range(5 * size))], [(0, 1)], 0.8) == [0.8]


@given(st.lists(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=4), max_size=6), st.integers(0, 3))
def test_list_columns_and_their_slices_as_buffers(rows: list[list[int]], skipped: int) -> None:
    values, offsets = int64_list_buffers(pa.array(rows, pa.list_(pa.int64())).slice(skipped))
    found = [values[offsets[i] : offsets[i + 1]].tolist() for i in range(len(offsets) - 1)]
    assert found == [[value & MASK for value in row] for row in rows[skipped:]]
