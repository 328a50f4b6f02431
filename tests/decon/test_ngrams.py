"""N-grams are equal exactly where tokens are; tokens keep every symbol that matters."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.decon.ngrams import ngram_hashes
from tests.decon.reference import ALPHABET, ngrams_of, tokens_of


def hashes_of(texts: list[str | bytes], n: int) -> list[list[int]]:
    column = pa.array([text.encode() if isinstance(text, str) else text for text in texts], pa.binary())
    hashes, bounds = ngram_hashes(column, n)
    assert bounds[0] == 0 and bounds[-1] == len(hashes) and len(bounds) == len(texts) + 1
    return [hashes[start:stop].tolist() for start, stop in itertools.pairwise(bounds)]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("2x+5 = 15", "2x + 5 = 15"),
        ("a_b->c[0]", "a _ b - > c [ 0 ]"),
        ("Don't STOP.", "don ' t stop ."),
        ("don\u2019t \u201cstop\u201d \u2013 \u22121", "don ' t \" stop \" - - 1"),
        ("caf\u00e9\u00a0\u00c9t\u00e9", "caf\u00e9 \u00c9t\u00e9"),
        ("x\u00b2\u00d73\u2264\u03b1\u03b2", "x \u00b2 \u00d7 3 \u2264 \u03b1\u03b2"),
        ("\u4f60\u597d\u4e16\u754cok", "\u4f60 \u597d \u4e16 \u754c ok"),
        ("\uff21\uff22\uff11\uff0b\uff12", "ab1 + 2"),
        ("\U0001f600\U0001f600a", "\U0001f600 \U0001f600 a"),
        ("\u0e01\u0e32\u0e23", "\u0e01 \u0e32 \u0e23"),
        ("\ud55c\uad6d \u0440\u0443\u0441", "\ud55c\uad6d \u0440\u0443\u0441"),
        ("\t\r\n \u3000\ufeff\x00", ""),
    ],
)  # fmt: skip
def test_tokens(text: str, tokens: str) -> None:
    """The text has the tokens that stand there with spaces between, and no others."""
    assert hashes_of([text], 1) == hashes_of([tokens], 1)
    assert len(hashes_of([text], 1)[0]) == len(tokens.split())


@pytest.mark.parametrize(
    ("one", "other"),
    [("2x+5", "2x-5"), ("a*b", "a/b"), ("x=1", "x<1"), ("f(x)", "f[x]"), ("12", "1 2"), ("ab", "ba"), ("a b", "b a")],
)
def test_symbols_and_order_matter(one: str, other: str) -> None:
    ours, theirs = hashes_of([f"let us now compute {text} by hand" for text in (one, other)], 7)
    assert ours and theirs and not set(ours) & set(theirs)


@given(st.lists(st.text(ALPHABET, max_size=40), max_size=5), st.integers(1, 9))
def test_hashes_are_equal_where_ngrams_are(texts: list[str], n: int) -> None:
    expected = [ngram for text in texts for ngram in ngrams_of(text, n)]
    found = [value for row in hashes_of(list(texts), n) for value in row]
    assert len(found) == len(expected)
    assert len(set(zip(expected, found, strict=True))) == len(set(expected)) == len(set(found))


@given(st.lists(st.binary(max_size=40), max_size=5), st.integers(1, 4))
def test_any_bytes(texts: list[bytes], n: int) -> None:
    """Whatever the bytes, a row's n-grams depend on its own bytes alone; offsets need not begin at 0."""
    alone = [hashes_of([text], n)[0] for text in texts]
    assert hashes_of(list(texts), n) == alone
    column = pa.array([b"\xf0\x9f", *texts, b"\xe4"], pa.binary())
    hashes, bounds = ngram_hashes(column.slice(1, len(texts)), n)
    assert [hashes[start:stop].tolist() for start, stop in itertools.pairwise(bounds)] == alone


def test_nulls_and_no_rows() -> None:
    hashes, bounds = ngram_hashes(pa.array(["a b", None, ""]), 1)
    assert len(hashes) == 2 and bounds.tolist() == [0, 2, 2, 2]
    assert ngram_hashes(pa.array([], pa.string()), 8)[1].tolist() == [0]


def test_hashes_are_spread_evenly() -> None:
    """The upper bits lead into tables, the lower ones choose bits of a filter."""
    text = " ".join(f"{i} apples and {i * 7} pears" for i in range(20_000))
    assert len(tokens_of(text)) == 100_000
    hashes = np.unique(ngram_hashes(pa.array([text]), 8)[0])
    for shift in (0, 29, 56):
        counts = np.bincount((hashes >> np.uint64(shift)).astype(np.int64) & 255, minlength=256)
        assert abs(counts - len(hashes) / 256).max() < 6 * (len(hashes) / 256) ** 0.5
