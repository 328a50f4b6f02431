"""Step `gopher_quality`: the document-level heuristics of Gopher (Rae et al. 2021, appendix A, table A1).

Words are what stands between white space. Signals of a document with w words and l lines:

1. gopher.n_words              w
2. gopher.mean_word_length     characters of words / w
3. gopher.symbol_ratio         number of `#` and of ellipses, the larger, / w
4. gopher.bullet_lines         share of lines that begin with a bullet
5. gopher.ellipsis_lines       share of lines that end in an ellipsis
6. gopher.alpha_words          share of words with at least one letter
7. gopher.stop_words           how many of eight English stop words occur, each counted once

Cost: one pass over the words of each document in Python; about 5 MB/s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
from pydantic import Field

from curation.work.rule import Rule
from curation.work.step import Columns, RowStep, StepConfig

STOP_WORDS = frozenset({"the", "be", "to", "of", "and", "that", "have", "with"})
BULLETS = ("\u2022", "\u2023", "\u25b6", "\u25c0", "\u25e6", "\u25a0", "\u25a1", "\u25aa", "\u25ab", "\u2013", "-", "*")


class GopherQualityConfig(StepConfig):
    """Thresholds; the defaults are the paper's."""

    min_words: int = Field(50, ge=0)
    max_words: int = Field(100_000, ge=0)
    min_mean_word_length: float = 3
    max_mean_word_length: float = 10
    max_symbol_ratio: float = 0.1
    max_bullet_lines: float = 0.9
    max_ellipsis_lines: float = 0.3
    min_alpha_words: float = 0.8
    min_stop_words: int = 2


@dataclass(frozen=True)
class GopherQuality(RowStep):
    """See the module."""

    config: GopherQualityConfig
    kind = "gopher_quality"
    Config = GopherQualityConfig

    @property
    def columns(self) -> Mapping[str, pa.DataType]:
        return {f"gopher.{name}": pa.float64() for name in _SIGNALS}

    @property
    def rules(self) -> tuple[Rule, ...]:
        c = self.config
        return (
            Rule("min_words", "gopher.n_words", "below", c.min_words),
            Rule("max_words", "gopher.n_words", "above", c.max_words),
            Rule("min_mean_word_length", "gopher.mean_word_length", "below", c.min_mean_word_length),
            Rule("max_mean_word_length", "gopher.mean_word_length", "above", c.max_mean_word_length),
            Rule("max_symbol_ratio", "gopher.symbol_ratio", "above", c.max_symbol_ratio),
            Rule("max_bullet_lines", "gopher.bullet_lines", "above", c.max_bullet_lines),
            Rule("max_ellipsis_lines", "gopher.ellipsis_lines", "above", c.max_ellipsis_lines),
            Rule("min_alpha_words", "gopher.alpha_words", "below", c.min_alpha_words),
            Rule("min_stop_words", "gopher.stop_words", "below", c.min_stop_words),
        )

    def measure(self, batch: pa.RecordBatch) -> Columns:
        measured = [gopher_signals(text) for text in batch.column("text").to_pylist()]
        return {f"gopher.{name}": pa.array([row[name] for row in measured], pa.float64()) for name in _SIGNALS}


_SIGNALS = (
    "n_words", "mean_word_length", "symbol_ratio", "bullet_lines", "ellipsis_lines", "alpha_words", "stop_words"
)  # fmt: skip


def gopher_signals(text: str) -> dict[str, float]:
    """The signals of one document, rounded to 1e-6; shares of nothing are 0."""
    words = text.split()
    lines = text.splitlines()
    n_words, n_lines = max(1, len(words)), max(1, len(lines))
    ellipses = text.count("...") + text.count("\u2026")
    signals = {
        "n_words": len(words),
        "mean_word_length": sum(map(len, words)) / n_words,
        "symbol_ratio": max(text.count("#"), ellipses) / n_words,
        "bullet_lines": sum(line.lstrip().startswith(BULLETS) for line in lines) / n_lines,
        "ellipsis_lines": sum(line.rstrip().endswith(("...", "\u2026")) for line in lines) / n_lines,
        "alpha_words": sum(any(map(str.isalpha, word)) for word in words) / n_words,
        "stop_words": len(STOP_WORDS.intersection(words)),
    }
    return {name: round(float(value), 6) for name, value in signals.items()}
