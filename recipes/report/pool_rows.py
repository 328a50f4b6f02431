"""Rows of a pool for the page: what steps say of themselves, rejected documents of a rule, documents by their ids.

Only files of the manifest are read, at most 64 of a folder and evenly spread over it, and of rejected documents no more
than a million: a page takes seconds, whatever the size of the pool. Text is read only of row groups that hold a
document to show.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curation.core.storage import listed
from recipes.report.on_disk import Finished
from recipes.report.removals import Amount, removals_of

MOST_FILES = 64
MOST_ROWS = 1_000_000
MOST_CHARACTERS = 100

_REJECTED = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("location", pa.string()),
        pa.field("row", pa.int64()),
        pa.field("value", pa.float64()),
        pa.field("duplicate_of", pa.string()),
    ]
)


class Sample(NamedTuple):
    """Rows, and whether these are not all there are."""

    rows: pa.Table
    is_part: bool


class RuleCount(NamedTuple):
    """Documents that came to a rule, and those that it took away."""

    reached: Amount
    removed: Amount


def steps_of(stage: Finished, kind: str) -> list[dict[str, Any]]:
    """The parameters of a pool's steps of a kind; `step` is the label."""
    return [step for step in stage.manifest.get("steps") or () if step.get("kind", step.get("step")) == kind]


def notes_of(stage: Finished, label: str) -> Mapping[str, Any]:
    """What a step has written to the manifest; empty if nothing."""
    return (stage.manifest.get("notes") or {}).get(label) or {}


def count_of(stage: Finished, label: str, rule: str) -> RuleCount:
    """From the counts of the manifest, which are exact."""
    for step in removals_of(stage.manifest).steps:
        for one in step.rules:
            if (step.step, one.rule) == (label, rule):
                return RuleCount(one.reached, one.removed)
    return RuleCount(Amount(), Amount())


def files_of(stage: Finished, folder: str) -> tuple[list[str], bool]:
    """Names of the parquet files to read of a folder, and whether some are left out."""
    names = [entry.path for entry in listed(stage.manifest, f"{folder}/")]
    chosen = names[:: max(1, math.ceil(len(names) / MOST_FILES))]
    return chosen, len(chosen) < len(names)


def rejected_by(stage: Finished, name: str) -> Sample:
    """The rejected documents of `step.rule`, without their text."""
    files, is_part = files_of(stage, "rejected")
    found = [_REJECTED.empty_table()]
    left = MOST_ROWS
    for file in files:
        table = pq.read_table(stage.path / file, columns=[*_REJECTED.names, "rule"])
        table = table.filter(pc.equal(table.column("rule"), name)).select(_REJECTED.names).cast(_REJECTED)
        found.append(table.slice(0, left))
        is_part, left = is_part or len(table) > left, left - len(found[-1])
    return Sample(pa.concat_tables(found), is_part)


def rows_by_id(
    stage: Finished, folder: str, ids: Collection[str], columns: Sequence[str] = ("location", "row", "domain", "text")
) -> dict[str, dict[str, Any]]:
    """Some columns of these documents, of which text is cut; those that are not found are left out.

    Args:
        stage: a curate stage.
        folder: documents, heldout or rejected.
        ids: of the documents.
        columns: to read beside the id.
    """
    found: dict[str, dict[str, Any]] = {}
    wanted = pa.array(sorted({*ids}), pa.string())
    for name in files_of(stage, folder)[0] if ids else ():
        file = pq.ParquetFile(stage.path / name)
        for group in range(file.num_row_groups):
            here = pc.is_in(file.read_row_group(group, columns=["id"]).column("id"), value_set=wanted)
            if pc.any(here).as_py():
                for row in file.read_row_group(group, columns=["id", *columns]).filter(here).to_pylist():
                    found.setdefault(row["id"], {**row, "text": beginning(row.get("text"))})
    return found


def place_of(row: Mapping[str, Any]) -> str:
    """Where a document is from: its file, and its row if it is not the first."""
    return f"{row['location']}, row {row['row']:,}" if row.get("row") else str(row["location"])


def beginning(text: str | None) -> str:
    """The first hundred characters, on one line."""
    if text is None:
        return "(the text is not kept)"
    line = " ".join(text[: 2 * MOST_CHARACTERS].split())
    return line if len(line) <= MOST_CHARACTERS else f"{line[:MOST_CHARACTERS]}\u2026"
