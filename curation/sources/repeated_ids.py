"""Documents with one id: the first in the order of (location, row) stays.

Ids repeat where a source has ids of its own and gives a document twice, or where two sources have one name and equal
files. Without either they cannot, for location and row are part of them, and nothing is done.

Exchange by id, ordered by location and row: about 110 bytes a document. What a row-local rule has dropped already keeps
that rule's fate; its repetitions have the same text, and are dropped by the same rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from curation.engine.operators import Batches, Stream
from curation.engine.runs import complete_runs, run_numbers
from curation.sources.batches import READ
from curation.work.context import GlobalContext, dropped_by
from curation.work.fate import FATE
from curation.work.workset import PART, ROW

DUPLICATE_ID = "duplicate_id"


def may_repeat(sources: Sequence[str], entries: Iterable[Mapping[str, Any]]) -> bool:
    """Whether ids can repeat.

    Args:
        sources: names of the sources of a stage.
        entries: what was read of them (`curation.sources.summary`).
    """
    return len(set(sources)) < len(sources) or any(entry["with_id"] for entry in entries)


def reject_repeated_ids(context: GlobalContext) -> None:
    """Reject all documents of an id but the first."""
    rows = context.rows(("id", "location", "row"), ("*",))
    by_id = rows.exchange("id", ("location", "row", PART, ROW), context.partitions)
    context.decide(by_id.stream(FirstOfId()))


@dataclass(frozen=True)
class FirstOfId(Stream):
    """Of every run of equal ids gives the rows after the first, with their fate."""

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        return pa.schema([schema.field(PART), schema.field(ROW), *FATE])

    def __call__(self, batches: Batches) -> Batches:
        for batch, starts in complete_runs(batches, "id"):
            repeated = np.ones(batch.num_rows, dtype=bool)
            repeated[starts] = False
            if not repeated.any():
                continue
            first = batch.column("id").take(pa.array(starts[run_numbers(starts, batch.num_rows)]))
            columns = {
                PART: batch.column(PART),
                ROW: batch.column(ROW),
                **dropped_by(READ, DUPLICATE_ID, repeated, first),
            }
            rows = pa.RecordBatch.from_pydict(columns, schema=self.output_schema(batch.schema))
            yield rows.filter(pa.array(repeated))
