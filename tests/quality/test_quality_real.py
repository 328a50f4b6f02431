"""Human labels of web pages (DCLM): what the classifier makes of pages that it has not seen."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import zstandard

from curation.core.hashing import hash64
from curation.quality.evaluation import area_under_curve
from curation.quality.hashed_logistic import HashedLogistic

FOLDS = 5


def cross_validated(texts: list[str], positive: np.ndarray) -> tuple[float, float]:
    """Area under the curve of all margins, and the share of pages on their side of 0."""
    column, fold = pa.array(texts), np.array([hash64(text.encode()) % FOLDS for text in texts])
    margins = np.empty(len(texts))
    for number in range(FOLDS):
        seen = fold != number
        classifier = HashedLogistic.fit([(column.filter(pa.array(seen)), positive[seen])])
        margins[~seen] = classifier.score_logit(column.filter(pa.array(~seen)))
    area = area_under_curve(margins, positive)
    assert area is not None
    return area, float(((margins > 0) == positive).mean())


@pytest.mark.parametrize(
    ("name", "n", "least_area", "least_accuracy"),
    [("majority", 300, 0.84, 0.75), ("agreement", 176, 0.92, 0.84)],  # pages on which all labellers agree are easier
)
def test_human_labels_are_met(shared_data: Path, name: str, n: int, least_area: float, least_accuracy: float) -> None:
    with zstandard.open(
        shared_data / "dclm_quality_labels" / f"{name}_data.jsonl.zst", "rt", encoding="utf-8"
    ) as lines:
        rows = [json.loads(line) for line in lines]
    assert len(rows) == n
    area, accuracy = cross_validated([row["text"] for row in rows], np.array([row["label"] == 1 for row in rows]))
    print(f"{name}: AUC {area:.3f}, accuracy {accuracy:.3f}")
    assert area > least_area
    assert accuracy > least_accuracy
