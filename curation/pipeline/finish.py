"""The last pass of a curate stage: from the work set to the pool's files, part by part.

Each part of the work set becomes one part of documents, rejected, signals and held-out documents, so that no text moves
between parts. Bytes of the files depend on the rows alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curation.core.document import POOL, REJECTED
from curation.core.storage import Directory, FileEntry
from curation.engine.operators import Batches, Sink
from curation.work.fate import FATE, HOLDOUT

_DEFAULTS = {"bucket": 0, "dup_count": 1}


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
        table = pa.Table.from_batches(list(batches), self.schema)
        fate = table.column("fate_rule")
        held_out = pc.fill_null(pc.equal(fate, HOLDOUT), False)
        kept = pc.is_null(fate)
        name = f"part-{partition:05d}.parquet"
        rejected = table.filter(pc.and_(pc.invert(kept), pc.invert(held_out)))
        written = {
            f"documents/{name}": _documents(table.filter(kept)),
            f"rejected/{name}": self._rejected(rejected),
            f"signals/{name}": table.select(["id", *self.signals]),
            f"heldout/{name}": _documents(table.filter(held_out)),
        }
        directory = Directory(self.directory)
        files = [asdict(write_parquet(directory, path, rows)) for path, rows in written.items()]
        return {"files": files, "counts": _counts(table)}

    def _rejected(self, rows: pa.Table) -> pa.Table:
        columns = {field.name: _column(rows, field) for field in REJECTED if field.name in rows.schema.names}
        columns["stage"] = pa.array([self.stage] * rows.num_rows, pa.string())
        rule = pc.binary_join_element_wise(rows.column("fate_stage"), rows.column("fate_rule"), ".")
        columns |= {"rule": rule, "value": rows.column("fate_value"), "threshold": rows.column("fate_threshold")}
        if not self.rejected_text:
            columns["text"] = pa.nulls(rows.num_rows, pa.string())
        return pa.table(columns, schema=REJECTED)


def write_parquet(directory: Directory, name: str, table: pa.Table) -> FileEntry:
    """Write a table as parquet whose bytes depend on its rows alone."""
    with directory.create(name) as draft:
        pq.write_table(
            table.replace_schema_metadata(None).combine_chunks(),
            draft.stream,
            compression="zstd",
            row_group_size=16_384,
            use_dictionary=["source", "domain"] if "domain" in table.schema.names else False,
        )
    return draft.entry


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
    keys = ["source", "domain", "fate_stage", "fate_rule"]
    grouped = table.select([*keys, "n_bytes"]).group_by(keys).aggregate([("n_bytes", "count"), ("n_bytes", "sum")])
    rows: list[dict[str, Any]] = grouped.rename_columns([*keys, "documents", "bytes"]).to_pylist()
    return rows


def total_counts(parts: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The counts of all parts joined, in a fixed order."""
    totals: dict[tuple[str, ...], list[int]] = {}
    keys = ("source", "domain", "fate_stage", "fate_rule")
    for part in parts:
        for row in part["counts"]:
            total = totals.setdefault(tuple(row[key] or "" for key in keys), [0, 0])
            total[0] += row["documents"]
            total[1] += row["bytes"]
    return [
        {"source": s, "domain": d, "step": step or None, "rule": rule or None, "documents": n, "bytes": size}
        for (s, d, step, rule), (n, size) in sorted(totals.items())
    ]


__all__ = ["FATE", "WritePool", "total_counts", "write_parquet"]
