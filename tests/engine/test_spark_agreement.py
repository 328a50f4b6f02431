"""Random plans over random rows: Spark, the local engine and plain Python give the same rows in the same order."""

from __future__ import annotations

from typing import Any

import pytest
import xxhash
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.engine.base import collect
from curation.engine.local import LocalEngine
from curation.engine.plan import Plan
from curation.engine.spark import SparkEngine
from curation.engine.testing import ROWS, Double, RowsSplit

Row = dict[str, Any]

texts = st.none() | st.sampled_from(["", "a", "a\0", "\u00e9", "\uffff", "\U0001f600"]) | st.text(max_size=12)
raws = st.none() | st.sampled_from([b"", b"\0", b"\x7f", b"\x80", b"\xff" * 9]) | st.binary(max_size=20)
numbers = st.none() | st.sampled_from([0, -1, 2**53 + 1, 2**63 - 1, -(2**63)]) | st.integers(-(2**63), 2**63 - 1)
rows = st.fixed_dictionaries({"key": texts, "hash": raws, "number": numbers})
exchanges = st.tuples(
    st.sampled_from(["key", "hash", "number"]),
    st.lists(st.sampled_from(["key", "hash", "number"]), max_size=2, unique=True),
    st.integers(1, 3),
)


@pytest.mark.spark
@settings(max_examples=6)
@given(st.lists(st.lists(rows, max_size=12), max_size=3), st.booleans(), st.lists(exchanges, min_size=1, max_size=2))
def test_engines_agree(
    spark: SparkEngine, pieces: list[list[Row]], double: bool, moves: list[tuple[str, list[str], int]]
) -> None:
    ids = iter(range(1000))
    pieces = [[{**row, "id": f"{next(ids):04d}"} for row in piece] for piece in pieces]
    plan = Plan(tuple(RowsSplit(tuple(piece), ROWS) for piece in pieces), ROWS)
    if double:
        plan = plan.map(Double())
    for key, order_by, partitions in moves:
        plan = plan.exchange(key, (*order_by, "id"), partitions)
    expected = oracle([row for piece in pieces for row in piece], double, *moves[-1])
    assert collect(LocalEngine(memory_bytes=500), plan).to_pylist() == expected
    assert collect(spark, plan).to_pylist() == expected


def oracle(rows: list[Row], double: bool, key: str, order_by: list[str], partitions: int) -> list[Row]:
    """What comes out of the last exchange, whatever was before it."""
    if double:
        rows = [row for row in rows if row["number"] is not None for _ in range(2)]
    return sorted(rows, key=lambda row: (place(row[key], partitions), *order(row, [key, *order_by, "id"])))


def place(value: Any, partitions: int) -> int:
    raw = value.to_bytes(8, "little", signed=True) if isinstance(value, int) else as_bytes(value) or b""
    return int(xxhash.xxh3_64_intdigest(raw)) % partitions


def order(row: Row, columns: list[str]) -> list[tuple[Any, ...]]:
    return [() if row[name] is None else (as_bytes(row[name]),) for name in columns]


def as_bytes(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value
