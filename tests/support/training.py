"""A model so small that it trains in half a second, and a corpus that repeats itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from curation.core.events import NoEvents
from tests.support.pools import VOCAB_SIZE, tokenizer
from tests.support.shard_sets import write_shards
from trainer.config import TrainConfig
from trainer.loop import train
from trainer.model.config import ModelConfig

MODEL = ModelConfig(
    vocab_size=VOCAB_SIZE, d_model=16, n_layers=2, n_heads=2, n_kv_heads=1, d_ff=32, max_seq_len=16, sliding_window=8
)
N_STEPS = 13


def repetitive_shards(out: Path, n_tokens: int = 1000) -> Path:
    """The same eleven tokens over and over."""
    document = [*np.random.default_rng(0).integers(2, VOCAB_SIZE, 10).tolist(), tokenizer().eos_id]
    return write_shards(out, (document * n_tokens)[:n_tokens], vocab_size=VOCAB_SIZE)


def config(**changes: Any) -> TrainConfig:
    """13 steps of 64 tokens, a checkpoint every 4, a metric every 3."""
    small = {"sequence_length": 16, "batch_tokens": 64, "n_tokens": 64 * N_STEPS, "learning_rate": 0.01}
    return TrainConfig(**{**small, "checkpoint_every": 4, "log_every": 3, **changes})  # type: ignore[arg-type]


def train_small(shards: Path, out: Path, events: Any = None, **changes: Any) -> dict[str, Any]:
    return train(MODEL, config(**changes), shards, out, events or NoEvents())


class Recorded:
    """Keeps events; raises at the progress event of a step, as an interruption would."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.stop_at = stop_at
        self.told: list[dict[str, Any]] = []

    def emit(self, event: str, /, **fields: Any) -> None:
        self.told.append({"event": event, **fields})
        if event == "progress" and fields["done"] == self.stop_at:
            raise KeyboardInterrupt
