"""The overlap of texts with evaluation items: the largest share of an item that is in a text, or of a text in an item.

1. Texts are taken about 2 MiB at a time; all their n-grams are looked up. Most texts end here, with 0.
2. For every text and part (a question or an answer), how many of the part's n-grams are in the text; each counts once.
3. The share of the part: that number over the part's n-grams; for a part that must be found whole, 1 or 0.
4. The share of the text: that number over the text's distinct n-grams without the common ones; 0 where fewer than
   `short` n-grams agree. It finds texts that were cut out of a long item.
5. The largest share of all is the text's overlap. Of equal ones, that with more n-grams in common counts, then the item
   that comes first.

Cost: that of hashing and looking up, 5 to 10 ns a byte, where nothing is found; about 100 ns an n-gram that is found.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curation.decon.index import ItemIndex
from curation.decon.ngrams import Bounds, Hashes, ngram_hashes
from curation.decon.probe import NgramTable, find_ngrams
from curation.kernels.buffers import text_buffers

SLICE_BYTES = 2 * 2**20

Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def overlaps(texts: pa.Array, table: NgramTable, index: ItemIndex, *, ngram: int, short: int) -> tuple[Floats, Int64s]:
    """Of every text its overlap, from 0 to 1, and the number of the item that it overlaps with; -1 where it is 0.

    Args:
        texts: a string column; null is an empty text.
        ngram: tokens of an n-gram, as when the index was made.
        short: fewer n-grams than this say nothing of a text's own share.
    """
    share, item = np.zeros(len(texts)), np.full(len(texts), -1, np.int64)
    ends = text_buffers(texts)[1].astype(np.int64)
    start = 0
    while start < len(texts):
        stop = max(start + 1, int(np.searchsorted(ends, ends[start] + SLICE_BYTES, side="right")) - 1)
        hashes, bounds = ngram_hashes(texts.slice(start, stop - start), ngram)
        found, found_bounds = find_ngrams(hashes, bounds, table)
        rows = np.repeat(np.arange(len(bounds) - 1), np.diff(found_bounds))
        best = _best(_shares(rows, found, hashes, bounds, index, short))
        share[start + best.rows] = best.share
        item[start + best.rows] = index.items[best.parts]
        start = stop
    return share, item


@dataclass(frozen=True)
class _Shares:
    """Of texts (by row) and parts that have n-grams in common: how many, and the larger share."""

    rows: Int64s
    parts: Int64s
    n_common: Int64s
    share: Floats


def _shares(rows: Int64s, found: Int64s, hashes: Hashes, bounds: Bounds, index: ItemIndex, short: int) -> _Shares:
    rows, ngrams, _ = _counted(rows, found, len(index.common))
    n_parts = index.first[ngrams + 1] - index.first[ngrams]
    nth = np.arange(n_parts.sum()) - np.repeat(np.cumsum(n_parts) - n_parts, n_parts)
    parts = index.parts[np.repeat(index.first[ngrams], n_parts) + nth]
    pair_rows, parts, matched = _counted(np.repeat(rows, n_parts), parts, len(index.sizes))

    share = matched / index.sizes[parts]
    whole = index.whole[parts]
    share[whole & (share < 1)] = 0
    long = ~whole & (matched >= short)
    n_distinct = np.ones(len(bounds) - 1, np.int64)
    n_common = np.bincount(rows[index.common[ngrams]], minlength=len(n_distinct))
    for row in np.flatnonzero(np.bincount(pair_rows[long])):
        ordered = np.sort(hashes[bounds[row] : bounds[row + 1]])
        n_distinct[row] += np.count_nonzero(ordered[1:] != ordered[:-1]) - n_common[row]
    share[long] = np.maximum(share[long], matched[long] / n_distinct[pair_rows[long]])
    return _Shares(pair_rows, parts, matched, share)


def _best(shares: _Shares) -> _Shares:
    """Of every row the pair with the largest share above 0."""
    order = np.lexsort((shares.parts, -shares.n_common, -shares.share, shares.rows))
    order = order[shares.share[order] > 0]
    rows = shares.rows[order]
    chosen = order[np.flatnonzero(np.diff(rows, prepend=-1))]
    return _Shares(shares.rows[chosen], shares.parts[chosen], shares.n_common[chosen], shares.share[chosen])


def _counted(rows: Int64s, numbers: npt.NDArray[np.integer], n: int) -> tuple[Int64s, Int64s, Int64s]:
    """The distinct pairs of a row and a number below n, ascending, and how often each occurs."""
    pairs = np.sort(rows * max(n, 1) + numbers)
    starts = np.flatnonzero(np.diff(pairs, prepend=-1))
    distinct_rows, distinct_numbers = np.divmod(pairs[starts], max(n, 1))
    return distinct_rows, distinct_numbers, np.diff(starts, append=len(pairs))
