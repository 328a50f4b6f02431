"""Step `holdout`: sets documents of every domain aside, for evaluation; they are never trained on.

Documents are taken in the order of the hash of (seed, id) until `per_domain` bytes are reached; the document that
crosses the limit is taken too, so that no domain is left without. Which documents are held out depends on the seed and
the ids alone. `max_document` passes over longer documents, so that no slice is one long document; a domain that has
only such has no slice.

1. A fold counts the bytes of every domain.
2. Only documents whose hash lies below a domain's share can be chosen: four times what is needed on average. They alone
   cross the exchange by domain, ordered by that hash; the first ones up to the limit are set aside.
3. Where the candidates of a domain do not reach the limit (counted by a second fold), all its documents are candidates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from curation.core.hashing import hash64, hash_column, xxh3_64_of_8_bytes
from curation.core.quantities import Size
from curation.engine.base import fold
from curation.engine.operators import Batches, Fold, Map, Stream
from curation.engine.plan import Plan
from curation.engine.runs import complete_runs, run_numbers
from curation.work.context import GlobalContext, dropped_by
from curation.work.fate import FATE, HOLDOUT
from curation.work.step import Annotator, Columns, GlobalStep, StepConfig
from curation.work.workset import PART, ROW

N_BYTES = "n_bytes"
_RANK = "holdout_rank"
_MARGIN = 4
Bytes = dict[str | None, int]


class HoldoutConfig(StepConfig):
    """How much to set aside."""

    per_domain: Size = Field(200_000, gt=0, description="UTF-8 bytes of each domain")
    max_document: Size | None = Field(None, gt=0, description="longer documents are never held out")


@dataclass(frozen=True)
class ByteLength(Annotator):
    """Length of the text in UTF-8 bytes, of dropped documents too: the pool counts them."""

    survivors_only = False

    @property
    def columns(self) -> Mapping[str, pa.DataType]:
        return {N_BYTES: pa.int64()}

    def measure(self, batch: pa.RecordBatch) -> Columns:
        return {N_BYTES: pc.binary_length(batch.column("text")).cast(pa.int64())}


@dataclass(frozen=True)
class Holdout(GlobalStep):
    """See the module."""

    config: HoldoutConfig
    kind = HOLDOUT
    Config = HoldoutConfig

    @property
    def features(self) -> tuple[Annotator, ...]:
        return (ByteLength(),)

    def run(self, context: GlobalContext) -> None:
        limit = self.config.per_domain
        plan = context.rows(("id", "domain", N_BYTES), self.config.only)
        if self.config.max_document is not None:
            plan = plan.map(NoLonger(self.config.max_document))
        totals = self._bytes_of(context, plan)
        shares = {name: min(1.0, round(_MARGIN * limit / max(1, total), 9)) for name, total in totals.items()}
        reached = self._bytes_of(context, plan.map(Rank(context.seed, tuple(shares.items()))))
        shares = {name: share if reached.get(name, 0) >= limit else 1.0 for name, share in shares.items()}
        ranked = plan.map(Rank(context.seed, tuple(shares.items())))
        by_domain = ranked.exchange("domain", (_RANK, "id", PART, ROW), context.partitions)
        context.decide(by_domain.stream(SetAside(self.label, limit)))

    def _bytes_of(self, context: GlobalContext, plan: Plan) -> Bytes:
        totals: Bytes = fold(context.engine, plan, DomainBytes(), label=f"{self.label}: sizes", events=context.events)
        return totals


@dataclass(frozen=True)
class DomainBytes(Fold):
    """Bytes of every domain; documents without one are a domain of their own."""

    def zero(self) -> Bytes:
        return {}

    def step(self, state: Bytes, batch: pa.RecordBatch) -> Bytes:
        table = pa.Table.from_batches([batch]).group_by("domain").aggregate([(N_BYTES, "sum")])
        found = zip(table.column("domain").to_pylist(), table.column(f"{N_BYTES}_sum").to_pylist(), strict=True)
        return self.merge(state, dict(found))

    def merge(self, left: Bytes, right: Bytes) -> Bytes:
        return {name: left.get(name, 0) + right.get(name, 0) for name in {**left, **right}}


@dataclass(frozen=True)
class NoLonger(Map):
    """Keeps rows of at most so many bytes."""

    max_bytes: int

    @property
    def reads(self) -> tuple[str, ...]:
        return (N_BYTES,)

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        return schema

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        return batch.filter(pc.less_equal(batch.column(N_BYTES), self.max_bytes))


@dataclass(frozen=True)
class Rank(Map):
    """Adds the hash of (seed, id), and keeps the rows whose hash lies below their domain's share."""

    seed: int
    shares: tuple[tuple[str | None, float], ...]

    @property
    def reads(self) -> tuple[str, ...]:
        return ("id", "domain")

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        return schema.append(pa.field(_RANK, pa.int64()))

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        salt = np.uint64(hash64(f"holdout/{self.seed}".encode()))
        rank = xxh3_64_of_8_bytes(hash_column(batch.column("id")) ^ salt) >> np.uint64(1)
        share_of = dict(self.shares)
        limits = np.array([share_of[name] for name in batch.column("domain").to_pylist()], dtype=np.float64)
        kept = rank.astype(np.float64) <= limits * 2.0**63
        columns = {name: batch.column(name) for name in batch.schema.names}
        ranked = pa.RecordBatch.from_pydict(
            columns | {_RANK: pa.array(rank.astype(np.int64))}, schema=self.output_schema(batch.schema)
        )
        return ranked.filter(pa.array(kept))


@dataclass(frozen=True)
class SetAside(Stream):
    """Of each domain's rows, in order, the first whose bytes reach the limit."""

    stage: str
    limit_bytes: int

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        return pa.schema([schema.field(PART), schema.field(ROW), *FATE])

    def __call__(self, batches: Batches) -> Batches:
        for batch, starts in complete_runs(batches, "domain"):
            sizes = batch.column(N_BYTES).to_numpy()
            before = np.cumsum(sizes) - sizes
            before -= before[starts][run_numbers(starts, batch.num_rows)]
            chosen = before < self.limit_bytes
            columns = {
                PART: batch.column(PART),
                ROW: batch.column(ROW),
                **dropped_by(self.stage, HOLDOUT, chosen),
            }
            yield pa.RecordBatch.from_pydict(columns, schema=self.output_schema(batch.schema)).filter(pa.array(chosen))
