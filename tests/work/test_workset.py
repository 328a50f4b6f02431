"""The work set: reading a part joins its overlays; later values and the first fate win; the dead are left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.core.storage import entry_of
from curation.engine.base import collect
from curation.engine.local import LocalEngine
from curation.engine.plan import Plan
from curation.work.fate import FATE
from curation.work.workset import PART, ROW, WorkSet, WriteOverlay, overlay_file

Row = dict[str, Any]
DOCUMENTS = pa.schema([("id", pa.string()), ("text", pa.string()), ("domain", pa.string()), *FATE])
OVERLAY = pa.schema([(PART, pa.int32()), (ROW, pa.int64()), ("domain", pa.string()), ("score", pa.float64()), *FATE])
NO_FATE = dict.fromkeys(FATE.names)


def dead(rule: str) -> Row:
    return {"fate_stage": "s", "fate_rule": rule, "fate_value": 1.0, "fate_threshold": 2.0, "duplicate_of": "x"}


@dataclass(frozen=True)
class Rows:
    """Rows of an overlay, as a split."""

    rows: tuple[tuple[Any, ...], ...]
    key = "rows"
    size_bytes = 0

    def read(self) -> Iterator[pa.RecordBatch]:
        rows = [dict(zip(OVERLAY.names, row, strict=True)) for row in self.rows]
        yield pa.RecordBatch.from_pylist(rows, schema=OVERLAY)


def write_parts(directory: Path, parts: list[list[Row]], row_group_size: int = 3) -> WorkSet:
    entries = []
    for number, rows in enumerate(parts):
        name = f"part-{number}.parquet"
        pq.write_table(pa.Table.from_pylist(rows, DOCUMENTS), directory / name, row_group_size=row_group_size)
        entries.append(entry_of(directory / name, name))
    return WorkSet(str(directory), entries, DOCUMENTS)


def add_overlay(work: WorkSet, name: str, rows: list[Row], partitions: int = 2) -> None:
    """As a global step does: rows in any order, by an exchange on their address, into one file a part."""
    split = Rows(tuple(tuple(row[column] for column in OVERLAY.names) for row in rows))
    addressed = Plan((split,), OVERLAY).exchange(PART, (ROW,), partitions)
    LocalEngine().run(addressed, WriteOverlay(work.directory, name), label=name)
    work.add_overlay(name, OVERLAY)


def read(work: WorkSet, columns: tuple[str, ...], *, alive: bool) -> list[Row]:
    return collect(LocalEngine(), work.plan(columns, alive=alive)).to_pylist()


ALL = (*DOCUMENTS.names, "score")
overlay_rows = st.dictionaries(
    st.tuples(st.integers(0, 2), st.integers(0, 7)),
    st.tuples(
        st.none() | st.sampled_from(["a", "b"]), st.none() | st.integers(0, 3), st.none() | st.sampled_from("rq")
    ),
    max_size=10,
)


@settings(max_examples=50)
@given(
    sizes=st.lists(st.integers(0, 8), min_size=3, max_size=3),
    born_dead=st.sets(st.tuples(st.integers(0, 2), st.integers(0, 7))),
    overlays=st.lists(overlay_rows, max_size=3),
)
def test_overlays_join_as_in_a_dictionary(
    tmp_path_factory: pytest.TempPathFactory,
    sizes: list[int],
    born_dead: set[tuple[int, int]],
    overlays: list[dict[tuple[int, int], tuple[str | None, float | None, str | None]]],
) -> None:
    expected: dict[tuple[int, int], Row] = {}
    for part, size in enumerate(sizes):
        for row in range(size):
            fate = dead("first") if (part, row) in born_dead else NO_FATE
            columns = {"id": f"{part}-{row}", "text": f"text {row}", "domain": "web", "score": None}
            expected[part, row] = {**columns, **fate, PART: part, ROW: row}
    parts = [[row for (p, _), row in expected.items() if p == part] for part in range(3)]
    directory = tmp_path_factory.mktemp("work")
    work = write_parts(directory, [[{name: row[name] for name in DOCUMENTS.names} for row in rows] for rows in parts])
    work.schema = work.schema.append(pa.field("score", pa.float64()))
    for number, overlay in enumerate(overlays):
        found = {address: said for address, said in overlay.items() if address in expected}
        rows = [
            {PART: part, ROW: row, "domain": domain, "score": score, **(dead(rule) if rule else NO_FATE)}
            for (part, row), (domain, score, rule) in found.items()
        ]
        add_overlay(work, f"overlay {number}", rows)
        for address, (domain, score, rule) in found.items():
            target = expected[address]
            target["domain"] = target["domain"] if domain is None else domain
            target["score"] = target["score"] if score is None else score
            if rule and target["fate_rule"] is None:
                target |= dead(rule)
    assert read(work, ALL, alive=False) == list(expected.values())
    assert read(work, ALL, alive=True) == [row for row in expected.values() if row["fate_rule"] is None]
    addresses = [{"id": row["id"], PART: row[PART], ROW: row[ROW]} for row in expected.values()]
    assert read(work, ("id",), alive=False) == addresses


def test_rows_keep_their_address_beyond_the_first_batch(tmp_path: Path) -> None:
    rows = [{"id": str(i), "text": "t", "domain": None, **NO_FATE} for i in range(10_000)]
    work = write_parts(tmp_path, [rows], row_group_size=10_000)
    add_overlay(
        work, "o", [{PART: 0, ROW: i, "domain": str(i), "score": None, **NO_FATE} for i in (0, 4095, 4096, 9999)]
    )
    found = [row for row in read(work, ("id", "domain"), alive=True) if row["domain"] is not None]
    assert [(row["id"], row["domain"], row[ROW]) for row in found] == [
        (s, s, int(s)) for s in ("0", "4095", "4096", "9999")
    ]


def test_a_batch_holds_no_more_than_a_row_group(tmp_path: Path) -> None:
    """The text of a row group is bounded when it is written, however few its rows: batches must not join groups."""
    rows = [{"id": str(i), "text": "t", "domain": None, **NO_FATE} for i in range(10)]
    (part,) = write_parts(tmp_path, [rows], row_group_size=4).plan(("id", "text")).splits
    assert [batch.num_rows for batch in part.read()] == [4, 4, 2]


def test_an_overlay_file_has_the_rows_of_its_part_alone(tmp_path: Path) -> None:
    work = write_parts(tmp_path, [[], [], []])
    rows = [{PART: part, ROW: row, "domain": None, "score": 0.5, **NO_FATE} for part, row in [(2, 1), (0, 3), (2, 0)]]
    add_overlay(work, "o", rows, partitions=1)
    paths = [overlay_file(str(tmp_path), "o", part) for part in range(3)]
    assert [path.exists() for path in paths] == [True, False, True]
    assert [pa.ipc.open_file(path).read_all().column(ROW).to_pylist() for path in (paths[0], paths[2])] == [[3], [0, 1]]


def test_what_a_part_depends_on(tmp_path: Path) -> None:
    """The key of a part as a split: its bytes, the columns, the overlays; not the directory."""
    rows = [{"id": "1", "text": "t", "domain": None, **NO_FATE}]
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    works = [write_parts(tmp_path / name, [rows]) for name in "ab"]

    def key(work: WorkSet, columns: tuple[str, ...]) -> str:
        return work.plan(columns).splits[0].key

    assert key(works[0], ("id",)) == key(works[1], ("id",)) != key(works[0], ("id", "text"))
    before = key(works[0], ("id",))
    add_overlay(works[0], "o", [])
    assert key(works[0], ("id",)) != before
