"""Exact Jaccard similarity of pairs of sets: |A and B| / |A or B|.

Sets are sorted arrays without repeats; a pair is one merge of the two, whose steps do not branch on the data. Sets
whose sizes alone keep them apart (the smaller over the larger is an upper bound) are not merged. Cost: about 2 ns for
every element of both sets.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from curation.kernels.buffers import Offsets, read_only
from curation.kernels.compiled import Kernel

Indices = npt.NDArray[np.int64]


def jaccard_of_pairs(
    values: npt.NDArray[np.uint64], offsets: Offsets, left: Indices, right: Indices, at_least: float
) -> npt.NDArray[np.float64]:
    """The similarity of set `left[i]` and set `right[i]`, for every i.

    Args:
        values: all sets; set j is `values[offsets[j]:offsets[j + 1]]`, ascending, unsigned, without repeats.
        at_least: pairs that cannot reach this, by their sizes, have 0.

    Returns:
        The similarities; 0 for two empty sets.
    """
    similarities = np.zeros(len(left), np.float64)
    inputs = (read_only(array) for array in (values, offsets, left, right))
    _jaccard_of_pairs(*inputs, at_least, similarities)
    return similarities


@Kernel
def _jaccard_of_pairs(
    values: npt.NDArray[np.uint64],
    offsets: Offsets,
    left: Indices,
    right: Indices,
    at_least: float,
    similarities: npt.NDArray[np.float64],
) -> None:
    for pair in range(len(left)):
        i, i_end = np.int64(offsets[left[pair]]), np.int64(offsets[left[pair] + 1])
        j, j_end = np.int64(offsets[right[pair]]), np.int64(offsets[right[pair] + 1])
        n_left, n_right = i_end - i, j_end - j
        smaller, larger = min(n_left, n_right), max(n_left, n_right)
        if larger == 0 or smaller / larger < at_least:
            continue
        common = 0
        while i < i_end and j < j_end:
            a, b = values[i], values[j]
            common += a == b
            i += a <= b
            j += b <= a
        similarities[pair] = common / (n_left + n_right - common)
