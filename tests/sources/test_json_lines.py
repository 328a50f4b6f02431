"""JSON lines in any compression: every line is a document, a reported row, or blank, and knows its number."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.core.errors import BadInput
from curation.core.hashing import document_id
from curation.sources import json_lines
from tests.support.source_files import COMPRESS, lines, read, texts, unread, write

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
documents = st.fixed_dictionaries(
    {"text": st.text()}, optional={"id": st.text(min_size=1), "extra": json_values, "more": json_values}
)
BAD = [b"{", b"{'text': 1}", b"[1]", b'"text"', b"12", b'{"text": "a"} x', b"nul", b"\xff\xfe", b"\0"]
bad_lines = st.sampled_from(BAD)
no_texts = st.sampled_from([b'{"id": "1"}', b'{"text": null}', b'{"text": 5}', b'{"text": ["a"]}'])
blank_lines = st.sampled_from([b"", b" ", b"\t \r"])


@settings(max_examples=80)
@given(
    st.lists(documents | bad_lines | no_texts | blank_lines, max_size=12),
    st.sampled_from(list(COMPRESS)),
    st.sampled_from([b"\n", b"\r\n"]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_every_line_is_a_document_or_a_reported_row_or_blank(
    found: list[Any], suffix: str, end: bytes, ends: bool, mark: bool, ascii: bool
) -> None:
    raw = [line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=ascii).encode() for line in found]
    data = (b"\xef\xbb\xbf" if mark else b"") + end.join(raw) + (end if ends and raw else b"")
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / f"a.jsonl{suffix}", data)
        rows = {row["row"]: row for row in read(path, on_error="skip")}
    expected: dict[int, str | None] = {}
    for number, line in enumerate(found):
        if isinstance(line, dict):
            expected[number] = None
        elif line.strip():
            expected[number] = "unreadable_line" if line in BAD else "no_text"
    assert {number: row["fate_rule"] for number, row in rows.items()} == expected
    for number, line in enumerate(found):
        if isinstance(line, dict):
            row = rows[number]
            assert row["text"] == line["text"]
            assert row["source_id"] == line.get("id")
            identity = document_id("s", line.get("id"), f"a.jsonl{suffix}", number, line["text"].encode())
            assert row["id"] == identity
            rest = {name: value for name, value in line.items() if name not in ("text", "id")}
            assert json.loads(row["metadata"] or "{}") == rest


@pytest.mark.parametrize("suffix", COMPRESS)
def test_rows_are_line_numbers(tmp_path: Path, suffix: str) -> None:
    data = b"\xef\xbb\xbf" + lines({"text": "0"}, "", "bad", {"text": "3"}, {"id": 4}, "  ", {"text": "6"})
    write(tmp_path / f"a.jsonl{suffix}", data.removesuffix(b"\n"))
    rows = read(tmp_path)
    assert [row["row"] for row in rows] == [0, 2, 3, 4, 6]
    assert unread(rows) == [("unreadable_line", f"a.jsonl{suffix}", 2), ("no_text", f"a.jsonl{suffix}", 4)]
    assert texts(rows) == ["0", "3", "6"]
    assert {row["fate_stage"] for row in rows} == {None, "read"}


def test_a_bad_line_keeps_its_beginning(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", lines({"text": "t"}, "{" + "x" * 5000))
    assert [row["text"] for row in read(tmp_path)] == ["t", "{" + "x" * 999]


def test_deep_nesting_is_an_unreadable_line(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", lines({"text": "t"}, '{"text": "deep", "a": ' + "[" * 200_000 + "]" * 200_000 + "}"))
    assert unread(read(tmp_path)) == [("unreadable_line", "a.jsonl", 1)]


def test_what_is_no_utf8_is_replaced_and_counted(tmp_path: Path) -> None:
    data = b'{"text": "a\xff\xfeb", "id": "i\xff"}\n{"text": "\xed\xa0\x80"}\n{"text": "already \xef\xbf\xbd"}\n'
    write(tmp_path / "a.jsonl", data + b'{"text": "lone \\ud800 and \\ud83d\\ude00", "k": "\\udfff"}\n')
    rows = read(tmp_path)
    assert texts(rows) == ["a\ufffd\ufffdb", "\ufffd" * 3, "already \ufffd", "lone \ufffd and \U0001f600"]
    assert [row["n_replaced"] for row in rows] == [3, 3, 0, 1]
    assert rows[0]["source_id"] == "i\ufffd"
    assert rows[3]["metadata"] == '{"k":"\ufffd"}'
    assert rows[3]["id"] == document_id("s", None, "a.jsonl", 3, rows[3]["text"].encode())


def test_nul_is_kept(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", lines({"text": "a\0b"}))
    assert texts(read(tmp_path)) == ["a\0b"]


def test_documents_above_the_limit_are_rejected_without_their_text(tmp_path: Path) -> None:
    write(
        tmp_path / "a.jsonl",
        lines({"text": "x" * 100, "id": "k"}, {"text": "x" * 101, "id": "l"}, {"text": "\u00e9" * 51}),
    )
    rows = read(tmp_path, max_document_bytes=100)
    assert [row["fate_rule"] for row in rows] == [None, "too_large", "too_large"]
    assert [(row["text"], row["fate_value"], row["fate_threshold"]) for row in rows[1:]] == [
        ("", 101, 100),
        ("", 102, 100),
    ]
    assert rows[1]["id"] == document_id("s", "l", "a.jsonl", 1, b"x" * 101)


@pytest.mark.parametrize("suffix", ["", ".zst"])
def test_a_huge_line_is_not_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str) -> None:
    monkeypatch.setattr(json_lines, "_SPACE_BYTES", 1000)
    for n in (1199, 1200, 1201, 50_000):
        write(tmp_path / f"a.jsonl{suffix}", b"x" * (n - 1) + b"\n" + lines({"text": "after"}) + b"y" * n)
        rows = read(tmp_path, max_document_bytes=100)
        rule = "too_large" if n > 1200 else "unreadable_line"
        last = "too_large" if n >= 1200 else "unreadable_line"
        assert unread(rows) == [(rule, f"a.jsonl{suffix}", 0), (last, f"a.jsonl{suffix}", 2)]
        assert rows[0]["fate_value"] == (n if n > 1200 else None)
        assert texts(rows) == ["after"]


def test_a_bad_line_can_end_the_run(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", lines({"text": "t"}, "", "{bad"))
    with pytest.raises(BadInput, match="no JSON") as raised:
        read(tmp_path, on_error="fail")
    assert raised.value.where == f"{path}:3"
    assert "on_error: skip" in (raised.value.fix or "")
    write(tmp_path / "a.jsonl", lines({"text": "t"}, {"text": 1}))
    with pytest.raises(BadInput, match="the text is no string, but int"):
        read(tmp_path, on_error="fail")


def test_a_file_without_any_text_column_is_an_error(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", lines({"txt": "t", "id": 1}, {"txt": "u"}))
    with pytest.raises(BadInput, match=r"no column 'text' or 'content'.*id, txt; did you mean 'txt'"):
        read(tmp_path)
    assert texts(read(tmp_path, fields={"text": "txt"})) == ["t", "u"]
    assert unread(read(tmp_path, on_error="skip")) == [("no_text", "a.jsonl", 0), ("no_text", "a.jsonl", 1)]
    with pytest.raises(BadInput, match="no column 'key'"):
        read(tmp_path, fields={"text": "txt", "id": "key"})


def test_an_array_of_objects(tmp_path: Path) -> None:
    rows = [{"text": "a", "id": "1"}, {"text": 5}, {"text": "c\u00e9"}, 7]
    for n, text in enumerate((json.dumps(rows), json.dumps(rows, indent=2), " \n" + json.dumps(rows) + "\n\n")):
        write(tmp_path / str(n) / "a.json.gz", text.encode())
        found = read(tmp_path / str(n))
        assert [row["row"] for row in found] == [0, 1, 2, 3]
        assert texts(found) == ["a", "c\u00e9"]
        assert [rule for rule, _, _ in unread(found)] == ["no_text", "unreadable_line"]
    write(tmp_path / "none" / "a.json", b"[ ]")
    assert read(tmp_path / "none") == []


@pytest.mark.parametrize(
    "data",
    [
        b'[{"text": "a"}, {"te',
        b'[{"text": "a"}',
        b'[{"text": "a"} {"text": "b"}]',
        b'[{"text": "a"}] x',
        b'[{"text": "a"},]',
    ],
)
def test_a_damaged_array_gives_what_is_before(tmp_path: Path, data: bytes) -> None:
    write(tmp_path / "a.json", data)
    with pytest.raises(BadInput, match="array"):
        read(tmp_path)
    rows = read(tmp_path, on_error="skip")
    assert texts(rows) == ["a"]
    assert unread(rows) == [("damaged_file", "a.json", 1)]


def test_a_line_that_is_an_array_is_no_array_of_lines(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", b'[{"text": "a"}]\n{"text": "b"}\n')
    rows = read(tmp_path)
    assert (texts(rows), unread(rows)) == (["b"], [("unreadable_line", "a.jsonl", 0)])
