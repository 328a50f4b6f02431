"""Sampling from a model, one token at a time, with a cache of keys and values."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from curation.core.errors import BadInput
from trainer.model.transformer import Cache, Transformer


@torch.no_grad()
def generate(
    model: Transformer,
    prompt_ids: Sequence[int],
    n_tokens: int,
    *,
    temperature: float = 0.8,
    top_k: int = 50,
    seed: int = 0,
    eos_id: int | None = None,
) -> list[int]:
    """Tokens that follow a prompt.

    Args:
        model: in evaluation mode.
        prompt_ids: at least one token.
        n_tokens: how many to add at most; never more than fit into the model's `max_seq_len`.
        temperature: 0 takes the likeliest token.
        top_k: choose among the k likeliest; 0: among all.
        seed: of the choice.
        eos_id: stops when it is chosen, and is left out.

    Raises:
        BadInput: the prompt is empty, or longer than the model takes.
    """
    if not 1 <= len(prompt_ids) <= model.config.max_seq_len:
        raise BadInput(f"the prompt has {len(prompt_ids)} tokens; the model takes 1 to {model.config.max_seq_len}")
    generator = torch.Generator().manual_seed(seed)
    cache: Cache = [None] * model.config.n_layers
    room = model.config.max_seq_len - len(prompt_ids)
    tokens: list[int] = []
    inputs_BT = torch.tensor([list(prompt_ids)])
    for _ in range(min(n_tokens, room)):
        logits_V = model(inputs_BT, cache)[0, -1].float()
        token = _choose(logits_V, temperature, top_k, generator)
        if token == eos_id:
            break
        tokens.append(token)
        inputs_BT = torch.tensor([[token]])
    return tokens


def _choose(logits_V: torch.Tensor, temperature: float, top_k: int, generator: torch.Generator) -> int:
    if temperature == 0:
        return int(logits_V.argmax())
    if top_k and top_k < len(logits_V):
        smallest = torch.topk(logits_V, top_k).values[-1]
        logits_V = logits_V.masked_fill(logits_V < smallest, -torch.inf)
    return int(torch.multinomial(torch.softmax(logits_V / temperature, dim=-1), 1, generator=generator))
