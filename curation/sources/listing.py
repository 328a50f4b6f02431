"""The files that a source's paths mean, and the format of each.

A path is a file, a directory or a pattern (`*`, `?`, `[a-z]`; `**` spans directories), local (relative to the current
directory) or an fsspec URI. A file's location is its path below the root: the directory itself, the part of a pattern
before its first wildcard, or the directory that holds a file. Neither scheme nor host is in it, so that a copy of a
tree gives the same ids. Files are sorted by location, those of one location as the paths are; a file that two paths
mean is read once.

The format is told by the name: .parquet, .arrow, .jsonl, .ndjson and .json, .warc and .wet, .html and .htm; anything
else is text, one document a file. `.gz`, `.zst`, `.bz2` and `.xz` may follow. A directory gives

1. its data files (parquet, arrow, JSON lines, WARC), if it has any: a data set of the Hugging Face hub or of Dolma has
   read-me files and licences beside them;
2. otherwise all its files: HTML as HTML, the rest as text, a program's package.json too.

Names that begin with a dot are hidden, and among data files those that begin with an underscore; a pattern sees all.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from curation.core.errors import BadInput
from curation.sources.streams import compression_of

FORMATS = ("jsonl", "parquet", "arrow", "warc", "html", "text", "code")
_BY_SUFFIX = {
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".warc": "warc",
    ".wet": "warc",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
}
_DATA = {"parquet", "arrow", "jsonl", "warc"}
_ABOUT_DATA = {"dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json"}
_WILDCARDS = set("*?[")
_CHECKSUMS = ("ETag", "etag", "md5Hash", "content_md5", "crc32c", "blob_id", "checksum")


@dataclass(frozen=True)
class InputFile:
    """A file of a source.

    Args:
        uri: how it is opened: a local path or an fsspec URI.
        location: its path below the root of the path that means it.
        size_bytes: as it is stored.
        format: how it is read.
        checksum: of its bytes, where the file system knows one; empty elsewhere.
        changed: when, where the file system knows; tells an edited file from the one that was listed.
    """

    uri: str
    location: str
    size_bytes: int
    format: str
    checksum: str = ""
    changed: str = ""


def list_files(paths: Iterable[str], format: str | None = None) -> tuple[InputFile, ...]:
    """The files that paths mean, sorted by location.

    Args:
        paths: files, directories and patterns.
        format: of all files; by default told by their names.

    Raises:
        BadInput: nothing is there, or a file system cannot be reached.
    """
    found: dict[str, InputFile] = {}
    for path in paths:
        files = list(_files_of(path, format))
        if not files:
            raise BadInput("no file matches", where=path, fix=_hint(path))
        for file in files:
            found.setdefault(file.uri, file)
    return tuple(sorted(found.values(), key=lambda file: file.location))


def format_of(name: str) -> str:
    """The format that a file's name tells."""
    plain = name.lower().removesuffix(compression_of(name))
    return _BY_SUFFIX.get(posixpath.splitext(plain)[1], "text")


def _files_of(path: str, format: str | None) -> Iterator[InputFile]:
    import fsspec

    try:
        filesystem, root = fsspec.core.url_to_fs(path if "://" in path else os.path.expanduser(path))  # noqa: PTH111
    except (ValueError, ImportError) as error:
        raise BadInput(f"no such file system: {error}", where=path, fix="pip install the package it names") from error
    remote = "://" in path and not path.startswith(("file://", "local://"))
    try:
        listed, root, is_directory = _listed(filesystem, root)
    except Exception as error:  # remote file systems have errors of their own: no credentials, no such bucket
        if not remote and not isinstance(error, OSError):
            raise
        raise BadInput(f"cannot be listed: {error}", where=path) from error
    files = [_input_file(filesystem, info, root, remote) for info in listed]
    if format is not None:
        files = [replace(file, format=format) for file in files]
    elif is_directory:
        files = _of_directory(files)
    return (file for file in files if not is_directory or not _is_hidden(file, "."))


def _listed(filesystem: Any, path: str) -> tuple[list[Mapping[str, Any]], str, bool]:
    """The files that a path means, its root, and whether it is a directory."""
    if filesystem.isdir(path):
        return list(_only_files(filesystem, filesystem.find(path, detail=True))), path, True
    if not _WILDCARDS.intersection(path) or filesystem.exists(path):
        return ([filesystem.info(path)] if filesystem.exists(path) else []), posixpath.dirname(path), False
    parts = path.split("/")
    fixed = next(place for place, part in enumerate(parts) if _WILDCARDS.intersection(part))
    return list(_only_files(filesystem, filesystem.glob(path, detail=True))), "/".join(parts[:fixed]), False


def _only_files(filesystem: Any, found: Mapping[str, Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Files, and links to files; a link to nothing stays, so that opening it says what is missing."""
    for name, info in found.items():
        if info["type"] == "file":
            yield info
        elif info.get("islink"):
            target = filesystem.info(name) if filesystem.exists(name) else info
            if target["type"] != "directory":
                yield target


def _input_file(filesystem: Any, info: Mapping[str, Any], root: str, remote: bool) -> InputFile:
    path = str(info["name"])
    location = path.removeprefix(root).lstrip("/")
    checksum = next((str(info[key]) for key in _CHECKSUMS if info.get(key)), "") if remote else ""
    return InputFile(
        uri=filesystem.unstrip_protocol(path) if remote else path,
        location=os.fsencode(location).decode(errors="replace"),  # a local name need not be UTF-8
        size_bytes=int(info.get("size") or 0),
        format=format_of(path),
        checksum=checksum,
        changed=str(info.get("mtime") or info.get("created") or ""),
    )


def _of_directory(files: list[InputFile]) -> list[InputFile]:
    data = [file for file in files if file.format in _DATA and not _is_hidden(file, "_", ".")]
    only_json = all(file.location.lower().endswith(".json") for file in files)
    if only_json or any(not file.location.lower().endswith(".json") for file in data):
        return [file for file in data if posixpath.basename(file.location) not in _ABOUT_DATA]
    return [replace(file, format="text") if file.format in _DATA else file for file in files]


def _is_hidden(file: InputFile, *marks: str) -> bool:
    return any(part.startswith(marks) for part in file.location.split("/"))


def _hint(path: str) -> str:
    if "://" in path:
        return "correct the path; ** spans directories"
    return f"correct the path; relative paths begin at {Path.cwd()}, and ** spans directories"
