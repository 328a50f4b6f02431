"""A few rejected documents of every rule, with what was measured: the fastest way to see whether a rule is right.

The first documents in the order of the files are taken, so that a page that is written again shows the same ones. Only
files of the pool's manifest are read, at most 64 of them, and text only of row groups that hold a document to show.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq

from curation.core.storage import listed

PER_RULE = 3
MOST_FILES = 64
MOST_CHARACTERS = 160


class RejectedDocument(NamedTuple):
    """The beginning of a document; the text is None where the pool does not keep it."""

    id: str
    source: str
    value: float | None
    threshold: float | None
    duplicate_of: str | None
    text: str | None
    is_cut: bool


def examples_of(pool: Path, manifest: Mapping[str, Any]) -> dict[str, tuple[RejectedDocument, ...]]:
    """Up to three rejected documents for every `step.rule`.

    Args:
        pool: its directory.
        manifest: of the pool.
    """
    found: dict[str, list[RejectedDocument]] = {}
    for entry in listed(dict(manifest), "rejected/")[:MOST_FILES]:
        file = pq.ParquetFile(pool / entry.path)
        for group in range(file.num_row_groups):
            rules = file.read_row_group(group, columns=["rule"]).column("rule").to_pylist()
            places = _wanted(rules, found)
            if places:
                for row in file.read_row_group(group).take(places).to_pylist():
                    found.setdefault(row["rule"], []).append(_document(row))
    return {rule: tuple(documents) for rule, documents in found.items()}


def _wanted(rules: list[str], found: Mapping[str, list[RejectedDocument]]) -> list[int]:
    room: dict[str, int] = {}
    places = []
    for place, rule in enumerate(rules):
        left = room.setdefault(rule, PER_RULE - len(found.get(rule, [])))
        if left > 0:
            room[rule] = left - 1
            places.append(place)
    return places


def _document(row: Mapping[str, Any]) -> RejectedDocument:
    text = row.get("text")
    return RejectedDocument(
        id=row["id"],
        source=row["source"],
        value=row.get("value"),
        threshold=row.get("threshold"),
        duplicate_of=row.get("duplicate_of"),
        text=None if text is None else text[:MOST_CHARACTERS],
        is_cut=text is not None and len(text) > MOST_CHARACTERS,
    )
