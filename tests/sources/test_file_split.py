"""Splits of files: the same ids everywhere, keys that follow contents, and what a damaged file does."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import fsspec
import pytest

from curation.core.errors import BadInput
from curation.sources import file_split, listing
from curation.sources.file_split import FileSplit, content_hash
from curation.sources.source import SourceConfig, splits_of
from tests.support.source_files import COMPRESS, lines, parquet, read, texts, unread, write


def fill(folder: Path) -> None:
    write(folder / "a" / "1.jsonl.zst", lines({"text": "one"}, {"text": "two", "id": "k"}, "bad"))
    write(folder / "a" / "2.json.gz", lines({"content": "three"}))
    write(folder / "b.parquet", parquet([{"text": "four"}, {"text": None}]))
    write(folder / "c.warc", b"")
    write(folder / "notes.txt", b"five")


def key_of(*paths: object, **config: object) -> list[str]:
    splits = splits_of(SourceConfig(name="s", paths=tuple(map(str, paths)), **config))  # type: ignore[arg-type]
    return [split.key for split in splits]


def test_ids_do_not_depend_on_the_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path / "here")
    rows = read(tmp_path / "here" / "**" / "*")
    assert texts(rows) == ["one", "two", "three", "four", "five"]
    fsspec.filesystem("memory").put(str(tmp_path / "here"), "/ids/copy", recursive=True)
    assert read("memory://ids/copy/**/*") == rows
    assert read(f"file://{tmp_path}/here/**/*") == rows
    (tmp_path / "here").rename(tmp_path / "there")
    monkeypatch.chdir(tmp_path)
    assert read("there/**/*") == rows
    monkeypatch.chdir(tmp_path / "there")
    assert read("**/*") == rows


def test_a_split_is_the_same_in_another_process(tmp_path: Path) -> None:
    fill(tmp_path)
    (split,) = splits_of(SourceConfig(name="s", paths=(f"{tmp_path}/**/*",)), rejected=True)
    copy = pickle.loads(pickle.dumps(split))
    assert copy.key == split.key
    assert [batch.to_pylist() for batch in copy.read()] == [batch.to_pylist() for batch in split.read()]


def test_a_key_follows_contents_and_the_way_of_reading(tmp_path: Path) -> None:
    write(tmp_path / "a" / "x.jsonl", lines({"text": "one"}))
    first = key_of(tmp_path / "a")
    write(tmp_path / "b" / "x.jsonl", lines({"text": "one"}))
    assert key_of(tmp_path / "b") == first
    os.utime(tmp_path / "a" / "x.jsonl", (1, 1))
    assert key_of(tmp_path / "a") == first
    for changed in ({"domain": "d"}, {"fields": {"url": "text"}}, {"sample": 0.5}, {"max_document_bytes": 9}):
        assert key_of(tmp_path / "a", **changed) != first
    assert key_of(tmp_path / "a", limit=2) != first
    write(tmp_path / "a" / "x.jsonl", lines({"text": "two"}))
    assert key_of(tmp_path / "a") != first
    (tmp_path / "b" / "x.jsonl").rename(tmp_path / "b" / "y.jsonl")
    assert key_of(tmp_path / "b") != first


def test_a_key_of_a_remote_file_is_its_checksum_if_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe("/keys/x.jsonl", lines({"text": "one"}))
    plain = key_of("memory://keys/*.jsonl")
    assert key_of("memory://keys/*.jsonl") == plain
    info = dict(memory.info("/keys/x.jsonl"))

    class WithChecksum(type(memory)):  # type: ignore[misc]
        def glob(self, path: str, **options: object) -> dict[str, object]:
            return {"/keys/x.jsonl": info | {"ETag": '"abc"'}}

    monkeypatch.setattr(fsspec.core, "url_to_fs", lambda path: (WithChecksum(), "/keys/*.jsonl"))
    (file,) = listing.list_files(["memory://keys/*.jsonl"])
    assert (file.checksum, file.uri) == ('"abc"', "memory:///keys/x.jsonl")
    monkeypatch.setattr(file_split, "open_stored", None)
    assert content_hash(file) == f'{info["size"]}:"abc"'


def test_rejected_rows_come_if_they_are_asked_for(tmp_path: Path) -> None:
    fill(tmp_path)
    rows, documents = read(tmp_path / "**/*"), read(tmp_path / "**/*", rejected=False)
    assert len(unread(rows)) == 2
    assert [row for row in rows if row["fate_rule"] is None] == documents
    config = SourceConfig(name="s", paths=(f"{tmp_path}/**/*",))
    assert [s.key for s in splits_of(config)] == [s.key for s in splits_of(config, rejected=True)]


def test_small_files_share_batches(tmp_path: Path) -> None:
    for i in range(50):
        write(tmp_path / f"{i}.txt", f"text {i}".encode())
    (split,) = splits_of(SourceConfig(name="s", paths=(str(tmp_path),)))
    (batch,) = split.read()
    assert batch.num_rows == 50


@pytest.mark.parametrize("suffix", [".gz", ".zst", ".bz2", ".xz"])
def test_a_truncated_file_ends_the_run_or_is_reported(tmp_path: Path, suffix: str) -> None:
    rows = [{"text": f"text {i} " * 200} for i in range(2000)]
    path = tmp_path / f"b.jsonl{suffix}"
    whole = COMPRESS[suffix](lines(*rows[:1000])) + COMPRESS[suffix](lines(*rows[1000:]))
    path.write_bytes(whole[:-20])
    write(tmp_path / "c.jsonl", lines({"text": "after"}))
    with pytest.raises(BadInput, match=f"{suffix} data ends too early") as raised:
        read(tmp_path)
    where, _, line = (raised.value.where or "").rpartition(":")
    assert where == str(path)
    assert "replace the file, or write `on_error: skip` for the source `s`" in (raised.value.fix or "")
    found = read(tmp_path, on_error="skip")
    read_before = int(line) - 1
    assert read_before >= 1000  # all of the first member
    assert unread(found) == [("damaged_file", f"b.jsonl{suffix}", read_before)]
    assert texts(found) == [row["text"] for row in rows[:read_before]] + ["after"]


def test_a_file_that_vanishes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", lines({"text": "t"}))
    (split,) = splits_of(SourceConfig(name="s", paths=(str(path),), on_error="skip"))
    path.unlink()
    with pytest.raises(BadInput, match="cannot be opened"):
        list(split.read())


def test_a_piece_of_a_file_has_the_size_of_the_piece(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", lines({"text": "t"}))
    (split,) = splits_of(SourceConfig(name="s", paths=(str(path),)))
    assert isinstance(split, FileSplit)
    assert split.size_bytes == path.stat().st_size
    assert FileSplit(split.options, split.files, (0, 1), 7).size_bytes == 7
