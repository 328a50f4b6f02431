"""A split of files: what one worker reads.

1. Each file is read by the reader of its format, which gives documents and rows that give none.
2. A row that gives no document goes on to the rejected ones; with `on_error: fail` it ends the run, with its place.
3. A file that cannot be read on ends the run; with `on_error: skip` it becomes one such row, `damaged_file`, after
   those that were read before.

The key of a split is the hash of its files' bytes and of how they are read, or of the checksum that a remote file
system keeps: a file that is renamed along with its whole tree, or copied, is the same.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import pyarrow as pa
import xxhash

from curation.core.errors import BadInput
from curation.core.hashing import digest
from curation.sources.batches import RawDocument, Unread, to_batches
from curation.sources.json_lines import NO_TEXT, UNREADABLE, read_json_lines
from curation.sources.listing import InputFile
from curation.sources.options import ReadOptions
from curation.sources.pages import read_html, read_text
from curation.sources.streams import BUFFER_BYTES, Damaged, open_content, open_stored
from curation.sources.tables import read_arrow, read_parquet
from curation.sources.warc import read_warc

DAMAGED = "damaged_file"
_ERRORS = {UNREADABLE, NO_TEXT}
Found = Iterator[RawDocument | Unread]
_STREAM_READERS: dict[str, Callable[..., Found]] = {
    "jsonl": read_json_lines,
    "warc": read_warc,
    "html": read_html,
    "text": read_text,
    "code": read_text,
}


@dataclass(frozen=True)
class FileSplit:
    """Files, or row groups of one parquet file, or one file up to a row.

    Args:
        options: how they are read.
        files: read one after the other.
        row_groups: the first one to read, and the first one not to read.
        piece_bytes: what these take of the file.
        stop_row: the first row not to read.
        rejected: whether rows that give no document come too, with their fate.
    """

    options: ReadOptions
    files: tuple[InputFile, ...]
    row_groups: tuple[int, int] | None = None
    piece_bytes: int | None = None
    stop_row: int | None = None
    rejected: bool = False

    @cached_property
    def key(self) -> str:
        how = [dataclasses.asdict(self.options), self.row_groups, self.stop_row]
        parts = [json.dumps(how, sort_keys=True)]
        for file in self.files:
            parts += [file.location, file.format, content_hash(file)]
        return digest(*parts)

    @property
    def size_bytes(self) -> int:
        return self.piece_bytes if self.piece_bytes is not None else sum(file.size_bytes for file in self.files)

    def read(self) -> Iterator[pa.RecordBatch]:
        return to_batches(
            self.options.source,
            self._found(),
            max_document_bytes=self.options.max_document_bytes,
            sample=self.options.sample,
            rejected=self.rejected,
        )

    def _found(self) -> Found:
        for file in self.files:
            for record in self._found_in(file):
                if self.stop_row is not None and record.row >= self.stop_row:
                    break
                yield record

    def _found_in(self, file: InputFile) -> Found:
        row = 0
        try:
            for record in self._records(file):
                if isinstance(record, Unread) and record.rule in _ERRORS and self.options.on_error == "fail":
                    raise BadInput(record.reason, where=_place(file, record.row), fix=self._fix("correct the row"))
                yield record
                row = record.row + 1
        except Damaged as error:
            if self.options.on_error != "skip":
                where, fix = _place(file, row), self._fix("replace the file")
                if error.fix:  # it is about the whole file
                    where, fix = file.uri, error.fix
                raise BadInput(error.what, where=where, fix=fix) from error
            yield Unread(DAMAGED, error.what, file.location, row, error.what, self.options.domain)

    def _records(self, file: InputFile) -> Found:
        if file.format == "parquet":
            yield from read_parquet(file, self.options, self.row_groups)
        elif file.format == "arrow":
            yield from read_arrow(file, self.options)
        else:
            with open_content(file.uri) as stream:
                yield from _STREAM_READERS[file.format](stream, file, self.options)

    def _fix(self, mend: str) -> str:
        return f"{mend}, or write `on_error: skip` for the source `{self.options.source}`"


@lru_cache(maxsize=1024)
def content_hash(file: InputFile) -> str:
    """What the file system says of a file's bytes, or their XXH3-128."""
    if file.checksum:
        return f"{file.size_bytes}:{file.checksum}"
    state = xxhash.xxh3_128()
    with open_stored(file.uri) as stream:
        while chunk := stream.read(BUFFER_BYTES):
            state.update(chunk)
    return state.hexdigest()


def _place(file: InputFile, row: int) -> str:
    if file.format in ("parquet", "arrow", "warc"):
        return f"{file.uri}, row {row}"
    return f"{file.uri}:{row + 1}" if file.format == "jsonl" else file.uri
