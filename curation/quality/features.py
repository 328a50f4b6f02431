"""Hashed features of texts: words, marks and pairs of neighbours, as unit vectors in 2^18 dimensions.

A gram that makes up the share s of a text's grams has the value sqrt(s), so that every vector has length 1 (the
Hellinger embedding). With 1 + log(count), normalised, human labels are met no better, and the last digit of a logarithm
differs between machines. Grams that share a slot count together.

Cost: 140 MB/s on one core. Memory: 8 bytes for every distinct gram of a text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curation.kernels.buffers import text_buffers
from curation.quality.kernels import FIRST, LETTER, SLOTS, Floats, count_grams, times, transposed_times


@dataclass(frozen=True)
class Features:
    """A sparse matrix, row by row: row i has `values[offsets[i]:offsets[i + 1]]` in those `columns`."""

    columns: npt.NDArray[np.int32]
    values: npt.NDArray[np.float32]
    offsets: npt.NDArray[np.int64]

    @property
    def n_rows(self) -> int:
        return len(self.offsets) - 1

    def compact(self) -> Features:
        """The same with memory of its own, as much as it needs."""
        return Features(self.columns.copy(), self.values.copy(), self.offsets)

    def times(self, vector: Floats) -> Floats:
        """X v."""
        out = np.empty(self.n_rows)
        times(self.columns, self.values, self.offsets, vector, out)
        return out

    def transposed_times(self, vector: Floats) -> Floats:
        """X^T v."""
        out = np.empty(SLOTS)
        transposed_times(self.columns, self.values, self.offsets, vector, out)
        return out


def features_of(texts: pa.Array) -> Features:
    """The features of every text of a string column; null is an empty text, which has none."""
    data, ends = text_buffers(texts)
    most = int(np.minimum(2 * np.diff(ends).astype(np.int64), SLOTS).sum())
    columns, values = np.empty(most, np.int32), np.empty(most, np.float32)  # reserved, used as far as there are grams
    offsets = np.zeros(len(texts) + 1, np.int64)
    n = count_grams(data, ends, LETTER, FIRST, columns, values, offsets)
    return Features(columns[:n], values[:n], offsets)


def stacked(parts: Sequence[Features]) -> Features:
    """Matrices below each other."""
    counts = [np.diff(part.offsets) for part in parts]
    return Features(
        np.concatenate([part.columns for part in parts] or [np.zeros(0, np.int32)]),
        np.concatenate([part.values for part in parts] or [np.zeros(0, np.float32)]),
        np.concatenate([[0], np.cumsum(np.concatenate(counts or [np.zeros(0, np.int64)]))]).astype(np.int64),
    )
