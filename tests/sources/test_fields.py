"""Which column is what: the conventions of Dolma and datatrove, `fields`, and the rest as metadata."""

from __future__ import annotations

import datetime
import decimal
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.core.errors import BadInput
from curation.sources.fields import Fields, check_fields

NOTHING = dict.fromkeys(("source_id", "url", "date", "licence", "domain", "metadata"))


def take(row: dict[str, Any], **named: str) -> tuple[Any, dict[str, str | None]]:
    return Fields(named).take(row)


def test_a_document_of_dolma() -> None:
    row = {
        "id": "x-1",
        "text": "a text",
        "source": "wiki",
        "added": "2024-02-01",
        "created": "2023-01-01",
        "metadata": {"url": "https://x.org", "license": "CC-BY", "lang": "en"},
    }
    text, columns = take(row)
    assert text == "a text"
    metadata = json.loads(columns.pop("metadata") or "")
    assert columns == {
        "source_id": "x-1",
        "url": "https://x.org",
        "date": "2023-01-01",
        "licence": "CC-BY",
        "domain": None,
    }
    inner = {"url": "https://x.org", "license": "CC-BY", "lang": "en"}
    assert metadata == {"source": "wiki", "added": "2024-02-01", **inner}


def test_a_document_of_datatrove() -> None:
    row = {"text": "t", "id": "1", "media": [], "metadata": {"date": "2020", "url": "u", "language_score": 0.9}}
    _, columns = take(row)
    assert (columns["source_id"], columns["url"], columns["date"]) == ("1", "u", "2020")
    assert json.loads(columns["metadata"] or "") == {
        "media": [],
        "date": "2020",
        "url": "u",
        "language_score": 0.9,
    }


def test_columns_at_the_top_come_first_and_empty_ones_are_passed_over() -> None:
    assert take({"text": "t", "url": "top", "metadata": {"url": "inner"}})[1]["url"] == "top"
    assert take({"text": "t", "url": None, "metadata": {"url": "inner"}})[1]["url"] == "inner"
    assert take({"text": "t", "url": "", "metadata": {"url": "inner"}})[1]["url"] == "inner"
    assert take({"text": "t", "license": "MIT", "licence": ""})[1]["licence"] == "MIT"


def test_content_is_text_where_there_is_no_text() -> None:
    assert take({"content": "c"}) == ("c", NOTHING)
    text, columns = take({"content": "c", "text": "t"})
    assert (text, columns["metadata"]) == ("t", '{"content":"c"}')
    assert take({"content": "c", "text": None})[0] is None
    assert take({"body": "b"})[0] is None


def test_fields_name_columns() -> None:
    row = {"body": "b", "text": "t", "meta": {"key": 7}, "a.b": "dots", "set": "code"}
    text, columns = take(row, text="body", id="meta.key", url="a.b", domain="set")
    assert text == "b"
    assert columns == {
        **NOTHING,
        "source_id": "7",
        "url": "dots",
        "domain": "code",
        "metadata": '{"text":"t","meta":{"key":7}}',
    }
    assert take({"a": {"b": {"c": "deep"}}}, text="a.b.c")[0] == "deep"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("a", "a"),
        (12, "12"),
        (1.5, "1.5"),
        ("", None),
        (None, None),
        (True, None),
        ([1], None),
        ({"a": 1}, None),
        (datetime.date(2024, 1, 2), "2024-01-02"),
        (datetime.datetime(2024, 1, 2, 3, 4, 5), "2024-01-02T03:04:05"),
        (decimal.Decimal("1.50"), "1.50"),
    ],
)
def test_values_become_text(value: Any, told: str | None) -> None:
    _, columns = take({"text": "t", "id": value})
    assert columns["source_id"] == told
    if told is None and value not in (None, ""):
        assert json.loads(columns["metadata"] or "") == {"id": value}


def test_metadata_that_has_the_names_of_other_columns_keeps_its_own_object() -> None:
    _, columns = take({"text": "t", "source": "outer", "metadata": {"source": "inner"}})
    assert json.loads(columns["metadata"] or "") == {"source": "outer", "metadata": {"source": "inner"}}


@pytest.mark.parametrize(
    ("metadata", "told"),
    [
        (None, None),
        ({}, None),
        ({"a": 1}, '{"a":1}'),
        ('{"a": 1}', '{"a":1}'),
        ("{no JSON", '{"metadata":"{no JSON"}'),
        ([1], '{"metadata":[1]}'),
        ({"a": float("nan"), "b": [float("inf"), 1e400]}, '{"a":null,"b":[null,null]}'),
        ({"\u00e9": "\U0001f600"}, '{"\u00e9":"\U0001f600"}'),
        ({"when": datetime.date(2024, 1, 2), "raw": b"\xff"}, '{"when":"2024-01-02","raw":"\ufffd"}'),
    ],
)
def test_metadata_is_a_json_object(metadata: Any, told: str | None) -> None:
    assert take({"text": "t", "metadata": metadata})[1]["metadata"] == told


@given(st.lists(st.sampled_from(["text", "content", "body", "url", "x"]), unique=True), st.booleans())
def test_layouts_do_not_depend_on_the_rows_before(names: list[str], named: bool) -> None:
    fields = Fields({"text": "body"} if named else {})
    fields.take({"text": "earlier", "body": "earlier", "url": "u"})
    row = {name: f"the {name}" for name in names}
    assert fields.take(dict(row)) == take(dict(row), **({"text": "body"} if named else {}))


def test_what_is_missing_in_a_whole_file() -> None:
    assert Fields({}).check_columns(["id", "text"]) is None
    assert Fields({"text": "a.b", "url": "u"}).check_columns(["a", "u"]) is None
    missing = Fields({}).check_columns(["id", "txt"])
    assert missing == "no column 'text' or 'content'; the columns are id, txt; did you mean 'txt'?"
    assert Fields({"id": "key"}).check_columns(["text", "keys"]) == (
        "no column 'key'; the columns are keys, text; did you mean 'keys'?"
    )
    fields = Fields({"id": "key"})
    assert fields.check_rows() is None  # nothing was read
    fields.take({"text": "t"})
    assert "no column 'key'" in (fields.check_rows() or "")
    fields.take({"content": "t", "key": None})
    assert fields.check_rows() is None


def test_an_unknown_target_is_refused() -> None:
    check_fields({"text": "a", "id": "b", "url": "c", "date": "d", "licence": "e", "domain": "f"}, "here")
    with pytest.raises(BadInput, match="no 'license'") as raised:
        check_fields({"license": "a"}, "here")
    assert raised.value.fix == "did you mean `licence`?"
