"""How many documents of the pool have each evaluation n-gram: what many have is boilerplate, and no evidence.

A licence at the head of a short held-out file is most of that file, and is in thousands of others that have nothing
else in common with it.

1. The documents that are alive are counted, without reading text.
2. About 20,000 of them are chosen by a hash of (seed, id); all, if there are fewer.
3. A fold looks their n-grams up and counts documents for each that occurs.

Memory: 16 bytes for each distinct n-gram that occurs. Cost: the text is read once more, but little of it is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curation.core.hashing import hash64, hash_column, xxh3_64_of_8_bytes
from curation.decon.index import Bools, Stored
from curation.decon.ngrams import ngram_hashes
from curation.decon.probe import find_ngrams
from curation.engine.base import fold
from curation.engine.operators import Fold
from curation.work.context import GlobalContext

SAMPLE_DOCUMENTS = 20_000
LEAST_DOCUMENTS = 20
COMMON_SHARE = 0.001

Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Counts:
    """How many documents were looked at, and how many of them have each of some n-grams, ascending by number."""

    n_documents: int
    ngrams: Int64s
    documents: Int64s


def common_in_pool(context: GlobalContext, only: tuple[str, ...], table: Stored, ngram: int) -> Bools:
    """Of every n-gram of a table, whether more than 0.1 % of the documents of a sample have it, and more than 20.

    Args:
        only: the domains of the documents, as patterns.
        ngram: tokens of an n-gram.
    """
    common = np.zeros(len(table.table.hashes), bool)
    plan = context.rows(("id", "text"), only)
    n_alive: int = fold(context.engine, context.rows(("id",), only), CountRows(), label=f"{context.label}: documents")
    if len(common) and n_alive > LEAST_DOCUMENTS:
        share = round(min(1.0, SAMPLE_DOCUMENTS / n_alive), 9)
        counting = CountDocuments(table, ngram, context.seed, share)
        label = f"{context.label}: boilerplate"
        found: Counts = fold(context.engine, plan, counting, label=label, events=context.events)
        most = max(LEAST_DOCUMENTS, COMMON_SHARE * found.n_documents)
        common[found.ngrams[found.documents > most]] = True
    return common


@dataclass(frozen=True)
class CountRows(Fold):
    """How many rows there are."""

    def zero(self) -> int:
        return 0

    def step(self, state: int, batch: pa.RecordBatch) -> int:
        return state + int(batch.num_rows)

    def merge(self, left: int, right: int) -> int:
        return left + right


@dataclass(frozen=True)
class CountDocuments(Fold):
    """Documents of a sample that have each n-gram of a table.

    Args:
        share: of the documents; which ones depends on the seed and their ids.
    """

    table: Stored
    ngram: int
    seed: int
    share: float

    def setup(self) -> None:
        _ = self.table.table

    def zero(self) -> Counts:
        return Counts(0, np.zeros(0, np.int64), np.zeros(0, np.int64))

    def step(self, state: Counts, batch: pa.RecordBatch) -> Counts:
        salt = np.uint64(hash64(f"decontaminate/{self.seed}".encode()))
        rank = xxh3_64_of_8_bytes(hash_column(batch.column("id")) ^ salt) >> np.uint64(1)
        texts = batch.column("text").filter(pa.array(rank.astype(np.float64) <= self.share * 2.0**63))
        table = self.table.table
        found, bounds = find_ngrams(*ngram_hashes(texts, self.ngram), table)
        document = np.repeat(np.arange(len(texts)), np.diff(bounds))
        once = _runs(np.sort(document * len(table.hashes) + found))[0] % max(1, len(table.hashes))
        return self.merge(state, Counts(len(texts), *_runs(np.sort(once))))

    def merge(self, left: Counts, right: Counts) -> Counts:
        ngrams = np.concatenate([left.ngrams, right.ngrams])
        order = np.argsort(ngrams, kind="stable")
        counts = np.concatenate([left.documents, right.documents])[order]
        distinct, times = _runs(ngrams[order])
        starts = np.cumsum(times) - times
        added = np.add.reduceat(counts, starts) if len(starts) else counts
        return Counts(left.n_documents + right.n_documents, distinct, added)


def _runs(values: Int64s) -> tuple[Int64s, Int64s]:
    """The distinct values of an ascending array, and how often each occurs."""
    starts = np.flatnonzero(np.diff(values, prepend=-1))
    return values[starts], np.diff(starts, append=len(values))
