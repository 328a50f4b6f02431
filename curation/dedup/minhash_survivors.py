"""Survivors: of every cluster of near duplicates one document stays, chosen by preference.

1. Every document of a cluster gets the cluster's number, and the largest similarity that was measured with another.
2. Exchange by cluster, ordered by the preferences; in the end by id, and by place in the input where ids are equal.
3. The first of a cluster stays. Its `dup_count` is the sum over the cluster, where a document that no step has counted
   counts 1. The others are dropped as `near_duplicate` of it.

What crosses the exchange is the columns that preferences ask for, the id and the address: about 100 bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curation.dedup.addresses import only_parts_of, with_columns
from curation.dedup.components import connected_components
from curation.dedup.edges import Edges
from curation.engine.operators import Batches, Map, Stream
from curation.engine.plan import Plan
from curation.engine.runs import complete_runs, run_numbers
from curation.work.context import GlobalContext, dropped_by
from curation.work.fate import FATE
from curation.work.workset import PART, ROW

Preference = Literal["newest", "longest", "id"]
RULE = "near_duplicate"
_CLUSTER, _SIMILARITY, _COUNT = "minhash_cluster", "minhash_similarity", "dup_count"
_REVERSED = bytes(255 - byte for byte in range(256))


def survivors(
    context: GlobalContext,
    pairs: Edges,
    only: tuple[str, ...],
    stage: str,
    preferences: tuple[Preference, ...],
    threshold: float | None,
) -> Plan:
    """A plan of what becomes of the documents of clusters, for `GlobalContext.decide`.

    Args:
        pairs: near duplicates; clusters are their connected components.
        stage: the step's label.
        preferences: the first decides, then the next.
        threshold: of the similarity, if it was measured.
    """
    graph = connected_components(pairs.left, pairs.right)
    similarity = np.zeros(len(graph.vertices))
    if pairs.jaccard is not None:
        np.maximum.at(similarity, graph.left, pairs.jaccard)
        np.maximum.at(similarity, graph.right, pairs.jaccard)
    unmeasured = np.full(len(similarity), pairs.jaccard is None)
    columns = {_CLUSTER: pa.array(graph.component), _SIMILARITY: pa.array(similarity, mask=unmeasured)}
    known = with_columns(context, "clusters", graph.vertices, columns)
    rows = known.rows(("id", "date", "n_bytes", _COUNT, *columns), only)
    ranked = only_parts_of(rows, graph.vertices).map(RankByPreference(preferences))
    by_cluster = ranked.exchange(_CLUSTER, (*preferences, "id", PART, ROW), context.partitions)
    return by_cluster.stream(KeepPreferred(stage, threshold))


@dataclass(frozen=True)
class RankByPreference(Map):
    """Rows of clusters, with a column for each preference: the smaller its value, the better the row."""

    preferences: tuple[Preference, ...]

    @property
    def reads(self) -> tuple[str, ...]:
        return ("id", "date", "n_bytes", _CLUSTER, _SIMILARITY, PART, ROW)

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        carried = [schema.field(name) for name in ("id", _CLUSTER, _SIMILARITY, PART, ROW)]
        ranks = [pa.field(name, _RANKS[name][0]) for name in self.preferences if name != "id"]
        return pa.schema([*carried, *ranks, pa.field(_COUNT, pa.int64())])

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        batch = batch.filter(batch.column(_CLUSTER).is_valid())
        columns = {name: batch.column(name) for name in batch.schema.names}
        columns |= {name: _RANKS[name][1](batch) for name in self.preferences if name != "id"}
        counted = columns.get(_COUNT, pa.nulls(batch.num_rows, pa.int64()))
        columns[_COUNT] = pc.fill_null(counted, 1)
        schema = self.output_schema(batch.schema)
        return pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


@dataclass(frozen=True)
class KeepPreferred(Stream):
    """Of every cluster keeps the first row, which is the best: what becomes of each row, and `dup_count`."""

    stage: str
    threshold: float | None

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        return pa.schema([schema.field(PART), schema.field(ROW), pa.field(_COUNT, pa.int64()), *FATE])

    def __call__(self, batches: Batches) -> Batches:
        for batch, starts in complete_runs(batches, _CLUSTER):
            n = batch.num_rows
            run = run_numbers(starts, n)
            dropped = np.ones(n, dtype=bool)
            dropped[starts] = False
            stays = pa.array(~dropped)
            survivor = batch.column("id").take(pa.array(starts[run], mask=~dropped))
            counts = np.add.reduceat(batch.column(_COUNT).to_numpy(), starts)
            fates = dropped_by(self.stage, RULE, dropped, survivor)
            fates["fate_value"] = pc.if_else(stays, None, batch.column(_SIMILARITY))
            fates["fate_threshold"] = pc.if_else(stays, None, pa.scalar(self.threshold, pa.float64()))
            columns = {
                PART: batch.column(PART),
                ROW: batch.column(ROW),
                _COUNT: pa.array(counts[run], pa.int64(), mask=dropped),
                **fates,
            }
            yield pa.RecordBatch.from_pydict(columns, schema=self.output_schema(batch.schema))


def _newest(batch: pa.RecordBatch) -> pa.Array:
    """Dates in reverse: every byte from 255 down, an end that sorts after all bytes; no date sorts last."""
    dates = batch.column("date").to_pylist()
    return pa.array(
        [b"\1" if date is None else b"\0" + date.encode().translate(_REVERSED) + b"\xff" for date in dates], pa.binary()
    )


def _longest(batch: pa.RecordBatch) -> pa.Array:
    return pc.negate(batch.column("n_bytes"))


_RANKS: Mapping[str, tuple[pa.DataType, Callable[[pa.RecordBatch], pa.Array]]] = {
    "newest": (pa.binary(), _newest),
    "longest": (pa.int64(), _longest),
}
