"""The MinHash band keys of every document, measured while its text is read.

The column holds 8 bytes a band, little-endian; it is null for a document without words, which is nobody's duplicate.
Its name has the parameters, so that steps with other parameters have columns of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from curation.kernels.buffers import text_buffers
from curation.kernels.minhash import band_keys, permutations
from curation.kernels.shingles import shingle_hashes
from curation.work.step import Annotator, Columns


@dataclass(frozen=True)
class MinhashBands(Annotator):
    """Band keys of word n-grams.

    Args:
        ngram: words of a shingle.
        bands: keys of a document.
        rows: minima that a key stands for.
        seed: of the permutations.
    """

    ngram: int
    bands: int
    rows: int
    seed: int

    @property
    def column(self) -> str:
        return f"minhash_{self.ngram}_{self.bands}x{self.rows}_{self.seed}"

    @property
    def columns(self) -> Mapping[str, pa.DataType]:
        return {self.column: pa.binary()}

    def measure(self, batch: pa.RecordBatch) -> Columns:
        hashes, offsets = shingle_hashes(batch.column("text"), self.ngram)
        chosen = permutations(self.seed, self.bands * self.rows)
        keys = band_keys(hashes, offsets, chosen, self.bands, self.rows)
        values = pa.py_buffer(keys.astype("<u8", copy=False))
        fixed = pa.Array.from_buffers(pa.binary(8 * self.bands), batch.num_rows, [None, values])
        wordless = pa.array(np.diff(offsets) == 0)
        return {self.column: pc.if_else(wordless, None, fixed.cast(pa.binary()))}


def keys_of(signatures: pa.Array, bands: int) -> npt.NDArray[np.int64]:
    """The keys of a signature column without nulls, one row a document, as int64 bit patterns."""
    data, offsets = text_buffers(signatures)
    keys = np.frombuffer(data[offsets[0] : offsets[-1]].tobytes(), "<i8")
    return keys.astype(np.int64, copy=False).reshape(-1, bands)
