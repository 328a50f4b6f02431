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

from curation.core.hashing import partition_of, random_stream
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
