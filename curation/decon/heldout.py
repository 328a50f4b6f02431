"""The held-out documents of the pool itself, as a set of evaluation items.

1. Sizes of the documents that a holdout step has set aside are added up, without reading text; too much is refused.
2. The text of the parts that have any is read, and theirs comes to the driver, sorted by id.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from curation.decon.items import EvaluationItem, EvaluationSet, check_size
from curation.engine.base import collect
from curation.engine.operators import Map
from curation.engine.plan import Plan
from curation.work.context import GlobalContext
from curation.work.fate import HOLDOUT
from curation.work.workset import PART, WorkPart

HELD_OUT = "heldout"


def held_out_set(context: GlobalContext) -> EvaluationSet:
    """The documents that are held out so far; a document's id is its key.

    Raises:
        BadInput: they are too large to be indexed.
    """
    sizes = collect(context.engine, _held_out(context, "n_bytes"), label=f"{context.label}: held-out sizes")
    n_bytes = pc.sum(sizes.column("n_bytes")).as_py() or 0
    check_size(n_bytes, context.label, "hold out less: set `per_domain` of the holdout step to a smaller size")
    parts = set(sizes.column(PART).to_pylist())
    plan = _held_out(context, "text")
    having = (split for split in plan.splits if not isinstance(split, WorkPart) or split.number in parts)
    texts = collect(context.engine, replace(plan, splits=tuple(having)), label=f"{context.label}: held-out text")
    rows = sorted(zip(texts.column("id").to_pylist(), texts.column("text").to_pylist(), strict=True))
    items = tuple(EvaluationItem(key, text) for key, text in rows if text.strip())
    return EvaluationSet(HELD_OUT, items, tuple(key for key, text in rows if not text.strip()))


def _held_out(context: GlobalContext, column: str) -> Plan:
    return context.work.plan(("id", column, "fate_rule"), alive=False).map(KeepHeldOut())


@dataclass(frozen=True)
class KeepHeldOut(Map):
    """Keeps the rows that a holdout step has set aside."""

    @property
    def reads(self) -> tuple[str, ...]:
        return ("fate_rule",)

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        return schema

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        return batch.filter(pc.fill_null(pc.equal(batch.column("fate_rule"), HOLDOUT), False))
