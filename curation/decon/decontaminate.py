"""Step `decontaminate`: documents that hold evaluation items, or parts of them, are dropped.

1. Items come from the pool's own held-out documents and from evaluation sets on disk; the driver makes an index of
   their n-grams (see `indexing`), and workers map it into memory.
2. Every n-gram of every document that is alive is looked up. A document's overlap is the largest share of a question or
   an answer that is in it, or the largest share of its own n-grams that is in one of these (see `overlap`).
3. Documents whose overlap reaches the threshold are dropped as `contaminated`, with the item's key as `duplicate_of`.

With the defaults any 50 % of an item's 8-grams are enough, wherever they stand; items of less than 20 tokens must be
found whole. What many items or many documents have (templates, licences) is no evidence. What it does not find: items
that were edited every few words, translated, or cut into documents of less than 20 tokens. Items that cannot be found
at all are listed in the manifest and warned of.

Signals: `decon.overlap`, and `decon.item`, the key of the item that it is about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
from pydantic import Field, field_validator

from curation.core.errors import BadInput
from curation.core.quantities import Fraction
from curation.decon.evaluation_sets import EvaluationSetConfig, read_evaluation_set
from curation.decon.frequency import common_in_pool
from curation.decon.heldout import HELD_OUT, held_out_set
from curation.decon.index import Stored, store_items, store_table
from curation.decon.indexing import EvaluationNgrams, SetSummary
from curation.decon.items import EvaluationSet, check_size
from curation.decon.overlap import overlaps
from curation.decon.probe import ngram_table
from curation.engine.operators import Map
from curation.work.context import GlobalContext, dropped_by
from curation.work.fate import FATE, HOLDOUT
from curation.work.step import GlobalStep, Step, StepConfig
from curation.work.workset import PART, ROW

OVERLAP, ITEM = "decon.overlap", "decon.item"
RULE = "contaminated"


class DecontaminateConfig(StepConfig):
    """Against what, and how much of it makes a document contaminated."""

    against: tuple[Literal["heldout"] | EvaluationSetConfig, ...] = Field(min_length=1)
    action: Literal["drop"] = Field("drop", description="whole documents")
    ngram: int = Field(8, ge=1, le=1000, description="tokens of an n-gram")
    threshold: Fraction = Field(0.5, gt=0, description="share of an item, or of a document")
    short: int = Field(13, ge=1, description="items with fewer n-grams must be found whole; 13 are 20 tokens (decon)")
    common: Fraction = Field(0.01, description="n-grams of more than this share of a set's items, and 10, do not count")

    @field_validator("against")
    @classmethod
    def _each_once(cls, value: tuple[str | EvaluationSetConfig, ...]) -> tuple[str | EvaluationSetConfig, ...]:
        names = [one if isinstance(one, str) else one.name for one in value]
        repeated = [name for name in names if names.count(name) > 1]
        if repeated:
            raise ValueError(f"`{repeated[0]}` stands there twice; give each set a name of its own")
        return value


@dataclass(frozen=True)
class Decontaminate(GlobalStep):
    """See the module."""

    config: DecontaminateConfig
    kind = "decontaminate"
    Config = DecontaminateConfig

    @property
    def signals(self) -> tuple[str, ...]:
        return (OVERLAP, ITEM)

    def inputs(self) -> list[str]:
        """The contents of the evaluation sets; raises BadInput where one cannot be used."""
        return [one.content for one in self._sets_on_disk()]

    def check_place(self, earlier: Sequence[Step]) -> None:
        """Raises BadInput where held-out documents are asked for before there are any."""
        if HELD_OUT in self.config.against and not any(step.kind == HOLDOUT for step in earlier):
            raise BadInput(
                f"`against: [{HELD_OUT}]` without a `{HOLDOUT}` step before it: no document is held out",
                where=f"step `{self.label}`",
                fix=f"put a `{HOLDOUT}` step before it, or take `{HELD_OUT}` out of `against`",
            )

    def run(self, context: GlobalContext) -> None:
        held_out = [held_out_set(context)] if HELD_OUT in self.config.against else []
        sets = [*held_out, *self._sets_on_disk()]
        n_bytes = sum(len(item.question.encode()) + len(item.answer.encode()) for one in sets for item in one.items)
        check_size(n_bytes, context.label, "decontaminate in several steps, each with a name and some of the sets")
        ngram, short, only = self.config.ngram, self.config.short, self.config.only
        ngrams = EvaluationNgrams(sets, ngram)
        table = store_table(ngram_table(ngrams.distinct), f"{context.work.directory}/index-{context.label}")
        common = ngrams.common(self.config.common) | common_in_pool(context, only, table, ngram)
        index, summaries = ngrams.index(common, short)
        self._tell(context, sets, summaries)
        stored = store_items(index, table)
        del ngrams, index
        find = FindContaminated(self.label, stored, ngram, short, self.config.threshold)
        context.decide(context.rows(("text",), only).map(find))

    def _sets_on_disk(self) -> list[EvaluationSet]:
        return [read_evaluation_set(one) for one in self.config.against if isinstance(one, EvaluationSetConfig)]

    def _tell(self, context: GlobalContext, sets: Sequence[EvaluationSet], summaries: Sequence[SetSummary]) -> None:
        context.notes[self.label] = {"sets": [asdict(summary) for summary in summaries]}
        for one, summary in zip(sets, summaries, strict=True):
            missed = len(summary.too_short) + len(summary.only_common)
            context.events.emit(
                "metric", label=self.label, set=one.name, items=summary.n_items, repeated=summary.n_repeated,
                empty=summary.n_empty, undetectable=missed,
            )  # fmt: skip
            if not one.items:
                context.events.emit("warning", text=f"{self.label}: `{one.name}` has no documents")
            if missed:
                first = ", ".join((*summary.too_short, *summary.only_common)[:3])
                text = f"{missed} of {summary.n_items} items of `{one.name}` cannot be detected: {first}"
                reason = f"{len(summary.too_short)} are shorter than {self.config.ngram} tokens"
                context.events.emit("warning", text=f"{self.label}: {text}{', ...' * (missed > 3)}; {reason}")
            if one.empty:
                text = f"{len(one.empty)} items of `{one.name}` have an empty question, the first in {one.empty[0]}"
                context.events.emit("warning", text=f"{self.label}: {text}")


@dataclass(frozen=True)
class FindContaminated(Map):
    """What becomes of each row, and its overlap.

    Args:
        stage: the step's label.
        stored: the index.
    """

    stage: str
    stored: Stored
    ngram: int
    short: int
    threshold: float

    @property
    def reads(self) -> tuple[str, ...]:
        return ("text", PART, ROW)

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        measured = (pa.field(OVERLAP, pa.float64()), pa.field(ITEM, pa.string()))
        return pa.schema([schema.field(PART), schema.field(ROW), *measured, *FATE])

    def setup(self) -> None:
        _ = self.stored.table, self.stored.items

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        index = self.stored.items
        share, item = overlaps(batch.column("text"), self.stored.table, index, ngram=self.ngram, short=self.short)
        keys = index.keys.take(pa.array(np.maximum(item, 0), mask=item < 0))
        dropped = share >= self.threshold
        fates = dropped_by(self.stage, RULE, dropped, keys.take(pa.array(np.arange(len(item)), mask=~dropped)))
        fates["fate_value"] = pa.array(share, mask=~dropped)
        fates["fate_threshold"] = pa.array(np.full(len(share), self.threshold), mask=~dropped)
        columns = {PART: batch.column(PART), ROW: batch.column(ROW), OVERLAP: pa.array(share), ITEM: keys, **fates}
        return pa.RecordBatch.from_pydict(columns, schema=self.output_schema(batch.schema))
