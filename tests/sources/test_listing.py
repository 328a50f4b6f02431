"""Paths to files: patterns, directories, roots, and the format of each file."""

from __future__ import annotations

from pathlib import Path

import fsspec
import pytest

from curation.core.errors import BadInput
from curation.sources.listing import format_of, list_files


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder, which is also the current directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def listed(*paths: str, format: str | None = None) -> dict[str, str]:
    return {file.location: file.format for file in list_files(paths, format)}


@pytest.mark.parametrize(
    ("names", "format"),
    [
        ("a.parquet A.PARQUET", "parquet"),
        ("a.arrow", "arrow"),
        ("a.jsonl a.jsonl.gz a.ndjson a.json a.json.zst a.jsonl.bz2 a.jsonl.xz a.b.JSONL.zstd", "jsonl"),
        ("a.warc a.warc.gz a.warc.wet.gz a.wet", "warc"),
        ("a.html a.htm a.html.gz a.xhtml", "html"),
        ("a.txt a.txt.gz a README a.py a.csv .jsonl a.jsonl.bak", "text"),
    ],
)
def test_a_name_tells_the_format(names: str, format: str) -> None:
    assert {name: format_of(name) for name in names.split()} == dict.fromkeys(names.split(), format)


def test_locations_begin_where_the_pattern_does(tree: Path) -> None:
    put(tree, "data/a/1.jsonl", "data/a/2.jsonl", "data/b/1.jsonl", "data/a/deep/er/3.jsonl", "data/x.txt")
    assert list(listed("data/*/1.jsonl")) == ["a/1.jsonl", "b/1.jsonl"]
    assert list(listed("data/a/[12].jsonl")) == ["1.jsonl", "2.jsonl"]
    assert list(listed("data/a/?.jsonl")) == ["1.jsonl", "2.jsonl"]
    assert list(listed("data/**/*.jsonl")) == ["a/1.jsonl", "a/2.jsonl", "a/deep/er/3.jsonl", "b/1.jsonl"]
    assert list(listed("data/a")) == list(listed("data/a/")) == ["1.jsonl", "2.jsonl", "deep/er/3.jsonl"]
    assert list(listed("data/a/2.jsonl")) == ["2.jsonl"]
    assert list(listed(str(tree / "data/*/1.jsonl"))) == ["a/1.jsonl", "b/1.jsonl"]
    assert list(listed(f"file://{tree}/data/*/1.jsonl")) == ["a/1.jsonl", "b/1.jsonl"]


def test_a_copy_elsewhere_has_the_same_locations(tree: Path) -> None:
    put(tree, "data/a/1.jsonl", "data/b.jsonl")
    memory = fsspec.filesystem("memory")
    memory.put(str(tree / "data"), "/bucket/copy", recursive=True)
    for pattern in ("/**/*.jsonl", "", "/b.jsonl", "/*/*"):
        files = list_files([f"memory://bucket/copy{pattern}"])
        assert [file.location for file in files] == list(listed(f"data{pattern}"))
        assert all(file.uri.startswith("memory://") for file in files)


def test_files_of_several_paths_are_sorted_and_read_once(tree: Path) -> None:
    put(tree, "b/2.jsonl", "a/1.jsonl", "a/3.jsonl", "b/3.jsonl")
    files = list_files(["b/*", "a/*", "b/2.jsonl", "b"])
    assert [file.uri.removeprefix(f"{tree}/") for file in files] == ["a/1.jsonl", "b/2.jsonl", "b/3.jsonl", "a/3.jsonl"]


def test_a_directory_of_data_gives_its_data(tree: Path) -> None:
    hub = ("README.md", ".gitattributes", "data/train-0.parquet", "data/test-0.parquet", "dataset_infos.json", "p.png")
    put(tree / "hub", *hub)
    assert list(listed("hub")) == ["data/test-0.parquet", "data/train-0.parquet"]
    put(tree / "saved", "dataset_dict.json", "train/data-0.arrow", "train/state.json", "train/dataset_info.json")
    assert listed("saved") == {"train/data-0.arrow": "arrow"}
    put(
        tree / "dolma",
        "documents/0.json.gz",
        "LICENSE",
        "more/1.json",
        "_SUCCESS",
        "_temporary/2.json.gz",
        ".x.json.gz",
    )
    assert listed("dolma") == {"documents/0.json.gz": "jsonl", "more/1.json": "jsonl"}
    put(tree / "array", "a.json", "b.json")
    assert listed("array") == {"a.json": "jsonl", "b.json": "jsonl"}


def test_any_other_directory_gives_every_file(tree: Path) -> None:
    put(tree / "src", "__init__.py", "main.py", "package.json", ".git/config", "docs/index.html")
    expected = {"__init__.py": "text", "docs/index.html": "html", "main.py": "text", "package.json": "text"}
    assert listed("src") == expected
    assert listed("src", format="code") == dict.fromkeys(expected, "code")
    assert listed("src/*") == {"__init__.py": "text", "main.py": "text", "package.json": "jsonl"}


def test_links_and_strange_names(tree: Path) -> None:
    put(tree, "blobs/1", "data/[a]*.jsonl")
    (tree / "data/link.jsonl").symlink_to(tree / "blobs/1")
    (tree / "data/folder").symlink_to(tree / "blobs")
    (tree / "data/gone.jsonl").symlink_to(tree / "nothing")
    Path(str(tree / "data") + "/\udcff.jsonl").write_bytes(b"no UTF-8 in the name")
    assert list(listed("data")) == ["[a]*.jsonl", "gone.jsonl", "link.jsonl", "\ufffd.jsonl"]
    assert list(listed("data/[a]*.jsonl")) == ["[a]*.jsonl"]
    assert {file.location: file.size_bytes for file in list_files(["data/*.jsonl"])}["link.jsonl"] == len("blobs/1")


@pytest.mark.parametrize("path", ["nothing", "nothing/*.jsonl", "data/*.parquet", "memory://empty/*", "empty"])
def test_a_path_that_means_nothing_is_refused(tree: Path, path: str) -> None:
    put(tree, "data/a.jsonl")
    (tree / "empty").mkdir()
    with pytest.raises(BadInput, match="no file matches") as raised:
        list_files(["data/a.jsonl", path])
    assert raised.value.where == path


def test_an_unknown_file_system_is_refused() -> None:
    with pytest.raises(BadInput, match=r"no such file system.*nope"):
        list_files(["nope://a/b"])
