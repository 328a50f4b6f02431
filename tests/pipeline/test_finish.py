"""The pool's files: their rows, and bytes that depend on the rows alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.core.document import DOCUMENT, POOL, REJECTED
from curation.core.errors import BadInput
from curation.core.storage import FileEntry, entry_of
from curation.pipeline import finish
from curation.pipeline.finish import WritePool, total_counts
from curation.work.fate import FATE

SCHEMA = pa.schema([*DOCUMENT, ("n_bytes", pa.int64()), ("dup_count", pa.int64()), ("score", pa.float64()), *FATE])
FATES = [(None, None), ("gopher", "min_words"), ("aside", "holdout"), ("dedup", "duplicate_text")]
rows_of = st.lists(
    st.tuples(st.sampled_from(FATES), st.integers(0, 9), st.sampled_from(["a", "b"]), st.none() | st.just("web")),
    max_size=30,
)


def table_of(drawn: list[tuple[tuple[str | None, str | None], int, str, str | None]]) -> pa.Table:
    rows = [
        {
            **dict.fromkeys(SCHEMA.names),
            "id": f"{i:032x}",
            "text": "x" * size,
            "source": source,
            "domain": domain,
            "location": "f",
            "row": i,
            "n_bytes": size,
            "dup_count": 3 if i % 2 else None,
            "score": i / 2,
            "fate_stage": stage,
            "fate_rule": rule,
            "fate_value": 1.5 if rule == "min_words" else None,
            "duplicate_of": "f" * 32 if rule == "duplicate_text" else None,
        }
        for i, ((stage, rule), size, source, domain) in enumerate(drawn)
    ]
    return pa.Table.from_pylist(rows, SCHEMA)


def write(out: Path, table: pa.Table, batch_rows: int, *, text: bool = True) -> dict[str, Any]:
    sink = WritePool(str(out), SCHEMA, "pool", ("n_bytes", "score"), text)
    return dict(sink(4, iter(table.to_batches(max_chunksize=batch_rows))))


@settings(max_examples=25)
@given(rows_of, st.integers(1, 7), st.integers(1, 7), st.integers(1, 7), st.integers(1, 25))
def test_bytes_depend_on_rows_and_not_on_batches(
    tmp_path_factory: pytest.TempPathFactory, drawn: Any, one: int, other: int, group_rows: int, group_bytes: int
) -> None:
    table, out = table_of(drawn), tmp_path_factory.mktemp("pools")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finish, "GROUP_ROWS", group_rows)
        patch.setattr(finish, "GROUP_BYTES", group_bytes)
        results = [write(out / str(i), table, batch_rows) for i, batch_rows in enumerate((one, other))]
    assert results[0] == results[1]
    for file in results[0]["files"]:
        stored = pq.ParquetFile(out / "0" / file["path"])
        assert entry_of(out / "0" / file["path"], file["path"]) == FileEntry(**file)
        groups = [stored.read_row_group(group) for group in range(stored.num_row_groups)]
        assert all(group.num_rows <= group_rows for group in groups)
        if file["path"].startswith("documents/"):
            sizes = [group.column("n_bytes").to_pylist() for group in groups]
            assert all(sum(before) < group_bytes for *before, _ in sizes)
            assert all(sum(full) >= group_bytes or len(full) == group_rows for full in sizes[:-1])


@settings(max_examples=15)
@given(rows_of)
def test_every_row_is_in_the_table_of_its_fate(tmp_path_factory: pytest.TempPathFactory, drawn: Any) -> None:
    table, out = table_of(drawn), tmp_path_factory.mktemp("pool")
    write(out, table, 4)
    found = {
        name: pq.read_table(out / name / "part-00004.parquet")
        for name in ("documents", "rejected", "signals", "heldout")
    }
    assert found["documents"].schema == found["heldout"].schema == POOL
    assert found["rejected"].schema == REJECTED
    rows = table.to_pylist()
    kept = {name: row for name, row in enumerate(rows) if row["fate_rule"] is None}
    for name, rule in [("documents", None), ("heldout", "holdout")]:
        expected = [
            {**{column: row.get(column) for column in POOL.names}, "bucket": 0, "dup_count": row["dup_count"] or 1}
            for row in rows
            if row["fate_rule"] == rule
        ]
        assert found[name].to_pylist() == expected
    rejected = [row for row in rows if row["fate_rule"] not in (None, "holdout")]
    assert len(kept) + len(rejected) + found["heldout"].num_rows == len(rows)
    assert found["rejected"].to_pylist() == [
        {
            **{column: row.get(column) for column in REJECTED.names},
            "stage": "pool",
            "rule": f"{row['fate_stage']}.{row['fate_rule']}",
            "value": row["fate_value"],
            "threshold": None,
        }
        for row in rejected
    ]
    assert found["signals"].to_pylist() == [{name: row[name] for name in ("id", "n_bytes", "score")} for row in rows]


def test_rejected_text_can_be_left_out(tmp_path: Path) -> None:
    write(tmp_path, table_of([(FATES[1], 5, "a", None), (FATES[0], 5, "a", None)]), 9, text=False)
    assert pq.read_table(tmp_path / "rejected/part-00004.parquet").column("text").to_pylist() == [None]
    assert pq.read_table(tmp_path / "documents/part-00004.parquet").column("text").to_pylist() == ["x" * 5]


@settings(max_examples=15)
@given(st.lists(rows_of, max_size=3))
def test_counts_add_up(tmp_path_factory: pytest.TempPathFactory, parts: list[Any]) -> None:
    out = tmp_path_factory.mktemp("pool")
    total = total_counts([write(out / str(i), table_of(part), 3) for i, part in enumerate(parts)])
    expected: dict[tuple[Any, ...], list[int]] = {}
    for (stage, rule), size, source, domain in (row for part in parts for row in part):
        entry = expected.setdefault((source, domain, stage, rule), [0, 0])
        entry[0] += 1
        entry[1] += size
    keys = ("source", "domain", "step", "rule")
    assert {tuple(row[key] for key in keys): [row["documents"], row["bytes"]] for row in total} == expected
    assert len(total) == len(expected)


def test_a_part_that_fails_leaves_no_file(tmp_path: Path) -> None:
    def batches() -> Any:
        yield from table_of([(FATES[0], 5, "a", None)]).to_batches()
        raise BadInput("the source broke off")

    sink = WritePool(str(tmp_path), SCHEMA, "pool", ("n_bytes",), True)
    with pytest.raises(BadInput, match="broke off"):
        sink(0, batches())
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
