"""Runs of equal keys in a sorted stream: what every Stream operator groups by."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curation.engine.operators import Batches

Starts = npt.NDArray[np.int64]


def complete_runs(batches: Batches, *key: str) -> Iterator[tuple[pa.RecordBatch, Starts]]:
    """Cut a sorted stream into batches that hold whole runs.

    Args:
        batches: sorted by the key columns.
        key: the columns whose equal values make a run.

    Yields:
        A batch, and the row where each of its runs starts (the first is 0). No run spans two batches, so the memory
        needed is that of the largest run.
    """
    held: list[pa.RecordBatch] = []
    for batch in batches:
        starts = _starts(batch, key)
        if held and _same(held[-1], batch, key):
            if len(starts) == 1:
                held.append(batch)
                continue
            held.append(batch.slice(0, starts[1]))
            batch, starts = batch.slice(starts[1]), starts[1:] - starts[1]
        if held:
            yield _with_starts(held, key)
            held = []
        if len(starts) > 1:
            yield batch.slice(0, starts[-1]), starts[:-1]
        held = [batch.slice(starts[-1])]
    if held:
        yield _with_starts(held, key)


def run_numbers(starts: Starts, n_rows: int) -> Starts:
    """For every row, the number of its run."""
    return np.repeat(np.arange(len(starts)), np.diff(starts, append=n_rows))


def _with_starts(held: list[pa.RecordBatch], key: tuple[str, ...]) -> tuple[pa.RecordBatch, Starts]:
    batch = held[0] if len(held) == 1 else pa.Table.from_batches(held).combine_chunks().to_batches()[0]
    return batch, _starts(batch, key)


def _starts(batch: pa.RecordBatch, key: tuple[str, ...]) -> Starts:
    changes = np.zeros(max(0, batch.num_rows - 1), dtype=bool)
    for name in key:
        codes = batch.column(name).dictionary_encode(null_encoding="encode").indices
        changes |= np.diff(codes.to_numpy(zero_copy_only=False)) != 0
    return np.concatenate(([0], np.flatnonzero(changes) + 1)).astype(np.int64)


def _same(earlier: pa.RecordBatch, later: pa.RecordBatch, key: tuple[str, ...]) -> bool:
    return all(earlier.column(name)[-1].as_py() == later.column(name)[0].as_py() for name in key)
