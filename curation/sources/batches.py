"""From documents one by one to batches of the document schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa

from curation.core.document import DOCUMENT
from curation.core.hashing import document_id

BATCH_BYTES = 8 * 2**20
BATCH_ROWS = 4096


@dataclass(frozen=True)
class RawDocument:
    """A document as a reader finds it.

    Args:
        text: valid UTF-8.
        location: path relative to the root of the source, never a scheme or host.
        row: number of the document in that file, from 0.
        source_id: the user's own id.
        metadata: a JSON object with whatever else the file says.
    """

    text: str
    location: str
    row: int
    domain: str | None = None
    source_id: str | None = None
    url: str | None = None
    date: str | None = None
    licence: str | None = None
    metadata: str | None = None


def to_batches(source: str, documents: Iterable[RawDocument]) -> Iterator[pa.RecordBatch]:
    """Give each document its id, and gather documents into batches.

    A batch ends with the document that brings it to 8 MiB of text or 4,096 rows.
    """
    rows: list[dict[str, object]] = []
    held_bytes = 0
    for document in documents:
        raw = document.text.encode()
        rows.append(
            {
                "id": document_id(source, document.source_id, document.location, document.row, raw),
                "source": source,
                **document.__dict__,
            }
        )
        held_bytes += len(raw)
        if held_bytes >= BATCH_BYTES or len(rows) >= BATCH_ROWS:
            yield pa.RecordBatch.from_pylist(rows, schema=DOCUMENT)
            rows, held_bytes = [], 0
    if rows:
        yield pa.RecordBatch.from_pylist(rows, schema=DOCUMENT)
