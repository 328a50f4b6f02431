"""Choosing the pieces of a cell: full passes, a partial one, and a cut that makes the sum exact."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mixing.emit.plan import Documents, choose

lengths_of_documents = st.lists(st.integers(1, 9), min_size=1, max_size=12)


def documents(lengths: list[int]) -> Documents:
    n = len(lengths)
    ids = np.random.default_rng(n).integers(0, 2**63, n).astype(np.uint64)
    return Documents(np.zeros(n, np.int64), np.arange(n), np.array(lengths, dtype=np.int64), ids)


@given(lengths_of_documents, st.integers(1, 200), st.integers(0, 3))
def test_pieces_hold_what_was_asked_in_full_passes_and_one_partial_one(
    lengths: list[int], asked: int, seed: int
) -> None:
    pieces = choose(documents(lengths), asked, seed)
    assert pieces.total == asked
    passes, rest = divmod(asked, sum(lengths))
    for copy in range(passes):
        mine = pieces.document[pieces.copy == copy].tolist()
        assert sorted(mine) == list(range(len(lengths)))
        assert mine == pieces.document[: len(lengths)].tolist()
        assert pieces.n_tokens[pieces.copy == copy].tolist() == [lengths[i] for i in mine]
    last = pieces.copy == passes
    assert pieces.n_tokens[last].sum() == rest
    assert len(set(pieces.document[last].tolist())) == last.sum()
    assert pieces.copy.tolist() == sorted(pieces.copy.tolist())
    whole = np.array(lengths)[pieces.document]
    assert ((pieces.n_tokens >= 1) & (pieces.n_tokens <= whole)).all()
    cut = np.flatnonzero(pieces.n_tokens < whole)
    assert set(cut.tolist()) <= {len(whole) - 2, len(whole) - 1}  # the last, and the one that gave it a token


@given(lengths_of_documents, st.integers(1, 200))
def test_a_cut_document_keeps_a_token_of_its_text_where_the_one_before_can_give_one(
    lengths: list[int], asked: int
) -> None:
    pieces = choose(documents(lengths), asked, 17)
    whole = np.array(lengths)[pieces.document]
    bare = np.flatnonzero((pieces.n_tokens == 1) & (whole > 1))
    for index in bare.tolist():
        first_of_pass = index == 0 or pieces.copy[index - 1] != pieces.copy[index]
        assert first_of_pass or pieces.n_tokens[index - 1] <= 2


@given(lengths_of_documents)
def test_the_order_depends_on_ids_and_seed_alone(lengths: list[int]) -> None:
    cell = documents(lengths)
    order = choose(cell, sum(lengths), 17).document
    backwards = np.arange(len(lengths))[::-1]
    turned = Documents(*(column[backwards] for column in (cell.part, cell.row, cell.n_tokens, cell.id_bits)))
    assert turned.row[choose(turned, sum(lengths), 17).document].tolist() == cell.row[order].tolist()


def test_another_seed_gives_another_order() -> None:
    cell = documents([3] * 40)
    assert choose(cell, 120, 1).document.tolist() != choose(cell, 120, 2).document.tolist()


def test_partial_passes_nest() -> None:
    cell = documents(list(range(1, 30)))
    small, large = choose(cell, 100, 17), choose(cell, 300, 17)
    assert set(small.document.tolist()) <= set(large.document.tolist())
