"""Which documents are emitted, and how often: exact to the token.

For a (domain, bucket) with A tokens of which N are asked:

1. Every document is copied N // A times: the full passes.
2. The last, partial pass takes documents in the order of the hash of (seed, id) until N is reached.
3. The last document is cut so that the sum is exact. A cut document ends in EOS too, so that its last piece has at
   least two tokens; where only one is left, the document before it gives one up.

Memory: about 40 bytes a document and copy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curation.core.hashing import hash64, xxh3_64_of_8_bytes

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Documents:
    """The documents of one cell: where each is, its length in tokens with EOS, and 64 bits of its id."""

    part: Integers
    row: Integers
    n_tokens: Integers
    id_bits: npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Pieces:
    """What is emitted of a cell, pass by pass: index of the document, copy, tokens (fewer than it has: it is cut)."""

    document: Integers
    copy: Integers
    n_tokens: Integers

    @property
    def total(self) -> int:
        return int(self.n_tokens.sum())


def choose(documents: Documents, asked_tokens: int, seed: int) -> Pieces:
    """The pieces of a cell that hold exactly the tokens asked.

    Args:
        documents: of the cell, none empty.
        asked_tokens: at least 1.
        seed: decides the order within a pass.
    """
    available = int(documents.n_tokens.sum())
    passes, rest = divmod(asked_tokens, available)
    order = np.lexsort((documents.row, documents.part, _shuffled(documents.id_bits, seed)))
    lengths = documents.n_tokens[order]
    document, copy = [np.tile(order, passes)], [np.repeat(np.arange(passes), len(order))]
    n_tokens = [np.tile(lengths, passes)]
    if rest:
        last = int(np.searchsorted(np.cumsum(lengths), rest))  # the document that reaches the rest
        partial = lengths[: last + 1].copy()
        partial[last] = rest - partial[:last].sum()
        if partial[last] == 1 and lengths[last] > 1 and last and partial[last - 1] > 2:
            partial[last] += 1
            partial[last - 1] -= 1
        document.append(order[: last + 1])
        copy.append(np.full(last + 1, passes))
        n_tokens.append(partial)
    return Pieces(np.concatenate(document), np.concatenate(copy), np.concatenate(n_tokens))


def _shuffled(id_bits: npt.NDArray[np.uint64], seed: int) -> npt.NDArray[np.uint64]:
    return xxh3_64_of_8_bytes(id_bits ^ np.uint64(hash64(f"emit/{seed}".encode())))
