"""How well a classifier tells documents apart that it has not seen: counts of documents and of pairs, exact."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

SHARES = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01)
"""Of the negatives, for which the report has the score that lets so many pass."""

Scores = npt.NDArray[np.float64]
Classes = npt.NDArray[np.bool_]


def evaluate(scores: Scores, positive: Classes, threshold: float) -> dict[str, Any]:
    """What the manifest says of the held-out documents; null where a class has none.

    Args:
        scores: of every document.
        positive: its class.
        threshold: documents with at least this score are taken for positive.
    """
    taken = scores >= threshold
    hits = int((taken & positive).sum())
    return {
        "positives": int(positive.sum()),
        "negatives": int((~positive).sum()),
        "auc": area_under_curve(scores, positive),
        "threshold": threshold,
        "precision": _ratio(hits, int(taken.sum())),
        "recall": _ratio(hits, int(positive.sum())),
        "negatives_pass": negatives_pass(scores, positive),
    }


def area_under_curve(scores: Scores, positive: Classes) -> float | None:
    """The share of (positive, negative) pairs in which the positive one has the higher score; equal ones count half."""
    negatives = np.sort(scores[~positive])
    below = np.searchsorted(negatives, scores[positive], "left")
    up_to = np.searchsorted(negatives, scores[positive], "right")
    pairs = len(negatives) * int(positive.sum())
    return _ratio(int(below.sum() + up_to.sum()), 2 * pairs)


def negatives_pass(scores: Scores, positive: Classes) -> list[dict[str, float]]:
    """Thresholds by what they let pass: for a share of the negatives the score that the best so many reach."""
    negatives = np.sort(scores[~positive])[::-1]
    ranks = [(share, int(share * len(negatives))) for share in SHARES]
    return [{"share": share, "score": float(negatives[rank - 1])} for share, rank in ranks if rank]


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None
