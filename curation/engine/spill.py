"""Spill files of an exchange: sorted runs on disk.

A task that feeds an exchange gathers rows up to its memory limit, sorts them by (partition, key, order_by) and writes
them as one run: an Arrow IPC file whose record batches each hold rows of one partition. The reader of a partition
merges the runs that have rows for it. A run is open only while one of its batches is read, since a partition may have
more runs than a process may open files. Memory: the limit while writing, about twice during the sort; one batch a run
while reading, about three times while they merge.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from curation.core.storage import Directory
from curation.engine.operators import Batches
from curation.engine.plan import Exchange
from curation.engine.sorting import merge_sorted, partition_and_sort

BATCH_ROWS = 16_384


@dataclass(frozen=True)
class Run:
    """A sorted run on disk: the numbers of the record batches of each partition."""

    path: str
    batches: dict[int, list[int]]

    def to_json(self) -> dict[str, Any]:
        return {"path": self.path, "batches": {str(p): numbers for p, numbers in self.batches.items()}}

    @staticmethod
    def from_json(value: dict[str, Any]) -> Run:
        return Run(value["path"], {int(p): numbers for p, numbers in value["batches"].items()})


def write_runs(
    batches: Batches, schema: pa.Schema, exchange: Exchange, directory: Path, stem: str, memory_bytes: int
) -> list[Run]:
    """Spill rows as sorted runs named `stem-NNN.arrow`; returns what was written."""
    runs: list[Run] = []
    held: list[pa.RecordBatch] = []
    held_bytes = 0
    for batch in batches:
        if batch.num_rows:
            held.append(batch)
            held_bytes += batch.nbytes
        if held_bytes >= memory_bytes:
            runs.append(_write_run(held, schema, exchange, directory, f"{stem}-{len(runs):03d}.arrow"))
            held, held_bytes = [], 0
    if held:
        runs.append(_write_run(held, schema, exchange, directory, f"{stem}-{len(runs):03d}.arrow"))
    return runs


def read_partition(runs: list[Run], partition: int, exchange: Exchange) -> Iterator[pa.RecordBatch]:
    """The rows of one partition in sort order, merged from all runs."""
    parts = [_read_batches(run.path, run.batches[partition]) for run in runs if partition in run.batches]
    return merge_sorted(list(parts), exchange.sort_columns)


def _write_run(held: list[pa.RecordBatch], schema: pa.Schema, exchange: Exchange, directory: Path, name: str) -> Run:
    index: dict[int, list[int]] = {}
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    written = 0
    sorted_rows = partition_and_sort(pa.Table.from_batches(held, schema).combine_chunks(), exchange)
    held.clear()  # copied: never three copies at a time
    with Directory(directory).create(name) as draft, pa.ipc.new_file(draft.stream, schema, options=options) as writer:
        for partition, rows in sorted_rows:
            for batch in rows.combine_chunks().to_batches(max_chunksize=BATCH_ROWS):
                writer.write_batch(batch)
                index.setdefault(partition, []).append(written)
                written += 1
    return Run(str(directory / name), index)


def _read_batches(path: str, numbers: list[int]) -> Iterator[pa.RecordBatch]:
    for number in numbers:
        with pa.memory_map(path) as source, pa.ipc.open_file(source) as reader:
            batch = reader.get_batch(number)
        yield batch
