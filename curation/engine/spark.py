"""The Spark engine: the same plan, the same rows, with Spark to move them.

1. The plan is cut at its exchanges. Each segment is one Python stage (`mapInArrow`): a segment reads splits or receives
   rows, applies all its operators, and sends rows to the next exchange or gives them to the sink.
2. A row's partition is computed by the project's hash inside the stage that sends it. `repartitionById` moves the row
   there, and `sortWithinPartitions` sorts: nulls first, strings and binary bytewise, as everywhere.
3. The sink runs in the task that holds the partition, and its result comes back pickled, with the partition's number.
4. With a journal, the task that finishes a sink partition also writes its result there, under the name that the local
   engine uses. A run that is started again sends rows only to the partitions that are missing.

Columns travel as c0, c1, ...: Spark takes dots in names for paths and does not tell `A` from `a`. Adaptive execution is
off, since it would join small partitions and drop empty ones. Spark keeps nothing between runs, so that a run that is
started again computes the segments before the last exchange anew. Memory and spilling are Spark's.
"""

from __future__ import annotations

import base64
import contextlib
import os
import pickle
import re
import sys
import traceback
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curation.core.errors import BadEnvironment, MixError, RunFailed
from curation.core.events import Events, NoEvents
from curation.core.hashing import partition_of
from curation.core.storage import Directory
from curation.engine.operators import Batches, Map, Sink, Stream, apply_operators
from curation.engine.plan import Exchange, Plan

if TYPE_CHECKING:
    from pyspark import StatusTracker
    from pyspark.sql import DataFrame, SparkSession

BATCH_ROWS = 16_384
_POLL_S = 0.2
_PLACE = "place"
_RESULT = pa.schema([pa.field("partition", pa.int32()), pa.field("result", pa.binary())])
_MARK = "mixwright-error:"
_SETTINGS = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.execution.arrow.maxRecordsPerBatch": str(BATCH_ROWS),
    "spark.sql.execution.arrow.useLargeVarTypes": "false",
}


@dataclass(frozen=True)
class SparkEngine:
    """Runs plans on Spark, in the session that is active in this process; starts one if there is none.

    Args:
        master: where to start a session; None for what spark-submit says, or else for all cores of this machine.
        config: Spark settings for a session that is started here, such as `spark.driver.memory`.
        session: a session to use instead. Its own SQL settings neither matter nor change.
    """

    master: str | None = None
    config: Mapping[str, str] = field(default_factory=dict)
    session: SparkSession | None = None

    def run(
        self, plan: Plan, sink: Sink, *, label: str, events: Events | None = None, journal: str | None = None
    ) -> list[Any]:
        """See `curation.engine.base.Engine.run`."""
        last = plan.segments()[-1][0]
        count = last.partitions if last else len(plan.splits)
        notes = Directory(f"{journal}/segment-{len(plan.segments()) - 1}") if journal else None
        results = {p: notes.read_json(_note(p))["result"] for p in range(count) if notes and notes.exists(_note(p))}
        waiting = [p for p in range(count) if p not in results]
        if waiting:
            frame = _frame(self._session(), plan, waiting, _Deliver(sink, notes))
            progress = _Progress(events or NoEvents(), label, len(results), _task_counts(plan, len(waiting)))
            for row in _collected(frame, label, progress):
                results[row.partition] = pickle.loads(row.result)
        assert sorted(results) == list(range(count)), f"{label}: partitions {sorted(results)} of {count}"
        return [results[p] for p in range(count)]

    def _session(self) -> SparkSession:
        """A session with our SQL settings that shares all else with the user's, or with one that is started now."""
        try:
            import pandas  # noqa: F401 - mapInArrow cannot do without it
            from pyspark import __version__
            from pyspark.errors import PySparkRuntimeError
            from pyspark.sql import SparkSession
            from pyspark.sql.classic.dataframe import DataFrame as ClassicDataFrame
        except ImportError as error:
            raise BadEnvironment(
                f"the Spark engine needs pyspark and pandas: {error}", fix="pip install 'mixwright[spark]'"
            ) from error
        if not hasattr(ClassicDataFrame, "repartitionById"):
            raise BadEnvironment(f"pyspark {__version__} has no repartitionById", fix="pip install 'pyspark>=4.1,<5'")
        session = self.session or SparkSession.getActiveSession()
        if session is None:
            try:
                session = self._start()
            except PySparkRuntimeError as error:
                raise BadEnvironment(
                    f"Spark could not be started: {error}",
                    fix="install Java 17 or 21, and set JAVA_HOME to it if `java` is not on the PATH",
                ) from error
        if not hasattr(session, "_jsparkSession"):
            raise BadEnvironment(
                "the Spark engine cannot run through Spark Connect", fix="unset SPARK_REMOTE, or pass a classic session"
            )
        session = session.newSession()
        for key, value in _SETTINGS.items():
            session.conf.set(key, value)
        return session

    def _start(self) -> SparkSession:
        from pyspark.sql import SparkSession

        submitted = "PYSPARK_GATEWAY_PORT" in os.environ
        master = self.master or (None if submitted else "local[*]")
        config = {"spark.app.name": "mixwright", "spark.ui.showConsoleProgress": "false"}
        environment = {"PYSPARK_PYTHON": sys.executable}
        if master is not None:
            config["spark.master"] = master
        if (master or "").startswith("local"):
            config |= {
                "spark.driver.bindAddress": "127.0.0.1",
                "spark.driver.host": "127.0.0.1",
                "spark.executorEnv.PYTHONPATH": os.pathsep.join(filter(None, sys.path)),  # for operators not installed
                "spark.log.level": "FATAL",  # what fails is raised; Spark would print every trace besides
                "spark.ui.enabled": "false",
            }
            environment["SPARK_LOCAL_IP"] = "127.0.0.1"
        with _environment(environment):
            return SparkSession.builder.config(map={**config, **self.config}).getOrCreate()


def _frame(session: SparkSession, plan: Plan, waiting: Sequence[int], deliver: _Deliver) -> DataFrame:
    """The plan as a data frame of one row for each partition of the last segment that is waited for."""
    from pyspark import cloudpickle
    from pyspark.sql.pandas.types import from_arrow_schema

    segments = plan.segments()
    numbers = waiting if len(segments) == 1 else range(len(plan.splits))
    source: _Splits | _Received = _Splits([(n, cloudpickle.dumps(plan.splits[n])) for n in numbers])
    frame = session.range(0, len(numbers), 1, max(1, len(numbers)))
    schema = plan.source_schema
    for number, (exchange, _) in enumerate(segments[1:], start=1):
        assert exchange is not None
        operators = segments[number - 1][1]
        for operator in operators:
            schema = operator.output_schema(schema)
        numbers = waiting if number == len(segments) - 1 else range(exchange.partitions)
        send = _Send(exchange, schema, numbers)
        frame = frame.mapInArrow(_Stage(source, operators, send).run, from_arrow_schema(send.sent))
        frame = frame.repartitionById(len(numbers), _PLACE).drop(_PLACE)
        frame = frame.sortWithinPartitions(*(f"c{schema.names.index(name)}" for name in exchange.sort_columns))
        source = _Received(schema, numbers)
    return frame.mapInArrow(_Stage(source, segments[-1][1], deliver).run, from_arrow_schema(_RESULT))


@dataclass(frozen=True)
class _Stage:
    """What one Python stage of Spark does: where rows come from, what becomes of them, where they go."""

    source: _Splits | _Received
    operators: tuple[Map | Stream, ...]
    target: _Send | _Deliver

    def run(self, batches: Batches) -> Batches:
        try:
            for partition, rows in self.source.read(batches):
                yield from self.target.write(partition, apply_operators(self.operators, rows))
            for _ in batches:  # Spark ends a worker that leaves rows unread, and starting another takes a second
                pass
        except Exception as error:
            raise RuntimeError(_marked(error)) from None


@dataclass(frozen=True)
class _Splits:
    """Rows of splits: the frame says which, by position."""

    splits: Sequence[tuple[int, bytes]]

    def read(self, batches: Batches) -> Iterator[tuple[int, Batches]]:
        for batch in batches:
            for position in batch.column(0).to_pylist():
                number, split = self.splits[position]
                yield number, pickle.loads(split).read()


@dataclass(frozen=True)
class _Received:
    """Rows that crossed an exchange, in a task for every partition of `numbers`."""

    schema: pa.Schema
    numbers: Sequence[int]

    def read(self, batches: Batches) -> Iterator[tuple[int, Batches]]:
        from pyspark import TaskContext

        context = TaskContext.get()
        assert context is not None
        yield self.numbers[context.partitionId()], map(self._renamed, batches)

    def _renamed(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = [_with_names(column, kind) for column, kind in zip(batch.columns, self.schema.types, strict=True)]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)


@dataclass(frozen=True)
class _Send:
    """Rows on their way to the partitions of `numbers`; those for other partitions are dropped."""

    exchange: Exchange
    schema: pa.Schema
    numbers: Sequence[int]

    @property
    def sent(self) -> pa.Schema:
        columns = [pa.field(f"c{i}", column.type, column.nullable) for i, column in enumerate(self.schema)]
        return pa.schema([pa.field(_PLACE, pa.int32()), *columns])

    def write(self, _partition: int, rows: Batches) -> Batches:
        place_of = np.full(self.exchange.partitions, -1, dtype=np.int32)
        place_of[list(self.numbers)] = np.arange(len(self.numbers))
        for batch in rows:
            if not batch.schema.equals(self.schema):
                raise RunFailed(f"rows of schema {batch.schema} come out of operators that promise {self.schema}")
            partitions = partition_of([batch.column(name) for name in self.exchange.key], self.exchange.partitions)
            places = pa.array(place_of[partitions])
            sent = pa.RecordBatch.from_arrays([places, *batch.columns], schema=self.sent)
            yield sent if len(self.numbers) == self.exchange.partitions else sent.filter(pc.greater_equal(places, 0))


@dataclass(frozen=True)
class _Deliver:
    """Rows into the sink, and its result to the driver and the journal."""

    sink: Sink
    notes: Directory | None

    def write(self, partition: int, rows: Batches) -> Batches:
        from pyspark import cloudpickle

        self.sink.setup()
        result = self.sink(partition, rows)
        if self.notes is not None:
            self.notes.write_json(_note(partition), {"result": result})
        yield pa.RecordBatch.from_pydict({"partition": [partition], "result": [cloudpickle.dumps(result)]}, _RESULT)


def _collected(frame: DataFrame, label: str, progress: _Progress) -> list[Any]:
    """The rows of a data frame. Spark works in a second thread, so that this one can tell of it and be interrupted."""
    from py4j.protocol import Py4JError
    from pyspark import inheritable_thread_target
    from pyspark.errors import PySparkException

    context = frame.sparkSession.sparkContext
    group = f"mixwright-{uuid.uuid4().hex}"

    def work() -> Any:
        context.setJobGroup(group, label, interruptOnCancel=True)
        return frame.collect()

    progress.tell(0)
    with ThreadPoolExecutor(1) as thread:
        job = thread.submit(inheritable_thread_target(frame.sparkSession)(work))
        try:
            while wait([job], timeout=_POLL_S).not_done:
                progress.tell(_finished_tasks(context.statusTracker(), group))
            rows: list[Any] = job.result()
        except (PySparkException, Py4JError) as error:
            raised, hide = _unmarked(error, label)
            raise raised from (None if hide else error)
        except BaseException:
            context.cancelJobGroup(group)
            raise
    progress.tell(sum(progress.tasks))
    return rows


def _finished_tasks(tracker: StatusTracker, group: str) -> int:
    stages = [
        stage for job in tracker.getJobIdsForGroup(group) for stage in getattr(tracker.getJobInfo(job), "stageIds", ())
    ]
    return sum(info.numCompletedTasks for stage in stages if (info := tracker.getStageInfo(stage)))


@dataclass
class _Progress:
    """Tells of finished tasks: one event for the start, one for the end of every segment, and some between."""

    events: Events
    label: str
    remembered: int
    tasks: list[int]
    told: int = -1

    def tell(self, finished: int) -> None:
        ends = [sum(self.tasks[:number]) for number in range(len(self.tasks) + 1)]
        total = self.remembered + ends[-1]
        for done in sorted({end for end in ends if end <= finished} | {min(finished, ends[-1])}):
            if done > self.told:
                self.events.emit("progress", label=self.label, done=self.remembered + done, total=total)
                self.told = done


def _marked(error: Exception) -> str:
    """An error as text that survives the way from a worker through the JVM."""
    from pyspark import cloudpickle

    trace = "".join(traceback.format_exception(error))
    try:
        packed = cloudpickle.dumps((error, trace))
        pickle.loads(packed)
    except Exception:  # some errors cannot be pickled, or not made again
        return trace
    return f"{_MARK}{base64.b64encode(packed).decode()}\n"


def _unmarked(error: Exception, label: str) -> tuple[Exception, bool]:
    """The error that a worker raised, and whether Spark's own error adds nothing to it."""
    text = str(error)
    if found := re.search(rf"{_MARK}([A-Za-z0-9+/=]+)", text):
        raised, trace = pickle.loads(base64.b64decode(found[1]))
        if not isinstance(raised, MixError):
            raised.add_note(f"in a Spark worker:\n{trace}")
        return raised, True
    reason = next((line for line in text.splitlines() if "Exception: " in line), text.splitlines()[0] if text else "")
    return RunFailed(
        f"Spark could not finish it: {reason}",
        where=label,
        fix="run the same command again; if a worker died for want of memory, give executors more of it",
    ), False


@contextlib.contextmanager
def _environment(defaults: Mapping[str, str]) -> Iterator[None]:
    """Environment variables for as long as the block runs, where they are not set."""
    added = {name: value for name, value in defaults.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def _with_names(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """An array as an equal type: Arrow holds list<element: int64> and list<item: int64> for equal, Parquet does not."""
    if not pa.types.is_nested(kind):
        return array
    inner = [array.values] if pa.types.is_list(kind) else [array.field(i) for i in range(kind.num_fields)]
    inner = [_with_names(child, kind.field(i).type) for i, child in enumerate(inner)]
    return pa.Array.from_buffers(kind, len(array), array.buffers()[: kind.num_buffers], array.null_count, 0, inner)


def _note(partition: int) -> str:
    return f"task-{partition:05d}.json"


def _task_counts(plan: Plan, n_last: int) -> list[int]:
    counts = [exchange.partitions if exchange else len(plan.splits) for exchange, _ in plan.segments()]
    return [*counts[:-1], n_last]
