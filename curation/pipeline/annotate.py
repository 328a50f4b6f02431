"""The row-local pass: a chain of steps and features over batches of documents, as one Map.

The chain runs fused: a batch is read once, every annotator measures it, the rules judge in recipe order. Rows that a
step does not apply to (`only`) have null signals and no fate; the columns of a repeated step hold what was measured
last. Rows that are dead when the pass begins are not measured; a row that dies within the pass still is, so that
thresholds can be changed afterwards without measuring again. Features of global steps, which may be dear, are measured
on the rows that survive the rules before them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curation.engine.operators import Map
from curation.work.fate import FATE, first_fate, in_scope, judge, no_fate
from curation.work.step import Annotator, RowStep


@dataclass(frozen=True)
class Annotate(Map):
    """Adds the columns of its annotators, and the fates that their rules give, to documents.

    Args:
        chain: steps and features in recipe order.
        carry: columns of the input that pass through; all by default.
    """

    chain: tuple[Annotator, ...]
    carry: tuple[str, ...] | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        return ("text", "domain")

    def setup(self) -> None:
        for annotator in self.chain:
            prepare = getattr(annotator, "setup", None)
            if prepare is not None:
                prepare()

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        fields = {name: schema.field(name) for name in self._carried(schema)}
        for annotator in self.chain:
            fields |= {name: pa.field(name, kind) for name, kind in annotator.columns.items()}
        return pa.schema([*fields.values(), *FATE])

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = {name: batch.column(name) for name in self._carried(batch.schema)}
        known = FATE.names[0] in batch.schema.names
        fate = {name: batch.column(name) for name in FATE.names} if known else no_fate(batch.num_rows)
        alive = fate["fate_rule"].is_null().to_numpy(zero_copy_only=False)
        for annotator in self.chain:
            scope = alive.copy()
            if isinstance(annotator, RowStep):
                scope &= in_scope(annotator.config.only, batch.column("domain"))
            elif annotator.survivors_only:
                scope &= fate["fate_rule"].is_null().to_numpy(zero_copy_only=False)
            signals = _measure(annotator, batch, scope)
            columns |= {
                name: pc.coalesce(signal, columns[name]) if name in columns else signal
                for name, signal in signals.items()
            }
            if isinstance(annotator, RowStep):
                fate = first_fate(fate, judge(annotator.label, annotator.rules, signals, alive))
        columns |= fate
        return pa.RecordBatch.from_pydict(columns, schema=self.output_schema(batch.schema))

    def _carried(self, schema: pa.Schema) -> list[str]:
        names = schema.names if self.carry is None else self.carry
        return [name for name in names if name not in FATE.names]


def _measure(annotator: Annotator, batch: pa.RecordBatch, scope: np.ndarray) -> dict[str, pa.Array]:
    if scope.all():
        return dict(annotator.measure(batch))
    if not scope.any():
        return {name: pa.nulls(batch.num_rows, kind) for name, kind in annotator.columns.items()}
    measured = annotator.measure(batch.filter(pa.array(scope)))
    places = pa.array(np.where(scope, np.cumsum(scope) - 1, 0), mask=~scope)
    return {name: column.take(places) for name, column in measured.items()}
