"""Web archives: which records are documents, how bodies are undone, and archives that end too early."""

from __future__ import annotations

import gzip
import importlib.util
import zlib
from pathlib import Path

import pytest
import zstandard

from curation.core.errors import BadInput
from tests.support.source_files import read, texts, unread, write

needs_extractor = pytest.mark.skipif(
    importlib.util.find_spec("resiliparse") is None, reason="resiliparse is not installed (the extra `extract`)"
)
PLAIN = "Content-Type: text/plain; charset=utf-8\r\n"


def record(kind: str, block: bytes, **headers: str) -> bytes:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    told = {"WARC-Type": kind, "Content-Length": str(len(block)), **named}
    head = "WARC/1.0\r\n" + "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return head.encode() + b"\r\n" + block + b"\r\n\r\n"


def response(body: bytes, headers: str = PLAIN, status: str = "200 OK", **warc: str) -> bytes:
    return record("response", f"HTTP/1.1 {status}\r\n{headers}\r\n".encode() + body, **warc)


def chunked(body: bytes, size: int) -> bytes:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(f"{len(piece):x};ext=1\r\n".encode() + piece + b"\r\n" for piece in pieces) + b"0\r\n\r\n"


def documents(tmp_path: Path, *records: bytes, name: str = "a.warc", **config: object) -> list[str]:
    return texts(read(write(tmp_path / name, b"".join(records)), **config))


def test_columns_of_a_document(tmp_path: Path) -> None:
    warc = {
        "WARC_Record_ID": "<urn:uuid:1-2>",
        "WARC_Target_URI": "https://x.org/",
        "WARC_Date": "2024-04-25T16:24:44Z",
    }
    write(tmp_path / "a.warc", record("warcinfo", b"software: x\r\n") + response("caf\u00e9".encode(), **warc))
    (row,) = read(tmp_path, domain="web")
    told = {name: row[name] for name in ("source_id", "url", "date", "row", "text", "domain", "location")}
    assert told == {
        "source_id": "1-2",
        "url": "https://x.org/",
        "date": "2024-04-25T16:24:44Z",
        "row": 1,
        "text": "caf\u00e9",
        "domain": "web",
        "location": "a.warc",
    }


def test_only_pages_are_documents(tmp_path: Path) -> None:
    found = [
        record("request", b"GET / HTTP/1.1\r\n\r\n"),
        response(b"\x89PNG", "Content-Type: image/png\r\n"),
        response(b"one"),
        record("metadata", b"a: b\r\n"),
        record("revisit", b"HTTP/1.1 200 OK\r\n\r\n"),
        record("response", b"20240101 dns record", Content_Type="text/dns"),
        response(b"gone", status="404 Not Found"),
        response(b"two", "content-type: TEXT/Plain\r\n", status="206 Partial"),
        response(b"", ""),
    ]
    rows = read(write(tmp_path / "a.warc", b"".join(found)))
    assert [(row["row"], row["fate_rule"], row["text"]) for row in rows] == [
        (2, None, "one"),
        (6, "http_status", "gone"),
        (7, None, "two"),
    ]
    assert rows[1]["fate_value"] == 404


def test_text_of_wet_files(tmp_path: Path) -> None:
    told = {"Content_Type": "text/plain", "WARC_Target_URI": "u"}
    found = record("conversion", "texte \u00e9crit\n".encode(), **told) + record(
        "conversion", b"{}", Content_Type="application/json"
    )
    rows = read(write(tmp_path / "a.warc.wet.gz", found))
    assert [(row["text"], row["url"]) for row in rows] == [("texte \u00e9crit\n", "u")]


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("encoding", ["", "gzip", "x-gzip", "deflate", "raw deflate", "zstd", "identity"])
def test_bodies_are_undone(tmp_path: Path, encoding: str, size: int) -> None:
    text = "a text of some length, " * 10
    raw = zlib.compressobj(wbits=-15)
    packed = {
        "gzip": gzip.compress(text.encode()),
        "x-gzip": gzip.compress(text.encode()),
        "deflate": zlib.compress(text.encode()),
        "raw deflate": raw.compress(text.encode()) + raw.flush(),
        "zstd": zstandard.compress(text.encode()),
    }.get(encoding, text.encode())
    headers = PLAIN + (f"Content-Encoding: {encoding.removeprefix('raw ')}\r\n" if encoding else "")
    in_chunks = response(chunked(packed, size), headers + "Transfer-Encoding: chunked\r\n")
    assert documents(tmp_path, response(packed, headers), in_chunks) == [text, text]
    # archives often keep the headers and store the body undone
    undone = response(text.encode(), headers + "Transfer-Encoding: chunked\r\n")
    assert documents(tmp_path, undone, response(text.encode(), headers)) == [text, text]


def test_a_body_in_an_unknown_encoding_is_reported(tmp_path: Path) -> None:
    rows = read(write(tmp_path / "a.warc", response(b"\x0b\x80", PLAIN + "Content-Encoding: br\r\n")))
    assert unread(rows) == [("no_text", "a.warc", 0)]


def test_records_and_pages_above_the_limit(tmp_path: Path) -> None:
    packed = gzip.compress(b"x" * 5000)
    found = [
        response(b"x" * 2000, WARC_Record_ID="<urn:uuid:9>"),
        response(b"after"),
        response(packed, PLAIN + "Content-Encoding: gzip\r\n"),
        response(b"last"),
    ]
    rows = read(write(tmp_path / "a.warc", b"".join(found)), max_document_bytes=1000)
    assert unread(rows) == [("too_large", "a.warc", 0), ("too_large", "a.warc", 2)]
    assert texts(rows) == ["after", "last"]
    assert rows[0]["source_id"] == "9"


def test_headers_are_read_leniently(tmp_path: Path) -> None:
    block = b"HTTP/1.0 200\ncontent-type:\n  text/plain\nContent-Type: image/png\n\nbody"
    head = f"WARC/1.1\nwarc-type:response\nWARC-Target-URI: <http://x>\ncontent-length:{len(block)}\n\n"
    assert documents(tmp_path, b"\r\n\n" + head.encode() + block + b"\n\n") == ["body"]


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_an_archive_that_ends_too_early(tmp_path: Path, name: str) -> None:
    pack = gzip.compress if name.endswith(".gz") else bytes
    first, second = pack(response(b"first")), pack(response(b"second" * 50))
    path = tmp_path / name
    for cut in (10, 60, len(second) // 2):
        path.write_bytes(first + second[:cut])
        with pytest.raises(BadInput, match=r"too early|damaged") as raised:
            read(path)
        assert raised.value.where == f"{path}, row 1"
        rows = read(path, on_error="skip")
        assert (texts(rows), unread(rows)) == (["first"], [("damaged_file", name, 1)])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", "no record begins"),
        (b"WARC/1.0\r\nWARC-Type: response\r\n\r\n", "no length"),
        (b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: -1\r\n\r\n", "no length"),
        (b"WARC/1.0\r\nWARC-Type: request\r\nContent-Length: 10\r\n\r\nabc", "ends too early"),
    ],
)
def test_what_is_no_record_is_damage(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        documents(tmp_path, response(b"first"), data)


def test_an_empty_archive(tmp_path: Path) -> None:
    assert documents(tmp_path, b"", name="a.warc.gz") == []


@needs_extractor
def test_pages_of_html(tmp_path: Path) -> None:
    page = "<html><body><article><p>" + "Un caf\u00e9 au lait, bien s\u00fbr. " * 20 + "</p></article></body></html>"
    latin = response(page.encode("latin-1"), "Content-Type: text/html; charset=iso-8859-1\r\n")
    untyped = response(page.encode(), "")
    xhtml = response(page.encode(), 'Content-Type: application/xhtml+xml;charset="utf-8"\r\n')
    empty = response(b"<html><script>1</script></html>", "Content-Type: text/html\r\n")
    rows = read(write(tmp_path / "a.warc.gz", latin + untyped + xhtml + empty))
    assert unread(rows) == [("no_text", "a.warc.gz", 3)]
    assert texts(rows) == [("Un caf\u00e9 au lait, bien s\u00fbr. " * 20).strip()] * 3


@needs_extractor
def test_archives_of_a_crawler(shared_data: Path) -> None:
    rows = read(shared_data / "dolma_test_data" / "warc")
    assert len(texts(rows)) == 37
    assert not unread(rows)
    assert len({row["source_id"] for row in rows}) == 37
    assert all(row["url"].startswith("http") and row["date"].startswith("2024-04-25") for row in rows)
    by_url = {row["url"]: row["text"] for row in rows}
    assert "Academic Lineage" in by_url["https://soldaini.net/lineage/"]
