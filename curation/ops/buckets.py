"""Step `buckets`: the percentile of every document within its domain, as a bucket from 0, the worst, to count - 1.

Percentiles are of bytes, not of documents, and exact. In the order of (`by`, id) a document with b bytes before it and
n of its own, in a domain of N bytes, goes to bucket floor(count * (b + n / 2) / N): where the middle of its text lies.
So every bucket holds N / count bytes, but for half a document at each edge, and equal values are told apart by their
ids. A document that is longer than N / count leaves buckets empty.

1. A fold counts the bytes of every domain.
2. An exchange brings each domain together, in order; a running sum of bytes gives the buckets.

Documents without a value (not measured, out of the measuring step's scope) are in bucket 0, and do not count for the
others. Steps behind this one may drop documents, and then buckets are no longer equal: the counts stage says what is
left in each. Memory: a batch, whatever the size of a domain.

Reference: Olmo 3 technical report, section 3.4.1, has 20 buckets in each topic; there edges come from a sample, and
scores tie, so that buckets differ in size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pydantic import Field

from curation.core.errors import BadInput, nearest
from curation.engine.base import fold
from curation.engine.operators import Batches, Map, Stream
from curation.ops.holdout import N_BYTES, ByteLength, DomainBytes
from curation.work.context import GlobalContext
from curation.work.fate import as_floats
from curation.work.step import Annotator, GlobalStep, RowStep, Step, StepConfig
from curation.work.workset import PART, ROW

BUCKET = "bucket"
_ORDER = "bucket_order"


class BucketsConfig(StepConfig):
    """How many, and by what."""

    count: int = Field(20, ge=1, le=1000, description="buckets of each domain")
    by: str = Field("quality.margin", description="the signal that orders documents; the highest are the best")


@dataclass(frozen=True)
class Buckets(GlobalStep):
    """See the module."""

    config: BucketsConfig
    kind = "buckets"
    Config = BucketsConfig

    @property
    def features(self) -> tuple[Annotator, ...]:
        return (ByteLength(),)

    def check_place(self, earlier: Sequence[Step]) -> None:
        """Raises BadInput where no earlier step measures what documents are ordered by, or measures no number."""
        measured = dict(ByteLength().columns)
        for step in earlier:
            if isinstance(step, RowStep):
                measured |= step.columns
        numbers = [name for name, kind in measured.items() if _is_number(kind)]
        by = self.config.by
        if by not in numbers:
            near = nearest(by, numbers)
            choice = f"order by `{near}`" if near else f"order by one of {', '.join(numbers)}"
            raise BadInput(
                f"`by: {by}`, which {'is no number' if by in measured else 'no step before it measures'}",
                where=f"step `{self.label}`",
                fix=f"put the step that measures it before this one (`quality` has quality.margin), or {choice}",
            )

    def run(self, context: GlobalContext) -> None:
        by = self.config.by
        columns = tuple(dict.fromkeys(("id", "domain", N_BYTES, by)))
        rows = context.rows(columns, self.config.only).map(Ordered(by))
        totals = fold(context.engine, rows, DomainBytes(), label=f"{self.label}: sizes", events=context.events)
        by_domain = rows.exchange("domain", (_ORDER, "id", PART, ROW), context.partitions)
        context.decide(by_domain.stream(Percentiles(self.config.count, tuple(sorted(totals.items(), key=str)))))


@dataclass(frozen=True)
class Ordered(Map):
    """Adds the signal as a float64 that can be sorted; rows without a value go."""

    by: str

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.by,)

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        kept = [field for field in schema if field.name in ("id", "domain", N_BYTES, PART, ROW)]
        return pa.schema([*kept, pa.field(_ORDER, pa.float64())])

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        schema = self.output_schema(batch.schema)
        values = as_floats(batch.column(self.by)) + 0.0  # a negative zero is a zero
        columns = {name: batch.column(name) for name in schema.names if name != _ORDER}
        ordered = pa.RecordBatch.from_pydict(columns | {_ORDER: pa.array(values)}, schema=schema)
        return ordered.filter(pa.array(~np.isnan(values)))


@dataclass(frozen=True)
class Percentiles(Stream):
    """The bucket of every row of a domain, by the bytes before it.

    Args:
        count: buckets.
        totals: bytes of every domain.
    """

    count: int
    totals: tuple[tuple[str | None, int], ...]

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        return pa.schema([schema.field(PART), schema.field(ROW), pa.field(BUCKET, pa.int32())])

    def __call__(self, batches: Batches) -> Batches:
        total_of: Mapping[str | None, int] = dict(self.totals)
        domain, before = None, 0  # of the row that comes next
        for batch in batches:
            buckets = np.zeros(batch.num_rows, dtype=np.int32)
            for start, stop in _runs(batch.column("domain")):
                if (found := batch.column("domain")[start].as_py()) != domain:
                    domain, before = found, 0
                sizes = batch.column(N_BYTES)[start:stop].to_numpy()
                ends = before + np.cumsum(sizes)
                # in halves of a byte, so that all numbers are whole
                buckets[start:stop] = self.count * (2 * ends - sizes) // max(1, 2 * total_of[domain])
                before = int(ends[-1])
            np.minimum(buckets, self.count - 1, out=buckets)  # an empty text behind all others
            columns = {PART: batch.column(PART), ROW: batch.column(ROW), BUCKET: pa.array(buckets)}
            yield pa.RecordBatch.from_pydict(columns, schema=self.output_schema(batch.schema))


def _runs(domains: pa.Array) -> Iterator[tuple[int, int]]:
    """Where each run of equal domains starts and stops."""
    codes = domains.dictionary_encode(null_encoding="encode").indices.to_numpy(zero_copy_only=False)
    starts = [0, *(np.flatnonzero(np.diff(codes)) + 1).tolist()]
    return zip(starts, [*starts[1:], len(codes)], strict=True)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind))
