"""MinHash band keys: what near duplicates have in common, in a few words.

1. Of every shingle hash the upper 32 bits are kept: x.
2. bands * rows permutations of 32-bit numbers, x -> multiplier * x + increment modulo 2^32 with an odd multiplier; of
   each the minimum over a document's shingles. Two documents agree in a minimum with a probability that is their
   Jaccard similarity, within what tests can tell.
3. The minima of a band, with the band's number, are hashed to one 64-bit key. Two documents share a key with
   probability 1 - (1 - J^rows)^bands.

The inner loop runs over shingles, four permutations at a time, with the minima in registers: compilers make vector
instructions of it. Shingles come in blocks that stay in the first cache; a block is filled up with its own first
shingle, which changes no minimum, so that no rest is left for a slow loop.

Cost: bands * rows multiplications a word, 16 at a time with AVX-512. Memory: one block.
Reference: A. Broder, On the resemblance and containment of documents, 1997; bands: J. Leskovec, A. Rajaraman,
J. Ullman, Mining of Massive Datasets, section 3.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curation.core.hashing import hash64
from curation.kernels.compiled import Kernel

BLOCK = 1024  # shingles
LANES = 32  # a block's length is a multiple of this
GROUP = 4  # permutations at a time
BAND_BASE = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)

UInt32s = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Permutations:
    """Permutations of 32-bit numbers: x -> multipliers[p] * x + increments[p] modulo 2^32."""

    multipliers: UInt32s
    increments: UInt32s


def permutations(seed: int, n: int) -> Permutations:
    """The first n permutations of a seed: the halves of XXH3-64 of `minhash/seed/number`; multipliers are made odd."""
    words = np.array([hash64(f"minhash/{seed}/{number}".encode()) for number in range(n)], np.uint64)
    multipliers = (words & np.uint64(0xFFFFFFFF)).astype(np.uint32) | np.uint32(1)
    return Permutations(multipliers, (words >> np.uint64(32)).astype(np.uint32))


def band_keys(
    hashes: npt.NDArray[np.uint64],
    offsets: npt.NDArray[np.int64],
    chosen: Permutations,
    bands: int,
    rows: int,
) -> npt.NDArray[np.uint64]:
    """The keys of every document, one a band; zeros for a document without shingles.

    Args:
        hashes: well mixed shingle hashes of all documents.
        offsets: document i has `hashes[offsets[i]:offsets[i + 1]]`.
        chosen: bands * rows permutations.
    """
    n = bands * rows
    padding = (0, -n % GROUP)
    keys = np.zeros((len(offsets) - 1, bands), np.uint64)
    _band_keys(
        hashes, offsets, np.pad(chosen.multipliers[:n], padding), np.pad(chosen.increments[:n], padding), rows, keys
    )
    return keys


@Kernel
def _band_keys(
    hashes: npt.NDArray[np.uint64],
    offsets: npt.NDArray[np.int64],
    multipliers: UInt32s,
    increments: UInt32s,
    rows: int,
    keys: npt.NDArray[np.uint64],
) -> None:
    block = np.empty(BLOCK, np.uint32)
    minima = np.empty(len(multipliers), np.uint32)
    for document in range(len(offsets) - 1):
        start, stop = offsets[document], offsets[document + 1]
        if start == stop:
            continue
        minima[:] = np.uint32(0xFFFFFFFF)
        for first in range(start, stop, BLOCK):
            n = min(BLOCK, stop - first)
            padded = (n + LANES - 1) // LANES * LANES
            for i in range(n):
                block[i] = np.uint32(hashes[first + i] >> np.uint64(32))
            for i in range(n, padded):
                block[i] = block[0]
            for p in range(0, len(multipliers), GROUP):
                a0, a1, a2, a3 = multipliers[p], multipliers[p + 1], multipliers[p + 2], multipliers[p + 3]
                b0, b1, b2, b3 = increments[p], increments[p + 1], increments[p + 2], increments[p + 3]
                m0, m1, m2, m3 = minima[p], minima[p + 1], minima[p + 2], minima[p + 3]
                for i in range(padded):
                    x = block[i]
                    m0 = min(m0, np.uint32(x * a0 + b0))
                    m1 = min(m1, np.uint32(x * a1 + b1))
                    m2 = min(m2, np.uint32(x * a2 + b2))
                    m3 = min(m3, np.uint32(x * a3 + b3))
                minima[p], minima[p + 1], minima[p + 2], minima[p + 3] = m0, m1, m2, m3
        for band in range(keys.shape[1]):
            key = np.uint64(band + 1) * BAND_BASE
            for row in range(rows):
                key = (key ^ np.uint64(minima[band * rows + row])) * MIX_1
                key ^= key >> np.uint64(32)
            key *= MIX_2
            keys[document, band] = key ^ (key >> np.uint64(29))
