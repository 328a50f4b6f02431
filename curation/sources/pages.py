"""Files that are one document: text, source code, and HTML pages, of which the main text is taken.

A byte order mark is left out; bytes that are no UTF-8 become U+FFFD. An empty file gives no document.

The text of a page is found by resiliparse (the extra `extract`): its main content, without navigation and boilerplate,
as in DataComp-LM and Dolma 3. Its encoding is that of a byte order mark, UTF-8 if it is UTF-8 and not ASCII, that of
the server's header, of the page's meta tag, or the one that its bytes look like.
"""

from __future__ import annotations

import codecs
import importlib.util
import io
from collections.abc import Iterator

from curation.core.errors import BadEnvironment
from curation.sources.batches import TOO_LARGE, RawDocument, Unread, decode
from curation.sources.json_lines import NO_TEXT
from curation.sources.listing import InputFile
from curation.sources.options import ReadOptions
from curation.sources.streams import BUFFER_BYTES, skip

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def read_text(stream: io.BufferedReader, file: InputFile, options: ReadOptions) -> Iterator[RawDocument | Unread]:
    """The document that a file is."""
    for raw in _whole(stream, file, options):
        if isinstance(raw, Unread):
            yield raw
        else:
            text, n_replaced = decode(raw.removeprefix(codecs.BOM_UTF8))
            yield RawDocument(text, file.location, 0, options.domain, n_replaced=n_replaced)


def read_html(stream: io.BufferedReader, file: InputFile, options: ReadOptions) -> Iterator[RawDocument | Unread]:
    """The main text of the page that a file is."""
    for raw in _whole(stream, file, options):
        if isinstance(raw, Unread):
            yield raw
            continue
        text, n_replaced = main_text(raw)
        if text:
            yield RawDocument(text, file.location, 0, options.domain, n_replaced=n_replaced)
        else:
            yield Unread(NO_TEXT, "no text in the page", file.location, 0, decode(raw)[0], options.domain)


def check_extractor(where: str) -> None:
    """Whether HTML can be read here.

    Raises:
        BadEnvironment: resiliparse is not installed.
    """
    if importlib.util.find_spec("resiliparse") is None:
        raise BadEnvironment(
            "text is taken from HTML by resiliparse, which is not installed",
            where=where,
            fix="pip install 'mixwright[extract]', or write `reader: text` to take pages as they are",
        )


def main_text(page: bytes, charset: str | None = None) -> tuple[str, int]:
    """The main text of an HTML page, and how many of its characters U+FFFD replaces.

    Args:
        charset: what the server says of the page's encoding.

    Raises:
        BadEnvironment: resiliparse is not installed.
    """
    check_extractor("HTML")
    from resiliparse.extract.html2text import extract_plain_text

    html, n_replaced = decode_page(page, charset)
    text: str = extract_plain_text(html, main_content=True, alt_texts=False)
    return text.strip(), n_replaced


def decode_page(page: bytes, charset: str | None = None) -> tuple[str, int]:
    """A page as text, and how many of its characters U+FFFD replaces."""
    from resiliparse.parse.encoding import detect_encoding

    mark, encoding = next(((mark, name) for mark, name in _MARKS if page.startswith(mark)), (b"", charset))
    body = page.removeprefix(mark)
    text, n_replaced = decode(body)
    if n_replaced == 0 and not mark and not text.isascii():
        return text, 0  # nothing else is UTF-8 by chance, and tags and headers are often wrong
    try:
        codec = codecs.lookup(encoding or detect_encoding(body, from_html_meta=True) or "utf-8").name
        if codec == "utf-8" or (codec.startswith("utf-16") and not mark):  # a tag that can be read is not in UTF-16
            return text, n_replaced
        text = body.decode(codec, errors="replace")
    except (LookupError, ValueError):
        return text, n_replaced
    return text, text.count("\ufffd")


def _whole(stream: io.BufferedReader, file: InputFile, options: ReadOptions) -> Iterator[bytes | Unread]:
    """All bytes of a file, if there are any and not too many."""
    limit = options.max_document_bytes
    chunks, size = [], 0
    while size <= limit and (chunk := stream.read1(BUFFER_BYTES)):
        chunks.append(chunk)
        size += len(chunk)
    if size > limit:
        size += skip(stream)
        yield Unread(TOO_LARGE, "the file is too long", file.location, 0, "", options.domain, None, size, limit)
    elif size:
        yield b"".join(chunks)
