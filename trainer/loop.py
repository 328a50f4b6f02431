"""The training loop: shards to weights, exactly resumable.

1. Step s trains on the sequences at places s B to s B + B - 1 of the run's order.
2. Forward, loss, backward, clip, learning rate of the step, AdamW.
3. Every `checkpoint_every` steps parameters, optimizer and the metrics so far are published.

Nothing depends on when the run was interrupted: a step is a function of the state before it and of its data. A run that
goes on tells the steps since its last checkpoint a second time: of equal steps in an event log the last one counts.
"""

from __future__ import annotations

import json
import math
import shutil
import time
from pathlib import Path
from typing import Any

import torch

from curation.core.errors import BadInput, RunFailed
from curation.core.events import Events
from curation.core.hashing import digest
from curation.core.storage import MANIFEST, Directory, read_manifest
from mixing.shards.reader import ShardReader
from trainer.checkpoint import load_newest_checkpoint, save_checkpoint, save_model
from trainer.config import TrainConfig
from trainer.data import Sequences
from trainer.loss import training_loss
from trainer.model.config import ModelConfig
from trainer.model.transformer import Transformer
from trainer.optimizer import make_optimizer
from trainer.schedule import learning_rate

_NAMED = 8  # sequences that an error message names


def train(model_config: ModelConfig, config: TrainConfig, shards: Path, out: Path, events: Events) -> dict[str, Any]:
    """Train a model; returns the manifest of its directory. A run that is finished already only returns it.

    Args:
        model_config: the shape; its vocabulary must hold the shards' tokens.
        config: everything else.
        shards: a shard directory.
        out: where the model goes; checkpoints of an interrupted run are found there.
        events: progress and metrics.

    Raises:
        BadInput: shards and configuration do not fit, or `out` holds another run.
        RunFailed: the loss is not finite.
    """
    reader = ShardReader(shards)
    if reader.manifest.vocab_size > model_config.vocab_size:
        raise BadInput(
            f"the shards' tokenizer has {reader.manifest.vocab_size} tokens, the model {model_config.vocab_size}",
            where=str(shards),
        )
    if config.sequence_length > model_config.max_seq_len:
        raise BadInput(
            f"sequence_length is {config.sequence_length}, the model takes {model_config.max_seq_len} tokens"
        )
    run = digest(*(part.model_dump_json() for part in (model_config, config, reader.manifest)))
    checkpoints = out / "checkpoints"
    if Directory(out).exists(MANIFEST):
        manifest = _belongs(read_manifest(Directory(out), "model"), run, out)
        shutil.rmtree(checkpoints, ignore_errors=True)
        return manifest
    torch.set_num_threads(config.threads)
    sequences = Sequences(reader, config.sequence_length, config.seed)
    n_steps, per_step = _steps(config, sequences, reader)
    model = Transformer(model_config, seed=config.seed)
    optimizer = make_optimizer(model, config)
    step, metrics = _restore(checkpoints, run, model, optimizer)
    warmup = round(config.warmup_fraction * n_steps)
    model.train()
    started = time.monotonic()
    first = step
    while step < n_steps:
        rate = learning_rate(step, n_steps, config.learning_rate, warmup, config.schedule, config.final_fraction)
        for group in optimizer.param_groups:
            group["lr"] = rate
        inputs_BT, targets_BT = sequences.batch(step * per_step, per_step)
        hidden_BTD = model.hidden(inputs_BT)
        loss, cross_entropy = training_loss(hidden_BTD, model.lm_head.weight, targets_BT, config.z_loss)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), config.clip_norm, foreach=True)
        measured = float(cross_entropy)
        if not math.isfinite(measured) or not math.isfinite(float(norm)):
            starts = ", ".join(map(str, sequences.starts(step * per_step, min(per_step, _NAMED))))
            raise RunFailed(
                f"the loss is {measured} (gradient norm {float(norm)}) at step {step}",
                where=f"{shards}, {per_step} sequences of {config.sequence_length} tokens, from {starts}",
                fix="lower the learning rate, or look at that data with `mix whence`",
            )
        optimizer.step()
        step += 1
        if step % config.log_every == 0 or step == n_steps:
            tokens = step * per_step * config.sequence_length
            metrics.append({"step": step, "tokens": tokens, "loss": measured, "lr": rate, "grad_norm": float(norm)})
            seconds = time.monotonic() - started
            events.emit("metric", **metrics[-1], tokens_per_s=round((step - first) / (step * seconds) * tokens))
            events.emit("progress", label="train", done=step, total=n_steps)
        if step % config.checkpoint_every == 0 and step < n_steps:
            state = {"run": run, "step": step, "metrics": metrics}
            state |= {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
            save_checkpoint(checkpoints, step, state)
    lines = "".join(json.dumps(row) + "\n" for row in metrics)
    written = Directory(out).write_bytes("metrics.jsonl", lines.encode())
    manifest = save_model(
        model,
        out,
        shards / "tokenizer.json",
        [written],
        run=run,
        training=config.model_dump(mode="json"),
        steps=n_steps,
        tokens=n_steps * per_step * config.sequence_length,
        final_loss=round(metrics[-1]["loss"], 6),
        tokenizer_sha256=reader.manifest.tokenizer_sha256,
    )
    shutil.rmtree(checkpoints, ignore_errors=True)
    return manifest


def _steps(config: TrainConfig, sequences: Sequences, reader: ShardReader) -> tuple[int, int]:
    per_step, rest = divmod(config.batch_tokens, config.sequence_length)
    if rest or not per_step:
        raise BadInput(
            f"batch_tokens {config.batch_tokens} is not a multiple of sequence_length {config.sequence_length}"
        )
    n_tokens = config.n_tokens or sequences.n_sequences * config.sequence_length
    n_steps = n_tokens // config.batch_tokens
    if n_steps < 1:
        raise BadInput(f"{n_tokens} tokens do not fill one step of {config.batch_tokens}", where=str(reader.directory))
    return n_steps, per_step


def _belongs(state: dict[str, Any], run: str, out: Path) -> dict[str, Any]:
    if state.get("run") != run:
        raise BadInput(
            "the directory holds another run: of another model, configuration or shards",
            where=str(out),
            fix="train into another directory, or remove this one",
        )
    return state


def _restore(
    checkpoints: Path, run: str, model: Transformer, optimizer: torch.optim.Optimizer
) -> tuple[int, list[dict[str, Any]]]:
    state = load_newest_checkpoint(checkpoints)
    if state is None:
        return 0, []
    state = _belongs(state, run, checkpoints)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    return state["step"], state["metrics"]
