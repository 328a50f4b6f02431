"""The local engine holds what it was told to hold, however much passes through.

Measured is what Arrow has allocated in a process of its own, at its highest: rows held, sorted and merged. Python
objects and the allocator's reserves are not in it.
"""

from __future__ import annotations

import multiprocessing
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from curation.core.hashing import partition_of
from curation.engine import spill
from curation.engine.base import collect
from curation.engine.local import LocalEngine
from curation.engine.operators import Batches, Sink
from curation.engine.plan import Plan
from curation.engine.testing import ROWS, MemorySplit

SCHEMA = pa.schema([("key", pa.binary()), ("row", pa.int64())])
BATCH_ROWS = 2_000
ROW_BYTES = 100
PARTITIONS = 32


@dataclass(frozen=True)
class Generated:
    """Rows with random keys, made while they are read."""

    seed: int
    n_batches: int

    @property
    def key(self) -> str:
        return str(self.seed)

    @property
    def size_bytes(self) -> int:
        return self.n_batches * BATCH_ROWS * ROW_BYTES

    def read(self) -> Iterator[pa.RecordBatch]:
        stream = np.random.default_rng(self.seed)
        for batch in range(self.n_batches):
            keys = np.char.mod("%088d", stream.integers(0, 2**60, BATCH_ROWS)).astype("S88")
            rows = np.arange(BATCH_ROWS) + BATCH_ROWS * (batch + self.n_batches * self.seed)
            yield pa.RecordBatch.from_arrays([pa.array(keys.tolist(), pa.binary()), pa.array(rows)], schema=SCHEMA)


@dataclass(frozen=True)
class CheckOrder(Sink):
    """Says how many rows came, the sum of their numbers, and whether they came in order and where they belong."""

    def __call__(self, partition: int, batches: Batches) -> tuple[int, int, bool]:
        n_rows, total, right = 0, 0, True
        last: tuple[Any, ...] = ()
        for batch in batches:
            keys, rows = batch.column("key").to_pylist(), batch.column("row").to_pylist()
            found = list(zip(keys, rows, strict=True))
            right &= found == sorted(found) and last <= found[0]
            right &= set(partition_of([batch.column("key")], PARTITIONS).tolist()) == {partition}
            last = found[-1]
            n_rows += len(rows)
            total += sum(rows)
        return n_rows, total, right


def exchange_and_measure(memory_bytes: int) -> dict[str, Any]:
    splits = (Generated(0, 20), Generated(1, 30), Generated(2, 10))
    plan = Plan(splits, SCHEMA).exchange("key", ("row",), PARTITIONS)
    results = LocalEngine(memory_bytes=memory_bytes).run(plan, CheckOrder(), label="check")
    return {
        "input_bytes": plan.size_bytes,
        "rows": sum(n for n, _, _ in results),
        "sum": sum(total for _, total, _ in results),
        "right": all(right for _, _, right in results),
        "peak_bytes": pa.default_memory_pool().max_memory(),
    }


def in_a_fresh_process(memory_bytes: int) -> dict[str, Any]:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return dict(pool.apply(exchange_and_measure, (memory_bytes,)))


def test_twelve_times_as_many_rows_as_memory_pass_in_bounded_memory() -> None:
    memory_bytes = 1_000_000
    found = in_a_fresh_process(memory_bytes)
    n_rows = 60 * BATCH_ROWS
    expected = sum(
        sum(range(n * BATCH_ROWS * seed, n * BATCH_ROWS * (seed + 1))) for seed, n in [(0, 20), (1, 30), (2, 10)]
    )
    assert (found["rows"], found["sum"], found["right"]) == (n_rows, expected, True)
    assert found["input_bytes"] == 12 * memory_bytes
    assert found["peak_bytes"] < 3 * memory_bytes


def test_a_task_holds_its_share_and_one_batch_more(monkeypatch: pytest.MonkeyPatch) -> None:
    held_bytes: list[int] = []
    write_run = spill._write_run

    def measuring(held: list[pa.RecordBatch], *rest: Any) -> spill.Run:
        held_bytes.append(sum(batch.nbytes for batch in held))
        return write_run(held, *rest)

    monkeypatch.setattr(spill, "_write_run", measuring)
    split = MemorySplit(1, 5000)
    largest = max(batch.nbytes for batch in split.read())
    table = collect(LocalEngine(memory_bytes=20_000), Plan((split,), ROWS).exchange("hash", ("id",), partitions=2))
    assert sorted(table.column("id").to_pylist()) == sorted(row["id"] for row in split.rows())
    assert len(held_bytes) > 4
    assert max(held_bytes) < 20_000 + largest
    assert min(held_bytes[:-1]) >= 20_000


def test_a_partition_may_have_more_runs_than_a_process_may_open_files(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    in_use = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 40
    plan = Plan(tuple(MemorySplit(seed, 3) for seed in range(150)), ROWS).exchange("hash", ("id",), partitions=2)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(in_use + 40, hard), hard))
    try:
        table = collect(LocalEngine(scratch=str(tmp_path)), plan)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert table.num_rows == 450
    assert not list(tmp_path.iterdir())  # spill files are gone
