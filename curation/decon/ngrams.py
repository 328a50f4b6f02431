"""N-grams for decontamination: a 64-bit hash of every n consecutive tokens of every text.

Tokens keep what changes the meaning of mathematics and code: `2x+5` is `2x`, `+`, `5`. A token is a longest run of
letters and digits, or a single symbol (see `characters`); ASCII letters are lower-cased, and space only separates.

1. A word's characters c are gathered as the polynomial h = h * WORD_BASE + c modulo 2^64; a symbol is its own code. The
   loop has no branch on what a character is, only on whether it is ASCII: every character stores the word so far and
   itself where the next token belongs, and the place moves on by what has ended. Then h is mixed.
2. The hash of n tokens is the polynomial of their hashes, rolled on token by token, then mixed (the finaliser of
   SplitMix64). It takes the place of its first token.
3. A text with fewer than n tokens has no n-gram.

Two different n-grams share a hash with a chance of about 2^-64. Cost: 2 to 3 ns a byte. Memory: 8 bytes reserved for
every byte of text, 8 a token used.
Reference for the mixing: G. Steele, D. Lea, C. Flood, Fast splittable pseudorandom number generators, 2014.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curation.decon.characters import character_table
from curation.kernels.buffers import Offsets, read_only, text_buffers
from curation.kernels.compiled import Kernel

WORD_BASE = np.uint64(0x9FB21C651E98DF25)
NGRAM_BASE = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
SYMBOL_BIT = np.uint32(1 << 31)  # as in `characters`: a kernel's constants stand in its file
REPLACEMENT = np.uint32(0xFFFD)

Hashes = npt.NDArray[np.uint64]
Bounds = npt.NDArray[np.int64]


def ngram_hashes(texts: pa.Array, ngram: int) -> tuple[Hashes, Bounds]:
    """The n-grams of every text, in the order of the text, repeated where the text repeats them.

    Args:
        texts: a string column of UTF-8; null is an empty text.
        ngram: tokens of an n-gram, at least 1.

    Returns:
        hashes and bounds: row i has `hashes[bounds[i]:bounds[i + 1]]`.
    """
    data, ends = text_buffers(texts)
    hashes = np.empty(int(ends[-1]) - int(ends[0]) + len(texts) + 1, np.uint64)
    bounds = np.zeros(len(texts) + 1, np.int64)
    n = _ngram_hashes(data, ends, ngram, _CHARACTERS, hashes, bounds)
    return hashes[:n], bounds


_CHARACTERS = read_only(character_table())


@Kernel
def _ngram_hashes(
    data: npt.NDArray[np.uint8],
    ends: Offsets,
    ngram: int,
    characters: npt.NDArray[np.uint32],
    hashes: Hashes,
    bounds: Bounds,
) -> int:
    zero, one = np.uint64(0), np.uint64(1)
    leading = one  # NGRAM_BASE to the power ngram - 1
    for _ in range(ngram - 1):
        leading *= NGRAM_BASE
    before = ngram - 1  # tokens that precede the last one of the first n-gram
    first = 0
    for row in range(len(ends) - 1):
        place = np.uint64(first)
        word = zero
        inside = zero  # 1 if the character before belongs to a word
        i, end = np.int64(ends[row]), np.int64(ends[row + 1])
        while i < end:
            code = np.uint32(data[np.uint64(i)])
            i += 1
            if code >= 0x80:
                if code < 0xE0 and i < end:
                    code = (code & np.uint32(0x1F)) << np.uint32(6) | np.uint32(data[i] & 0x3F)
                    i += 1
                elif code < 0xF0 and i + 1 < end:
                    code = (code & np.uint32(0x0F)) << np.uint32(12) | np.uint32(data[i] & 0x3F) << np.uint32(6)
                    code |= np.uint32(data[i + 1] & 0x3F)
                    i += 2
                elif i + 2 < end:
                    code = (code & np.uint32(0x07)) << np.uint32(18) | np.uint32(data[i] & 0x3F) << np.uint32(12)
                    code |= np.uint32(data[i + 1] & 0x3F) << np.uint32(6) | np.uint32(data[i + 2] & 0x3F)
                    i += 3
                else:  # cut short: not UTF-8
                    code = REPLACEMENT
            entry = characters[code] if code < 0x10000 else code | SYMBOL_BIT
            character = np.uint64(entry & np.uint32(0x3FFFFFFF))
            in_word = np.uint64(entry >> np.uint32(30)) & one
            hashes[place] = word
            place += inside & ~in_word & one
            hashes[place] = character
            place += np.uint64(entry >> np.uint32(31))
            word = (word * WORD_BASE + character) * in_word
            inside = in_word
        hashes[place] = word
        n_tokens = int(place + inside) - first

        rolling = zero
        for j in range(first, first + n_tokens):
            x = hashes[j]
            x ^= x >> np.uint64(32)
            x *= MIX_1
            x ^= x >> np.uint64(29)
            hashes[j] = x
            rolling = rolling * NGRAM_BASE + x
            if j >= first + before:
                x = rolling
                rolling -= hashes[j - before] * leading
                x ^= x >> np.uint64(30)
                x *= MIX_1
                x ^= x >> np.uint64(27)
                x *= MIX_2
                x ^= x >> np.uint64(31)
                hashes[j - before] = x
        first += max(n_tokens - before, 0)
        bounds[row + 1] = first
    return first
