"""The last pass of a curate stage: from the work set to the pool's files, part by part.

Each part of the work set becomes one part of documents, rejected, signals and held-out documents, so that no text moves
between parts. The four files grow together while rows arrive, a row group at a time; their bytes depend on the rows
alone. Memory: a row group of each file, whatever the size of the part.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curation.core.document import POOL, REJECTED
from curation.core.storage import Directory, FileEntry
from curation.engine.operators import Batches, Sink
from curation.work.fate import HOLDOUT

GROUP_ROWS = 16_384
GROUP_BYTES = 32 * 2**20  # of text

_DEFAULTS = {"bucket": 0, "dup_count": 1}
_COUNT_KEYS = ("source", "domain", "fate_stage", "fate_rule")


@dataclass(frozen=True)
class WritePool(Sink):
    """Writes one part of a pool; returns its files and what it counted.

    Args:
        directory: the pool.
        schema: of the rows that come.
        stage: the curate stage's name, for the rejected table.
        signals: the columns of the signals table, besides the id.
        rejected_text: whether rejected documents keep their text.
    """

    directory: str
    schema: pa.Schema
    stage: str
    signals: tuple[str, ...]
    rejected_text: bool

    def __call__(self, partition: int, batches: Batches) -> dict[str, Any]:
        signals = pa.schema([self.schema.field(name) for name in ("id", *self.signals)])
        schemas = {"documents": POOL, "rejected": REJECTED, "signals": signals, "heldout": POOL}
        counts: list[dict[str, Any]] = []
        with contextlib.ExitStack() as until_written:
            directory, name = Directory(self.directory), f"part-{partition:05d}.parquet"
            files = {
                folder: until_written.enter_context(_GroupedFile(directory, f"{folder}/{name}", schema))
                for folder, schema in schemas.items()
            }
            for batch in batches:
                rows = pa.Table.from_batches([batch])
                fate = rows.column("fate_rule")
                kept, held_out = pc.is_null(fate), pc.fill_null(pc.equal(fate, HOLDOUT), False)
                for folder, chosen in {"documents": kept, "heldout": held_out}.items():
                    files[folder].add(_documents(rows.filter(chosen)), rows.filter(chosen).column("n_bytes"))
                rejected = rows.filter(pc.invert(pc.or_(kept, held_out)))
                files["rejected"].add(self._rejected(rejected), pc.fill_null(rejected.column("n_bytes"), 0))
                files["signals"].add(rows.select(signals.names))
                counts = _added_up([*counts, *_counts(rows)])
        return {"files": [asdict(file.entry) for file in files.values()], "counts": counts}

    def _rejected(self, rows: pa.Table) -> pa.Table:
        columns = {field.name: _column(rows, field) for field in REJECTED if field.name in rows.schema.names}
        columns["stage"] = pa.array([self.stage] * rows.num_rows, pa.string())
        rule = pc.binary_join_element_wise(rows.column("fate_stage"), rows.column("fate_rule"), ".")
        columns |= {"rule": rule, "value": rows.column("fate_value"), "threshold": rows.column("fate_threshold")}
        if not self.rejected_text:
            columns["text"] = pa.nulls(rows.num_rows, pa.string())
        return pa.table(columns, schema=REJECTED)


class _GroupedFile(contextlib.AbstractContextManager["_GroupedFile"]):
    """A parquet file that grows while rows arrive; a row group ends with the row that fills its rows or its bytes.

    Where groups end depends on the rows alone, not on how they arrive. `entry` is set when the block ends.
    """

    entry: FileEntry

    def __init__(self, directory: Directory, name: str, schema: pa.Schema) -> None:
        self._creation = directory.create(name)
        self._draft = self._creation.__enter__()
        self._writer = pq.ParquetWriter(
            self._draft.stream,
            schema,
            compression="zstd",
            use_dictionary=["source", "domain"] if "domain" in schema.names else False,
        )
        self._held: list[pa.Table] = []
        self._held_rows = self._held_bytes = 0

    def add(self, rows: pa.Table, n_bytes: pa.ChunkedArray | None = None) -> None:
        """Take rows in; `n_bytes` says how much text each has."""
        sizes = np.zeros(rows.num_rows, dtype=np.int64) if n_bytes is None else n_bytes.to_numpy()
        start = 0
        while start < rows.num_rows:
            filled = np.flatnonzero(self._held_bytes + np.cumsum(sizes[start:]) >= GROUP_BYTES)
            until_full = int(filled[0]) + 1 if len(filled) else rows.num_rows - start
            taken = min(until_full, GROUP_ROWS - self._held_rows)
            self._held.append(rows.slice(start, taken))
            self._held_rows += taken
            self._held_bytes += int(sizes[start : start + taken].sum())
            start += taken
            if self._held_rows == GROUP_ROWS or self._held_bytes >= GROUP_BYTES:
                self._write_group()

    def __exit__(self, *error: Any) -> None:
        if error[0] is None and self._held:
            self._write_group()
        self._writer.close()
        self._creation.__exit__(*error)
        if error[0] is None:
            self.entry = self._draft.entry

    def _write_group(self) -> None:
        self._writer.write_table(pa.concat_tables(self._held).combine_chunks(), row_group_size=GROUP_ROWS)
        self._held, self._held_rows, self._held_bytes = [], 0, 0


def total_counts(parts: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The counts of all parts joined, in a fixed order."""
    joined = _added_up(row for part in parts for row in part["counts"])
    return [
        {
            "source": row["source"],
            "domain": row["domain"],
            "step": row["fate_stage"],
            "rule": row["fate_rule"],
            "documents": row["documents"],
            "bytes": row["bytes"],
        }
        for row in joined
    ]


def _documents(rows: pa.Table) -> pa.Table:
    return pa.table({field.name: _column(rows, field) for field in POOL}, schema=POOL)


def _column(rows: pa.Table, field: pa.Field) -> Any:
    if field.name not in rows.schema.names:
        filler = _DEFAULTS.get(field.name)
        return pa.array([filler] * rows.num_rows, field.type)
    column = rows.column(field.name)
    if field.name in _DEFAULTS:
        column = pc.fill_null(column, _DEFAULTS[field.name])
    return column


def _counts(table: pa.Table) -> list[dict[str, Any]]:
    """Documents and bytes of every (source, domain, stage, rule); rule is null for those that stay."""
    grouped = table.group_by(_COUNT_KEYS).aggregate([([], "count_all"), ("n_bytes", "sum")])
    rows: list[dict[str, Any]] = grouped.rename_columns([*_COUNT_KEYS, "documents", "bytes"]).to_pylist()
    return [{**row, "bytes": row["bytes"] or 0} for row in rows]  # a row that gave no document has no bytes


def _added_up(counts: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    totals: dict[tuple[str | None, ...], list[int]] = {}
    for row in counts:
        total = totals.setdefault(tuple(row[key] for key in _COUNT_KEYS), [0, 0])
        total[0] += row["documents"]
        total[1] += row["bytes"]
    ordered = sorted(totals.items(), key=lambda item: [(name is not None, name or "") for name in item[0]])
    return [
        {**dict(zip(_COUNT_KEYS, key, strict=True)), "documents": documents, "bytes": size}
        for key, (documents, size) in ordered
    ]
