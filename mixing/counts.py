"""Tokens of every domain and bucket: counted from a pool, or brought by the user.

The tokens of a document include one EOS. A counts directory has `manifest.json`, `tokenizer.json`, `counts.parquet`
(domain, bucket, documents, bytes, tokens) and `lengths/part-*.parquet` (id, n_tokens), aligned with the pool's parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from curation.core.errors import BadInput
from curation.core.events import Events
from curation.core.storage import Directory, FileEntry, commit, entry_of, listed, read_manifest
from curation.core.tokenizer import Tokenizer
from curation.core.tokens import TokenCache
from curation.engine.workers import run_tasks

Cell = tuple[str, int]
"""A (domain, bucket)."""

_SCHEMA = pa.schema(
    [
        pa.field("domain", pa.string(), nullable=False),
        pa.field("bucket", pa.int32(), nullable=False),
        pa.field("documents", pa.int64(), nullable=False),
        pa.field("bytes", pa.int64(), nullable=False),
        pa.field("tokens", pa.int64(), nullable=False),
    ]
)


@dataclass(frozen=True)
class Counts:
    """Tokens of every cell, in the order of (domain, bucket); documents and bytes where they are known."""

    tokens: dict[Cell, int]
    documents: dict[Cell, int]
    bytes: dict[Cell, int]

    @property
    def domains(self) -> list[str]:
        return sorted({domain for domain, _ in self.tokens})

    def by_domain(self) -> dict[str, int]:
        """Tokens of every domain."""
        return by_domain(self.tokens)

    @staticmethod
    def read(directory: str | Path) -> Counts:
        """From a counts directory."""
        read_manifest(Directory(directory), "counts")
        rows = pq.read_table(Path(directory) / "counts.parquet").to_pylist()
        return _from_rows(rows)


def by_domain(cells: Mapping[Cell, int]) -> dict[str, int]:
    """Tokens of every domain, in order of name."""
    totals: dict[str, int] = {}
    for (domain, _), n in sorted(cells.items()):
        totals[domain] = totals.get(domain, 0) + n
    return totals


def count_pool(pool: Path, vocab_size: int, cache: Path, out: Path, workers: int, events: Events) -> dict[str, Any]:
    """Train a tokenizer on a pool, tokenise it into the cache, and write the counts directory; returns its manifest."""
    parts = listed(read_manifest(Directory(pool), "pool"), "documents/")
    directory = Directory(out)
    events.emit("progress", label="train tokenizer", done=0, total=1)
    if not directory.exists("tokenizer.json"):
        tokenizer = Tokenizer.train(_all_texts(pool, parts), vocab_size)
        directory.write_bytes("tokenizer.json", tokenizer.serialized)
    tokenizer = Tokenizer.load(out / "tokenizer.json")
    tasks = [_CountTask(str(pool), part, str(cache), str(out / "tokenizer.json"), str(out)) for part in parts]
    counted: list[dict[str, Any]] = [{} for _ in tasks]
    finished = 0

    def done(index: int, result: dict[str, Any]) -> None:
        nonlocal finished
        counted[index] = result
        finished += 1
        events.emit("progress", label="tokenise", done=finished, total=len(tasks))

    run_tasks(_count_part, tasks, workers, done)
    rows = _from_rows([row for part in counted for row in part["rows"]])
    table = pa.table(
        {
            "domain": [domain for domain, _ in rows.tokens],
            "bucket": [bucket for _, bucket in rows.tokens],
            "documents": list(rows.documents.values()),
            "bytes": list(rows.bytes.values()),
            "tokens": list(rows.tokens.values()),
        },
        schema=_SCHEMA,
    )
    with directory.create("counts.parquet") as draft:
        pq.write_table(table, draft.stream)
    files = [
        entry_of(out / "tokenizer.json", "tokenizer.json"),
        draft.entry,
        *(FileEntry(**part["lengths"]) for part in counted),
    ]
    return commit(
        directory,
        "counts",
        files,
        tokenizer_sha256=tokenizer.sha256,
        vocab_size=tokenizer.vocab_size,
        tokens=sum(rows.tokens.values()),
    )


@dataclass(frozen=True)
class _CountTask:
    pool: str
    part: FileEntry
    cache: str
    tokenizer: str
    out: str


def _count_part(task: _CountTask) -> dict[str, Any]:
    tokens = TokenCache(task.cache, Tokenizer.load(task.tokenizer)).part(task.pool, task.part)
    table = pq.read_table(Path(task.pool) / task.part.path, columns=["id", "domain", "bucket", "n_bytes"])
    lengths = pa.array(tokens.lengths, pa.int64())
    name = f"lengths/{Path(task.part.path).name}"
    with Directory(task.out).create(name) as draft:
        pq.write_table(pa.table({"id": table.column("id"), "n_tokens": lengths}), draft.stream, compression="zstd")
    grouped = (
        table.append_column("tokens", lengths)
        .group_by(["domain", "bucket"])
        .aggregate([("n_bytes", "count"), ("n_bytes", "sum"), ("tokens", "sum")])
        .rename_columns(["domain", "bucket", "documents", "bytes", "tokens"])
    )
    return {"rows": grouped.to_pylist(), "lengths": dict(draft.entry.__dict__)}


def _from_rows(rows: list[dict[str, Any]]) -> Counts:
    totals: dict[Cell, list[int]] = {}
    for row in rows:
        if row["domain"] is None:
            raise BadInput(
                "a document of the pool has no domain", fix="give every source a `domain:`, or add a topic step"
            )
        total = totals.setdefault((row["domain"], row["bucket"]), [0, 0, 0])
        for index, name in enumerate(("documents", "bytes", "tokens")):
            total[index] += row[name]
    ordered = sorted(totals.items())
    return Counts(
        tokens={cell: total[2] for cell, total in ordered},
        documents={cell: total[0] for cell, total in ordered},
        bytes={cell: total[1] for cell, total in ordered},
    )


def _all_texts(pool: Path, parts: list[FileEntry]) -> Iterator[str]:
    for part in parts:
        for batch in pq.ParquetFile(pool / part.path).iter_batches(256, columns=["text"], use_threads=False):
            yield from batch.column("text").to_pylist()
