"""The trainer `torch`: this package's own loop."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from curation.core.errors import BadInput
from curation.core.events import Events
from curation.core.tokenizer import Tokenizer
from mixing.shards.manifest import Manifest
from trainer.checkpoint import load_model
from trainer.config import TrainConfig
from trainer.evaluate import bits_per_byte
from trainer.loop import train
from trainer.model.config import ModelConfig
from trainer.protocol import TrainJob


class TorchTrainer:
    """See `trainer.protocol.Trainer`."""

    def train(self, job: TrainJob, events: Events) -> dict[str, Any]:
        config = TrainConfig(
            sequence_length=job.sequence_length,
            batch_tokens=job.batch_tokens,
            n_tokens=job.n_tokens,
            learning_rate=job.learning_rate,
            warmup_fraction=job.warmup_fraction,
            weight_decay=job.weight_decay,
            checkpoint_every=job.checkpoint_every,
            threads=job.threads,
            seed=job.seed,
        )
        vocab_size = Manifest.load(job.shards).vocab_size
        return train(model_shape(job, vocab_size), config, job.shards, job.out, events)

    def evaluate(self, model: Path, heldout: Sequence[tuple[str, str]]) -> dict[str, float]:
        import torch

        torch.set_num_threads(1)
        loaded = load_model(model)
        tokenizer = Tokenizer.load(model / "tokenizer.json")
        scores = bits_per_byte(loaded, tokenizer, heldout, loaded.config.max_seq_len)
        return {f"bpb/{domain}": score.bits_per_byte for domain, score in scores.items()}


def model_shape(job: TrainJob, vocab_size: int) -> ModelConfig:
    """The model that a job means.

    Raises:
        BadInput: neither or both of size and depth are given.
    """
    if (job.size is None) == (job.depth is None):
        raise BadInput("a model needs either `size` or `depth`", fix="write size: 30M or depth: 4")
    if job.size is not None:
        return ModelConfig.olmo3(job.size, vocab_size=vocab_size, max_seq_len=job.sequence_length)
    assert job.depth is not None
    return ModelConfig.from_depth(job.depth, vocab_size, job.sequence_length)
