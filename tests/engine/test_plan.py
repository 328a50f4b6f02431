"""Plans are checked while they are built, explained, and fingerprinted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pyarrow as pa
import pytest

from curation.engine.operators import Batches, Map, Stream
from curation.engine.plan import PARTITION_BYTES, Plan


@dataclass(frozen=True)
class Piece:
    name: str
    size_bytes: int = 1_500_000

    @property
    def key(self) -> str:
        return self.name

    def read(self) -> Iterator[pa.RecordBatch]:
        raise NotImplementedError


@dataclass(frozen=True)
class AddScore(Map):
    scale: float = 1.0

    @property
    def reads(self) -> tuple[str, ...]:
        return ("id",)

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        return schema.append(pa.field("score", pa.float64()))

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        raise NotImplementedError


@dataclass(frozen=True)
class OnlyId(Stream):
    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        return pa.schema([schema.field("id")])

    def __call__(self, batches: Batches) -> Batches:
        raise NotImplementedError


SCHEMA = pa.schema([("id", pa.string()), ("n", pa.int64())])
PLAN = Plan((Piece("a"), Piece("b")), SCHEMA)


def of_type(kind: pa.DataType) -> Plan:
    return Plan((), pa.schema([("id", pa.string()), ("x", kind)]))


def test_a_map_whose_columns_are_missing_is_refused() -> None:
    with pytest.raises(ValueError, match="AddScore reads id; the plan has id2, n"):
        Plan((), pa.schema([("id2", pa.string()), ("n", pa.int64())])).map(AddScore())


def test_columns_that_an_operator_takes_away_are_missed_afterwards() -> None:
    plan = PLAN.exchange("n").stream(OnlyId())
    assert plan.schema.names == ["id"]
    with pytest.raises(ValueError, match="'n'; the plan has id"):
        plan.exchange("n")


@pytest.mark.parametrize(("key", "order"), [("y", ()), ("id", ("y",))])
def test_an_exchange_by_a_column_that_is_not_there_is_refused(key: str, order: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="exchange by 'y'; the plan has id, n"):
        PLAN.exchange(key, order)


@pytest.mark.parametrize("kind", [pa.float64(), pa.list_(pa.int64()), pa.struct([("a", pa.int64())])])
def test_a_key_must_be_hashable(kind: pa.DataType) -> None:
    with pytest.raises(ValueError, match=r"exchange by 'x': .* cannot be a key"):
        of_type(kind).exchange("x")


def test_what_rows_are_sorted_by_must_have_an_order() -> None:
    assert of_type(pa.float64()).exchange("id", ("x",)).schema.names == ["id", "x"]
    with pytest.raises(ValueError, match="cannot be sorted by"):
        of_type(pa.list_(pa.int64())).exchange("id", ("x",))


@pytest.mark.parametrize(
    "kind",
    [pa.uint64(), pa.int16(), pa.float32(), pa.large_string(), pa.binary(16), pa.timestamp("s"), pa.list_(pa.uint8()),
     pa.struct([("a", pa.list_(pa.large_string()))]), pa.dictionary(pa.int32(), pa.string()), pa.null()],
)  # fmt: skip
def test_types_that_not_every_engine_moves_are_refused(kind: pa.DataType) -> None:
    with pytest.raises(ValueError, match=r"column 'x' of type .* cannot cross"):
        of_type(kind).exchange("id")


@pytest.mark.parametrize("kind", [pa.int32(), pa.bool_(), pa.binary(), pa.list_(pa.struct([("a", pa.float64())]))])
def test_types_that_cross(kind: pa.DataType) -> None:
    assert of_type(kind).exchange("id").schema.field("x").type == kind


def test_a_stream_needs_an_exchange() -> None:
    with pytest.raises(ValueError, match="OnlyId needs an exchange"):
        PLAN.map(AddScore()).stream(OnlyId())


@pytest.mark.parametrize(("keys", "partitions"), [((), 1), ("id", -1)])
def test_an_exchange_needs_a_key_and_partitions(keys: str | tuple[str, ...], partitions: int) -> None:
    with pytest.raises(ValueError, match="partitions"):
        PLAN.exchange(keys, partitions=partitions)


@pytest.mark.parametrize(
    ("size_bytes", "expected"), [(0, 1), (1, 1), (PARTITION_BYTES, 1), (PARTITION_BYTES + 1, 2), (10**12, 14902)]
)
def test_partitions_follow_from_the_input(size_bytes: int, expected: int) -> None:
    plan = Plan((Piece("a", size_bytes), Piece("b", 0)), SCHEMA).exchange("id")
    assert [exchange.partitions for exchange, _ in plan.segments() if exchange] == [expected]


def test_segments_are_cut_at_exchanges() -> None:
    plan = PLAN.map(AddScore()).exchange("id", ("n",), 3).stream(OnlyId()).map(AddScore()).exchange("id", (), 1)
    assert [
        (exchange and exchange.partitions, [op.name for op in operators]) for exchange, operators in plan.segments()
    ] == [
        (None, ["AddScore"]),
        (3, ["OnlyId", "AddScore"]),
        (1, []),
    ]


def test_explain() -> None:
    plan = PLAN.map(AddScore()).exchange(("id", "n"), ("score",), partitions=4).stream(OnlyId()).exchange("id")
    assert plan.explain().splitlines() == [
        "source    2 splits, 3.0 MB",
        "map       AddScore",
        "exchange  by id, n, order by score, 4 partitions",
        "stream    OnlyId",
        "exchange  by id, 1 partitions",
    ]


def test_building_leaves_the_shorter_plan_as_it_was() -> None:
    longer = PLAN.map(AddScore())
    assert PLAN.nodes == ()
    assert len(longer.exchange("id").nodes) == 2
    assert len(longer.nodes) == 1


def test_the_fingerprint_is_of_what_the_rows_depend_on() -> None:
    def build(scale: float = 1.0, key: str = "id", splits: tuple[Piece, ...] = PLAN.splits) -> Plan:
        return replace(PLAN, splits=splits).map(AddScore(scale)).exchange(key, ("score",), 2).stream(OnlyId())

    same = {build().fingerprint(), build().fingerprint(), build(splits=(Piece("a", 9), Piece("b", 9))).fingerprint()}
    others = [
        build(scale=2.0),
        build(key="n"),
        build(splits=(Piece("b"), Piece("a"))),
        build(splits=(Piece("a"),)),
        PLAN.map(AddScore()),
        Plan(PLAN.splits, SCHEMA.append(pa.field("more", pa.int64()))).map(AddScore()).exchange("id", ("score",), 2),
    ]
    assert len(same) == 1
    assert len(same | {plan.fingerprint() for plan in others}) == 1 + len(others)
