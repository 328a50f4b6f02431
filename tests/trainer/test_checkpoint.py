"""Checkpoints are whole or not there; models that are damaged are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from curation.core.errors import BadInput
from tests.support.training import repetitive_shards, train_small
from trainer.checkpoint import load_model, load_newest_checkpoint, save_checkpoint


def state(step: int) -> dict[str, object]:
    return {"step": step, "model": {"w": torch.full((50,), float(step))}, "metrics": [{"step": step, "loss": 0.5}]}


def saved(directory: Path, *steps: int) -> None:
    for step in steps:
        save_checkpoint(directory, step, state(step))


def newest(directory: Path) -> int | None:
    found = load_newest_checkpoint(directory)
    return None if found is None else int(found["step"])


def test_the_newest_is_loaded(tmp_path: Path) -> None:
    assert newest(tmp_path) is None
    saved(tmp_path, 9, 10, 100)
    found = load_newest_checkpoint(tmp_path)
    assert found is not None
    assert torch.equal(found["model"]["w"], torch.full((50,), 100.0))
    assert found["metrics"] == [{"step": 100, "loss": 0.5}]


def test_only_two_are_kept(tmp_path: Path) -> None:
    saved(tmp_path, 1, 2, 3, 4)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "step-00000003.json",
        "step-00000003.pt",
        "step-00000004.json",
        "step-00000004.pt",
    ]


@pytest.mark.parametrize(
    "damage",
    ["shortened", "changed", "empty", "missing", "description missing", "description damaged", "description empty"],
)
def test_a_damaged_one_is_skipped_for_the_one_before(tmp_path: Path, damage: str) -> None:
    saved(tmp_path, 1, 2)
    file, description = tmp_path / "step-00000002.pt", tmp_path / "step-00000002.json"
    raw = bytearray(file.read_bytes())
    if damage == "shortened":
        file.write_bytes(raw[: len(raw) // 2])
    elif damage == "changed":
        raw[len(raw) // 2] ^= 1
        file.write_bytes(raw)
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "missing":
        file.unlink()
    elif damage == "description missing":
        description.unlink()
    else:
        description.write_text("" if damage.endswith("empty") else '{"path": "step-')
    assert newest(tmp_path) == 1
    saved(tmp_path, 2)
    assert newest(tmp_path) == 2


def test_with_both_damaged_there_is_none(tmp_path: Path) -> None:
    saved(tmp_path, 1, 2)
    for file in tmp_path.glob("*.pt"):
        file.write_bytes(file.read_bytes()[:-1])
    assert newest(tmp_path) is None


def test_a_run_goes_on_from_the_checkpoint_before_a_damaged_one(tmp_path: Path) -> None:
    from tests.support.training import Recorded

    shards = repetitive_shards(tmp_path / "shards")
    train_small(shards, tmp_path / "whole", log_every=1)
    with pytest.raises(KeyboardInterrupt):
        train_small(shards, tmp_path / "out", Recorded(stop_at=9), log_every=1)
    damaged = tmp_path / "out/checkpoints/step-00000008.pt"
    damaged.write_bytes(damaged.read_bytes()[:-100])
    events = Recorded()
    train_small(shards, tmp_path / "out", events, log_every=1)
    assert events.told[0]["step"] == 5
    for name in ("model.safetensors", "metrics.jsonl", "manifest.json"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    train_small(repetitive_shards(tmp_path / "shards"), tmp_path / "model")
    return tmp_path / "model"


def test_an_unfinished_model_is_refused(model: Path) -> None:
    (model / "manifest.json").unlink()
    with pytest.raises(BadInput, match="not a finished output"):
        load_model(model)


@pytest.mark.parametrize("damage", ["shortened", "no header", "missing", "another shape"])
def test_weights_that_cannot_be_used_are_refused(model: Path, damage: str) -> None:
    weights = model / "model.safetensors"
    if damage == "shortened":
        weights.write_bytes(weights.read_bytes()[:-5])
    elif damage == "no header":
        weights.write_bytes(b"\xff" * 40)
    elif damage == "missing":
        weights.unlink()
    else:
        fields = json.loads((model / "config.json").read_bytes())
        (model / "config.json").write_text(json.dumps({**fields, "d_ff": 64}))
    with pytest.raises(BadInput, match="the weights cannot be used"):
        load_model(model)
