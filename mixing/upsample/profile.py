"""A domain as curves see it: its buckets as intervals of the percentile axis, from the worst token (0) to the best (1).

Widths are shares of measured tokens, never assumed equal. The discard is lowered to the next bucket edge, so that no
bucket is cut. Buckets without tokens take no part; what is left above the discard is mapped onto [0, 1].
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curation.core.errors import BadInput

Array = npt.NDArray[np.float64]

# an edge above the discard by no more than this part of it is the discard: sums of shares are rounded
_EDGE_TOLERANCE = 1e-14


@dataclass(frozen=True)
class Profile:
    """The buckets of one domain; Q of them, of which K have tokens and lie above the discard.

    Args:
        masses_Q: tokens of each bucket, the worst first.
        edges_Q1: percentiles at which buckets begin and end, from 0 to 1.
        first: the first bucket that is not discarded.
    """

    masses_Q: Array
    edges_Q1: Array
    first: int

    @staticmethod
    def of(masses: Sequence[float], discard: float) -> Profile:
        """The profile of buckets with these tokens, without the worst share `discard`.

        Raises:
            BadInput: a mass that is negative or no number, or a discard outside [0, 1).
        """
        if not 0 <= discard < 1:
            raise BadInput(f"discard is {discard}", fix="give a share from 0 to below 1")
        masses_Q = np.asarray(masses, dtype=np.float64)
        if masses_Q.ndim != 1 or not len(masses_Q):
            raise BadInput("no bucket masses", fix="give the tokens of every bucket, the worst bucket first")
        wrong = np.flatnonzero(~(np.isfinite(masses_Q) & (masses_Q >= 0)))
        if len(wrong):
            raise BadInput(f"bucket {wrong[0]} has {masses_Q[wrong[0]]} tokens", fix="give a number from 0")
        total = float(masses_Q.sum())
        if not math.isfinite(total):
            raise BadInput(f"bucket masses sum to {total}", fix="give the tokens of every bucket")
        edges_Q1 = np.concatenate([[0.0], np.cumsum(masses_Q)])
        edges_Q1 /= edges_Q1[-1] or 1.0
        # the best bucket that has tokens is never discarded
        best = int(np.flatnonzero(masses_Q)[-1]) if total else 0
        below = edges_Q1[: best + 1] <= discard * (1 + _EDGE_TOLERANCE)
        return Profile(masses_Q, edges_Q1, int(np.flatnonzero(below)[-1]))

    @property
    def start(self) -> float:
        """Percentile at which curves begin: the discard, lowered to a bucket edge."""
        return float(self.edges_Q1[self.first])

    @property
    def kept(self) -> npt.NDArray[np.intp]:
        """Indices of the K buckets that a curve gives tokens to."""
        return self.first + np.flatnonzero(self.masses_Q[self.first :])

    @property
    def kept_mass(self) -> float:
        """Tokens above the discard."""
        return float(self.masses_Q[self.first :].sum())

    @property
    def widths_K(self) -> Array:
        """Shares of the kept tokens."""
        masses_K: Array = self.masses_Q[self.kept]
        widths_K: Array = masses_K / masses_K.sum()
        return widths_K

    @property
    def inner_edges_K1(self) -> Array:
        """Where the kept buckets begin and end once the kept part is mapped onto [0, 1]."""
        edges_K1 = np.concatenate([[0.0], np.cumsum(self.widths_K)])
        edges_K1[-1] = 1.0
        return edges_K1

    def spread(self, rates_K: Array, cap: float) -> tuple[float, ...]:
        """Rates of all Q buckets: 0 below the discard, and an empty bucket has the rate of the one below it.

        Rounding is taken away: no rate is above the cap, none below that of a worse bucket.
        """
        rates_Q = np.zeros_like(self.masses_Q)
        rates_Q[self.kept] = np.clip(rates_K, 0.0, cap)
        return tuple(np.maximum.accumulate(rates_Q).tolist())
