"""Looking at finished outputs: verify, generate."""

from __future__ import annotations

from pathlib import Path

from curation.core.errors import BadEnvironment, BadInput, RunFailed
from curation.core.storage import Directory, damaged, read_manifest
from curation.core.units import format_count


def verify(directory: Path) -> None:
    """Check an output against its manifest, shards token by token; say what holds or fail with what does not.

    Raises:
        RunFailed: something is not as promised.
    """
    manifest = read_manifest(Directory(directory))
    if manifest["kind"] == "shards":
        from mixing.shards.verify import verify as verify_shards

        problems = verify_shards(directory)
        what = f"{format_count(manifest['budget_tokens'])} tokens in {len(manifest['domains'])} cells, exact"
    else:
        problems = damaged(Directory(directory), manifest)
        what = f"{manifest['kind']}, {len(manifest['files'])} files"
    if problems:
        shown = "\n  ".join(problems[:20])
        rest = f"\n  and {len(problems) - 20} more" if len(problems) > 20 else ""
        raise RunFailed(
            f"{len(problems)} problems:\n  {shown}{rest}", where=str(directory), fix="remove it and run its stage again"
        )
    print(f"{directory}: ok ({what})")


def generate(model: Path, prompt: str, tokens: int, temperature: float, top_k: int, seed: int) -> None:
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
    print(prompt + tokenizer.decode(added))
