"""The documents of a pool that were set aside for evaluation."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from curation.core.errors import BadInput
from curation.core.storage import Directory, listed, read_manifest


def held_out_documents(pool: Path) -> list[tuple[str, str]]:
    """(domain, text) of every held-out document of a pool, in the order of its files.

    Raises:
        BadInput: the pool has none.
    """
    found: list[tuple[str, str]] = []
    for file in listed(read_manifest(Directory(pool), "pool"), "heldout/"):
        table = pq.read_table(pool / file.path, columns=["domain", "text"])
        found += zip(table.column("domain").to_pylist(), table.column("text").to_pylist(), strict=True)
    if not found:
        raise BadInput(
            "the pool has no held-out documents to evaluate on",
            where=str(pool),
            fix="add a step `holdout: {per_domain: 200KB}` to its curate stage",
        )
    return found
