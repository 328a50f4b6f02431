"""The contract of an engine, as tests that come with the package.

Subclass `EngineContract` in a test module and give it an `engine` fixture; pytest collects the tests. Expected values
are computed here in plain Python, never by another engine.

    class TestMyEngine(EngineContract):
        @pytest.fixture
        def engine(self):
            return MyEngine()
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from curation.core.errors import Infeasible, RunFailed
from curation.core.hashing import digest, partition_of, random_stream
from curation.engine.base import Engine, collect, fold
from curation.engine.operators import Batches, Fold, Map, Sink, Stream
from curation.engine.plan import Plan
from curation.engine.runs import complete_runs

ROWS = pa.schema(
    [
        pa.field("key", pa.string()),
        pa.field("hash", pa.binary()),
        pa.field("number", pa.int64()),
        pa.field("id", pa.string(), nullable=False),
    ]
)


@dataclass(frozen=True)
class MemorySplit:
    """Rows made from a seed: keys of very different frequency, nulls, empty and non-ASCII strings."""

    seed: int
    n_rows: int

    @property
    def key(self) -> str:
        return f"{self.seed}/{self.n_rows}"

    @property
    def size_bytes(self) -> int:
        return self.n_rows * 64

    def read(self) -> Iterator[pa.RecordBatch]:
        rows = self.rows()
        for start in range(0, len(rows), 100):
            yield pa.RecordBatch.from_pylist(rows[start : start + 100], schema=ROWS)

    def rows(self) -> list[dict[str, Any]]:
        stream = random_stream(self.seed, "engine contract")
        keys = [None, "", "a", "b", "\u00e9", "z" * 40, *(f"rare-{i}" for i in range(50))]
        return [
            {
                "key": keys[int(stream.zipf(1.5)) % len(keys)],
                "hash": stream.bytes(16),
                "number": None if stream.random() < 0.1 else int(stream.integers(-(2**62), 2**62)),
                "id": f"{self.seed:04d}-{row:06d}",
            }
            for row in range(self.n_rows)
        ]


EVERY_KIND = pa.schema(
    [
        pa.field("flag", pa.bool_()),
        pa.field("small", pa.int32()),
        pa.field("big", pa.int64()),
        pa.field("real", pa.float64()),
        pa.field("a.text", pa.string()),  # a dot, and names that differ by case alone
        pa.field("A.Text", pa.binary()),
        pa.field("id", pa.int64(), nullable=False),
        pa.field("texts", pa.list_(pa.string())),
        pa.field(
            "pair", pa.struct([pa.field("n", pa.int64(), nullable=False), pa.field("raw", pa.list_(pa.binary()))])
        ),
    ]
)


@dataclass(frozen=True)
class RowsSplit:
    """Given rows, in batches of three."""

    rows: tuple[dict[str, Any], ...]
    schema: pa.Schema

    @property
    def key(self) -> str:
        return digest(repr(self.rows))

    @property
    def size_bytes(self) -> int:
        return len(self.rows) * 64

    def read(self) -> Iterator[pa.RecordBatch]:
        yield from pa.Table.from_pylist(list(self.rows), self.schema).to_batches(max_chunksize=3)


def rows_of_every_kind() -> list[dict[str, Any]]:
    """Extremes and nulls of every type that may cross an exchange, in no order."""
    values: dict[str, list[Any]] = {
        "flag": [True, None, False],
        "small": [2**31 - 1, None, -1, 0, -(2**31)],
        "big": [0, 2**63 - 1, -1, None, -(2**63), 2**53 + 1, 2**53],
        "real": [1.5, float("-inf"), None, -0.0, float("inf"), 5e-324, 0.0, -1.5],
        "a.text": ["b", "", None, "\0", "a", "a\0", "\u00e9", "\U0001f600", "\uffff", "aaaaaaaab", "aaaaaaaaa", "Z"],
        "A.Text": [b"\xff", b"", None, b"\0", b"\x7f", b"\x80", b"\0\0", b"12345678\0", b"12345678", b"\xff" * 9],
        "texts": [["x", None, ""], None, []],
        "pair": [{"n": -1, "raw": [b"\xff", None]}, None, {"n": 2**63 - 1, "raw": None}, {"n": 0, "raw": []}],
    }
    return [{"id": row, **{name: some[row % len(some)] for name, some in values.items()}} for row in range(60)]


@dataclass(frozen=True)
class Fail(Map):
    """Fails, in a way that the person who asked can mend or in one that is a defect, at the row of an id."""

    defect: bool
    id: str

    @property
    def reads(self) -> tuple[str, ...]:
        return ("id",)

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        return schema

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        if self.id in batch.column("id").to_pylist():
            if self.defect:
                raise LookupError("a defect", self.id)
            raise Infeasible("no room for \u00e9\n in 7", where=self.id, fix="ask for less")
        return batch


@dataclass(frozen=True)
class AskTooMuch(Map):
    """Does what Arrow refuses."""

    @property
    def reads(self) -> tuple[str, ...]:
        return ("id",)

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        return schema

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        return batch.set_column(0, "key", batch.column("id").cast(pa.int64()))


@dataclass(frozen=True)
class IgnoreRows(Sink):
    """Answers with the number of its partition, and leaves its rows alone."""

    def __call__(self, partition: int, batches: Batches) -> int:
        return partition


@dataclass(frozen=True)
class TypesSeen(Sink):
    """The schema and the column types of the last batch, as text: `==` does not see the names inside lists."""

    def __call__(self, partition: int, batches: Batches) -> tuple[str, list[str]]:
        batch = list(batches)[-1]
        return str(batch.schema), [str(column.type) for column in batch.columns]


@dataclass(frozen=True)
class FailOnce(Sink):
    """Writes ids, but fails at one partition until a mark is there, which it then leaves."""

    write: WriteIds
    partition: int

    def __call__(self, partition: int, batches: Batches) -> int:
        mark = Path(self.write.directory, "failed")
        if partition == self.partition and not mark.exists():
            mark.touch()
            raise RunFailed("failed on purpose")
        return self.write(partition, batches)


class Recorder:
    """Events, kept."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def emit(self, event: str, /, **fields: Any) -> None:
        self.events.append({"event": event, **fields})


@dataclass(frozen=True)
class Double(Map):
    """Keeps rows with a number, and gives each twice."""

    @property
    def reads(self) -> tuple[str, ...]:
        return ("number",)

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        return schema

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        kept = np.flatnonzero(batch.column("number").is_valid().to_numpy(zero_copy_only=False))
        return batch.take(pa.array(np.repeat(kept, 2)))


@dataclass(frozen=True)
class FirstOfRun(Stream):
    """Of every key the first id in order, and how many rows it has."""

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        return pa.schema([schema.field("key"), schema.field("id"), pa.field("n", pa.int64())])

    def __call__(self, batches: Batches) -> Batches:
        for batch, starts in complete_runs(batches, "key"):
            first = batch.take(pa.array(starts))
            counts = pa.array(np.diff(starts, append=batch.num_rows))
            yield pa.RecordBatch.from_arrays(
                [first.column("key"), first.column("id"), counts], schema=self.output_schema(batch.schema)
            )


@dataclass(frozen=True)
class CountKeys(Fold):
    """How many rows each key has."""

    def zero(self) -> Counter[str | None]:
        return Counter()

    def step(self, state: Counter[str | None], batch: pa.RecordBatch) -> Counter[str | None]:
        return state + Counter(batch.column("key").to_pylist())

    def merge(self, left: Counter[str | None], right: Counter[str | None]) -> Counter[str | None]:
        return left + right


@dataclass(frozen=True)
class WriteIds(Sink):
    """Writes the ids of a partition, and leaves a mark for every time it was called."""

    directory: str

    def __call__(self, partition: int, batches: Batches) -> int:
        ids = [row for batch in batches for row in batch.column("id").to_pylist()]
        Path(self.directory, f"{partition}.txt").write_text("\n".join(ids))
        with Path(self.directory, f"{partition}.calls").open("a") as calls:
            calls.write("x")
        return len(ids)


def _order(row: dict[str, Any], columns: tuple[str, ...]) -> tuple[Any, ...]:
    values = (row[name] for name in columns)
    return tuple((v is not None, v.encode() if isinstance(v, str) else (v if v is not None else 0)) for v in values)


class EngineContract:
    """What every engine must do."""

    splits = (MemorySplit(1, 350), MemorySplit(2, 0), MemorySplit(3, 1), MemorySplit(4, 777))

    def plan(self) -> Plan:
        return Plan(self.splits, ROWS)

    def rows(self) -> list[dict[str, Any]]:
        return [row for split in self.splits for row in split.rows()]

    def test_without_operators_rows_come_out_as_they_went_in(self, engine: Engine) -> None:
        assert collect(engine, self.plan()).to_pylist() == self.rows()

    def test_a_map_sees_every_row_once(self, engine: Engine) -> None:
        expected = [row for row in self.rows() if row["number"] is not None for _ in range(2)]
        assert collect(engine, self.plan().map(Double())).to_pylist() == expected

    def test_an_exchange_puts_rows_by_hash_and_sorts_them(self, engine: Engine) -> None:
        columns = ("key", "number", "id")
        result = collect(engine, self.plan().exchange("key", ("number", "id"), partitions=3)).to_pylist()
        keys = pa.array([row["key"] for row in self.rows()], pa.string())
        places = partition_of([keys], 3)
        expected = [
            row
            for partition in range(3)
            for row in sorted(
                (row for row, place in zip(self.rows(), places, strict=True) if place == partition),
                key=lambda row: _order(row, columns),
            )
        ]
        assert result == expected

    def test_binary_keys_sort_unsigned(self, engine: Engine) -> None:
        result = collect(engine, self.plan().exchange("hash", ("id",), partitions=1)).column("hash").to_pylist()
        assert result == sorted(row["hash"] for row in self.rows())

    def test_a_stream_sees_whole_runs(self, engine: Engine) -> None:
        plan = self.plan().exchange("key", ("id",), partitions=4).stream(FirstOfRun())
        result = {row["key"]: (row["id"], row["n"]) for row in collect(engine, plan).to_pylist()}
        expected: dict[str | None, tuple[str, int]] = {}
        for row in sorted(self.rows(), key=lambda row: row["id"]):
            first, n = expected.get(row["key"], (row["id"], 0))
            expected[row["key"]] = (first, n + 1)
        assert result == expected

    def test_exchanges_follow_each_other(self, engine: Engine) -> None:
        plan = self.plan().map(Double()).exchange("key", ("id",), partitions=5).stream(FirstOfRun())
        result = collect(engine, plan.exchange("n", ("id",), partitions=1)).to_pylist()
        assert result == sorted(result, key=lambda row: (row["n"], row["id"]))
        assert sum(row["n"] for row in result) == 2 * sum(row["number"] is not None for row in self.rows())

    def test_a_fold_counts_all_rows(self, engine: Engine) -> None:
        assert fold(engine, self.plan(), CountKeys(), label="count") == Counter(row["key"] for row in self.rows())

    def test_a_plan_without_rows_has_empty_results(self, engine: Engine) -> None:
        empty = Plan((MemorySplit(1, 0),), ROWS).exchange("key", ("id",), partitions=2).stream(FirstOfRun())
        assert collect(engine, empty).num_rows == 0
        assert fold(engine, empty, CountKeys(), label="count") == Counter()

    def test_a_journal_skips_what_is_done(self, engine: Engine, tmp_path: Path) -> None:
        plan = self.plan().exchange("key", ("id",), partitions=3)
        out, journal = tmp_path / "out", str(tmp_path / "journal")
        out.mkdir()
        first = engine.run(plan, WriteIds(str(out)), label="write", journal=journal)
        again = engine.run(plan, WriteIds(str(out)), label="write", journal=journal)
        assert first == again
        assert sum(first) == len(self.rows())
        assert [(out / f"{p}.calls").read_text() for p in range(3)] == ["x", "x", "x"]

    def test_a_run_that_failed_goes_on(self, engine: Engine, tmp_path: Path) -> None:
        plan = self.plan().exchange("key", ("id",), partitions=3)
        sink, journal = FailOnce(WriteIds(str(tmp_path)), partition=1), str(tmp_path / "journal")
        with pytest.raises(RunFailed, match="failed on purpose"):
            engine.run(plan, sink, label="write", journal=journal)
        counts = engine.run(plan, sink, label="write", journal=journal)
        undisturbed = collect(engine, plan).column("id").to_pylist()
        assert [(tmp_path / f"{p}.txt").read_text().splitlines() for p in range(3)] == [
            undisturbed[sum(counts[:p]) : sum(counts[: p + 1])] for p in range(3)
        ]
        assert sum(counts) == len(undisturbed)

    @pytest.mark.parametrize("column", ["flag", "small", "big", "real", "a.text", "A.Text"])
    def test_every_kind_of_value_crosses_and_sorts(self, engine: Engine, column: str) -> None:
        rows = rows_of_every_kind()
        plan = Plan((RowsSplit(tuple(rows[:41]), EVERY_KIND), RowsSplit(tuple(rows[41:]), EVERY_KIND)), EVERY_KIND)
        key = ("small", "flag") if column == "real" else (column,)
        result = collect(engine, plan.exchange(key, (column, "id"), partitions=2))
        places = partition_of([pa.array([row[k] for row in rows], EVERY_KIND.field(k).type) for k in key], 2)
        expected = sorted(
            zip(places, rows, strict=True), key=lambda placed: (placed[0], _order(placed[1], (*key, column, "id")))
        )
        assert result.schema == EVERY_KIND
        assert result.to_pylist() == [row for _, row in expected]
        assert str(result.column("real").to_pylist()) == str([row["real"] for _, row in expected])  # -0.0 stays so

    def test_types_come_out_of_an_exchange_to_the_letter(self, engine: Engine) -> None:
        plan = Plan((RowsSplit(tuple(rows_of_every_kind()), EVERY_KIND),), EVERY_KIND).exchange("id", partitions=1)
        expected = [str(kind) for kind in EVERY_KIND.types]
        assert engine.run(plan, TypesSeen(), label="types") == [(str(EVERY_KIND), expected)]

    @pytest.mark.parametrize("before_exchange", [True, False])
    def test_an_error_for_people_arrives_as_it_was_raised(self, engine: Engine, before_exchange: bool) -> None:
        fail = Fail(defect=False, id="0004-000776")
        plan = self.plan().map(fail).exchange("key") if before_exchange else self.plan().exchange("key").map(fail)
        with pytest.raises(Infeasible) as caught:
            collect(engine, plan)
        assert (caught.value.what, caught.value.where, caught.value.fix) == (
            "no room for \u00e9\n in 7",
            "0004-000776",
            "ask for less",
        )

    def test_a_defect_arrives_as_it_was_raised(self, engine: Engine) -> None:
        with pytest.raises(LookupError) as caught:
            collect(engine, self.plan().map(Fail(defect=True, id="0001-000000")))
        assert caught.value.args == ("a defect", "0001-000000")

    def test_what_arrow_refuses_is_told_with_the_operator(self, engine: Engine) -> None:
        with pytest.raises(RunFailed, match=r"^AskTooMuch: .+"):
            collect(engine, self.plan().map(AskTooMuch()))

    def test_every_partition_has_its_sink_also_an_empty_one(self, engine: Engine) -> None:
        assert engine.run(self.plan(), IgnoreRows(), label="ignore") == [0, 1, 2, 3]
        spread = self.plan().exchange("key", ("id",), partitions=3).exchange("number", partitions=9)
        assert engine.run(spread, IgnoreRows(), label="ignore") == list(range(9))
        assert engine.run(Plan((), ROWS), IgnoreRows(), label="ignore") == []
        assert engine.run(Plan((), ROWS).exchange("key", partitions=2), IgnoreRows(), label="ignore") == [0, 1]

    def test_progress_goes_up_to_its_total(self, engine: Engine) -> None:
        told = Recorder()
        engine.run(self.plan().exchange("key", partitions=3), IgnoreRows(), label="ignore", events=told)
        progress = [event for event in told.events if event["event"] == "progress"]
        assert {(event["label"], event["total"]) for event in progress} == {("ignore", 7)}
        done = [event["done"] for event in progress]
        assert done == sorted(set(done))
        assert 4 in done and done[-1] == 7
