"""Documents in memory, and a curate stage over them: what the tests of curation share.

Classes stand here, and not in a test, because worker processes import them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from curation.core.events import NoEvents
from curation.core.hashing import digest
from curation.core.storage import Directory, listed, read_manifest
from curation.engine.base import Engine
from curation.engine.local import LocalEngine
from curation.pipeline.curate import CurateJob, curate
from curation.pipeline.steps import make_step
from curation.sources.batches import RawDocument, to_batches
from curation.work.step import Step

Row = dict[str, Any]
FOLDERS = ("documents", "rejected", "signals", "heldout")


@dataclass(frozen=True)
class TextSplit:
    """Documents that are given."""

    source: str
    documents: tuple[RawDocument, ...]

    @property
    def key(self) -> str:
        return digest(self.source, repr(self.documents))

    @property
    def size_bytes(self) -> int:
        return sum(len(document.text.encode()) for document in self.documents)

    def read(self) -> Iterator[pa.RecordBatch]:
        return to_batches(self.source, self.documents)


def split_of(number: int, texts: Sequence[tuple[str, str | None]]) -> TextSplit:
    """A split of (text, domain) pairs; its number is in the location of its documents, and so in their ids."""
    documents = (RawDocument(text, f"file-{number}", row, domain=domain) for row, (text, domain) in enumerate(texts))
    return TextSplit("memory", tuple(documents))


def input_rows(splits: Sequence[TextSplit]) -> list[Row]:
    """The documents that the splits give, with their ids."""
    return [row for split in splits for batch in split.read() for row in batch.to_pylist()]


def steps(*named: tuple[str, Row]) -> tuple[Step, ...]:
    return tuple(make_step(name, parameters) for name, parameters in named)


def run_curate(
    out: Path,
    splits: Sequence[TextSplit],
    chain: tuple[Step, ...],
    *,
    engine: Engine | None = None,
    seed: int = 17,
    partitions: int = 3,
    rejected_text: bool = True,
) -> Row:
    """Curate into `out`; returns the manifest."""
    job = CurateJob("pool", (), chain, seed, rejected_text, partitions)
    return curate(job, tuple(splits), out, engine or LocalEngine(), NoEvents())


def read_pool(out: Path) -> dict[str, list[Row]]:
    """The rows of a pool's tables, found through its manifest."""
    manifest = read_manifest(Directory(out), "pool")
    return {
        folder: [row for file in listed(manifest, f"{folder}/") for row in pq.read_table(out / file.path).to_pylist()]
        for folder in FOLDERS
    }


def pool_bytes(out: Path) -> dict[str, bytes]:
    """The bytes of the manifest and of every file that it lists."""
    manifest = read_manifest(Directory(out), "pool")
    names = ["manifest.json", *(file.path for file in listed(manifest))]
    return {name: (out / name).read_bytes() for name in names}
