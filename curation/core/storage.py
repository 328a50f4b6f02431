"""Directories of files on any file system, and the commit protocol.

A file becomes visible whole or not at all: it is written to a local temporary file, and published by one atomic rename
(local) or one upload (object store). A directory counts only once its `manifest.json`, written last, lists its files
with size and checksum; readers go through the manifest. Nothing relies on renames or links on an object store.
Since every output is a function of its inputs, an attempt that runs twice publishes the same bytes under the same name.
A disk without room ends the run with an error that says where; what was published until then is kept.
"""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, cast

import xxhash

from curation.core.errors import BadInput, RunFailed

MANIFEST = "manifest.json"
SCHEMA = 1
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}  # a full disk, a used-up quota, a limit on the size of files


@dataclass(frozen=True)
class FileEntry:
    """A file of a directory: relative path, size in bytes, XXH3-128 of its bytes as 32 hex digits."""

    path: str
    size_bytes: int
    xxh3_128: str


class Directory:
    """A directory at a local path or an fsspec URI (s3://bucket/prefix, gs://..., memory://...)."""

    def __init__(self, location: str | Path) -> None:
        self.location = str(location)
        self.local: Path | None = None
        if "://" in self.location:
            import fsspec

            self._filesystem, self._root = fsspec.core.url_to_fs(self.location)
        else:
            self.local = Path(self.location)

    def __str__(self) -> str:
        return self.location

    def __truediv__(self, name: str) -> Directory:
        return Directory(f"{self.location.rstrip('/')}/{name}")

    def exists(self, name: str) -> bool:
        if self.local is not None:
            return (self.local / name).exists()
        return bool(self._filesystem.exists(self._path(name)))

    def open(self, name: str) -> IO[bytes]:
        """Open a file for reading."""
        if self.local is not None:
            return (self.local / name).open("rb")
        stream: IO[bytes] = self._filesystem.open(self._path(name), "rb")
        return stream

    def read_bytes(self, name: str) -> bytes:
        with self.open(name) as stream:
            return stream.read()

    @contextlib.contextmanager
    def create(self, name: str) -> Iterator[_Draft]:
        """Write a file: `with directory.create("a.bin") as draft: draft.stream.write(...)`; then `draft.entry`.

        The file appears when the block ends without an error.

        Raises:
            RunFailed: there is no room for it.
        """
        where = f"{self}/{name}" if self.local is not None else f"{tempfile.gettempdir()} (for {self}/{name})"
        with room_needed(where), self._draft(name, where) as draft:
            yield draft

    @contextlib.contextmanager
    def _draft(self, name: str, where: str) -> Iterator[_Draft]:
        if self.local is not None:
            target = self.local / name
            target.parent.mkdir(parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}-", suffix=".tmp", dir=target.parent)
        else:
            descriptor, temporary = tempfile.mkstemp(suffix=".tmp")
        try:
            stream = _Stream(os.fdopen(descriptor, "wb"), where)
            draft = _Draft(name, cast("IO[bytes]", stream))
            try:
                yield draft
            except BaseException:
                stream.give_up()
                raise
            stream.close()
            draft.entry = entry_of(temporary, name)
            if self.local is not None:
                Path(temporary).chmod(0o644)
                Path(temporary).replace(target)
            else:
                self._filesystem.put_file(temporary, self._path(name))
        finally:
            Path(temporary).unlink(missing_ok=True)

    def write_bytes(self, name: str, data: bytes) -> FileEntry:
        with self.create(name) as draft:
            draft.stream.write(data)
        return draft.entry

    def write_json(self, name: str, value: Any) -> FileEntry:
        text = json.dumps(value, indent=1, ensure_ascii=False, sort_keys=False, allow_nan=False)
        return self.write_bytes(name, (text + "\n").encode())

    def read_json(self, name: str) -> Any:
        return json.loads(self.read_bytes(name))

    def remove(self) -> None:
        """Delete the directory and all below it, if it exists."""
        if self.local is not None:
            shutil.rmtree(self.local, ignore_errors=True)
        elif self._filesystem.exists(self._root):
            self._filesystem.rm(self._root, recursive=True)

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"


class _Draft:
    """A file while it is written; `entry` is set once it is published."""

    def __init__(self, name: str, stream: IO[bytes]) -> None:
        self.name = name
        self.stream = stream
        self.entry: FileEntry


class _Stream(io.BufferedIOBase):
    """The stream of a draft.

    A write without room is told in the words of the project at once, before a writer on top of this stream can hide it
    by what fails next. numpy takes this for no file of the system, and so writes through here: its own way ignores the
    errors of what the C library held back.
    """

    def __init__(self, file: IO[bytes], where: str) -> None:
        self._file = file
        self._where = where

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        with room_needed(self._where):
            return self._file.write(data)

    def flush(self) -> None:
        if not self._file.closed:
            with room_needed(self._where):
                self._file.flush()

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def close(self) -> None:
        """Write what is left and close; a network file system may find only here that there is no room."""
        with room_needed(self._where):
            self._file.close()
        super().close()

    def give_up(self) -> None:
        """Close a file that is thrown away; that the rest of it cannot be written is no further error."""
        with contextlib.suppress(OSError):
            self._file.close()
        super().close()


@contextlib.contextmanager
def room_needed(where: str) -> Iterator[None]:
    """Inside the block, a system's error for want of room becomes one of ours.

    Raises:
        RunFailed: there is no room at `where`.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise no_room(error, where) from error


def no_room(error: OSError, where: str | None) -> RunFailed:
    """What is said of a system's error for want of room."""
    what = f"no room to write: {os.strerror(error.errno or errno.ENOSPC)}"
    fix = "make room there, or raise the limit, and run the same command again; it goes on from here"
    return RunFailed(what, where=where, fix=fix)


def entry_of(path: str | Path, name: str) -> FileEntry:
    """Size and checksum of a local file, listed under `name`."""
    state, size = xxhash.xxh3_128(), 0
    with Path(path).open("rb") as stream:
        while chunk := stream.read(1 << 20):
            state.update(chunk)
            size += len(chunk)
    return FileEntry(name, size, state.hexdigest())


def commit(directory: Directory, kind: str, files: list[FileEntry], **fields: Any) -> dict[str, Any]:
    """Write the manifest, and by it make the directory count. Returns the manifest."""
    manifest = {"schema": SCHEMA, "kind": kind, **fields, "files": [asdict(file) for file in files]}
    directory.write_json(MANIFEST, manifest)
    return manifest


def read_manifest(directory: Directory, kind: str | None = None) -> dict[str, Any]:
    """The manifest of a committed directory.

    Raises:
        BadInput: there is none (the run that writes it has not finished), or it is of another kind.
    """
    if not directory.exists(MANIFEST):
        raise BadInput("no manifest.json: not a finished output", where=str(directory), fix="run its stage to the end")
    manifest: dict[str, Any] = directory.read_json(MANIFEST)
    if manifest.get("schema") != SCHEMA or (kind is not None and manifest.get("kind") != kind):
        found = f"schema {manifest.get('schema')}, kind {manifest.get('kind')!r}"
        raise BadInput(f"expected schema {SCHEMA}, kind {kind!r}; found {found}", where=f"{directory}/{MANIFEST}")
    return manifest


def listed(manifest: dict[str, Any], below: str = "") -> list[FileEntry]:
    """The files of a manifest whose path starts with `below`, in manifest order."""
    return [FileEntry(**entry) for entry in manifest["files"] if entry["path"].startswith(below)]


def damaged(directory: Directory, manifest: dict[str, Any]) -> list[str]:
    """What is wrong with the files of a manifest, a line each; empty if all are as listed."""
    problems = []
    for entry in listed(manifest):
        if not directory.exists(entry.path):
            problems.append(f"{entry.path}: missing")
            continue
        with directory.open(entry.path) as stream:
            state, size = xxhash.xxh3_128(), 0
            while chunk := stream.read(1 << 20):
                state.update(chunk)
                size += len(chunk)
        if size != entry.size_bytes:
            problems.append(f"{entry.path}: {size} bytes, the manifest says {entry.size_bytes}")
        elif state.hexdigest() != entry.xxh3_128:
            problems.append(f"{entry.path}: checksum {state.hexdigest()}, the manifest says {entry.xxh3_128}")
    return problems
