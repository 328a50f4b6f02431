"""Edges between documents: written by workers, one file a partition, read by the driver as arrays.

An edge is two addresses and perhaps the similarity of their documents. A file is Arrow IPC, uncompressed.
Memory on the driver: 16 bytes an edge, 24 with similarities, and a copy while they are sorted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curation.core.storage import Directory
from curation.engine.operators import Batches, Sink
from curation.engine.plan import Plan
from curation.work.context import GlobalContext

LEFT, RIGHT, JACCARD = "left", "right", "jaccard"
EDGE = pa.schema([pa.field(LEFT, pa.int64()), pa.field(RIGHT, pa.int64())])
MEASURED_EDGE = EDGE.append(pa.field(JACCARD, pa.float64()))


@dataclass(frozen=True)
class Edges:
    """Edges sorted by (left, right), without repeats; `jaccard` is None where it was not measured."""

    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    jaccard: npt.NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.left)


@dataclass(frozen=True)
class WriteEdges(Sink):
    """Writes the edges of a partition; returns the path of the file below the directory."""

    directory: str
    schema: pa.Schema

    def __call__(self, partition: int, batches: Batches) -> str:
        name = f"part-{partition:05d}.arrow"
        with Directory(self.directory).create(name) as draft, pa.ipc.new_file(draft.stream, self.schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
        return name


def run_to_edges(context: GlobalContext, plan: Plan, name: str) -> Edges:
    """Run a plan whose rows are edges, each of them once, and read what came out.

    Args:
        name: of this run within the step, for its files, journal and progress.
    """
    directory = f"{context.work.directory}/edges-{context.label}-{name}"
    # as in GlobalContext.decide: partitions of another number are other work
    journal = f"{context.journal}/{context.label}-{name}-{context.partitions}" if context.journal else None
    sink = WriteEdges(directory, plan.schema)
    files = context.engine.run(plan, sink, label=f"{context.label}: {name}", events=context.events, journal=journal)
    return _read((Path(directory) / file for file in files), plan.schema)


def _read(files: Iterable[Path], schema: pa.Schema) -> Edges:
    tables = [schema.empty_table()]
    for file in files:
        with pa.memory_map(str(file)) as source:
            tables.append(pa.ipc.open_file(source).read_all())
    edges = pa.concat_tables(tables)
    columns = {name: edges.column(name).to_numpy() for name in schema.names}
    order = np.lexsort((columns[RIGHT], columns[LEFT]))
    jaccard = columns[JACCARD][order] if JACCARD in columns else None
    return Edges(columns[LEFT][order], columns[RIGHT][order], jaccard)
