"""The loop: what it learns, tells, writes and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from curation.core.errors import BadInput, RunFailed
from curation.core.storage import Directory, damaged
from tests.support.pools import VOCAB_SIZE, tokenizer
from tests.support.training import MODEL, N_STEPS, Recorded, config, repetitive_shards, train_small
from trainer.checkpoint import load_model
from trainer.loop import train
from trainer.model.transformer import Transformer


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return repetitive_shards(tmp_path_factory.mktemp("loop") / "shards")


def test_a_corpus_that_repeats_itself_is_learned(shards: Path, tmp_path: Path) -> None:
    events = Recorded()
    train_small(shards, tmp_path, events, n_tokens=64 * 60, learning_rate=0.03)
    losses = [event["loss"] for event in events.told if event["event"] == "metric"]
    assert losses[0] > 5
    assert losses[-1] < 0.5


def test_metrics_and_manifest_say_what_was_done(shards: Path, tmp_path: Path) -> None:
    events = Recorded()
    manifest = train_small(shards, tmp_path, events)
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [3, 6, 9, 12, N_STEPS]
    assert [row["tokens"] for row in rows] == [64 * row["step"] for row in rows]
    told = [event for event in events.told if event["event"] == "metric"]
    assert [{key: event[key] for key in row} for row, event in zip(rows, told, strict=True)] == rows
    assert all(event["tokens_per_s"] > 0 for event in told)
    assert [event["done"] for event in events.told if event["event"] == "progress"] == [3, 6, 9, 12, N_STEPS]
    assert (manifest["steps"], manifest["tokens"]) == (N_STEPS, 64 * N_STEPS)
    assert manifest["final_loss"] == round(rows[-1]["loss"], 6)
    assert manifest["tokenizer_sha256"] == tokenizer().sha256
    assert manifest["parameters"] == sum(t.numel() for t in load_file(tmp_path / "model.safetensors").values())
    assert damaged(Directory(tmp_path), manifest) == []
    assert not (tmp_path / "checkpoints").exists()


def test_the_speed_that_is_told_leaves_out_the_steps_of_earlier_attempts(
    shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KeyboardInterrupt):
        train_small(shards, tmp_path, Recorded(stop_at=9), log_every=1)
    clock = iter(float(second) for second in range(100))
    monkeypatch.setattr("trainer.loop.time.monotonic", lambda: next(clock))  # a second a step
    events = Recorded()
    train_small(shards, tmp_path, events, log_every=1)
    speeds = [event["tokens_per_s"] for event in events.told if event["event"] == "metric"]
    assert speeds == [64] * (N_STEPS - 8)


def test_one_pass_is_the_default(shards: Path, tmp_path: Path) -> None:
    manifest = train_small(shards, tmp_path, n_tokens=None)
    assert manifest["tokens"] == 999 // 16 // 4 * 64


def test_a_step_is_the_gradient_of_its_batch_clipped(shards: Path, tmp_path: Path) -> None:
    """One step by hand: plain logits, plain cross entropy, AdamW from its formula."""
    train_small(shards, tmp_path, n_tokens=64, warmup_fraction=0.0, clip_norm=0.01, z_loss=0.1)
    from mixing.shards.reader import ShardReader
    from trainer.data import Sequences

    inputs, targets = Sequences(ShardReader(shards), 16, 17).batch(0, 4)
    model = Transformer(MODEL, seed=17)
    logits = model(inputs)
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
    (loss + 0.1 * logits.logsumexp(-1).square().mean()).backward()
    norm = torch.stack([p.grad.norm() for p in model.parameters() if p.grad is not None]).norm()
    trained = load_file(tmp_path / "model.safetensors")
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None
        gradient = parameter.grad * min(1.0, 0.01 / float(norm))
        decay = 0.0 if "norm" in name or name == "embed_tokens.weight" else 0.1
        step = gradient / (gradient.abs() + 1e-8)  # the first step of Adam, bias corrected
        expected = parameter.detach() * (1 - 0.01 * decay) - 0.01 * step
        torch.testing.assert_close(trained[name], expected, rtol=1e-3, atol=2e-5)


def test_a_loss_that_is_not_finite_fails_and_says_where(shards: Path, tmp_path: Path) -> None:
    with pytest.raises(RunFailed, match=r"the loss is \S+ \(gradient norm \S+\) at step \d+") as raised:
        train_small(shards, tmp_path, learning_rate=1e38, warmup_fraction=0.0)
    assert "4 sequences of 16 tokens, from " in str(raised.value.where)
    assert not (tmp_path / "manifest.json").exists()


def test_shards_with_a_larger_vocabulary_are_refused(shards: Path, tmp_path: Path) -> None:
    small = MODEL.model_copy(update={"vocab_size": VOCAB_SIZE - 1})
    with pytest.raises(BadInput, match=f"the shards' tokenizer has {VOCAB_SIZE} tokens, the model {VOCAB_SIZE - 1}"):
        train(small, config(), shards, tmp_path, Recorded())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sequence_length": 17, "batch_tokens": 68}, "sequence_length is 17, the model takes 16"),
        ({"batch_tokens": 65}, "batch_tokens 65 is not a multiple of sequence_length 16"),
        ({"batch_tokens": 8}, "batch_tokens 8 is not a multiple of sequence_length 16"),
        ({"n_tokens": 63}, "63 tokens do not fill one step of 64"),
    ],
)
def test_settings_that_do_not_fit_are_refused(
    shards: Path, tmp_path: Path, changes: dict[str, int], words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        train_small(shards, tmp_path, **changes)


def test_a_trained_model_is_loaded_as_it_was_saved(shards: Path, tmp_path: Path) -> None:
    train_small(shards, tmp_path)
    model = load_model(tmp_path)
    assert model.config == MODEL
    assert not model.training
    for name, tensor in load_file(tmp_path / "model.safetensors").items():
        assert torch.equal(model.state_dict()[name], tensor)
