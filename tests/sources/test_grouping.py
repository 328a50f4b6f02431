"""Files to splits: every file once, bounded groups, and one more file changes one group."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.sources import grouping
from curation.sources.grouping import OPEN_BYTES, grouped, splits_of_files
from curation.sources.listing import InputFile, list_files
from curation.sources.options import ReadOptions
from curation.sources.source import SourceConfig
from tests.support.source_files import parquet, write

OPTIONS = ReadOptions.of(SourceConfig(name="s", paths=("x",)))
TARGET = 10 * OPEN_BYTES
sizes = st.dictionaries(st.text(min_size=1, max_size=4), st.integers(0, 3 * OPEN_BYTES), max_size=60)


def files_of(sizes: dict[str, int]) -> list[InputFile]:
    return [InputFile(f"/x/{name}", name, size, "text") for name, size in sorted(sizes.items())]


@pytest.fixture(autouse=True)
def small_target(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "PARTITION_BYTES", TARGET)
    monkeypatch.setattr(grouping, "SMALL_BYTES", 3 * OPEN_BYTES)


@given(sizes)
def test_every_file_is_in_one_group_in_order(sizes: dict[str, int]) -> None:
    files = files_of(sizes)
    groups = grouped(files)
    assert sorted((file for group in groups for file in group), key=files.index) == files
    for group in groups:
        assert sum(file.size_bytes + OPEN_BYTES for file in group) <= TARGET
        assert list(group) == sorted(group, key=lambda file: file.location)


@given(sizes, st.text(min_size=1, max_size=4), st.integers(0, 3 * OPEN_BYTES))
def test_one_more_file_changes_one_group(sizes: dict[str, int], name: str, size: int) -> None:
    before = set(grouped(files_of({other: n for other, n in sizes.items() if other != name})))
    after = set(grouped(files_of(sizes | {name: size})))
    changed = before - after
    assert len(changed) <= 1
    moved = {file for group in changed for file in group}
    assert {file for group in after - before for file in group} == moved | set(files_of({name: size}))


def test_groups_are_well_filled() -> None:
    groups = grouped(files_of({f"{i}.html": OPEN_BYTES for i in range(5000)}))
    assert 1000 <= len(groups) <= 3000  # of 2 x OPEN_BYTES each; 1000 are the fewest possible


def test_large_files_are_by_themselves() -> None:
    files = files_of({"a": 1, "b": 3 * OPEN_BYTES, "c": 2, "d": 100 * OPEN_BYTES})
    splits = splits_of_files(OPTIONS, files, rejected=True)
    assert [tuple(file.location for file in split.files) for split in splits] == [("a", "c"), ("b",), ("d",)]
    assert all(split.rejected for split in splits)
    assert splits_of_files(OPTIONS, [], rejected=True) == ()


def test_a_large_parquet_file_is_cut_between_row_groups(tmp_path: object) -> None:
    table = pa.table({"text": [str(i) * 4000 for i in range(1000, 1400)]})
    path = write(tmp_path / "a.parquet", parquet(table, row_group_size=20, compression="none", use_dictionary=False))  # type: ignore[operator]
    splits = splits_of_files(OPTIONS, list_files([str(path)]), rejected=False)
    assert len(splits) > 5
    places = [split.row_groups for split in splits]
    assert places[0][0] == 0
    assert places[-1][1] == 20
    assert [first for first, _ in places[1:]] == [stop for _, stop in places[:-1]]
    assert all(split.size_bytes >= TARGET for split in splits[:-1])
    assert sum(split.size_bytes for split in splits) <= path.stat().st_size
    rows = [row["row"] for split in splits for batch in split.read() for row in batch.to_pylist()]
    assert rows == list(range(400))


def test_a_damaged_parquet_file_is_not_cut(tmp_path: object) -> None:
    path = write(tmp_path / "a.parquet", bytes(20 * OPEN_BYTES))  # type: ignore[operator]
    (split,) = splits_of_files(OPTIONS, list_files([str(path)]), rejected=False)
    assert split.row_groups is None
