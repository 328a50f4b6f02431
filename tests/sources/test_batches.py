"""Documents to batches: ids, order, and bounded batches."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.core.document import DOCUMENT
from curation.core.hashing import document_id
from curation.sources import batches
from curation.sources.batches import RawDocument, to_batches

optional = st.none() | st.text(max_size=3)
documents = st.lists(
    st.builds(RawDocument, st.text(max_size=20), st.text(max_size=5), st.integers(0, 9), optional, optional, optional),
    max_size=20,
)


@given(documents, st.integers(1, 6), st.integers(1, 60))
def test_rows_are_the_documents_and_a_full_batch_ends(found: list[RawDocument], rows: int, size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "BATCH_ROWS", rows)
        patch.setattr(batches, "BATCH_BYTES", size)
        given_out = list(to_batches("web", found))
    assert all(batch.schema == DOCUMENT for batch in given_out)
    expected = []
    for document in found:
        identity = document_id("web", document.source_id, document.location, document.row, document.text.encode())
        expected.append({"id": identity, "source": "web", **document.__dict__})
    assert [row for batch in given_out for row in batch.to_pylist()] == [
        {name: row[name] for name in DOCUMENT.names} for row in expected
    ]
    for batch in given_out:
        *before, _ = [len(text.encode()) for text in batch.column("text").to_pylist()]
        assert 0 < batch.num_rows <= rows
        assert sum(before) < size  # only the last document may cross the limit
