"""Pairs of documents that share a MinHash band: the candidates.

1. Every document sends a row for each of its bands: the band's key, a rank (the hash of its id) and its address: 24
   bytes. The band's number is part of the key.
2. Exchange by key, ordered by rank. The documents of one key are a bucket. Each is paired with the first of its bucket,
   and with the `REACH` that follow it: all pairs of a bucket of up to REACH + 2 documents, at most REACH + 1 pairs a
   document of larger ones. So work grows linearly with the size of a bucket.
3. Exchange by pair; of equal pairs, which came from several bands, one stays.

Since the order is by the hash of the id, the pairs depend on ids and texts alone; it is one order for all buckets, so
that documents which share many large buckets make the same few pairs in each.

What is lost: nothing where pairs are not verified, since the pairs with the first join every bucket as all pairs would.
Where they are verified, clusters are those of all pairs unless a document lies in a bucket of more than REACH + 2 that
mixes unlike documents, reaches the threshold neither with its first, nor with REACH neighbours to either side, nor
through a chain of such pairs, and has the same luck in every other band that it shares with its like. If a share s of a
bucket is like it, none of them is a neighbour with probability about (1 - s)^(2 * REACH): 19 % at s = 0.1, 1 % at 0.25.
A band that like documents share holds few unlike ones as a rule: a pair below J = 0.8 shares one of 11 rows with
probability below 0.09, so that most bands of a cluster are its own (a test has a thousand documents of one template).

Memory of a stream: the largest bucket, 24 bytes a document.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from curation.core.hashing import hash_column
from curation.dedup.addresses import addresses_of
from curation.dedup.edges import EDGE, LEFT, RIGHT, Edges, run_to_edges
from curation.dedup.minhash_signature import MinhashBands, keys_of
from curation.engine.operators import Batches, Map, Stream
from curation.engine.runs import complete_runs, run_numbers
from curation.work.context import GlobalContext
from curation.work.workset import PART, ROW

REACH = 8  # documents that follow in a bucket's order
_KEY, _RANK, _ADDRESS = "key", "rank", "address"
_BAND_ROW = pa.schema([pa.field(name, pa.int64()) for name in (_KEY, _RANK, _ADDRESS)])


def candidate_pairs(context: GlobalContext, signature: MinhashBands, only: tuple[str, ...], reach: int) -> Edges:
    """The pairs of documents in a step's scope that share a band.

    Args:
        reach: `REACH`; 0 where pairs will not be verified, when those with the first of a bucket say all.
    """
    rows = context.rows(("id", signature.column), only)
    buckets = rows.map(BandRows(signature.column, signature.bands)).exchange(
        _KEY, (_RANK, _ADDRESS), context.partitions
    )
    pairs = buckets.stream(PairsOfBuckets(reach)).exchange((LEFT, RIGHT), (), context.partitions)
    return run_to_edges(context, pairs.stream(DistinctPairs()), "candidates")


@dataclass(frozen=True)
class BandRows(Map):
    """A row for every band of every document that has a signature."""

    column: str
    bands: int

    @property
    def reads(self) -> tuple[str, ...]:
        return ("id", self.column, PART, ROW)

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        return _BAND_ROW

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        batch = batch.filter(batch.column(self.column).is_valid())
        keys = keys_of(batch.column(self.column), self.bands)
        ranks = hash_column(batch.column("id")).view(np.int64)
        columns = [keys.ravel(), np.repeat(ranks, self.bands), np.repeat(addresses_of(batch), self.bands)]
        return pa.RecordBatch.from_arrays([pa.array(column) for column in columns], schema=_BAND_ROW)


@dataclass(frozen=True)
class PairsOfBuckets(Stream):
    """Of every bucket the pairs with its first document, and those of documents at most `reach` apart."""

    reach: int

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        return EDGE

    def __call__(self, batches: Batches) -> Batches:
        for batch, starts in complete_runs(batches, _KEY):
            addresses = batch.column(_ADDRESS).to_numpy()
            run = run_numbers(starts, len(addresses))
            shared = np.diff(starts, append=len(addresses))[run] > 1
            addresses, run = addresses[shared], run[shared]
            firsts = np.flatnonzero(np.diff(run, prepend=-1))
            first = np.repeat(firsts, np.diff(firsts, append=len(run)))
            far = np.flatnonzero(np.arange(len(run)) - first > self.reach)
            yield _edges(addresses[first[far]], addresses[far])
            for distance in range(1, self.reach + 1):
                near = np.flatnonzero(run[distance:] == run[:-distance])
                if not len(near):
                    break
                yield _edges(addresses[near], addresses[near + distance])


@dataclass(frozen=True)
class DistinctPairs(Stream):
    """Each pair once."""

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        return EDGE

    def __call__(self, batches: Batches) -> Batches:
        for batch, starts in complete_runs(batches, LEFT, RIGHT):
            yield batch.take(pa.array(starts))


def _edges(left: np.ndarray, right: np.ndarray) -> pa.RecordBatch:
    apart = left != right  # two keys of one document that are equal by chance
    return pa.RecordBatch.from_arrays([pa.array(left[apart]), pa.array(right[apart])], schema=EDGE)
