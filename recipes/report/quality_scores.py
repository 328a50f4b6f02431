"""The quality scores of a pool's kept documents, domain by domain.

Signals lie beside the documents, in parts of the same number; both are joined by id, part by part. Memory: the scores
of one part, and 20 bins and four documents for every domain.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from recipes.report.on_disk import Finished
from recipes.report.pool_rows import files_of

SCORE, MARGIN = "quality.score", "quality.margin"
BINS = 20
EXTREMES = 2
_ROW = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("domain", pa.string()),
        pa.field("score", pa.float64()),
        pa.field("margin", pa.float64()),
    ]
)


@dataclass
class DomainScores:
    """Scores of one domain's kept documents.

    Args:
        counts: documents in bins of equal width from 0 to 1.
        worst: id and score of the documents with the lowest margins, the lowest first.
        best: of those with the highest, the highest first.
    """

    counts: list[int] = field(default_factory=lambda: [0] * BINS)
    worst: list[tuple[str, float]] = field(default_factory=list)
    best: list[tuple[str, float]] = field(default_factory=list)
    _low: list[tuple[float, str, float]] = field(default_factory=list)
    _high: list[tuple[float, str, float]] = field(default_factory=list)

    @property
    def documents(self) -> int:
        return sum(self.counts)

    @property
    def shares(self) -> tuple[float, ...]:
        return tuple(count / max(1, self.documents) for count in self.counts)

    def share_above(self, score: float) -> float:
        """The share of documents in bins from this score on, which is to be an edge of bins."""
        return sum(self.shares[round(score * BINS) :])

    def add(self, rows: pa.Table) -> None:
        """Count the rows of this domain; margins order, since scores tie at 0 and 1, and ids where margins do."""
        scores = rows.column("score").to_numpy()
        binned = np.bincount(np.clip((scores * BINS).astype(int), 0, BINS - 1), minlength=BINS)
        self.counts = [a + int(b) for a, b in zip(self.counts, binned, strict=True)]
        order = pc.sort_indices(rows, sort_keys=[("margin", "ascending"), ("id", "ascending")]).to_pylist()
        ends = [rows.take(places).to_pylist() for places in (order[:EXTREMES], order[-EXTREMES:]) if places]
        low, high = ([(row["margin"], row["id"], row["score"]) for row in end] for end in ends)
        self._low = sorted([*self._low, *low])[:EXTREMES]
        self._high = sorted([*self._high, *high], reverse=True)[:EXTREMES]
        self.worst = [(name, score) for _, name, score in self._low]
        self.best = [(name, score) for _, name, score in self._high]


def domain_scores(stage: Finished) -> tuple[dict[str, DomainScores], bool]:
    """The scores of every domain, by name, and whether these are of a part of the pool only.

    Documents without a score (out of the step's scope) do not count. Empty if the pool has no scores.
    """
    found: dict[str, DomainScores] = {}
    files, is_part = files_of(stage, "documents")
    for name in files:
        signals = stage.path / name.replace("documents/", "signals/", 1)
        if not signals.is_file() or SCORE not in pq.read_schema(signals).names:
            continue
        kept = pq.read_table(stage.path / name, columns=["id", "domain"])
        scored = pq.read_table(signals, columns=["id", SCORE, MARGIN]).rename_columns(["id", "score", "margin"])
        rows = kept.join(scored, "id", join_type="inner").select(_ROW.names).cast(_ROW)
        rows = rows.filter(pc.is_finite(rows.column("score")))
        for domain in pc.unique(rows.column("domain")).to_pylist():
            if domain is not None:
                some = rows.filter(pc.equal(rows.column("domain"), domain))
                found.setdefault(domain, DomainScores()).add(some)
    return dict(sorted(found.items())), is_part
