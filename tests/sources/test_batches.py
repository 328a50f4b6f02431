"""Documents to batches: ids, order, bounded batches, and rows that give no document."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.core.document import DOCUMENT
from curation.core.hashing import document_id
from curation.sources import batches
from curation.sources.batches import ROWS, RawDocument, Unread, decode, to_batches
from tests.support.source_files import Row

optional = st.none() | st.text(max_size=3)
documents = st.lists(
    st.builds(RawDocument, st.text(max_size=20), st.text(max_size=5), st.integers(0, 9), optional, optional, optional),
    max_size=20,
)


def rows_of(*found: RawDocument | Unread, **options: object) -> list[Row]:
    return [row for batch in to_batches("web", found, **options) for row in batch.to_pylist()]


@given(documents, st.integers(1, 6), st.integers(1, 60))
def test_rows_are_the_documents_and_a_full_batch_ends(found: list[RawDocument], rows: int, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "BATCH_ROWS", rows)
        patch.setattr(batches, "BATCH_BYTES", size)
        given_out = list(to_batches("web", found))
    assert all(batch.schema == ROWS for batch in given_out)
    expected = []
    for document in found:
        identity = document_id("web", document.source_id, document.location, document.row, document.text.encode())
        expected.append({"id": identity, "source": "web", **document.__dict__})
    assert [row for batch in given_out for row in batch.select(DOCUMENT.names).to_pylist()] == [
        {name: row[name] for name in DOCUMENT.names} for row in expected
    ]
    for batch in given_out:
        *before, _ = [len(text.encode()) for text in batch.column("text").to_pylist()]
        assert 0 < batch.num_rows <= rows
        assert sum(before) < size  # only the last document may cross the limit
        assert batch.column("fate_rule").null_count == batch.num_rows


def test_a_row_that_gives_no_document_keeps_its_reason() -> None:
    found = (
        RawDocument("a", "f", 0),
        Unread("bad", "a reason", "f", 1, "x" * 2000, "d", "k", 5.0, 4.0),
        RawDocument("b", "f", 2),
    )
    _, row, _ = rows_of(*found)
    told = {name: row[name] for name in ("text", "source_id", "domain", "location", "row", "fate_value")}
    assert told == {"text": "x" * 1000, "source_id": "k", "domain": "d", "location": "f", "row": 1, "fate_value": 5}
    assert (row["fate_stage"], row["fate_rule"], row["fate_threshold"]) == ("read", "bad", 4)
    assert [row["text"] for row in rows_of(*found, rejected=False)] == ["a", "b"]


def test_too_large_documents_have_the_id_of_their_whole_text() -> None:
    document = RawDocument("\u00e9" * 6, "f", 0, source_id="k", n_replaced=2)
    (row,) = rows_of(document, max_document_bytes=11)
    assert (row["fate_rule"], row["fate_value"], row["fate_threshold"], row["text"]) == ("too_large", 12, 11, "")
    (whole,) = rows_of(document, max_document_bytes=12)
    assert (whole["fate_rule"], whole["text"], whole["id"]) == (None, "\u00e9" * 6, row["id"])
    assert rows_of(document, max_document_bytes=11, rejected=False) == []


def test_lone_surrogates_are_replaced_in_all_columns() -> None:
    (row,) = rows_of(RawDocument("a\ud800\udc00b\udfff", "f", 0, source_id="\ud800", metadata="\udc00", n_replaced=1))
    assert (row["text"], row["source_id"], row["metadata"], row["n_replaced"]) == (
        "a\ufffd\ufffdb\ufffd",
        "\ufffd",
        "\ufffd",
        4,
    )
    assert row["id"] == document_id("web", "\ufffd", "f", 0, row["text"].encode())


def test_samples_are_shares_and_nest() -> None:
    found = [RawDocument(f"text {i}", "f", i) for i in range(4000)]
    before: set[str] = set()
    for share in (1e-9, 0.01, 0.1, 0.5, 1.0):
        ids = {row["id"] for row in rows_of(*found, sample=share)}
        assert before <= ids
        assert abs(len(ids) - 4000 * share) <= 4 * (4000 * share * (1 - share)) ** 0.5
        before = ids
    assert len(before) == 4000


def test_rows_that_give_no_document_are_in_every_sample() -> None:
    found = [Unread("bad", "", "f", i) for i in range(50)]
    assert len(rows_of(*found, sample=0.01)) == 50


@given(st.binary(max_size=12))
def test_decoding_replaces_and_counts(raw: bytes) -> None:
    text, n_replaced = decode(raw)
    assert text == raw.decode(errors="replace")
    try:
        raw.decode()
        assert n_replaced == 0
    except UnicodeDecodeError:
        assert n_replaced > 0
    assert text.count("\ufffd") == n_replaced + raw.count("\ufffd".encode())
