"""An emit stage: exactly the mixture's tokens, written once from the token cache."""

from __future__ import annotations

import numpy as np

from mixing.shards.format import token_dtype
from recipes.checking.plan import Amount, Estimate, Facts
from recipes.checking.question import Question
from recipes.checking.rates import EMIT_TOKENS_PER_S, PROCESS_BYTES


def estimate(question: Question) -> Estimate:
    counts = question.of("counts")
    budget = question.of("mixture").budget_tokens
    return Estimate(
        tokens=Amount(budget, exact=True),
        kept_bytes=shard_bytes(budget, counts.vocab_size),
        memory_bytes=question.workers * PROCESS_BYTES,
        wall_s=budget / EMIT_TOKENS_PER_S,
        facts=Facts(budget_tokens=budget, vocab_size=counts.vocab_size),
    )


def shard_bytes(n_tokens: int, vocab_size: int) -> int:
    """Bytes of disk of token files; their indexes add a percent or two."""
    return n_tokens * np.dtype(token_dtype(vocab_size)).itemsize
