"""Step `code_filter`: what tells source code that people wrote from data and generated files.

Signals, after the filters of The Stack and StarCoder (Li et al. 2023, section 3):

1. code.n_bytes             length in UTF-8 bytes
2. code.max_line_length     characters of the longest line
3. code.mean_line_length    characters a line
4. code.alnum_ratio         share of letters and digits among the characters

Cost: a few passes over each text inside the interpreter's string functions; about 30 MB/s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
from pydantic import Field

from curation.work.rule import Rule
from curation.work.step import Columns, RowStep, StepConfig


class CodeFilterConfig(StepConfig):
    """Thresholds; line lengths and the alphanumeric share are those of The Stack."""

    min_bytes: int = Field(100, ge=0)
    max_bytes: int = Field(1_000_000, ge=0)
    max_line_length: int = Field(1000, ge=0)
    max_mean_line_length: float = 100
    min_alnum_ratio: float = 0.25


@dataclass(frozen=True)
class CodeFilter(RowStep):
    """See the module."""

    config: CodeFilterConfig
    kind = "code_filter"
    Config = CodeFilterConfig

    @property
    def columns(self) -> Mapping[str, pa.DataType]:
        return {f"code.{name}": pa.float64() for name in _SIGNALS}

    @property
    def rules(self) -> tuple[Rule, ...]:
        c = self.config
        return (
            Rule("min_bytes", "code.n_bytes", "below", c.min_bytes),
            Rule("max_bytes", "code.n_bytes", "above", c.max_bytes),
            Rule("max_line_length", "code.max_line_length", "above", c.max_line_length),
            Rule("max_mean_line_length", "code.mean_line_length", "above", c.max_mean_line_length),
            Rule("min_alnum_ratio", "code.alnum_ratio", "below", c.min_alnum_ratio),
        )

    def measure(self, batch: pa.RecordBatch) -> Columns:
        measured = [code_signals(text) for text in batch.column("text").to_pylist()]
        return {f"code.{name}": pa.array([row[name] for row in measured], pa.float64()) for name in _SIGNALS}


_SIGNALS = ("n_bytes", "max_line_length", "mean_line_length", "alnum_ratio")


def code_signals(text: str) -> dict[str, float]:
    """The signals of one document, rounded to 1e-6; the empty document has zeros."""
    lengths = [len(line) for line in text.splitlines()] or [0]
    signals = {
        "n_bytes": len(text.encode()),
        "max_line_length": max(lengths),
        "mean_line_length": sum(lengths) / len(lengths),
        "alnum_ratio": sum(map(str.isalnum, text)) / max(1, len(text)),
    }
    return {name: round(float(value), 6) for name, value in signals.items()}
