"""Evaluation sets as they lie on disk: what is read, what an item is called, and what is said of a bad file."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from curation.core.errors import BadInput
from curation.decon import items
from curation.decon.evaluation_sets import EvaluationSetConfig, read_evaluation_set
from curation.decon.items import EvaluationItem

ROWS = [
    {"q": "What is 2+2?", "a": {"text": ["three", "four"], "right": 1}, "name": "x1"},
    {"q": "", "a": {"text": "none", "right": True}, "name": "x2"},
    {"q": "Why\u2019s that?", "a": {"text": None, "right": 2.5}, "name": 7},
]


def lines(rows: list[Any]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def read(*paths: Path | str, **fields: Any) -> Any:
    return read_evaluation_set(
        EvaluationSetConfig.model_validate(
            {"name": "quiz", "paths": [str(path) for path in paths], "fields": fields or {"question": "q"}}
        )
    )


@pytest.mark.parametrize(
    ("suffix", "compress"),
    [
        ("", bytes),
        (".gz", gzip.compress),
        (".bz2", bz2.compress),
        (".xz", lzma.compress),
        (".zst", lambda raw: zstandard.compress(raw[:70]) + zstandard.compress(raw[70:])),
    ],
)
def test_every_compression(tmp_path: Path, suffix: str, compress: Callable[[bytes], bytes]) -> None:
    path = tmp_path / f"quiz.jsonl{suffix}"
    path.write_bytes(compress(lines(ROWS).replace(b"\n", b"\r\n\n") + b"\n"))
    found = read(path, question="q", answer=["a.text", "a.right"], id="name")
    assert found.items == (
        EvaluationItem("quiz:x1", "What is 2+2?", "three\nfour\n1"),
        EvaluationItem("quiz:7", "Why\u2019s that?", "\n2.5"),
    )
    assert found.empty == (f"{path}:3",)
    assert found.content == read(tmp_path / "*", question="q", answer=["a.text", "a.right"], id="name").content


def test_items_without_an_id_are_called_by_file_and_line(tmp_path: Path) -> None:
    for name in ("a/test.jsonl", "b/test.jsonl", "b/c/dev.jsonl"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"\n" + lines(ROWS[2:]))
    assert [item.key for item in read(tmp_path).items] == [
        "quiz:a/test.jsonl:2",
        "quiz:b/c/dev.jsonl:2",
        "quiz:b/test.jsonl:2",
    ]
    two_of_one_name = read(tmp_path / "a/test.jsonl", tmp_path / "b/test.jsonl", tmp_path / "a/*")
    assert [item.key for item in two_of_one_name.items] == ["quiz:1/test.jsonl:2", "quiz:2/test.jsonl:2"]


def test_content_depends_on_what_is_read(tmp_path: Path) -> None:
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"
    one.write_bytes(lines(ROWS))
    other.write_bytes(lines(ROWS[::-1]))
    found = [read(one), read(other), read(one, question="q", id="name"), read(one, other)]
    assert len({each.content for each in found}) == 4
    one.write_bytes(lines(ROWS))
    assert read(one) == found[0]


def test_lone_surrogates_and_byte_order_marks(tmp_path: Path) -> None:
    path = tmp_path / "quiz.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"q": "a \\ud800 b \\ud83d\\ude00"}\n')
    assert [item.question for item in read(path).items] == ["a \ufffd b \U0001f600"]


@pytest.mark.parametrize(
    ("content", "fields", "said"),
    [
        (b'{"q": 1}\n{"qs": 1}\n', {}, ["quiz.jsonl:2: no field `q`", "did you mean `qs`?"]),
        (b'{"q": {"text": "x"}}\n', {}, ["quiz.jsonl:1: field `q` holds an object with text", "q.text"]),
        (b'{"q": "x"}\n', {"question": "q.text"}, ["quiz.jsonl:1: no field `q.text`", "fields there: none"]),
        (b'{"q": "x"}\n\n{"q": }\n', {}, ["quiz.jsonl:3: no JSON: Expecting value at column 7"]),
        (b'["q"]\n', {}, ['quiz.jsonl:1: no object: ["q"]']),
        (b'{"q": "\xff"}\n', {}, ["quiz.jsonl:1: byte 8 is no UTF-8"]),
        (b'{"q": " "}\n{"q": null}\n', {}, ["no items", "2 rows have an empty question"]),
        (b"", {}, ["no items", "0 rows"]),
    ],
)
def test_what_is_said_of_bad_lines(tmp_path: Path, content: bytes, fields: dict[str, Any], said: list[str]) -> None:
    path = tmp_path / "quiz.jsonl"
    path.write_bytes(content)
    with pytest.raises(BadInput) as error:
        read(path, **fields)
    assert all(part in str(error.value) for part in said)


def test_what_is_said_of_bad_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput, match=r"nothing\.jsonl"):
        read(tmp_path / "nothing.jsonl")
    (tmp_path / "quiz.parquet").write_bytes(b"PAR1")
    with pytest.raises(BadInput, match="no JSON lines, but parquet"):
        read(tmp_path / "quiz.parquet")
    torn = tmp_path / "quiz.jsonl.gz"
    torn.write_bytes(gzip.compress(lines(ROWS * 50))[:-30])
    with pytest.raises(BadInput, match="ends too early"):
        read(torn)
    monkeypatch.setattr(items, "MAX_TEXT_BYTES", 40)
    (tmp_path / "quiz.jsonl").write_bytes(lines(ROWS * 2))
    with pytest.raises(BadInput, match="50 B of text to decontaminate against"):
        read(tmp_path / "quiz.jsonl")
