"""The scope of a global step: the rows whose domain its `only` names."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from curation.engine.operators import Map
from curation.work.fate import in_scope


@dataclass(frozen=True)
class InScope(Map):
    """Keeps the rows whose domain matches a pattern.

    Args:
        patterns: such as `code/*`; `*` keeps rows without a domain too.
    """

    patterns: tuple[str, ...]

    @property
    def reads(self) -> tuple[str, ...]:
        return ("domain",)

    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        return schema

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        return batch.filter(pa.array(in_scope(self.patterns, batch.column("domain"))))
