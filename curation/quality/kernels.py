"""The loops behind the hashed classifier: grams of texts, and products with the sparse matrix that they make.

A token is a word (a longest run of ASCII letters, digits and bytes above 127, ASCII letters lower-cased) or one other
printable ASCII character; white space and control characters separate.

1. The bytes c of a token make the polynomial h = h * TOKEN_BASE + c modulo 2^64, which is then mixed (finaliser of
   SplitMix64). The gram of two tokens is h1 * PAIR_BASE + h2 of the mixed hashes, mixed again.
2. The upper 18 bits of a gram are its slot. Slots are counted in a table, and those that were touched are listed in the
   order of their first gram, so that a text costs what it is long, not what the table is wide.

Sums run in the order of the rows and of their slots, in float64 and without fused or reordered operations: the same
bytes on every machine.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from curation.kernels.compiled import Kernel

SLOT_BITS = 18
SLOTS = 1 << SLOT_BITS
TOKEN_BASE = np.uint64(0x9FB21C651E98DF25)
PAIR_BASE = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
_TO_SLOT = np.uint64(64 - SLOT_BITS)

Floats = npt.NDArray[np.float64]


def _letters() -> npt.NDArray[np.uint64]:
    """For every byte of a word the byte that is hashed, 0 for all others."""
    ascii_letters = [ord(chr(byte).lower()) if chr(byte).isalnum() else 0 for byte in range(128)]
    return np.array(ascii_letters + list(range(128, 256)), np.uint64)


LETTER = _letters()
FIRST = np.where(LETTER > 0, LETTER, np.array([byte if 32 < byte < 127 else 0 for byte in range(256)], np.uint64))
"""For every byte that begins a token the byte that is hashed, 0 for separators."""


@Kernel
def count_grams(data, ends, letter, first, columns, values, offsets):
    """For every text its slots and the square roots of their shares; returns how many slots all have together."""
    counts = np.zeros(SLOTS, np.int32)
    n = 0
    for row in range(len(ends) - 1):
        begin = n
        n_grams = 0
        previous = np.uint64(0)
        i, end = ends[row], ends[row + 1]
        while i < end:
            token = first[data[i]]
            is_word = letter[data[i]] != 0
            i += 1
            if token == 0:
                continue
            if is_word:
                while i < end and letter[data[i]] != 0:
                    token = token * TOKEN_BASE + letter[data[i]]
                    i += 1
            token ^= token >> np.uint64(30)
            token *= MIX_1
            token ^= token >> np.uint64(27)
            token *= MIX_2
            token ^= token >> np.uint64(31)
            slot = np.int64(token >> _TO_SLOT)
            if counts[slot] == 0:
                columns[n] = slot
                n += 1
            counts[slot] += 1
            if n_grams > 0:
                pair = previous * PAIR_BASE + token
                pair ^= pair >> np.uint64(30)
                pair *= MIX_1
                pair ^= pair >> np.uint64(27)
                pair *= MIX_2
                pair ^= pair >> np.uint64(31)
                slot = np.int64(pair >> _TO_SLOT)
                if counts[slot] == 0:
                    columns[n] = slot
                    n += 1
                counts[slot] += 1
                n_grams += 1
            n_grams += 1
            previous = token
        for k in range(begin, n):
            slot = columns[k]
            values[k] = math.sqrt(counts[slot] / n_grams)
            counts[slot] = 0
        offsets[row + 1] = n
    return n


@Kernel
def times(columns, values, offsets, vector, out):
    """out = X v."""
    for row in range(len(offsets) - 1):
        total = 0.0
        for k in range(offsets[row], offsets[row + 1]):
            total += values[k] * vector[columns[k]]
        out[row] = total


@Kernel
def transposed_times(columns, values, offsets, vector, out):
    """out = X^T v."""
    out[:] = 0.0
    for row in range(len(offsets) - 1):
        factor = vector[row]
        for k in range(offsets[row], offsets[row + 1]):
            out[columns[k]] += values[k] * factor


@Kernel
def dot(left, right):
    """Sum of products, from the first to the last."""
    total = 0.0
    for i in range(len(left)):
        total += left[i] * right[i]
    return total


@Kernel
def logistic(margins, signs, weights, residuals, curvatures):
    """The weighted logistic loss; its derivatives by the margins go to `residuals` and `curvatures`."""
    loss = 0.0
    for row in range(len(margins)):
        margin = signs[row] * margins[row]
        tail = math.exp(-abs(margin))  # never overflows
        loss += weights[row] * (math.log1p(tail) + max(-margin, 0.0))
        wrong = tail / (1.0 + tail) if margin > 0.0 else 1.0 / (1.0 + tail)
        residuals[row] = -signs[row] * weights[row] * wrong
        curvatures[row] = weights[row] * wrong * (1.0 - wrong)
    return loss
