"""The trainer behind the protocol: jobs in, models and scores out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from curation.core.errors import BadInput
from tests.support.pools import VOCAB_SIZE
from tests.support.training import Recorded, repetitive_shards
from trainer.model.config import ModelConfig
from trainer.protocol import Trainer, TrainJob
from trainer.torch_trainer import TorchTrainer, model_shape


def job(tmp_path: Path, **changes: Any) -> TrainJob:
    fields = {"shards": tmp_path / "shards", "out": tmp_path / "model", "depth": 1, "sequence_length": 16}
    fields |= {"batch_tokens": 64, "learning_rate": 0.02, "warmup_fraction": 0.1, "weight_decay": 0.1}
    return TrainJob(**{**fields, "checkpoint_every": 5, "threads": 1, "seed": 7, **changes})


def test_a_job_is_trained_and_scored(tmp_path: Path) -> None:
    trainer: Trainer = TorchTrainer()
    repetitive_shards(tmp_path / "shards")
    manifest = trainer.train(job(tmp_path), Recorded())
    assert manifest["training"]["weight_decay"] == 0.1
    assert manifest["training"]["seed"] == 7
    assert manifest["parameters"] == ModelConfig.from_depth(1, VOCAB_SIZE, 16).n_parameters
    scores = trainer.evaluate(tmp_path / "model", [("docs/prose", "the weight"), ("code", "a shard")])
    assert list(scores) == ["bpb/code", "bpb/docs/prose"]
    assert all(value > 0 for value in scores.values())


def test_size_and_depth_are_two_dials_for_one_thing(tmp_path: Path) -> None:
    assert model_shape(job(tmp_path, depth=None, size="1M"), 300) == ModelConfig.olmo3(
        "1M", vocab_size=300, max_seq_len=16
    )
    for changes in ({"size": "1M"}, {"depth": None}):
        with pytest.raises(BadInput, match="either `size` or `depth`"):
            model_shape(job(tmp_path, **changes), 300)
