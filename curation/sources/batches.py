"""From what readers find, one by one, to batches with ids: documents, and rows that cannot be read.

A row that cannot be read, and a document that is too long, come with a fate of stage `read`, so that the pool keeps
them among its rejected documents like any other. Lone surrogates and bytes that are no UTF-8 have become U+FFFD;
`n_replaced` counts them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from curation.core.document import DOCUMENT
from curation.core.hashing import document_id
from curation.work.fate import FATE, no_fate

BATCH_BYTES = 8 * 2**20
BATCH_ROWS = 4096
READ = "read"
TOO_LARGE = "too_large"
N_REPLACED = "n_replaced"
KEPT_CHARACTERS = 1000

ROWS = pa.schema([*DOCUMENT, pa.field(N_REPLACED, pa.int64(), nullable=False), *FATE])
"""The columns that readers give."""

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_TEXTS = ("source_id", "domain", "location", "url", "date", "licence", "metadata")


@dataclass(frozen=True)
class RawDocument:
    """A document as a reader finds it.

    Args:
        text: may hold lone surrogates.
        location: path relative to the root of the source, never a scheme or host.
        row: number of the document in that file, from 0.
        source_id: the user's own id.
        metadata: a JSON object with whatever else the file says.
        n_replaced: characters that stand for bytes that were no UTF-8.
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
    n_replaced: int = 0


@dataclass(frozen=True)
class Unread:
    """A row that gives no document.

    Args:
        rule: why, in a word: unreadable_line, no_text, too_large, damaged_file.
        reason: why, in a sentence.
        text: what is there; its beginning is kept.
        value: what was measured, if anything was, and the threshold that it passed.
    """

    rule: str
    reason: str
    location: str
    row: int
    text: str = ""
    domain: str | None = None
    source_id: str | None = None
    value: float | None = None
    threshold: float | None = None


def to_batches(
    source: str,
    found: Iterable[RawDocument | Unread],
    *,
    max_document_bytes: int | None = None,
    sample: float | None = None,
    rejected: bool = True,
) -> Iterator[pa.RecordBatch]:
    """Give each row its id, and gather rows into batches with the columns of `ROWS`.

    A batch ends with the row that brings it to 8 MiB of text or 4,096 rows.

    Args:
        source: the source's name.
        found: documents, and rows that give none.
        max_document_bytes: longer documents are rejected, without their text.
        sample: share of the documents to keep, by the first half of their id; a smaller share is a part of a larger.
        rejected: whether rows without a document come too.
    """
    held = _Held(source)
    below = None if sample is None else f"{min(round(sample * 2**64), 2**64 - 1):016x}"
    for record in found:
        raw, n_mended = _encoded(record.text)
        source_id = record.source_id and _encoded(record.source_id)[0].decode()
        identity = document_id(source, source_id, record.location, record.row, raw)
        if isinstance(record, Unread):
            if rejected:
                held.add_unread(identity, record, raw.decode()[:KEPT_CHARACTERS].encode())
        elif below is not None and identity[:16] > below:
            continue
        elif max_document_bytes is not None and len(raw) > max_document_bytes:
            if rejected:
                held.add_too_large(identity, record, len(raw), max_document_bytes)
        else:
            held.add(identity, record, raw, n_mended)
        if held.n_bytes >= BATCH_BYTES or len(held.ids) >= BATCH_ROWS:
            yield held.to_batch()
            held = _Held(source)
    if held.ids:
        yield held.to_batch()


def decode(raw: bytes) -> tuple[str, int]:
    """Bytes as text, and how many characters U+FFFD replace what was no UTF-8."""
    try:
        return raw.decode(), 0
    except UnicodeDecodeError:
        text = raw.decode(errors="replace")
        return text, text.count("\ufffd") - raw.count("\ufffd".encode())


def _encoded(text: str) -> tuple[bytes, int]:
    """Text as UTF-8, and how many lone surrogates have become U+FFFD."""
    try:
        return text.encode(), 0
    except UnicodeEncodeError:
        mended, n = _LONE_SURROGATE.subn("\ufffd", text)
        return mended.encode(), n


class _Held:
    """Rows that are to become a batch."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.n_bytes = 0
        self.ids: list[str] = []
        self.records: list[RawDocument | Unread] = []
        self.texts: list[bytes] = []
        self.n_mended: list[int] = []
        self.fates: dict[int, tuple[str, float | None, float | None]] = {}

    def add(self, identity: str, record: RawDocument | Unread, raw: bytes, n_mended: int) -> None:
        self.ids.append(identity)
        self.records.append(record)
        self.texts.append(raw)
        self.n_mended.append(n_mended)
        self.n_bytes += len(raw)

    def add_unread(self, identity: str, record: Unread, raw: bytes) -> None:
        self.fates[len(self.ids)] = (record.rule, record.value, record.threshold)
        self.add(identity, record, raw, 0)

    def add_too_large(self, identity: str, record: RawDocument, size: int, limit: int) -> None:
        self.fates[len(self.ids)] = (TOO_LARGE, size, limit)
        self.add(identity, record, b"", 0)

    def to_batch(self) -> pa.RecordBatch:
        n = len(self.ids)
        columns: dict[str, Any] = {
            "id": pa.array(self.ids, pa.string()),
            "text": pa.array(self.texts, pa.binary()).view(pa.string()),
            "source": pa.array([self.source], pa.string()).take(pa.array(np.zeros(n, dtype=np.int64))),
            "row": pa.array([record.row for record in self.records], pa.int64()),
            N_REPLACED: pa.array(self._n_replaced(), pa.int64()),
        }
        for name in _TEXTS:
            columns[name] = _strings([getattr(record, name, None) for record in self.records])
        columns |= self._fate()
        return pa.RecordBatch.from_pydict(columns, schema=ROWS)

    def _n_replaced(self) -> list[int]:
        found = zip(self.n_mended, self.records, strict=True)
        return [mended + getattr(record, N_REPLACED, 0) for mended, record in found]

    def _fate(self) -> dict[str, pa.Array]:
        n = len(self.ids)
        fate = no_fate(n)
        if self.fates:
            told = [self.fates.get(place, (None, None, None)) for place in range(n)]
            fate["fate_stage"] = pa.array([rule and READ for rule, _, _ in told], pa.string())
            for position, name in enumerate(("fate_rule", "fate_value", "fate_threshold")):
                fate[name] = pa.array([entry[position] for entry in told], FATE.field(name).type)
        return fate


def _strings(values: list[str | None]) -> pa.Array:
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:
        return pa.array([value and _encoded(value)[0].decode() for value in values], pa.string())
