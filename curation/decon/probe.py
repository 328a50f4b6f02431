"""Which n-grams of a table occur in texts: every n-gram of every text is looked up.

1. A filter answers for nearly all that they are not in the table: a hash's upper bits choose a word of 64 bits, its
   lower ones three bits in it. There are 16 to 32 bits for every n-gram, so that one stranger in a hundred passes. The
   loop has no branch, and its loads do not wait for each other.
2. Those that pass are looked for in the sorted table, which their upper bits lead into: about one comparison.

Cost: 2 to 15 ns an n-gram that is not in the table, by the cache that the filter fits in. Memory of the table: 8 bytes
an n-gram, 4 to 8 for the way into it, 2 to 4 for the filter.
Reference for the filter: F. Putze, P. Sanders, J. Singler, Cache-, hash- and space-efficient Bloom filters, 2007.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curation.decon.ngrams import Bounds, Hashes
from curation.kernels.buffers import read_only
from curation.kernels.compiled import Kernel

FILTER_BITS_EACH = 16


@dataclass(frozen=True)
class NgramTable:
    """Distinct n-grams, to be looked up by their hash. An n-gram's number is its place in `hashes`.

    Args:
        hashes: ascending.
        buckets: n-grams whose upper bits are b are `hashes[buckets[b]:buckets[b + 1]]`.
        filter: words of which each n-gram has set three bits of one.
    """

    hashes: Hashes
    buckets: npt.NDArray[np.uint32]
    filter: Hashes


def ngram_table(hashes: Hashes) -> NgramTable:
    """The table of distinct hashes, given in ascending order; fewer than 2^31."""
    bucket_bits = max(1, len(hashes).bit_length() - 1)
    upper = (hashes >> np.uint64(64 - bucket_bits)).astype(np.int64)
    buckets = np.zeros(2**bucket_bits + 1, np.uint32)
    np.cumsum(np.bincount(upper, minlength=2**bucket_bits), out=buckets[1:])
    filter_bits = max(1, (len(hashes) * FILTER_BITS_EACH // 64).bit_length())
    words = np.zeros(2**filter_bits, np.uint64)
    _fill(read_only(hashes), 64 - filter_bits, words)
    return NgramTable(hashes, buckets, words)


def find_ngrams(hashes: Hashes, bounds: Bounds, table: NgramTable) -> tuple[npt.NDArray[np.int64], Bounds]:
    """The n-grams of every text that the table has.

    Args:
        hashes: of the n-grams of all texts.
        bounds: text i has `hashes[bounds[i]:bounds[i + 1]]`.

    Returns:
        numbers of n-grams, one for every occurrence, and the bounds of every text among them.
    """
    found = np.empty(len(hashes) + 1, np.int64)
    found_bounds = np.zeros(len(bounds), np.int64)
    arrays = (read_only(array) for array in (table.hashes, table.buckets, table.filter))
    shifts = (65 - len(table.buckets).bit_length(), 65 - len(table.filter).bit_length())
    n = _find(hashes, bounds, *arrays, *shifts, found, found_bounds)
    return found[:n].copy(), found_bounds


@Kernel
def _fill(hashes: Hashes, shift: int, words: Hashes) -> None:
    one, low = np.uint64(1), np.uint64(63)
    for i in range(len(hashes)):
        x = hashes[i]
        mask = one << (x & low) | one << (x >> np.uint64(6) & low) | one << (x >> np.uint64(12) & low)
        words[x >> np.uint64(shift)] |= mask


@Kernel
def _find(
    hashes: Hashes,
    bounds: Bounds,
    known: Hashes,
    buckets: npt.NDArray[np.uint32],
    words: Hashes,
    bucket_shift: int,
    filter_shift: int,
    found: npt.NDArray[np.int64],
    found_bounds: Bounds,
) -> int:
    one, low = np.uint64(1), np.uint64(63)
    n = 0
    for row in range(len(bounds) - 1):
        passed = n
        for i in range(bounds[row], bounds[row + 1]):
            x = hashes[i]
            mask = one << (x & low) | one << (x >> np.uint64(6) & low) | one << (x >> np.uint64(12) & low)
            found[passed] = i
            passed += (words[x >> np.uint64(filter_shift)] & mask) == mask
        for i in range(n, passed):
            x = hashes[found[i]]
            bucket = x >> np.uint64(bucket_shift)
            for j in range(buckets[bucket], buckets[bucket + one]):
                if known[j] == x:
                    found[n] = j
                    n += 1
                    break
        found_bounds[row + 1] = n
    return n
