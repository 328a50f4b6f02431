"""A source as a recipe describes it: what is refused, and in which words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from curation.core.errors import BadInput
from curation.sources.source import SourceConfig, splits_of
from recipes.schema import Source
from tests.support.source_files import lines, read, texts, write


@pytest.mark.parametrize(
    ("config", "words", "fix"),
    [
        ({}, "neither paths nor a reader", "paths"),
        ({"reader": "parquet"}, "no reader 'parquet'", "add `paths:`"),
        ({"reader": "instaled-packages"}, "no reader", "did you mean `installed-packages`?"),
        ({"paths": ("x",), "reader": "installed-packages"}, "takes no paths", "leave out"),
        (
            {"reader": "installed-packages", "domain": "legal", "on_error": "skip"},
            "for sources with paths",
            "leave out",
        ),
        ({"paths": ("x",), "reader": "json"}, "no format 'json'", "did you mean `jsonl`?"),
        ({"paths": ("x",), "fields": {"txt": "a"}}, "no 'txt'", "did you mean `text`?"),
        ({"paths": ("nothing/*",)}, "no file matches", "relative paths begin at"),
    ],
)
def test_what_is_refused(config: dict[str, Any], words: str, fix: str) -> None:
    with pytest.raises(BadInput, match=words) as raised:
        splits_of(SourceConfig(name="books", **config))
    assert fix in (raised.value.fix or "")
    assert "books" in str(raised.value) or "nothing" in str(raised.value)


def test_a_recipe_writes_quantities_as_people_do() -> None:
    given = {"name": "a", "paths": ["b"], "limit": "2GB", "sample": "10%", "max_document_bytes": "1MiB"}
    source = Source.model_validate(given)
    assert (source.limit_bytes, source.sample, source.max_document_bytes) == (2 * 10**9, 0.1, 2**20)
    assert isinstance(source, SourceConfig)
    assert SourceConfig(name="a", limit_bytes=5) == SourceConfig(name="a", limit=5)  # type: ignore[call-arg]
    for wrong in (
        {"sample": 0},
        {"sample": 1.5},
        {"limit": 0},
        {"on_error": "ignore"},
        {"pathes": ["x"]},
        {"name": ""},
    ):
        with pytest.raises(ValidationError):
            Source.model_validate(given | wrong)


def test_installed_packages_can_be_sampled() -> None:
    whole, sampled = (
        {row["id"] for split in splits_of(config) for batch in split.read() for row in batch.to_pylist()}
        for config in (
            SourceConfig(name="s", reader="installed-packages", domain="legal", sample=share) for share in (None, 0.4)
        )
    )
    assert set() < sampled < whole


@pytest.mark.parametrize("reader", ["jsonl", "text", "code"])
def test_a_reader_forces_the_format_of_all_files(tmp_path: Path, reader: str) -> None:
    data = lines({"text": "t"})
    write(tmp_path / "part-0", data)
    write(tmp_path / "part-1.txt.gz", data)
    expected = "t" if reader == "jsonl" else data.decode()
    assert texts(read(tmp_path, reader=reader)) == [expected] * 2


def test_the_domain_is_that_of_the_source_unless_a_column_has_one(tmp_path: Path) -> None:
    write(
        tmp_path / "a.jsonl", lines({"text": "t", "set": "web"}, {"text": "u", "set": None}, {"text": 1, "set": "code"})
    )
    assert [row["domain"] for row in read(tmp_path, domain="d")] == ["d", "d", "d"]
    rows = read(tmp_path, domain="d", fields={"domain": "set"})
    assert [row["domain"] for row in rows] == ["web", "d", "code"]
