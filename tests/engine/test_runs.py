"""Cutting a sorted stream at its runs."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from curation.engine.runs import complete_runs


@given(st.lists(st.sampled_from(["a", "b", "c", None]), max_size=30), st.integers(1, 5))
def test_every_run_comes_whole_and_once(keys: list[str | None], batch_rows: int) -> None:
    keys = sorted(keys, key=lambda key: (key is not None, key or ""))
    table = pa.table({"key": pa.array(keys, pa.string()), "row": pa.array(range(len(keys)), pa.int64())})
    runs = []
    for batch, starts in complete_runs(iter(table.to_batches(max_chunksize=batch_rows)), "key"):
        for start, stop in zip(starts, [*starts[1:], batch.num_rows], strict=True):
            runs.append((batch.column("key")[start].as_py(), batch.column("row").to_pylist()[start:stop]))
    expected: dict[str | None, list[int]] = {}
    for row, key in enumerate(keys):
        expected.setdefault(key, []).append(row)
    assert runs == list(expected.items())
