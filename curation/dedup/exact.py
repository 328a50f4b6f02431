"""Step `exact_dedup`: of documents with the same text one stays.

1. While the text is read, XXH3-128 of its bytes becomes a column (16 bytes).
2. Exchange by that hash, ordered by id; the first row of a run survives, and `dup_count` says how many documents it
   stands for. The others record it as `duplicate_of`. Of rows with one id (the same source id and text, twice) the
   first in the input survives.

What crosses the exchange is the hash, the id and the address of each document: about 70 bytes. Two texts with one hash
are taken for equal; among n documents the chance of any such pair is about n^2 / 2^129.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import xxhash

from curation.engine.operators import Batches, Stream
from curation.engine.runs import complete_runs, run_numbers
from curation.work.context import GlobalContext, dropped_by
from curation.work.fate import FATE
from curation.work.step import Annotator, Columns, GlobalStep, StepConfig
from curation.work.workset import PART, ROW

TEXT_HASH = "text_hash"


class ExactDedupConfig(StepConfig):
    """Nothing to choose but the scope: with `only`, documents of those domains are compared with each other."""


@dataclass(frozen=True)
class TextHash(Annotator):
    """XXH3-128 of the text's bytes, as 16 bytes."""

    @property
    def columns(self) -> Mapping[str, pa.DataType]:
        return {TEXT_HASH: pa.binary()}

    def measure(self, batch: pa.RecordBatch) -> Columns:
        hashes = [xxhash.xxh3_128_digest(text) for text in batch.column("text").cast(pa.binary()).to_pylist()]
        return {TEXT_HASH: pa.array(hashes, pa.binary())}


@dataclass(frozen=True)
class ExactDedup(GlobalStep):
    """See the module."""

    config: ExactDedupConfig
    kind = "exact_dedup"
    Config = ExactDedupConfig

    @property
    def features(self) -> tuple[Annotator, ...]:
        return (TextHash(),)

    def run(self, context: GlobalContext) -> None:
        rows = context.rows(("id", TEXT_HASH), self.config.only)
        by_text = rows.exchange(TEXT_HASH, ("id", PART, ROW), context.partitions)
        context.decide(by_text.stream(KeepFirst(self.label)))


@dataclass(frozen=True)
class KeepFirst(Stream):
    """Of every run of equal text hashes keeps the first row: what becomes of each row, and `dup_count`."""

    stage: str

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        return pa.schema([schema.field(PART), schema.field(ROW), pa.field("dup_count", pa.int64()), *FATE])

    def __call__(self, batches: Batches) -> Batches:
        for batch, starts in complete_runs(batches, TEXT_HASH):
            n = batch.num_rows
            run = run_numbers(starts, n)
            dropped = np.ones(n, dtype=bool)
            dropped[starts] = False
            survivors = batch.column("id").take(pa.array(starts[run], mask=~dropped))
            columns = {
                PART: batch.column(PART),
                ROW: batch.column(ROW),
                "dup_count": pa.array(np.diff(starts, append=n)[run], pa.int64(), mask=dropped),
                **dropped_by(self.stage, "duplicate_text", dropped, survivors),
            }
            yield pa.RecordBatch.from_pydict(columns, schema=self.output_schema(batch.schema))
