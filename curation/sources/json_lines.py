"""JSON lines: one object a line. And a .json file that holds one array of objects.

1. A line is read whole; its number, from 0, is the row: blank lines and bad ones count, so that row n is line n + 1 of
   the file. `\\r\\n`, a byte order mark and a missing newline at the end are fine.
2. Bytes that are no UTF-8 become U+FFFD. What is then no JSON object is an unreadable line.
3. The object is taken apart (`fields`); without text, or with text that is no string, it is a row without text.
4. A column that a recipe names, or any text column at all, must be in one row of a file at least.

A line that is more than twice as long as a document may be, and 1 MiB, is not parsed. In an array the row is the place
in it; nothing after a bad place can be read. Memory: a line; an array is held whole, as text.

Cost: about 14 us a row and 5 ns a byte, decompression included; the parser of the standard library is a third of it.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

from curation.sources.batches import KEPT_CHARACTERS, TOO_LARGE, RawDocument, Unread, decode
from curation.sources.fields import Fields
from curation.sources.listing import InputFile
from curation.sources.options import ReadOptions
from curation.sources.streams import Damaged, compression_of

UNREADABLE = "unreadable_line"
NO_TEXT = "no_text"
_BOM = b"\xef\xbb\xbf"
_SPACE_BYTES = 2**20
_WHITE = " \t\r\n"
_decoder = json.JSONDecoder()


def read_json_lines(stream: io.BufferedReader, file: InputFile, options: ReadOptions) -> Iterator[RawDocument | Unread]:
    """The documents of a file, and the lines that give none.

    Raises:
        Damaged: a column is in no row; after the last one.
    """
    fields = Fields(dict(options.fields))
    if _is_array(stream, file):
        yield from _read_array(stream, file, options, fields)
    else:
        yield from _read_lines(stream, file, options, fields)
    if (missing := fields.check_rows()) is not None and options.on_error != "skip":
        raise Damaged(missing, "name the column, such as `fields: {text: body}`")


def _read_lines(
    stream: io.BufferedReader, file: InputFile, options: ReadOptions, fields: Fields
) -> Iterator[RawDocument | Unread]:
    longest = 2 * options.max_document_bytes + _SPACE_BYTES
    row = -1
    while line := stream.readline(longest):
        row += 1
        if len(line) == longest and not line.endswith(b"\n"):
            yield _too_long(stream, line, file, row, options)
            continue
        line = line.removeprefix(_BOM)
        if not line or line.isspace():
            continue
        text, n_replaced = decode(line)
        text = text.lstrip(_WHITE)
        try:
            value, end = _decoder.raw_decode(text)
            if text[end:].strip(_WHITE):
                raise json.JSONDecodeError("more behind the object", text, end)
        except (ValueError, RecursionError) as error:
            yield Unread(UNREADABLE, f"no JSON: {_told(error)}", file.location, row, text, options.domain)
            continue
        yield document_of(value, text, n_replaced, file, row, options, fields)


def document_of(
    value: Any, text: str, n_replaced: int, file: InputFile, row: int, options: ReadOptions, fields: Fields
) -> RawDocument | Unread:
    """The document of a row, or why it gives none.

    Args:
        value: the row.
        text: what is kept of it if it is no object.
    """
    if not isinstance(value, dict):
        reason = f"no JSON object, but {type(value).__name__}"
        return Unread(UNREADABLE, reason, file.location, row, text, options.domain)
    try:
        found, columns = fields.take(value)
    except RecursionError:
        return Unread(UNREADABLE, "nested too deeply", file.location, row, text, options.domain)
    columns["domain"] = columns["domain"] or options.domain
    if isinstance(found, str):
        return RawDocument(found, file.location, row, n_replaced=n_replaced, **columns)
    reason = "no text" if found is None else f"the text is no string, but {type(found).__name__}"
    return Unread(NO_TEXT, reason, file.location, row, "", columns["domain"], columns["source_id"])


def _too_long(stream: io.BufferedReader, line: bytes, file: InputFile, row: int, options: ReadOptions) -> Unread:
    size = len(line)
    while (more := stream.readline(_SPACE_BYTES)) and not more.endswith(b"\n"):
        size += len(more)
    size += len(more)
    text, _ = decode(line[: 4 * KEPT_CHARACTERS])
    limit = options.max_document_bytes
    return Unread(TOO_LARGE, "the line is too long", file.location, row, text, options.domain, None, size, limit)


def _is_array(stream: io.BufferedReader, file: InputFile) -> bool:
    name = file.location.lower()
    if not name.removesuffix(compression_of(name)).endswith(".json"):
        return False
    return stream.peek(1).removeprefix(_BOM).lstrip()[:1] == b"["


def _read_array(
    stream: io.BufferedReader, file: InputFile, options: ReadOptions, fields: Fields
) -> Iterator[RawDocument | Unread]:
    text, n_replaced = decode(stream.read().removeprefix(_BOM))
    row, place = 0, _after(text, 0)
    while True:
        place = _after(text, place + 1)
        if text[place : place + 1] == "]" and row == 0:
            break
        try:
            value, end = _decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            raise Damaged(f"no JSON in the array: {_told(error)}") from error
        yield document_of(value, text[place:end], n_replaced, file, row, options, fields)
        n_replaced = 0  # counted once, with the first document
        place, row = _after(text, end), row + 1
        if text[place : place + 1] == "]":
            break
        if text[place : place + 1] != ",":
            raise Damaged(f"the array ends too early, after {row:,} values")
    if text[place + 1 :].strip():
        raise Damaged("there is more behind the array")


def _after(text: str, place: int) -> int:
    """The next place that is not white space."""
    while text[place : place + 1] and text[place] in _WHITE:
        place += 1
    return place


def _told(error: BaseException) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)
