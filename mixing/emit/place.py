"""Where the pieces go: every domain's stream laid out evenly over the whole.

1. A piece of a cell's stream has the position (tokens before it + half its own) / tokens of the stream, in 0 to 1.
2. All pieces of all cells are sorted by that position; ties by cell, then by order in the stream.

So every window has each cell's share, up to the length of a document at its borders. Passes of a cell follow each other
in the same order, which keeps the copies of a document as far apart as the cell has tokens.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mixing.emit.plan import Integers, Pieces


def interleave(cells: Sequence[Pieces]) -> tuple[Integers, Integers]:
    """The order of all pieces.

    Returns:
        For every place in turn: the number of the cell, and the number of the piece within it.
    """
    positions = []
    for pieces in cells:
        ends = np.cumsum(pieces.n_tokens)
        positions.append((ends - pieces.n_tokens / 2) / max(1, int(ends[-1])))
    cell = np.repeat(np.arange(len(cells)), [len(pieces.document) for pieces in cells])
    piece = np.concatenate([np.arange(len(pieces.document)) for pieces in cells])
    order = np.lexsort((piece, cell, np.concatenate(positions)))
    return cell[order], piece[order]
