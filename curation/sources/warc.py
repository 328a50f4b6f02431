"""Web archives: WARC files of pages, and WET files of their text. A row is the number of the record in the file.

1. Records follow each other: a version line, headers, as many bytes as they say.
2. A `response` record is an HTTP response. Its chunks are joined and its body is decompressed as its headers say; where
   the body is not as they say, it is taken as it is, for archives often store it undone.
3. HTML gives its main text (`pages`), plain text itself. A response with another status than 2xx is rejected
   (`http_status`); other media types, requests, metadata and revisits are no documents.
4. A `conversion` record (WET) of plain text is a document as it is.

The record's id is the user's id, its target the URL, its date the date. A page without text, and one whose compression
is not known here (brotli), give a row without text.

Reference: The WARC Format 1.1, IIPC; RFC 9112, section 7.1 (chunks). Memory: a record, at most `max_document_bytes`.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import zstandard

from curation.sources.batches import TOO_LARGE, RawDocument, Unread, decode
from curation.sources.json_lines import NO_TEXT
from curation.sources.listing import InputFile
from curation.sources.options import ReadOptions
from curation.sources.pages import main_text
from curation.sources.streams import Damaged, skip

HTTP_STATUS = "http_status"
_HTML = {"text/html", "application/xhtml+xml"}
_LONGEST_LINE = 2**16
_MARKUP = re.compile(rb"\s*<(!doctype\s+html|html|head|body)", re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([^\s\"';,]+)", re.IGNORECASE)
Headers = Mapping[str, str]


@dataclass(frozen=True)
class _Page:
    """The body of a record, and what is said of it."""

    body: bytes
    media_type: str
    charset: str | None


def read_warc(stream: io.BufferedReader, file: InputFile, options: ReadOptions) -> Iterator[RawDocument | Unread]:
    """The documents of an archive, and the records that should give one and do not.

    Raises:
        Damaged: there is no record where one should begin, or it ends too early.
    """
    row = 0
    while (headers := _record_headers(stream, row)) is not None:
        size = _length(headers, row)
        kind = headers.get("warc-type", "").lower()
        if kind not in ("response", "conversion"):
            if skip(stream, size) < size:
                raise Damaged(_cut(row))
        elif size > (limit := options.max_document_bytes):
            if skip(stream, size) < size:
                raise Damaged(_cut(row))
            what = "the record is too long"
            yield Unread(TOO_LARGE, what, file.location, row, "", options.domain, _identity(headers), size, limit)
        else:
            block = stream.read(size)
            if len(block) < size:
                raise Damaged(_cut(row))
            yield from _documents(kind, headers, block, file, row, options)
        row += 1


def _documents(
    kind: str, headers: Headers, block: bytes, file: InputFile, row: int, options: ReadOptions
) -> Iterator[RawDocument | Unread]:
    place, limit, identity = (file.location, row), options.max_document_bytes, _identity(headers)

    def unread(rule: str, reason: str, text: str, value: float | None = None, threshold: float | None = None) -> Unread:
        return Unread(rule, reason, *place, text, options.domain, identity, value, threshold)

    url = headers.get("warc-target-uri", "").strip("<>") or None
    if kind == "conversion":
        page = _Page(block, *_media_type(headers.get("content-type", "text/plain")))
    else:
        status, http, body = _http_response(block)
        if status is None:
            return  # no HTTP: a DNS record, or FTP
        identified = headers.get("warc-identified-payload-type")
        media_type, charset = _media_type(http.get("content-type", ""))
        media_type = media_type or _media_type(identified or "")[0] or ("text/html" if _MARKUP.match(body) else "")
        if media_type not in _HTML and media_type != "text/plain":
            return
        if not 200 <= status < 300:
            yield unread(HTTP_STATUS, f"HTTP status {status}", decode(body)[0], status)
            return
        decoded = _decoded_body(body, http, limit)
        if decoded is None:
            yield unread(NO_TEXT, f"body encoded as {http.get('content-encoding')}", "")
            return
        if len(decoded) > limit:
            yield unread(TOO_LARGE, "the page is too long", "", len(decoded), limit)
            return
        page = _Page(decoded, media_type, charset)
    if page.media_type in _HTML:
        text, n_replaced = main_text(page.body, page.charset)
    elif page.media_type == "text/plain":
        text, n_replaced = _plain_text(page)
    else:
        return
    if text:
        date = headers.get("warc-date")
        yield RawDocument(text, *place, options.domain, identity, url, date, n_replaced=n_replaced)
    else:
        yield unread(NO_TEXT, "no text in the page", decode(page.body)[0])


def _record_headers(stream: io.BufferedReader, row: int) -> dict[str, str] | None:
    """The headers of the next record; None at the end of the file."""
    line = b"\r\n"
    while line in (b"\r\n", b"\n"):
        line = stream.readline(_LONGEST_LINE)
    if not line:
        return None
    if not line.startswith(b"WARC/"):
        raise Damaged(f"no record begins where record {row:,} should: {line[:40]!r}")
    lines = []
    while (line := stream.readline(_LONGEST_LINE)) not in (b"\r\n", b"\n"):
        if not line:
            raise Damaged(_cut(row))
        lines.append(line)
    return _headers(lines)


def _headers(lines: list[bytes]) -> dict[str, str]:
    """Headers by their name in lower case; the first of a name counts. A line that begins with space goes on."""
    found: list[list[str]] = []
    for line in lines:
        text = line.decode(errors="replace").rstrip("\r\n")
        if text[:1] in (" ", "\t") and found:
            found[-1][1] += " " + text.strip()
        else:
            name, _, value = text.partition(":")
            found.append([name.strip().lower(), value.strip()])
    headers: dict[str, str] = {}
    for name, value in found:
        headers.setdefault(name, value)
    return headers


def _identity(headers: Headers) -> str | None:
    return headers.get("warc-record-id", "").strip("<>").removeprefix("urn:uuid:") or None


def _length(headers: Headers, row: int) -> int:
    told = headers.get("content-length", "")
    if not re.fullmatch("[0-9]{1,18}", told):
        raise Damaged(f"record {row:,} has no length: Content-Length is {told!r}")
    return int(told)


def _http_response(block: bytes) -> tuple[int | None, Headers, bytes]:
    """Status, headers and body; no status if it is no HTTP response."""
    match = re.match(rb"HTTP/\d(?:\.\d)?\s+(\d{3})[^\n]*\r?\n", block)
    if match is None:
        return None, {}, b""
    end = re.compile(rb"\r?\n\r?\n").search(block, match.end() - 2)
    head, body = (block[match.end() : end.start()], block[end.end() :]) if end else (block[match.end() :], b"")
    return int(match[1]), _headers(head.splitlines()), body


def _media_type(told: str) -> tuple[str, str | None]:
    charset = _CHARSET.search(told)
    return told.partition(";")[0].strip().lower(), charset[1] if charset else None


def _decoded_body(body: bytes, http: Headers, limit: int) -> bytes | None:
    """A body without chunks and compression; None if it is compressed in an unknown way."""
    if "chunked" in http.get("transfer-encoding", "").lower():
        body = _joined_chunks(body)
    encoding = http.get("content-encoding", "").strip().lower()
    if encoding in ("gzip", "x-gzip", "deflate"):
        for wbits in (47, -15):
            try:
                return zlib.decompressobj(wbits).decompress(body, limit + 1) if body else body
            except zlib.error:
                continue
        return body
    if encoding == "zstd":
        try:
            return zstandard.ZstdDecompressor().decompressobj().decompress(body)
        except zstandard.ZstdError:
            return body
    known = encoding in ("", "identity", "none", "utf-8")
    return body if known or _MARKUP.match(body) else None


def _joined_chunks(body: bytes) -> bytes:
    """The chunks of a body; the body itself if it is not in chunks."""
    chunks, place = [], 0
    while match := re.compile(rb"([0-9a-fA-F]{1,8})[^\r\n]*\r?\n").match(body, place):
        size = int(match[1], 16)
        chunks.append(body[match.end() : match.end() + size])
        place = match.end() + size
        if size == 0 or place >= len(body):
            return b"".join(chunks)
        place += 2 if body.startswith(b"\r\n", place) else 1
    return body


def _plain_text(page: _Page) -> tuple[str, int]:
    try:
        return page.body.decode(page.charset or "utf-8"), 0
    except (LookupError, UnicodeError):
        return decode(page.body)


def _cut(row: int) -> str:
    return f"record {row:,} ends too early"
