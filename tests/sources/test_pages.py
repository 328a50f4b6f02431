"""Files that are one document each: text and source code as they are, the main text of HTML pages."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
import zstandard

from curation.core.errors import BadEnvironment
from curation.sources import pages
from curation.sources.pages import decode_page, main_text
from tests.support.source_files import COMPRESS, read, texts, unread, write

needs_extractor = pytest.mark.skipif(
    importlib.util.find_spec("resiliparse") is None, reason="resiliparse is not installed (the extra `extract`)"
)
PARAGRAPH = "A paragraph that says something about the world, in more than a few words. " * 4
PAGE = f"""<!doctype html><html><head><title>t</title><style>p {{}}</style></head><body>
<nav><a href="/">Home</a> <a href="/about">About</a></nav>
<article><h1>The heading</h1><p>{PARAGRAPH}</p><p>Caf\u00e9. {PARAGRAPH}</p></article>
<footer>Copyright of nobody</footer><script>var x = 1</script></body></html>"""


@pytest.mark.parametrize("suffix", COMPRESS)
def test_a_file_of_text_is_a_document(tmp_path: Path, suffix: str) -> None:
    write(tmp_path / "a" / f"one.txt{suffix}", "\ufeffcaf\u00e9\r\n\0".encode())
    write(tmp_path / f"main.py{suffix}", b"print(1)\n")
    write(tmp_path / f"empty.md{suffix}", b"")
    write(tmp_path / f"old.txt{suffix}", b"caf\xe9")
    rows = read(tmp_path, domain="docs")
    assert [(row["location"].removesuffix(suffix), row["row"], row["text"]) for row in rows] == [
        ("a/one.txt", 0, "caf\u00e9\r\n\0"),
        ("main.py", 0, "print(1)\n"),
        ("old.txt", 0, "caf\ufffd"),
    ]
    assert [row["n_replaced"] for row in rows] == [0, 0, 1]
    assert {row["domain"] for row in rows} == {"docs"}


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_file_above_the_limit_is_rejected(tmp_path: Path, suffix: str) -> None:
    write(tmp_path / f"a.txt{suffix}", b"x" * 100)
    write(tmp_path / f"b.txt{suffix}", b"x" * 3_000_000)
    rows = read(tmp_path, max_document_bytes=100)
    assert unread(rows) == [("too_large", f"b.txt{suffix}", 0)]
    assert (rows[1]["fate_value"], rows[1]["fate_threshold"], rows[1]["text"]) == (3_000_000, 100, "")


def test_a_damaged_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt.gz").write_bytes(COMPRESS[".gz"](b"some text " * 100)[:-9])
    assert unread(read(tmp_path, on_error="skip")) == [("damaged_file", "a.txt.gz", 0)]


def test_html_without_an_extractor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "a.html", PAGE.encode())
    monkeypatch.setattr(pages.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BadEnvironment, match="resiliparse") as raised:
        read(tmp_path)
    assert "mixwright[extract]" in (raised.value.fix or "")
    assert texts(read(tmp_path, reader="text")) == [PAGE]


@needs_extractor
def test_the_main_text_of_a_page(tmp_path: Path) -> None:
    write(tmp_path / "a.html", PAGE.encode())
    write(tmp_path / "b.htm.zst", PAGE.encode("latin-1").replace(b"<head>", b'<head><meta charset="latin-1">'))
    write(tmp_path / "empty.html", b"")
    write(tmp_path / "none.html", b"<html><body><script>x</script></body></html>")
    rows = read(tmp_path)
    assert unread(rows) == [("no_text", "none.html", 0)]
    for text in texts(rows):
        assert "The heading" in text
        assert f"Caf\u00e9. {PARAGRAPH.strip()}" in text
        assert "var x" not in text
        assert "Home" not in text
    assert len(texts(rows)) == 2


@needs_extractor
@pytest.mark.parametrize(
    ("raw", "charset", "text"),
    [
        ("caf\u00e9".encode("latin-1"), "iso-8859-1", "caf\u00e9"),
        ("caf\u00e9".encode(), "utf-8", "caf\u00e9"),
        ("caf\u00e9".encode(), "latin-1", "caf\u00e9"),
        ("\u65e5\u672c".encode("iso-2022-jp"), "iso-2022-jp", "\u65e5\u672c"),
        (b"\xe9t\xe9 " * 50, None, "\u00e9t\u00e9 " * 50),
        ("\ufeffcaf\u00e9".encode(), "iso-8859-5", "caf\u00e9"),
        (b"\xff\xfe" + "caf\u00e9".encode("utf-16-le"), None, "caf\u00e9"),
        (b"plain", "no-such-charset", "plain"),
        (b"plain", "hex", "plain"),
        (b'<meta charset="utf-16"><p>plain', None, '<meta charset="utf-16"><p>plain'),
        (b"\xe3\x81", "utf-8", "\ufffd"),
    ],
)
def test_the_encoding_of_a_page(raw: bytes, charset: str | None, text: str) -> None:
    found, n_replaced = decode_page(raw, charset)
    assert found == text
    assert n_replaced == text.count("\ufffd")


@needs_extractor
def test_pages_with_a_known_body(shared_data: Path) -> None:
    """Words of the body that people marked come out, and few others: the F1 of words is near what others report."""
    with zstandard.open(shared_data / "html_article_extraction" / "pages.jsonl.zst", "rt", encoding="utf-8") as stream:
        found = [json.loads(line) for line in stream.read().splitlines()]
    scores = []
    for page in found:
        html, body = page["html"], page["truth"]["articleBody"]
        told, wanted = set(main_text(html.encode())[0].split()), set(body.split())
        scores.append(2 * len(told & wanted) / max(1, len(told) + len(wanted)))
    assert sum(scores) / len(scores) > 0.7
