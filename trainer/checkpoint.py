"""Checkpoints that are whole or not there, and final weights.

A checkpoint is one file, published when complete, with its checksum beside it. The newest one whose checksum holds is
loaded; older ones are removed once a newer one is there. Final weights are `model.safetensors`, whose bytes depend on
the weights alone, with `config.json`, the tokenizer and a manifest.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from curation.core.errors import BadInput
from curation.core.storage import Directory, FileEntry, commit, entry_of, read_manifest
from trainer.model.config import ModelConfig
from trainer.model.transformer import Transformer

_KEPT = 2


def save_checkpoint(directory: Path, step: int, state: dict[str, Any]) -> None:
    """Publish a checkpoint, then remove all but the newest two."""
    target = Directory(directory)
    with target.create(f"step-{step:08d}.pt") as draft:
        torch.save(state, draft.stream)
    target.write_json(f"step-{step:08d}.json", asdict(draft.entry))
    for old in sorted(directory.glob("step-*.json"))[:-_KEPT]:
        old.unlink()
        old.with_suffix(".pt").unlink(missing_ok=True)


def load_newest_checkpoint(directory: Path) -> dict[str, Any] | None:
    """The state of the newest checkpoint that is undamaged, or None."""
    for described in sorted(directory.glob("step-*.json"), reverse=True):
        file = described.with_suffix(".pt")
        expected = None
        with contextlib.suppress(ValueError):  # a damaged description describes nothing
            expected = json.loads(described.read_bytes())
        if file.exists() and asdict(entry_of(file, file.name)) == expected:
            state: dict[str, Any] = torch.load(file, weights_only=True)
            return state
    return None


def save_model(model: Transformer, out: Path, tokenizer: Path, extra: list[FileEntry], **facts: Any) -> dict[str, Any]:
    """Write the final weights and commit the model directory; returns the manifest.

    Args:
        model: the model.
        out: its directory.
        tokenizer: a tokenizer.json, copied beside the weights.
        extra: further files that are there already.
        facts: for the manifest.
    """
    directory = Directory(out)
    weights = {name: tensor.contiguous() for name, tensor in sorted(model.state_dict().items())}
    files = [
        directory.write_bytes("model.safetensors", save(weights)),
        directory.write_json("config.json", {"schema": 1, "kind": "model-config", **model.config.model_dump()}),
        directory.write_bytes("tokenizer.json", tokenizer.read_bytes()),
        *extra,
    ]
    return commit(directory, "model", files, parameters=model.config.n_parameters, **facts)


def load_model(directory: str | Path) -> Transformer:
    """A trained model, ready to evaluate.

    Raises:
        BadInput: the directory is not a finished model, or its weights are damaged or of another shape.
    """
    path = Path(directory)
    read_manifest(Directory(path), "model")
    fields = json.loads((path / "config.json").read_bytes())
    config = ModelConfig(**{key: value for key, value in fields.items() if key not in ("schema", "kind")})
    model = Transformer(config)
    try:
        model.load_state_dict(load_file(path / "model.safetensors"))
    except (RuntimeError, SafetensorError, OSError) as error:
        raise BadInput(f"the weights cannot be used: {error}", where=str(path / "model.safetensors")) from error
    return model.eval()
