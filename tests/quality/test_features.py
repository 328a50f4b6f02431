"""Hashed features: the compiled loop against the same in plain Python, text by text."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from curation.quality.features import Features, features_of, stacked
from curation.quality.kernels import MIX_1, MIX_2, PAIR_BASE, SLOTS, TOKEN_BASE

WHOLE = 2**64
PIECES = st.sampled_from(
    [
        "the",
        "The",
        "THE cat",
        "x1",
        "\u00e9t\u00e9",
        "\u00c9",
        "\n\t ",
        " ",
        "{",
        "}}",
        "--",
        "\x00",
        "\x7f",
        "\u4e2d",
        "'",
    ]
)
TEXTS = st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=40)


def tokens_of(text: str) -> list[bytes]:
    """Words and marks: bytes above 127 belong to words, ASCII is lower-cased, the rest separates."""
    tokens, word = [], b""
    for byte in text.encode():
        letter = bytes([byte]).lower()
        if byte > 127 or letter.isalnum():
            word += letter
            continue
        tokens += [word] if word else []
        word = b""
        if 32 < byte < 127:
            tokens.append(letter)
    return tokens + ([word] if word else [])


def mixed(x: int) -> int:
    x = (x ^ (x >> 30)) * int(MIX_1) % WHOLE
    x = (x ^ (x >> 27)) * int(MIX_2) % WHOLE
    return x ^ (x >> 31)


def token_hash(token: bytes) -> int:
    value = 0
    for byte in token:
        value = (value * int(TOKEN_BASE) + byte) % WHOLE
    return mixed(value)


def slow_features(text: str) -> dict[int, float]:
    """The value of every slot of a text."""
    hashes = [token_hash(token) for token in tokens_of(text)]
    pairs = [mixed((a * int(PAIR_BASE) + b) % WHOLE) for a, b in itertools.pairwise(hashes)]
    slots = [gram >> 46 for gram in hashes + pairs]
    return {slot: float(np.float32(math.sqrt(slots.count(slot) / len(slots)))) for slot in set(slots)}


def rows_of(features: Features) -> list[dict[int, float]]:
    bounds = zip(features.offsets[:-1], features.offsets[1:], strict=True)
    return [dict(zip(features.columns[a:b].tolist(), features.values[a:b].tolist(), strict=True)) for a, b in bounds]


def test_tokens_are_words_and_marks() -> None:
    text = "Don't re-use caf\u00e9_1;\n\x07X"
    expected = ["don", "'", "t", "re", "-", "use", "caf\u00e9", "_", "1", ";", "x"]
    assert [token.decode() for token in tokens_of(text)] == expected
    assert rows_of(features_of(pa.array([text]))) == [slow_features(text)]


@given(st.lists(TEXTS | st.none(), max_size=6))
def test_features_are_those_of_the_slow_ones(texts: list[str | None]) -> None:
    found = rows_of(features_of(pa.array(texts, pa.string())))
    assert found == [slow_features(text or "") for text in texts]


def test_long_texts_count_every_gram() -> None:
    text = "a b " * 20_000 + "c"
    assert rows_of(features_of(pa.array([text, text]))) == [slow_features_of_repeated()] * 2


def slow_features_of_repeated() -> dict[int, float]:
    a, b, c = (token_hash(token) for token in (b"a", b"b", b"c"))
    pair = lambda left, right: mixed((left * int(PAIR_BASE) + right) % WHOLE) >> 46
    counts = {a >> 46: 20_000, b >> 46: 20_000, c >> 46: 1, pair(a, b): 20_000, pair(b, a): 19_999, pair(b, c): 1}
    return {slot: float(np.float32(math.sqrt(n / 80_001))) for slot, n in counts.items()}


def test_a_slice_of_a_column_has_the_features_of_its_rows() -> None:
    texts = ["one two", "", "three", "four five six"]
    assert rows_of(features_of(pa.array(texts).slice(1, 2))) == [slow_features(text) for text in texts[1:3]]


def test_every_text_with_a_token_has_length_one() -> None:
    squares = features_of(pa.array(["a a a b", "{ } {", "word"])).compact()
    lengths = [sum(value**2 for value in row.values()) for row in rows_of(squares)]
    assert np.allclose(lengths, 1, atol=1e-6)


def test_products_are_those_of_the_dense_matrix() -> None:
    rng = np.random.default_rng(0)
    parts = [features_of(pa.array(texts, pa.string())) for texts in (["a b c", "", "c d a"], [], ["x y"])]
    features = stacked(parts)
    assert rows_of(features) == [row for part in parts for row in rows_of(part)]
    dense = np.zeros((4, SLOTS))
    for number, row in enumerate(rows_of(features)):
        for slot, value in row.items():
            dense[number, slot] = value
    wide, tall = rng.normal(size=SLOTS), rng.normal(size=4)
    assert np.allclose(features.times(wide), dense @ wide)
    assert np.allclose(features.transposed_times(tall), dense.T @ tall)
    assert stacked([]).n_rows == 0
