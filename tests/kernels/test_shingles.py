"""Shingle hashes against an obvious reference, and against what they stand for: tuples of words."""

from __future__ import annotations

import itertools
import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.kernels.shingles import MIX_1, MIX_2, SHINGLE_BASE, WORD_BASE, shingle_hashes

MASK = 2**64 - 1
texts = st.text(max_size=40) | st.text(alphabet="aB1 .\n\0é\U0001f600", max_size=60)


def words_of(text: bytes) -> list[bytes]:
    return re.findall(rb"[a-z0-9\x80-\xff]+", text.lower())  # bytes.lower() knows ASCII only


def hash_of_words(words: list[bytes]) -> int:
    rolled = 0
    for word in words:
        h = 0
        for byte in word:
            h = (h * int(WORD_BASE) + byte) & MASK
        h ^= h >> 32
        h = h * int(MIX_1) & MASK
        h ^= h >> 29
        rolled = (rolled * int(SHINGLE_BASE) + h) & MASK
    rolled ^= rolled >> 30
    rolled = rolled * int(MIX_1) & MASK
    rolled ^= rolled >> 27
    rolled = rolled * int(MIX_2) & MASK
    return rolled ^ (rolled >> 31)


def expected(text: bytes, ngram: int) -> list[int]:
    words = words_of(text)
    if len(words) < ngram:
        return [hash_of_words(words)] if words else []
    return [hash_of_words(words[i : i + ngram]) for i in range(len(words) - ngram + 1)]


def found(column: pa.Array, ngram: int) -> list[list[int]]:
    hashes, offsets = shingle_hashes(column, ngram)
    assert offsets[0] == 0
    assert offsets[-1] == len(hashes)
    return [hashes[start:stop].tolist() for start, stop in itertools.pairwise(offsets)]


@given(st.lists(texts, max_size=6), st.integers(1, 7))
def test_text_against_the_reference(rows: list[str], ngram: int) -> None:
    assert found(pa.array(rows, pa.string()), ngram) == [expected(row.encode(), ngram) for row in rows]


@given(st.lists(st.binary(max_size=60), max_size=6), st.integers(1, 7), st.integers(0, 3))
def test_bytes_and_slices_against_the_reference(rows: list[bytes], ngram: int, skipped: int) -> None:
    column = pa.array(rows, pa.binary()).slice(skipped)
    assert found(column, ngram) == [expected(row, ngram) for row in rows[skipped:]]


@given(st.lists(st.sampled_from(["a", "b", "ab", "B", "é", "1"]), max_size=30), st.integers(1, 5))
def test_equal_hashes_are_equal_words(words: list[str], ngram: int) -> None:
    [hashes] = found(pa.array([", ".join(words)]), ngram)
    lowered = [word.lower() for word in words]
    tuples = [tuple(lowered[i : i + ngram]) for i in range(max(1, len(words) - ngram + 1))] if words else []
    assert len(hashes) == len(tuples)
    assert len(set(hashes)) == len(set(tuples))


@pytest.mark.parametrize("text", ["", " \t\r\n", "\0\0", ".,;:!?-_()[]{}'\"", "\x7f"])
def test_texts_without_words_have_no_shingles(text: str) -> None:
    assert found(pa.array([text, "one word", text]), 5)[::2] == [[], []]


def test_letter_case_and_separators_do_not_matter_and_accents_do() -> None:
    rows = found(
        pa.array(["The quick-brown FOX", "the\nquick brown\0fox!", "the quick brown föx", "the quick brownfox"]), 2
    )
    assert rows[0] == rows[1]
    assert len({tuple(row) for row in rows}) == 3


def test_emoji_and_han_are_word_bytes() -> None:
    assert [len(row) for row in found(pa.array(["\U0001f600 \U0001f600\U0001f601", "漢字、漢字"]), 1)] == [2, 1]


def test_a_null_is_a_text_without_words() -> None:
    assert found(pa.array(["a b", None, "c"]), 1) == [expected(b"a b", 1), [], expected(b"c", 1)]


def test_a_long_repetition() -> None:
    [hashes] = found(pa.array(["word " * 100_000]), 5)
    assert len(hashes) == 99_996
    assert set(hashes) == {hash_of_words([b"word"] * 5)}


def test_values_stay_as_they_are() -> None:
    """Signatures that are kept on disk must mean the same tomorrow, and on another machine."""
    assert found(pa.array(["It was the best of times"]), 5) == [[14750270911474811774, 8492907890590140601]]
