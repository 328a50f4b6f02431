"""Tables: parquet, and Arrow files as the Hugging Face library saves them. A row is the row's number in the file.

1. The schema says at once whether the columns are there that a recipe names.
2. Rows are read in batches of about 8 MiB; text that is stored as bytes is decoded, and bytes that are no UTF-8 become
   U+FFFD.
3. The other columns become Python values, and are taken apart like those of a line of JSON (`fields`).

A parquet file can be read from one row group to another, so that a large file is several splits. Checksums of pages are
verified where the file has them. Memory: a row group as it is stored, and a batch.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from curation.sources.batches import BATCH_BYTES, BATCH_ROWS, RawDocument, Unread, decode
from curation.sources.fields import Fields
from curation.sources.json_lines import document_of
from curation.sources.listing import InputFile
from curation.sources.options import ReadOptions
from curation.sources.streams import Damaged, open_stored

_FIX = "name the column, such as `fields: {text: body}`"


def read_parquet(
    file: InputFile, options: ReadOptions, row_groups: tuple[int, int] | None = None
) -> Iterator[RawDocument | Unread]:
    """The documents of a parquet file.

    Args:
        row_groups: the first to read, and the first not to read; by default all are read.

    Raises:
        Damaged: it is no parquet file or damaged, or a column is missing.
    """
    with open_stored(file.uri) as stored, _arrow_errors():
        table = pq.ParquetFile(stored, page_checksum_verification=True)
        groups = range(*(row_groups or (0, table.num_row_groups)))
        first = sum(table.metadata.row_group(group).num_rows for group in range(groups.start))
        size = sum(table.metadata.row_group(group).total_byte_size for group in groups)
        n_rows = sum(table.metadata.row_group(group).num_rows for group in groups)
        batch_rows = max(1, min(BATCH_ROWS, n_rows * BATCH_BYTES // max(1, size)))
        batches = table.iter_batches(batch_rows, row_groups=list(groups), use_threads=False)
        yield from _documents(table.schema_arrow, batches, first, file, options)


def read_arrow(file: InputFile, options: ReadOptions) -> Iterator[RawDocument | Unread]:
    """The documents of an Arrow file, in the stream or the file format.

    Raises:
        Damaged: it is no Arrow file or damaged, or a column is missing.
    """
    with open_stored(file.uri) as stored, _arrow_errors():
        if stored.read(6) == b"ARROW1":
            reader = pa.ipc.open_file(stored)
            batches = (reader.get_batch(number) for number in range(reader.num_record_batches))
        else:
            stored.seek(0)
            reader = batches = pa.ipc.open_stream(stored)
        yield from _documents(reader.schema, batches, 0, file, options)


def row_group_bytes(file: InputFile) -> list[int]:
    """The stored size of every row group of a parquet file; none where the file cannot be read."""
    try:
        with open_stored(file.uri) as stored, _arrow_errors():
            metadata = pq.ParquetFile(stored).metadata
            groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
            return [sum(group.column(c).total_compressed_size for c in range(group.num_columns)) for group in groups]
    except Damaged:
        return []  # reading it says what is wrong


@contextlib.contextmanager
def _arrow_errors() -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the file system failed, not the file
        told = str(error).strip().partition("\n")[0]
        raise Damaged(told or type(error).__name__) from error


def _documents(
    schema: pa.Schema, batches: Iterator[pa.RecordBatch], row: int, file: InputFile, options: ReadOptions
) -> Iterator[RawDocument | Unread]:
    fields = Fields(dict(options.fields))
    if (missing := fields.check_columns(schema.names)) is not None:
        raise Damaged(missing, _FIX)
    text_name = next((name for name in fields.text_names if name in schema.names), None)
    for batch in batches:
        texts = [None] * batch.num_rows if text_name is None else _values(batch.column(text_name), as_bytes=True)
        columns = {name: _values(batch.column(name)) for name in batch.schema.names if name != text_name}
        for place, raw in enumerate(texts):
            values = {name: column[place] for name, column in columns.items()}
            text, n_replaced = decode(raw) if isinstance(raw, bytes) else (raw, 0)
            if text_name is not None:
                values[text_name] = text
            yield document_of(values, "", n_replaced, file, row, options, fields)
            row += 1
    if (missing := fields.check_rows()) is not None and options.on_error != "skip":
        raise Damaged(missing, _FIX)


def _values(column: pa.Array, *, as_bytes: bool = False) -> list[Any]:
    """A column as Python values: text as str, or as bytes, which need not be UTF-8.

    Raises:
        Damaged: Python has no such value.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.dictionary_decode(), kind.value_type
    is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    if as_bytes and is_text:
        column = column.cast(pa.large_binary())
    elif pa.types.is_timestamp(kind) and kind.unit == "ns":
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
    try:
        return list(column.to_pylist())
    except UnicodeDecodeError:
        if not is_text:
            raise Damaged("text inside of a column is no UTF-8") from None
        return [raw if raw is None else decode(raw)[0] for raw in column.cast(pa.large_binary()).to_pylist()]
    except (ValueError, OverflowError) as error:
        raise Damaged(f"a value of type {kind} cannot be read: {error}") from error
