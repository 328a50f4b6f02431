"""From a classifier's logits to the signals of a step, which are rounded so that they are the same everywhere."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def scores_of(logits: Floats) -> tuple[Floats, Floats]:
    """Margins (logits) and scores (probabilities), both rounded to 1e-6; the scores follow from the margins."""
    margins = np.round(logits, 6) + 0.0  # no negative zero
    tails = np.exp(-np.abs(margins))  # never overflows
    scores = np.where(margins >= 0, 1.0, tails) / (1.0 + tails)
    return margins, np.round(scores, 6)
