"""How much text will come of files, as they are stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from curation.sources.source import SourceConfig
from recipes.checking.sources import Listed, _listed


@dataclass(frozen=True)
class File:
    uri: str
    size_bytes: int
    format: str

    @property
    def location(self) -> str:
        return self.uri


@dataclass(frozen=True)
class Files:
    """A split of files; several may read parts of the same one."""

    files: tuple[File, ...]

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)


def listed(*splits: Any, **fields: Any) -> Listed:
    return _listed(SourceConfig(name="a", reader="installed-packages", **fields), splits)


@pytest.mark.parametrize(
    ("name", "kind", "text"),
    [
        ("a.jsonl", "jsonl", 900),
        ("a.jsonl.zst", "jsonl", 3150),
        ("a.parquet", "parquet", 2500),
        ("a.txt", "text", 1000),
        ("a.warc.gz", "warc", 525),
    ],
)
def test_formats_and_compression(name: str, kind: str, text: int) -> None:
    found = listed(Files((File(name, 1000, kind),)))
    assert (found.size_bytes, found.text_bytes) == (1000, text)


def test_a_file_that_several_splits_read_counts_once() -> None:
    file = File("a.txt", 1000, "text")
    assert listed(Files((file,)), Files((file,)), Files((File("b.txt", 5, "text"),))).text_bytes == 1005


def test_the_limit_is_of_text() -> None:
    split = Files((File("a.jsonl.zst", 1000, "jsonl"),))
    assert listed(split, limit_bytes=2000).text_bytes == 2000
    assert listed(split, limit_bytes=2000).size_bytes == 1000
    assert listed(split, limit_bytes=10_000).text_bytes == 3150
