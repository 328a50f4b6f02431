"""Verification: the exact Jaccard similarity of candidate pairs.

1. Ids and lengths of the candidates go to the driver, which puts pairs into bundles (see `minhash_bundles`) and writes
   each candidate's memberships beside its row.
2. A pass over the text of the parts that have candidates: the set of shingle hashes of each, as a sorted list. The text
   itself does not cross an exchange.
3. Exchange by bundle. The pairs of a bundle are measured where its sets meet; those that reach the threshold go back to
   the driver.

A set holds 64-bit hashes: two shingles of a document pair that fall together change its similarity by one in its size;
with n shingles the chance of any is about n^2 / 2^65.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from curation.core.hashing import hash_column
from curation.dedup.addresses import addresses_of, only_parts_of, with_columns
from curation.dedup.components import Components, connected_components
from curation.dedup.edges import JACCARD, LEFT, MEASURED_EDGE, RIGHT, Edges, run_to_edges
from curation.dedup.minhash_bundles import BUNDLE, MEMBERSHIP, PARTNERS, POSITION, Documents, memberships
from curation.engine.base import collect
from curation.engine.operators import Batches, Map, Stream
from curation.engine.runs import complete_runs, run_numbers
from curation.kernels.buffers import int64_list_buffers
from curation.kernels.jaccard import jaccard_of_pairs
from curation.kernels.shingles import shingle_hashes
from curation.work.context import GlobalContext
from curation.work.workset import PART, ROW

_VERTEX, _N_BYTES, _RANK = "minhash_vertex", "n_bytes", "rank"
_MEMBERSHIPS, _ADDRESS, _SHINGLES = "minhash_memberships", "address", "shingles"
_DOCUMENT = pa.schema([pa.field(name, pa.int64()) for name in (_VERTEX, _N_BYTES, _RANK)])
_MEMBER = pa.schema([*MEMBERSHIP, pa.field(_ADDRESS, pa.int64()), pa.field(_SHINGLES, pa.list_(pa.int64()))])


def verified_pairs(
    context: GlobalContext, candidates: Edges, only: tuple[str, ...], ngram: int, jaccard: float
) -> Edges:
    """The candidate pairs whose Jaccard similarity, by word n-grams, is at least `jaccard`, with that similarity."""
    if not len(candidates):
        return Edges(candidates.left, candidates.right, np.zeros(0))
    graph = connected_components(candidates.left, candidates.right)
    members = memberships(graph, _documents(context, graph, only))
    known = with_columns(context, "memberships", graph.vertices, {_MEMBERSHIPS: members})
    rows = only_parts_of(known.rows(("text", _MEMBERSHIPS), only), graph.vertices)
    bundles = rows.map(ShingleSets(ngram)).exchange(BUNDLE, (POSITION,), context.partitions)
    return run_to_edges(context, bundles.stream(MeasurePairs(jaccard)), "verify")


def _documents(context: GlobalContext, graph: Components, only: tuple[str, ...]) -> Documents:
    """Length and rank of every candidate."""
    vertices = pa.array(np.arange(len(graph.vertices)))
    known = with_columns(context, "vertices", graph.vertices, {_VERTEX: vertices})
    rows = only_parts_of(known.rows(("id", _N_BYTES, _VERTEX), only), graph.vertices)
    found = collect(context.engine, rows.map(DescribeVertices()), label=f"{context.label}: candidate documents")
    order = np.argsort(found.column(_VERTEX).to_numpy())
    return Documents(found.column(_N_BYTES).to_numpy()[order], found.column(_RANK).to_numpy()[order])


@dataclass(frozen=True)
class DescribeVertices(Map):
    """Length and rank of the rows that are candidates."""

    @property
    def reads(self) -> tuple[str, ...]:
        return ("id", _N_BYTES, _VERTEX)

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        return _DOCUMENT

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        batch = batch.filter(batch.column(_VERTEX).is_valid())
        rank = pa.array(hash_column(batch.column("id")).view(np.int64))
        return pa.RecordBatch.from_arrays([batch.column(_VERTEX), batch.column(_N_BYTES), rank], schema=_DOCUMENT)


@dataclass(frozen=True)
class ShingleSets(Map):
    """For every membership of a candidate a row with its set of shingles, ascending by unsigned value."""

    ngram: int

    @property
    def reads(self) -> tuple[str, ...]:
        return ("text", _MEMBERSHIPS, PART, ROW)

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        return _MEMBER

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        batch = batch.filter(batch.column(_MEMBERSHIPS).is_valid())
        sets = shingle_sets(batch.column("text"), self.ngram)
        joined = batch.column(_MEMBERSHIPS)
        owner = pc.list_parent_indices(joined)
        columns = [*joined.flatten().flatten(), pa.array(addresses_of(batch)).take(owner), sets.take(owner)]
        return pa.RecordBatch.from_arrays(columns, schema=_MEMBER)


def shingle_sets(texts: pa.Array, ngram: int) -> pa.Array:
    """The set of shingle hashes of every text, as list<int64> of bit patterns, ascending by unsigned value."""
    hashes, offsets = shingle_hashes(texts, ngram)
    new = np.ones(len(hashes), bool)
    for start, stop in itertools.pairwise(offsets.tolist()):
        hashes[start:stop].sort()
    np.not_equal(hashes[1:], hashes[:-1], out=new[1:])
    new[offsets[:-1][offsets[:-1] < len(hashes)]] = True
    kept = np.concatenate([[0], np.cumsum(new)])[offsets]
    return pa.ListArray.from_arrays(pa.array(kept, pa.int32()), pa.array(hashes[new].view(np.int64)))


@dataclass(frozen=True)
class MeasurePairs(Stream):
    """The pairs of every bundle that reach the threshold."""

    at_least: float

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        return MEASURED_EDGE

    def __call__(self, batches: Batches) -> Batches:
        for batch, starts in complete_runs(batches, BUNDLE):
            first = starts[run_numbers(starts, batch.num_rows)]
            positions = batch.column(POSITION).to_numpy()
            assert np.array_equal(positions, np.arange(batch.num_rows) - first), "a member of a bundle is missing"
            partners = batch.column(PARTNERS)
            left: npt.NDArray[np.int64] = pc.list_parent_indices(partners).to_numpy()
            right = first[left] + partners.flatten().to_numpy()
            values, offsets = int64_list_buffers(batch.column(_SHINGLES))
            jaccard = jaccard_of_pairs(values, offsets, left, right, self.at_least)
            reached = jaccard >= self.at_least
            addresses = batch.column(_ADDRESS).to_numpy()
            columns = {LEFT: addresses[left[reached]], RIGHT: addresses[right[reached]], JACCARD: jaccard[reached]}
            yield pa.RecordBatch.from_pydict(columns, schema=self.output_schema(batch.schema))
