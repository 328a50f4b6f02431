"""Tables: parquet and Arrow files read like lines of JSON, whatever the types of their columns."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curation.core.errors import BadInput
from curation.core.hashing import document_id
from curation.sources import tables
from curation.sources.file_split import FileSplit
from curation.sources.listing import list_files
from curation.sources.options import ReadOptions
from curation.sources.source import SourceConfig
from tests.support.source_files import lines, parquet, read, texts, unread, write

ROWS = [
    {"id": "1", "text": "first", "url": "u", "metadata": {"lang": "en", "date": "2024"}, "n": 1},
    {"id": None, "text": "", "url": None, "metadata": None, "n": None},
    {"id": "3", "text": "th\u00eerd", "url": "", "metadata": {"lang": None, "date": None}, "n": 3},
]


def arrow(rows: Any, *, stream: bool) -> bytes:
    table = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(rows)
    sink = pa.BufferOutputStream()
    make = pa.ipc.new_stream if stream else pa.ipc.new_file
    with make(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    return sink.getvalue().to_pybytes()


def test_a_table_reads_like_lines_of_json(tmp_path: Path) -> None:
    expected = read(write(tmp_path / "json" / "a", lines(*ROWS)), reader="jsonl")
    assert json.loads(expected[0]["metadata"]) == {"n": 1, "lang": "en", "date": "2024"}
    for name, reader, data in [
        ("parquet", "parquet", parquet(ROWS)),
        ("groups", "parquet", parquet(ROWS, row_group_size=1)),
        ("stream", "arrow", arrow(ROWS, stream=True)),
        ("file", "arrow", arrow(ROWS, stream=False)),
    ]:
        assert read(write(tmp_path / name / "a", data), reader=reader) == expected


@pytest.mark.parametrize(
    "kind",
    [
        pa.string(),
        pa.large_string(),
        pa.binary(),
        pa.large_binary(),
        pa.dictionary(pa.int32(), pa.string()),
        pa.string_view(),
    ],
    ids=str,
)
def test_text_columns_of_all_types(tmp_path: Path, kind: pa.DataType) -> None:
    values = ["a", "b\u00e9", None, "", "a"]
    table = pa.table({"text": pa.array(values, pa.string()).cast(kind)})
    rows = read(write(tmp_path / "a.arrow", arrow(table, stream=True)))
    assert texts(rows) == ["a", "b\u00e9", "", "a"]
    assert unread(rows) == [("no_text", "a.arrow", 2)]


def test_what_is_no_utf8_is_replaced_and_counted(tmp_path: Path) -> None:
    raw = pa.array([b"good", b"b\xff\xfed", b"\xed\xa0\x80"])
    text = pa.Array.from_buffers(pa.string(), 3, raw.buffers())
    table = pa.table({"text": text, "id": text, "raw": raw})
    rows = read(write(tmp_path / "a.arrow", arrow(table, stream=True)))
    assert texts(rows) == ["good", "b\ufffd\ufffdd", "\ufffd" * 3]
    assert [row["n_replaced"] for row in rows] == [0, 2, 3]
    assert [row["source_id"] for row in rows] == ["good", "b\ufffd\ufffdd", "\ufffd" * 3]


def test_other_columns_become_metadata_whatever_their_type(tmp_path: Path) -> None:
    moment = datetime.datetime(2024, 1, 2, 3, 4, 5, 678)
    table = pa.table(
        {
            "text": ["t"],
            "date": pa.array([moment], pa.timestamp("ns")),
            "tags": [["a", "b"]],
            "nested": [{"x": {"y": 1.5}}],
            "score": [float("nan")],
            "raw": [b"\xff"],
            "category": pa.array(["c"]).dictionary_encode(),
        }
    )
    (row,) = read(write(tmp_path / "a.parquet", parquet(table)))
    assert row["date"] == "2024-01-02T03:04:05.000678"
    expected = {"tags": ["a", "b"], "nested": {"x": {"y": 1.5}}, "score": None, "raw": "\ufffd", "category": "c"}
    assert json.loads(row["metadata"]) == expected


def test_nested_fields(tmp_path: Path) -> None:
    rows = [{"data": {"body": "b", "key": 7}}]
    (row,) = read(write(tmp_path / "a.parquet", parquet(rows)), fields={"text": "data.body", "id": "data.key"})
    assert (row["text"], row["source_id"]) == ("b", "7")
    with pytest.raises(BadInput, match=r"no column 'data\.bodi'"):
        read(tmp_path, fields={"text": "data.bodi"})


def test_a_missing_column_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", parquet([{"txt": "t", "id": 1}]))
    with pytest.raises(
        BadInput, match="no column 'text' or 'content'; the columns are id, txt; did you mean 'txt'"
    ) as raised:
        read(path)
    assert (raised.value.where or "").startswith(str(path))
    assert "fields" in (raised.value.fix or "")
    rows = read(path, on_error="skip")
    assert unread(rows) == [("damaged_file", "a.parquet", 0)]
    assert "did you mean 'txt'" in rows[0]["text"]


def test_text_that_is_no_string_is_no_text(tmp_path: Path) -> None:
    assert unread(read(write(tmp_path / "a.parquet", parquet([{"text": 5}, {"text": None}])))) == [
        ("no_text", "a.parquet", 0),
        ("no_text", "a.parquet", 1),
    ]


@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
def test_a_damaged_table(tmp_path: Path, suffix: str) -> None:
    rows = [{"text": f"text {i} " * 50, "id": str(i)} for i in range(500)]
    whole = parquet(rows, row_group_size=100) if suffix == ".parquet" else arrow(rows, stream=True)
    for n, data in enumerate((whole[: len(whole) // 2], b"no table", b"")):
        path = write(tmp_path / str(n) / f"a{suffix}", data)
        if not data and suffix == ".arrow":
            continue
        with pytest.raises(BadInput) as raised:
            read(path)
        assert str(path) in (raised.value.where or "")
        found = read(path, on_error="skip")
        assert unread(found)[-1][:2] == ("damaged_file", f"a{suffix}")
        assert texts(found) == [row["text"] for row in rows[: len(found) - 1]]


def test_a_page_with_a_wrong_checksum_is_damaged(tmp_path: Path) -> None:
    rows = [{"text": "x" * 1000} for _ in range(10)]
    options = {"compression": "none", "use_dictionary": False, "write_page_checksum": True, "write_statistics": False}
    data = parquet(rows, **options)
    place = data.index(b"x" * 100)
    path = write(tmp_path / "a.parquet", data[:place] + b"y" + data[place + 1 :])
    with pytest.raises(BadInput, match=r"(?i)checksum|crc"):
        read(path)


def test_row_groups_of_a_file_are_the_file(tmp_path: Path) -> None:
    rows = [{"text": f"text {i}"} for i in range(20)]
    write(tmp_path / "a.parquet", parquet(rows, row_group_size=3))
    (file,) = list_files([str(tmp_path)])
    options = ReadOptions.of(SourceConfig(name="s", paths=("x",)))
    pieces = [FileSplit(options, (file,), groups) for groups in ((0, 1), (1, 5), (5, 7))]
    found = [row for piece in pieces for batch in piece.read() for row in batch.to_pylist()]
    assert found == read(tmp_path)
    assert [row["row"] for row in found] == list(range(20))
    assert found[7]["id"] == document_id("s", None, "a.parquet", 7, b"text 7")
    assert len({piece.key for piece in pieces}) == 3


def test_batches_are_bounded_by_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    plain = pq.ParquetFile.iter_batches

    def iter_batches(self: Any, batch_size: int, **options: Any) -> Any:
        asked.append(batch_size)
        return plain(self, batch_size, **options)

    monkeypatch.setattr(tables.pq.ParquetFile, "iter_batches", iter_batches)
    read(
        write(
            tmp_path / "long" / "a.parquet",
            parquet([{"text": f"{i}" * 2**20} for i in range(20)], use_dictionary=False),
        )
    )
    read(write(tmp_path / "short" / "a.parquet", parquet([{"text": "t"}] * 10_000)))
    assert asked[0] in range(1, 17)
    assert asked[1] == 4096
