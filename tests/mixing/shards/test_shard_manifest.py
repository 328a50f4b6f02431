"""The manifest of a shard directory is strict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from curation.core.errors import BadInput
from mixing.shards.manifest import Manifest
from tests.support.shard_sets import write_shards


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    return write_shards(tmp_path / "shards", [1, 2, 0], vocab_size=300)


def rewrite(shards: Path, **changes: Any) -> None:
    manifest = json.loads((shards / "manifest.json").read_bytes())
    for key, value in changes.items():
        manifest[key] = value
    (shards / "manifest.json").write_text(json.dumps(manifest))


def test_what_is_written_is_read(shards: Path) -> None:
    manifest = Manifest.load(shards)
    written = json.loads((shards / "manifest.json").read_bytes())
    read = manifest.model_dump(mode="json", by_alias=True)
    assert {key: read[key] for key in written if key != "domains"} == {
        k: v for k, v in written.items() if k != "domains"
    }
    assert read["domains"] == [{**cell, "cut_document": None} for cell in written["domains"]]


def test_an_unknown_key_is_refused_with_the_nearest_known_one(shards: Path) -> None:
    rewrite(shards, budget_token=3)
    with pytest.raises(BadInput, match=r"unknown key budget_token; did you mean budget_tokens\?"):
        Manifest.load(shards)


def test_an_unknown_key_of_a_file_is_refused(shards: Path) -> None:
    files = json.loads((shards / "manifest.json").read_bytes())["files"]
    rewrite(shards, files=[{**files[0], "size": 1}])
    with pytest.raises(BadInput, match=r"unknown key files\.0\.size; did you mean size_bytes\?"):
        Manifest.load(shards)


@pytest.mark.parametrize(
    ("key", "value"), [("schema", 2), ("kind", "pool"), ("dtype", "int64"), ("budget_tokens", 0), ("eos_id", -1)]
)
def test_a_value_that_is_none_is_refused_by_name(shards: Path, key: str, value: Any) -> None:
    rewrite(shards, **{key: value})
    with pytest.raises(BadInput, match=f"not a shard manifest: {key}"):
        Manifest.load(shards)


@pytest.mark.parametrize("text", ["{", "\udcff", "[]"])
def test_a_manifest_that_is_no_json_object_is_refused(shards: Path, text: str) -> None:
    (shards / "manifest.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(BadInput, match=r"not JSON|not a shard manifest"):
        Manifest.load(shards)
