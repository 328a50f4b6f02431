"""Adding an input file reads that file alone, and gives the pool that reading everything gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from curation.core.events import NoEvents
from curation.engine.local import LocalEngine
from curation.pipeline.curate import CurateJob, curate
from tests.support.curated_texts import TextSplit, pool_bytes, split_of, steps

FILES = [
    [("one document of the first file", "web"), ("tiny", "web"), ("another", "code")],
    [("one document of the second file", "web"), ("another", "code")],
    [("one document of the third file", None)],
]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Locations of the files that were read, in order."""
    seen: list[str] = []
    original = TextSplit.read

    def reading(self: TextSplit) -> Iterator[pa.RecordBatch]:
        seen.append(self.documents[0].location)  # when the first batch is asked for
        yield from original(self)

    monkeypatch.setattr(TextSplit, "read", reading)
    return seen


def run(out: Path, numbers: Sequence[int], kept: Path | None, min_bytes: int = 5, per_domain: str = "9B") -> None:
    chain = steps(
        ("code_filter", {"min_bytes": min_bytes, "min_alnum_ratio": 0}),
        ("exact_dedup", {}),
        ("holdout", {"per_domain": per_domain}),
    )
    splits = tuple(split_of(number, FILES[number]) for number in numbers)
    curate(CurateJob("pool", (), chain, 17, partitions=2), splits, out, LocalEngine(), NoEvents(), kept)


def test_one_more_file_is_the_only_one_read(tmp_path: Path, read: list[str]) -> None:
    kept = tmp_path / "kept"
    run(tmp_path / "two", [0, 2], kept)
    assert read == ["file-0", "file-2"]
    read.clear()
    run(tmp_path / "three", [0, 1, 2], kept)
    assert read == ["file-1"]
    run(tmp_path / "afresh", [0, 1, 2], None)
    assert pool_bytes(tmp_path / "three") == pool_bytes(tmp_path / "afresh")


def test_a_later_step_changes_nothing_about_reading(tmp_path: Path, read: list[str]) -> None:
    kept = tmp_path / "kept"
    run(tmp_path / "a", [0, 1], kept)
    read.clear()
    run(tmp_path / "b", [0, 1], kept, per_domain="99B")
    assert read == []
    run(tmp_path / "c", [0, 1], kept, min_bytes=4)
    assert read == ["file-0", "file-1"]


def test_what_a_run_does_not_use_is_forgotten(tmp_path: Path, read: list[str]) -> None:
    kept = tmp_path / "kept"
    run(tmp_path / "a", [0, 1, 2], kept)
    assert len(list(kept.glob("*.parquet"))) == 3
    run(tmp_path / "b", [0], kept)
    assert len(list(kept.glob("*.parquet"))) == len(list(kept.glob("*.json"))) == 1


@pytest.mark.parametrize("damage", ["shortened", "missing"])
def test_a_kept_part_that_is_damaged_is_read_again(tmp_path: Path, read: list[str], damage: str) -> None:
    kept = tmp_path / "kept"
    run(tmp_path / "a", [0, 1], kept)
    victim = sorted(kept.glob("*.parquet"))[0]
    if damage == "missing":
        victim.unlink()
    else:
        content = victim.read_bytes()
        victim.unlink()
        victim.write_bytes(content[:-9])
    read.clear()
    run(tmp_path / "b", [0, 1], kept)
    assert len(read) == 1
    assert pool_bytes(tmp_path / "b") == pool_bytes(tmp_path / "a")
