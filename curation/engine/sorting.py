"""Sorting rows into partitions, and merging sorted runs, for every engine that does it in Python.

Order: ascending by (key, order_by); nulls first; strings and binary bytewise; -0.0 equals 0.0; NaN is not allowed.

Merge of k sorted runs in bounded memory:
1. hold one batch of every run;
2. find the smallest among the last rows of those batches: every row up to it is present;
3. cut each batch at that row by binary search, sort the cut pieces together, give them out;
4. read on where a batch is used up; repeat until all runs are.
Memory: one batch a run. Each round uses up at least one batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curation.core.hashing import partition_of
from curation.engine.plan import Exchange

PARTITION_COLUMN = "__partition"


def sort_table(table: pa.Table, columns: tuple[str, ...]) -> pa.Table:
    """The table sorted ascending by columns, nulls first; stable."""
    if not columns or table.num_rows < 2:
        return table
    keys: dict[str, pa.ChunkedArray] = {}
    for name in columns:
        column = table.column(name)
        if column.null_count:
            keys[f"{name} is there"] = column.is_valid()  # false sorts first
        keys[name] = column
    return table.take(pc.sort_indices(pa.table(keys), sort_keys=[(name, "ascending") for name in keys]))


def partition_and_sort(table: pa.Table, exchange: Exchange) -> Iterator[tuple[int, pa.Table]]:
    """The rows of each partition that has any, sorted by (key, order_by), in partition order."""
    if not table.num_rows:
        return
    table = table.combine_chunks()
    keys = [_one_array(table.column(name)) for name in exchange.key]
    partitions = partition_of(keys, exchange.partitions)
    table = table.append_column(PARTITION_COLUMN, pa.array(partitions, pa.int32()))
    table = sort_table(table, (PARTITION_COLUMN, *exchange.sort_columns))
    ordered = table.column(PARTITION_COLUMN).to_numpy()
    table = table.drop_columns([PARTITION_COLUMN])
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    for start, stop in zip(starts, [*starts[1:], len(ordered)], strict=True):
        yield int(ordered[start]), table.slice(start, stop - start)


def merge_sorted(runs: list[Iterable[pa.RecordBatch]], columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
    """One sorted stream of the rows of several sorted runs."""
    heads: list[tuple[pa.RecordBatch, Iterator[pa.RecordBatch]]] = []
    for run in runs:
        _advance(iter(run), heads)
    while heads:
        if len(heads) == 1:
            batch, rest = heads[0]
            yield batch
            yield from (following for following in rest if following.num_rows)
            return
        bound = min(_row_key(batch, batch.num_rows - 1, columns) for batch, _ in heads)
        pieces, waiting = [], heads
        heads = []
        for batch, rest in waiting:
            cut = _count_up_to(batch, bound, columns)
            if cut:
                pieces.append(batch.slice(0, cut))
            if cut < batch.num_rows:
                heads.append((batch.slice(cut), rest))
            else:
                _advance(rest, heads)
        merged = sort_table(pa.Table.from_batches(pieces), columns).combine_chunks()
        yield from merged.to_batches()


def _advance(run: Iterator[pa.RecordBatch], heads: list[tuple[pa.RecordBatch, Iterator[pa.RecordBatch]]]) -> None:
    for batch in run:
        if batch.num_rows:
            heads.append((batch, run))
            return


def _count_up_to(batch: pa.RecordBatch, bound: tuple[Any, ...], columns: tuple[str, ...]) -> int:
    low, high = 0, batch.num_rows
    while low < high:
        middle = (low + high) // 2
        if _row_key(batch, middle, columns) <= bound:
            low = middle + 1
        else:
            high = middle
    return low


def _row_key(batch: pa.RecordBatch, row: int, columns: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(_comparable(batch.column(name)[row].as_py()) for name in columns)


def _comparable(value: Any) -> tuple[bool, Any]:
    if isinstance(value, str):
        return (True, value.encode())
    return (value is not None, value)


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
