"""The work set of a curate stage: documents in parts, and overlays beside them.

Text is written once, when it has been read and annotated for the first time. Whatever later steps find out is kept in
overlays: small files, one a part and step, whose rows are addressed by their number in the part. Reading a part joins
the two: a later overlay's value replaces an earlier one unless it is null, and the first fate stays. So the text never
crosses an exchange, and an edit of a late step does not rewrite terabytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curation.core.storage import Directory, FileEntry
from curation.engine.operators import Batches, Sink
from curation.engine.plan import Plan
from curation.work.fate import FATE, first_fate, no_fate

PART, ROW = "part", "part_row"
_ADDRESS = pa.schema([pa.field(PART, pa.int32(), nullable=False), pa.field(ROW, pa.int64(), nullable=False)])


@dataclass(frozen=True)
class WorkPart:
    """A part of the work set, as a split: its documents file and its overlays, oldest first.

    `columns` are those to read; the address columns `part` and `part_row` are always there. With `alive` rows that have
    a fate are left out.
    """

    number: int
    directory: str
    file: FileEntry
    overlays: tuple[str, ...]
    columns: tuple[str, ...]
    schema: pa.Schema
    alive: bool = True

    @property
    def key(self) -> str:
        overlays = "/".join(Path(overlay).parent.name for overlay in self.overlays)
        return f"{self.file.xxh3_128}/{overlays}/{self.columns}/{self.alive}"

    @property
    def size_bytes(self) -> int:
        return self.file.size_bytes

    def read(self) -> Iterator[pa.RecordBatch]:
        source = pq.ParquetFile(str(Path(self.directory) / self.file.path), pre_buffer=False)
        found = [_Overlay(path, source.metadata.num_rows) for path in self.overlays if Path(path).exists()]
        stored = source.schema_arrow
        wanted = [name for name in stored.names if name in self.columns or name in FATE.names]
        first = 0
        for group in range(source.num_row_groups):  # a batch never spans groups: their text is bounded, rows are not
            for batch in source.iter_batches(4096, row_groups=[group], columns=wanted, use_threads=False):
                yield self._joined(batch, found, first)
                first += batch.num_rows

    def _joined(self, batch: pa.RecordBatch, overlays: list[_Overlay], first: int) -> pa.RecordBatch:
        n = batch.num_rows
        columns = {name: batch.column(name) for name in batch.schema.names}
        fate = {name: columns.get(name, missing) for name, missing in no_fate(n).items()}
        for overlay in overlays:
            spread = overlay.slice(first, n)
            for name, column in spread.items():
                if name not in FATE.names:
                    columns[name] = pc.coalesce(column, columns[name]) if name in columns else column
            fate = first_fate(fate, {name: spread.get(name, missing) for name, missing in no_fate(n).items()})
        columns |= fate
        columns[PART] = pa.array(np.full(n, self.number), pa.int32())
        columns[ROW] = pa.array(np.arange(first, first + n), pa.int64())
        for name in self.schema.names:
            if name not in columns:
                columns[name] = pa.nulls(n, self.schema.field(name).type)
        joined = pa.RecordBatch.from_pydict(columns | {}, schema=self.schema)
        return joined.filter(pc.is_null(fate["fate_rule"])) if self.alive else joined


class _Overlay:
    """The sparse rows of an overlay file, spread over the rows of its part."""

    def __init__(self, path: str, n_rows: int) -> None:
        with pa.memory_map(path) as source:
            table = pa.ipc.open_file(source).read_all().combine_chunks()
        rows = table.column(ROW).to_numpy()
        place = np.full(n_rows, -1, dtype=np.int64)
        place[rows] = np.arange(len(rows))
        self._place = place
        self._table = table.drop_columns([ROW])

    def slice(self, first: int, n_rows: int) -> dict[str, pa.Array]:
        place = self._place[first : first + n_rows]
        indices = pa.array(np.maximum(place, 0), mask=place < 0)
        if not self._table.num_rows:
            return {f.name: pa.nulls(n_rows, f.type) for f in self._table.schema}
        return {name: self._table.column(name).chunk(0).take(indices) for name in self._table.schema.names}


@dataclass
class WorkSet:
    """All parts, the overlays so far, and the schema of what can be read."""

    directory: str
    parts: list[FileEntry]
    schema: pa.Schema
    overlays: list[str] = field(default_factory=list)

    def plan(self, columns: tuple[str, ...], *, alive: bool = True) -> Plan:
        """A plan over the rows: the columns asked for, and the address of each row."""
        fields = [self.schema.field(name) for name in self.schema.names if name in columns]
        schema = pa.schema([*fields, *_ADDRESS])
        splits = tuple(
            WorkPart(number, self.directory, file, self._overlay_files(number), columns, schema, alive)
            for number, file in enumerate(self.parts)
        )
        return Plan(splits, schema)

    def add_overlay(self, name: str, schema: pa.Schema) -> None:
        """Tell the set that an overlay of that name was written, and what columns it brings."""
        self.overlays.append(name)
        for column in schema:
            if column.name not in self.schema.names and column.name not in _ADDRESS.names:
                self.schema = self.schema.append(column)

    def _overlay_files(self, number: int) -> tuple[str, ...]:
        return tuple(str(overlay_file(self.directory, name, number)) for name in self.overlays)


def overlay_file(directory: str, name: str, part: int) -> Path:
    """Where the overlay of a step for a part is kept."""
    return Path(directory) / f"overlay-{name}" / f"part-{part:05d}.arrow"


@dataclass(frozen=True)
class WriteOverlay(Sink):
    """Writes rows, sorted by (part, part_row), as one overlay file for each part they belong to."""

    directory: str
    overlay: str

    def __call__(self, partition: int, batches: Batches) -> int:
        held: list[pa.RecordBatch] = []
        written = 0
        for batch in batches:
            parts = batch.column(PART).to_numpy()
            starts = np.flatnonzero(np.diff(parts, prepend=-1))
            for start, stop in zip(starts, [*starts[1:], len(parts)], strict=True):
                if held and held[-1].column(PART)[0].as_py() != parts[start]:
                    written += self._write(held)
                    held = []
                held.append(batch.slice(start, stop - start))
        return written + (self._write(held) if held else 0)

    def _write(self, held: list[pa.RecordBatch]) -> int:
        table = pa.Table.from_batches(held)
        path = overlay_file(self.directory, self.overlay, table.column(PART)[0].as_py())
        rows = table.drop_columns([PART]).combine_chunks()
        with Directory(path.parent).create(path.name) as draft, pa.ipc.new_file(draft.stream, rows.schema) as writer:
            writer.write_table(rows)
        return int(rows.num_rows)
