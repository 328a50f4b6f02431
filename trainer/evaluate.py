"""Bits per byte on held-out text: comparable across tokenizers.

1. Each document is encoded by itself and preceded by EOS, as every document but the first is in training.
2. It is cut into blocks of T tokens. Each token is predicted once, from the tokens before it in its block; the first of
   a block from the last of the block before alone.
3. Bits per byte of a domain = nats of all its tokens / ln 2 / UTF-8 bytes of all its documents.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from curation.core.errors import BadInput
from curation.core.tokenizer import Tokenizer
from trainer.loss import token_losses
from trainer.model.transformer import Transformer

_BATCH = 16


@dataclass(frozen=True)
class DomainScore:
    """The score of one domain; `bits_per_byte` is lower for a better model."""

    bits_per_byte: float
    n_bytes: int
    n_tokens: int


def bits_per_byte(
    model: Transformer, tokenizer: Tokenizer, documents: Sequence[tuple[str, str]], block: int
) -> dict[str, DomainScore]:
    """Score held-out documents.

    Args:
        model: in evaluation mode.
        tokenizer: the model's.
        documents: (domain, text).
        block: T.

    Returns:
        One score a domain, in order of name, rounded to 1e-6.

    Raises:
        BadInput: all documents of a domain are empty.
    """
    nats: dict[str, float] = {}
    sizes: dict[str, int] = {}
    tokens: dict[str, int] = {}
    for domain in sorted({domain for domain, _ in documents}):
        texts = [text for name, text in documents if name == domain]
        encoded = tokenizer.encode_batch(texts)
        sizes[domain] = sum(len(text.encode()) for text in texts)
        if not sizes[domain]:
            raise BadInput(f"the {len(texts)} held-out documents of {domain} are empty")
        tokens[domain] = sum(len(ids) for ids in encoded)
        nats[domain] = math.fsum(_batch_nats(model, rows) for rows in _batches(encoded, tokenizer.eos_id, block))
    return {
        domain: DomainScore(round(nats[domain] / math.log(2) / sizes[domain], 6), sizes[domain], tokens[domain])
        for domain in nats
    }


def _batches(encoded: Sequence[np.ndarray], eos_id: int, block: int) -> Iterator[list[np.ndarray]]:
    rows = []
    for ids in encoded:
        tokens = np.concatenate(([eos_id], ids)).astype(np.int64)
        rows += [tokens[start : start + block + 1] for start in range(0, len(tokens) - 1, block)]
    rows.sort(key=len)
    for start in range(0, len(rows), _BATCH):
        yield rows[start : start + _BATCH]


@torch.no_grad()
def _batch_nats(model: Transformer, rows: list[np.ndarray]) -> float:
    width = max(len(row) for row in rows)
    tokens_BT = torch.zeros((len(rows), width), dtype=torch.int64)
    counts_BT = torch.zeros((len(rows), width - 1), dtype=torch.bool)
    for number, row in enumerate(rows):
        tokens_BT[number, : len(row)] = torch.from_numpy(row)
        counts_BT[number, : len(row) - 1] = True
    hidden_ND = model.hidden(tokens_BT[:, :-1])[counts_BT]
    losses_N = token_losses(hidden_ND, model.lm_head.weight, tokens_BT[:, 1:][counts_BT])
    return float(losses_N.double().sum())
