"""What a trainer is to the rest of the project: shards in, a model and its scores out.

A trainer is found by name through the entry points `mixwright.trainers`. It must be deterministic for equal jobs, keep
what it needs to resume inside `out`, and write the manifest of `out` last.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from curation.core.events import Events


class TrainJob(BaseModel):
    """One training run, in terms that every trainer understands."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shards: Path
    out: Path
    size: str | None = Field(None, description="a row of the ladder, 1M to 32B")
    depth: int | None = Field(None, description="the dial for proxies, instead of size")
    sequence_length: int
    batch_tokens: int
    n_tokens: int | None = Field(None, description="None: one pass over the shards")
    learning_rate: float
    warmup_fraction: float
    weight_decay: float
    checkpoint_every: int
    threads: int
    seed: int


class Trainer(Protocol):
    """A way to train and score models."""

    def train(self, job: TrainJob, events: Events) -> dict[str, Any]:
        """Train; returns the manifest of `job.out`. Called again with the same job it goes on where it stopped."""

    def evaluate(self, model: Path, heldout: Sequence[tuple[str, str]]) -> dict[str, float]:
        """Score a model on held-out (domain, text): metric name, such as `bpb/code/python`, to value."""
