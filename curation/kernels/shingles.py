"""Shingles: a 64-bit hash of every n consecutive words of every text.

A word is a longest run of word bytes: ASCII letters and digits, and all bytes above 127, so that every character
outside ASCII is part of a word. All other bytes separate words. ASCII letters are lower-cased; nothing else is.

1. A word's bytes c are gathered as the polynomial h = h * WORD_BASE + c modulo 2^64. A separator sets h to 0 through a
   multiplier of 0, and every byte stores h where the next word belongs, so that the loop over bytes has no branch to
   predict wrongly. Then h is mixed.
2. The hash of n words is the polynomial of their hashes, rolled on word by word, then mixed (the finaliser of
   SplitMix64). It takes the place of the oldest word, which is needed no more.
3. A text with fewer than n words, but at least one, has one shingle of all its words. A text without words has none.

Cost: about 2 ns a byte. Memory: 8 bytes for every second byte of text, reserved; 8 a word used.
Reference for the mixing: G. Steele, D. Lea, C. Flood, Fast splittable pseudorandom number generators, 2014.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curation.kernels.buffers import Offsets, text_buffers
from curation.kernels.compiled import Kernel

WORD_BASE = np.uint64(0x9FB21C651E98DF25)
SHINGLE_BASE = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)


def shingle_hashes(texts: pa.Array, ngram: int) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """The shingles of every text, in the order of the text, repeated where the text repeats them.

    Args:
        texts: a string column; null is a text without words.
        ngram: words of a shingle, at least 1.

    Returns:
        hashes and offsets: row i has `hashes[offsets[i]:offsets[i + 1]]`.
    """
    data, ends = text_buffers(texts)
    most = (int(ends[-1]) - int(ends[0]) + len(texts)) // 2 + 1
    hashes = np.empty(most, np.uint64)
    offsets = np.zeros(len(texts) + 1, np.int64)
    n = _shingle_hashes(data, ends, ngram, _LETTER, _MULTIPLIER, hashes, offsets)
    return hashes[:n], offsets


def _word_letters() -> npt.NDArray[np.uint64]:
    """For every byte the byte that is hashed, 0 for separators."""
    letters = [ord(chr(byte).lower()) if chr(byte).isascii() and chr(byte).isalnum() else 0 for byte in range(128)]
    return np.array(letters + list(range(128, 256)), np.uint64)


_LETTER = _word_letters()
_MULTIPLIER = np.where(_LETTER > 0, WORD_BASE, np.uint64(0))


@Kernel
def _shingle_hashes(
    data: npt.NDArray[np.uint8],
    ends: Offsets,
    ngram: int,
    letter: npt.NDArray[np.uint64],
    multiplier: npt.NDArray[np.uint64],
    hashes: npt.NDArray[np.uint64],
    offsets: npt.NDArray[np.int64],
) -> int:
    zero, one = np.uint64(0), np.uint64(1)
    leading = one  # SHINGLE_BASE to the power ngram - 1
    for _ in range(ngram - 1):
        leading *= SHINGLE_BASE
    first = 0
    for row in range(len(ends) - 1):
        place = np.uint64(first)
        word = zero
        inside = zero  # 1 if the byte before belongs to a word
        for i in range(ends[row], ends[row + 1]):
            byte = data[i]
            hashes[place] = word
            belongs = np.uint64(letter[byte] != zero)
            place += inside & ~belongs & one
            inside = belongs
            word = word * multiplier[byte] + letter[byte]
        hashes[place] = word
        n_words = np.int64(place + inside) - first

        before = min(n_words, np.int64(ngram)) - 1  # words that precede the first full shingle
        rolling = zero
        for i in range(first, first + n_words):
            x = hashes[i]
            x ^= x >> np.uint64(32)
            x *= MIX_1
            x ^= x >> np.uint64(29)
            hashes[i] = x
            rolling = rolling * SHINGLE_BASE + x
            if i >= first + before:
                x = rolling
                rolling -= hashes[i - before] * leading
                x ^= x >> np.uint64(30)
                x *= MIX_1
                x ^= x >> np.uint64(27)
                x *= MIX_2
                x ^= x >> np.uint64(31)
                hashes[i - before] = x
        if n_words > 0:
            first += int(n_words - before)
        offsets[row + 1] = first
    return first
