"""Small pools, a tokenizer for them, and their shards: what the tests of counting and emission share."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from curation.core.document import POOL
from curation.core.events import Events, NoEvents
from curation.core.hashing import document_id
from curation.core.storage import Directory, commit, listed, read_manifest
from curation.core.tokenizer import Tokenizer
from mixing.emit.emit import EmitJob, emit
from mixing.shards.manifest import Manifest

Cell = tuple[str, int]
WORDS = [
    *("the", "of", "a", "shard", "token", "mixture", "domain", "weight", "is", "in", "for", "one", "more", "than"),
    *("every", "other", "7", "42", ",", ".", "\n"),
]
VOCAB_SIZE = 300


@dataclass(frozen=True)
class Text:
    """A document of a pool."""

    text: str
    domain: str
    bucket: int = 0


@functools.cache
def tokenizer() -> Tokenizer:
    """A byte-level tokenizer of 300 tokens."""
    return Tokenizer.train([" ".join(WORDS * 20)], VOCAB_SIZE)


def random_text(rng: np.random.Generator, n_words: int) -> str:
    return " ".join(rng.choice(WORDS, n_words))


def write_pool(out: Path, texts: Sequence[Text], per_part: int = 5) -> Path:
    """A pool directory of the given documents, some to a part."""
    rows = []
    for number, text in enumerate(texts):
        location = f"file-{number // per_part}.txt"
        rows.append(
            {
                "id": document_id("memory", None, location, number, text.text.encode()),
                "text": text.text,
                "source": "memory",
                "domain": text.domain,
                "bucket": text.bucket,
                "location": location,
                "row": number,
                "n_bytes": len(text.text.encode()),
                "dup_count": 1,
            }
        )
    directory, files = Directory(out), []
    for number, first in enumerate(range(0, len(rows), per_part)):
        with directory.create(f"documents/part-{number:05d}.parquet") as draft:
            pq.write_table(pa.Table.from_pylist(rows[first : first + per_part], POOL), draft.stream)
        files.append(draft.entry)
    commit(directory, "pool", files)
    return out


def pool_rows(pool: Path) -> list[dict[str, object]]:
    """All documents of a pool in order."""
    parts = listed(read_manifest(Directory(pool), "pool"), "documents/")
    return [row for part in parts for row in pq.read_table(pool / part.path).to_pylist()]


def available_tokens(texts: Sequence[Text]) -> dict[Cell, int]:
    """Tokens of every cell, each document with its EOS."""
    counted: dict[Cell, int] = {}
    for text, ids in zip(texts, tokenizer().encode_batch([text.text for text in texts]), strict=True):
        cell = (text.domain, text.bucket)
        counted[cell] = counted.get(cell, 0) + len(ids) + 1
    return counted


def emit_shards(
    work: Path,
    pool: Path,
    allocation: dict[Cell, int],
    *,
    name: str = "shards",
    seed: int = 17,
    part_tokens: int = 65_536,
    workers: int = 1,
    events: Events | None = None,
) -> tuple[Path, Manifest]:
    """Emit into `work/name`, with the tokenizer and the token cache beside it."""
    Directory(work).write_bytes("tokenizer.json", tokenizer().serialized)
    job = EmitJob(pool, work / "tokenizer.json", work / "cache", allocation, seed, part_tokens)
    return work / name, emit(job, work / name, workers, events or NoEvents())


def file_bytes(directory: Path) -> dict[str, bytes]:
    """Every file below a directory."""
    files = (path for path in sorted(directory.rglob("*")) if path.is_file())
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in files}
