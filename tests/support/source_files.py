"""Files of documents, as tests of readers need them, and what is read of them."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from curation.sources.source import SourceConfig, splits_of

Row = dict[str, Any]
COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda data: data,
    ".gz": gzip.compress,
    ".zst": lambda data: zstandard.ZstdCompressor().compress(data),
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


def write(path: Path, data: bytes) -> Path:
    """Write a file, compressed as its name says, and the folders that it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(COMPRESS.get(path.suffix, COMPRESS[""])(data))
    return path


def lines(*rows: object) -> bytes:
    """JSON lines; text stands for itself."""
    return "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows).encode()


def parquet(rows: Iterable[Row] | pa.Table, **options: Any) -> bytes:
    """A parquet file of rows."""
    stream = io.BytesIO()
    pq.write_table(rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(list(rows)), stream, **options)
    return stream.getvalue()


def read(*paths: object, rejected: bool = True, **config: Any) -> list[Row]:
    """All rows of a source of files, sorted by location and row."""
    source = SourceConfig(name="s", paths=tuple(map(str, paths)), **config)
    found = [
        row for split in splits_of(source, rejected=rejected) for batch in split.read() for row in batch.to_pylist()
    ]
    return sorted(found, key=lambda row: (row["location"], row["row"]))


def texts(rows: Iterable[Row]) -> list[str]:
    """The texts of documents; rows that gave none are left out."""
    return [row["text"] for row in rows if row["fate_rule"] is None]


def unread(rows: Iterable[Row]) -> list[tuple[str, str, int]]:
    """Rule, location and row of rows that gave no document."""
    return [(row["fate_rule"], row["location"], row["row"]) for row in rows if row["fate_rule"] is not None]
