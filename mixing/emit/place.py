"""Where the pieces go: every domain's stream laid out evenly over the whole.

1. Within a domain, a piece of a cell has the position (tokens of the cell before it + half its own) / tokens of the
   cell, in 0 to 1. The pieces of the domain's cells sorted by that position are the domain's stream.
2. The same is done with the streams of all domains. Ties go by cell, then by order in the cell.

At any place between two pieces each domain is behind or ahead of its share by at most half the piece that it is in. A
window is therefore off by at most (1 - share) times the domain's longest piece and share times the sum of the others'
longest; cells and domains in one sort would add up the pieces of all buckets. Passes of a cell follow each other in the
same order, which keeps the copies of a document as far apart as the cell has tokens.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mixing.emit.plan import Integers, Pieces

Positions = npt.NDArray[np.float64]


def interleave(cells: Sequence[Pieces], domains: Sequence[str]) -> tuple[Integers, Integers]:
    """The order of all pieces.

    Args:
        cells: the pieces of every cell, none without any.
        domains: what domain each cell belongs to.

    Returns:
        For every place in turn: the number of the cell, and the number of the piece within it.
    """
    sizes = [len(pieces.document) for pieces in cells]
    cell, piece = np.repeat(np.arange(len(cells)), sizes), np.concatenate([np.arange(size) for size in sizes])
    n_tokens = np.concatenate([pieces.n_tokens for pieces in cells])
    domain = np.unique(np.array(domains, dtype=object), return_inverse=True)[1][cell]
    within = np.lexsort((piece, cell, _middles(n_tokens, cell), domain))
    middles = np.empty(len(n_tokens))
    middles[within] = _middles(n_tokens[within], domain[within])
    order = np.lexsort((piece, cell, middles))
    return cell[order], piece[order]


def _middles(n_tokens: Integers, group: Integers) -> Positions:
    """Where the middle of each piece lies in its group, in 0 to 1; groups are contiguous."""
    ends = np.cumsum(n_tokens)
    totals = np.bincount(group, weights=n_tokens)
    begins = np.concatenate(([0.0], np.cumsum(totals)))[group]
    middles: Positions = (ends - n_tokens / 2 - begins) / totals[group]
    return middles
