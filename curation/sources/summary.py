"""What was read, for the pool's manifest: `input`, one entry a source.

Workers count the rows of their splits; files are counted where they were listed. Of rows that gave no document the
first few places are kept for every rule; all of them are in the pool's rejected table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curation.core.events import Events
from curation.engine.plan import Split
from curation.sources.batches import N_REPLACED, READ
from curation.sources.file_split import FileSplit

PLACES = 5
Entry = dict[str, Any]


class Tally:
    """Counts the rows of one source that pass by."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}

    def add(self, batch: pa.RecordBatch) -> None:
        """Count the rows of a batch, of one source."""
        entry = self.entries.setdefault(batch.column("source")[0].as_py(), _nothing())
        unread = pc.fill_null(pc.equal(batch.column("fate_stage"), READ), False)
        n_unread = pc.sum(unread).as_py()
        entry["documents"] += batch.num_rows - n_unread
        entry["bytes"] += pc.sum(pc.binary_length(batch.filter(pc.invert(unread)).column("text"))).as_py() or 0
        entry["replaced_characters"] += pc.sum(batch.column(N_REPLACED)).as_py()
        entry["with_id"] += batch.num_rows - batch.column("source_id").null_count
        for place in np.flatnonzero(unread.to_numpy(zero_copy_only=False)):
            told = {name: batch.column(name)[int(place)].as_py() for name in ("fate_rule", "location", "row")}
            _add(entry, told["fate_rule"], 1, [{"location": told["location"], "row": told["row"]}])


def input_summary(splits: Sequence[Split], tallies: Iterable[dict[str, Entry]]) -> list[Entry]:
    """The manifest's entries, in the order of the splits.

    Args:
        splits: that were read.
        tallies: of each of them: `Tally.entries`.
    """
    files: dict[str, dict[str, int]] = {}
    for split in splits:
        if isinstance(split, FileSplit):
            sizes = files.setdefault(split.options.source, {})
            sizes.update((file.uri, file.size_bytes) for file in split.files)
    found: dict[str, Entry] = {name: _nothing() for name in files}
    for tally in tallies:
        for source, entry in tally.items():
            total = found.setdefault(source, _nothing())
            for name in ("documents", "bytes", "replaced_characters", "with_id"):
                total[name] += entry[name]
            for rule, unread in entry["unread"].items():
                _add(total, rule, unread["rows"], unread["first"])
    return [{"source": name, **_files(files.get(name)), **entry} for name, entry in found.items()]


def tell_unread(entries: Iterable[Entry], events: Events) -> None:
    """Warn of rows that gave no document, a source at a time."""
    for entry in entries:
        for rule, unread in entry["unread"].items():
            first = ", ".join(f"{place['location']} row {place['row']}" for place in unread["first"])
            more = ", ..." if unread["rows"] > len(unread["first"]) else ""
            what = f"source {entry['source']}: {unread['rows']:,} rows gave no document ({rule}): {first}{more}"
            events.emit("warning", text=what)


def _nothing() -> Entry:
    return {"documents": 0, "bytes": 0, "replaced_characters": 0, "with_id": 0, "unread": {}}


def _add(entry: Entry, rule: str, n_rows: int, places: list[dict[str, Any]]) -> None:
    unread = entry["unread"].setdefault(rule, {"rows": 0, "first": []})
    unread["rows"] += n_rows
    unread["first"] += places[: PLACES - len(unread["first"])]


def _files(sizes: dict[str, int] | None) -> dict[str, int]:
    if sizes is None:
        return {}
    empty = sum(size == 0 for size in sizes.values())
    return {"files": len(sizes), "empty_files": empty, "stored_bytes": sum(sizes.values())}
