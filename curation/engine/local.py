"""The local engine: a plan on the cores of this machine, in bounded memory.

1. The plan is cut at its exchanges. The first segment has one task a split, every later one a task a partition.
2. A task reads its input as a stream of batches, applies the operators of its segment, and either spills sorted runs
   for the next exchange or hands the stream to the sink.
3. A finished task is remembered in the journal, if there is one: a run that is started again skips it.

Memory: each task holds at most `memory_bytes / workers` of rows for an exchange, besides the batches in flight.
Disk: what crosses an exchange is written once, compressed with lz4, and deleted when the run ends.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from curation.core.events import Events, NoEvents
from curation.core.storage import Directory
from curation.engine.operators import Map, Sink, Stream, apply_operators
from curation.engine.plan import Exchange, Plan, Split
from curation.engine.spill import Run, read_partition, write_runs
from curation.engine.workers import Workers

DEFAULT_MEMORY_BYTES = 4 * 2**30


@dataclass(frozen=True)
class LocalEngine:
    """Runs plans in worker processes on this machine.

    Args:
        workers: processes; 1 runs in this process.
        memory_bytes: what all tasks together may hold in rows.
        scratch: where spill files go when a run has no journal; by default the system's temporary directory.
    """

    workers: int = 1
    memory_bytes: int = DEFAULT_MEMORY_BYTES
    scratch: str | None = None

    def run(
        self, plan: Plan, sink: Sink, *, label: str, events: Events | None = None, journal: str | None = None
    ) -> list[Any]:
        """See `curation.engine.base.Engine.run`."""
        events = events or NoEvents()
        temporary = None if journal else tempfile.mkdtemp(prefix="mixwright-", dir=self.scratch)
        work = Path(journal or temporary or "")
        try:
            with Workers(self.workers) as workers:
                return self._run(plan, sink, label, events, work, workers, keep=journal is not None)
        finally:
            if temporary:
                shutil.rmtree(temporary, ignore_errors=True)

    def _run(
        self, plan: Plan, sink: Sink, label: str, events: Events, work: Path, workers: Workers, *, keep: bool
    ) -> list[Any]:
        inputs: list[Split | _Partition] = list(plan.splits)
        schema = plan.source_schema
        segments = plan.segments()
        total = len(inputs) + sum(exchange.partitions for exchange, _ in segments if exchange)
        finished = 0
        results: list[Any] = []
        for number, (_, operators) in enumerate(segments):
            following = segments[number + 1][0] if number + 1 < len(segments) else None
            for operator in operators:
                schema = operator.output_schema(schema)
            memory = self.memory_bytes // max(1, self.workers)
            tasks = [
                _Task(i, source, operators, schema, following, sink, str(work / f"segment-{number}"), memory)
                for i, source in enumerate(inputs)
            ]
            results = [None] * len(tasks)
            waiting = []
            for task in tasks:
                known = _recall(task) if keep else None
                if known is None:
                    waiting.append(task)
                else:
                    results[task.index] = known["result"]
            finished += len(tasks) - len(waiting)

            def done(position: int, result: Any, waiting: list[_Task] = waiting, results: list[Any] = results) -> None:
                nonlocal finished
                task = waiting[position]
                results[task.index] = result
                finished += 1
                if keep:
                    Directory(task.work).write_json(f"task-{task.index:05d}.json", {"result": result})
                events.emit("progress", label=label, done=finished, total=total)

            workers.run(_run_task, waiting, done)
            if following is not None:
                runs = tuple(Run.from_json(run) for found in results for run in found)
                inputs = [_Partition(p, _having(runs, p), following) for p in range(following.partitions)]
        return results


@dataclass(frozen=True)
class _Partition:
    """One partition of an exchange, as the input of a task."""

    number: int
    runs: tuple[Run, ...]
    exchange: Exchange

    def read(self) -> Iterator[pa.RecordBatch]:
        return read_partition(list(self.runs), self.number, self.exchange)


@dataclass(frozen=True)
class _Task:
    index: int
    source: Split | _Partition
    operators: tuple[Map | Stream, ...]
    schema: pa.Schema
    following: Exchange | None
    sink: Sink
    work: str
    memory_bytes: int


def _having(runs: tuple[Run, ...], partition: int) -> tuple[Run, ...]:
    return tuple(Run(run.path, {partition: run.batches[partition]}) for run in runs if partition in run.batches)


def _recall(task: _Task) -> dict[str, Any] | None:
    directory, name = Directory(task.work), f"task-{task.index:05d}.json"
    if not directory.exists(name):
        return None
    known: dict[str, Any] = json.loads(directory.read_bytes(name))
    if task.following and not all(Path(run["path"]).exists() for run in known["result"]):
        return None
    return known


def _run_task(task: _Task) -> Any:
    batches = apply_operators(task.operators, task.source.read())
    if task.following is not None:
        runs = write_runs(
            batches, task.schema, task.following, Path(task.work), f"run-{task.index:05d}", task.memory_bytes
        )
        return [run.to_json() for run in runs]
    task.sink.setup()
    return task.sink(task.index, batches)
