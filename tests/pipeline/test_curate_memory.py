"""A part much larger than a batch passes through curation in bounded memory.

Measured is what Arrow has allocated in a process of its own, at its highest: it covers batches, row groups and what is
exchanged, not the Python strings of one batch.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from curation.core.hashing import random_stream
from curation.engine.local import LocalEngine
from curation.pipeline import finish
from curation.sources import batches
from curation.sources.batches import RawDocument, to_batches
from tests.support.curated_texts import run_curate, steps

N_DOCUMENTS = 200
DOCUMENT_BYTES = 40_000
BATCH_BYTES = 200_000


@dataclass(frozen=True)
class LargeSplit:
    """Texts that do not compress well, made while they are read; every tenth stands twice."""

    key = "large"
    size_bytes = N_DOCUMENTS * DOCUMENT_BYTES

    def read(self) -> Iterator[pa.RecordBatch]:
        return to_batches("large", self._documents())

    def _documents(self) -> Iterator[RawDocument]:
        for row in range(N_DOCUMENTS):
            text = random_stream(row - (row % 10 == 1), "large text").bytes(DOCUMENT_BYTES // 2).hex()
            yield RawDocument(text, "file", row, domain="web")


def curate_and_measure(out: str) -> int:
    batches.BATCH_BYTES = finish.GROUP_BYTES = BATCH_BYTES
    pa.set_io_thread_count(1)
    # the row-local step after the global ones reads the texts once more
    chain = steps(
        ("exact_dedup", {}),
        ("holdout", {"per_domain": 80_000}),
        ("code_filter", {"max_line_length": 10**6, "max_mean_line_length": 10**6}),
    )
    run_curate(Path(out), [LargeSplit()], chain, engine=LocalEngine(memory_bytes=100_000))  # type: ignore[list-item]
    return int(pa.default_memory_pool().max_memory())


def test_a_large_part_passes_in_bounded_memory(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        peak_bytes = pool.apply(curate_and_measure, (str(tmp_path),))
    rows = {
        name: pq.read_metadata(tmp_path / name / "part-00000.parquet").num_rows
        for name in ("documents", "rejected", "heldout")
    }
    assert sum(rows.values()) == N_DOCUMENTS
    assert (rows["rejected"], rows["heldout"]) == (N_DOCUMENTS // 10, 2)
    assert peak_bytes < N_DOCUMENTS * DOCUMENT_BYTES / 2
