"""Looking at finished outputs: verify, generate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from curation.core.errors import BadEnvironment, BadInput, RunFailed
from curation.core.storage import Directory, damaged, read_manifest
from curation.core.units import format_count
from jobs.output import print_document

_SHOWN = 20


def verify(directory: Path, *, as_json: bool = False) -> None:
    """Check an output against its manifest, shards token by token; say what holds or fail with what does not.

    Raises:
        RunFailed: something is not as promised.
    """
    manifest = read_manifest(Directory(directory))
    problems = _problems(directory, manifest)
    if as_json:
        print_document("verification", path=directory, output=manifest["kind"], ok=not problems, problems=problems)
        if problems:
            raise SystemExit(RunFailed.exit_code)
        return
    if problems:
        shown = "\n  ".join(problems[:_SHOWN])
        rest = f"\n  and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise RunFailed(
            f"{len(problems)} problems:\n  {shown}{rest}", where=str(directory), fix="remove it and run its stage again"
        )
    what = f"{manifest['kind']}, {len(manifest['files'])} files"
    if manifest["kind"] == "shards":
        what = f"{format_count(manifest['budget_tokens'])} tokens in {len(manifest['domains'])} cells, exact"
    print(f"{directory}: ok ({what})")


def generate(
    model: Path, prompt: str, tokens: int, temperature: float, top_k: int, seed: int, *, as_json: bool = False
) -> None:
    """Print a prompt and what a model makes of it."""
    try:
        from trainer.checkpoint import load_model
        from trainer.generate import generate as sample
    except ImportError as error:
        raise BadEnvironment(f"{error}", fix="pip install 'mixwright[train]'") from error
    from curation.core.tokenizer import Tokenizer

    loaded = load_model(model)
    tokenizer = Tokenizer.load(model / "tokenizer.json")
    ids = [tokenizer.eos_id, *tokenizer.encode_batch([prompt])[0].tolist()]
    if len(ids) >= loaded.config.max_seq_len:
        raise BadInput(
            f"the prompt has {len(ids)} tokens; the model takes {loaded.config.max_seq_len}", fix="shorten the prompt"
        )
    added = sample(loaded, ids, tokens, temperature=temperature, top_k=top_k, seed=seed, eos_id=tokenizer.eos_id)
    if as_json:
        print_document("generation", model=model, prompt=prompt, text=tokenizer.decode(added), tokens=len(added))
    else:
        print(prompt + tokenizer.decode(added))


def _problems(directory: Path, manifest: dict[str, Any]) -> list[str]:
    if manifest["kind"] == "shards":
        from mixing.shards.verify import verify as verify_shards

        return list(verify_shards(directory))
    return damaged(Directory(directory), manifest)
