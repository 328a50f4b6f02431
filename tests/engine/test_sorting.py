"""Merging sorted runs is sorting their rows."""

from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from curation.engine.sorting import merge_sorted, sort_table

SCHEMA = pa.schema([("a", pa.int64()), ("b", pa.string()), ("c", pa.binary())])
rows = st.fixed_dictionaries(
    {"a": st.none() | st.integers(-3, 3), "b": st.none() | st.text(max_size=2), "c": st.none() | st.binary(max_size=2)}
)


def order(row: dict[str, Any]) -> tuple[Any, ...]:
    values = (row["a"] if row["a"] is None else row["a"] + 10, row["b"] and row["b"].encode(), row["c"])
    return tuple((v is not None, v if v is not None else "") if v != "" else (True, b"") for v in values)


@given(st.lists(st.lists(rows, max_size=12), max_size=5), st.integers(1, 4))
def test_merge_of_runs_is_the_sorted_whole(runs: list[list[dict[str, Any]]], batch_rows: int) -> None:
    columns = ("a", "b", "c")
    sorted_runs = [sort_table(pa.Table.from_pylist(run, SCHEMA), columns) for run in runs]
    merged = merge_sorted([run.to_batches(max_chunksize=batch_rows) for run in sorted_runs], columns)
    found = [row for batch in merged for row in batch.to_pylist()]
    assert found == sorted((row for run in runs for row in run), key=order)
