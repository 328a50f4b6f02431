"""A count stage: a tokenizer is trained, and the pool is tokenised once, into the cache.

Until it is finished its tokens are guessed as a quarter of the bytes; afterwards they are exact.
"""

from __future__ import annotations

from collections import Counter

from curation.core.storage import Directory, read_manifest
from mixing.counts import Counts
from recipes.checking.plan import Amount, Estimate, Facts
from recipes.checking.question import Question
from recipes.checking.rates import (
    BYTES_PER_TOKEN,
    CACHED_BYTES_PER_TOKEN,
    COUNT_BYTES_PER_S,
    PROCESS_BYTES,
    TOKENIZER_BYTES_AT_MOST,
    TOKENIZER_BYTES_PER_BYTE,
)
from recipes.schema import CountStage


def estimate(question: Question) -> Estimate:
    stage: CountStage = question.stage
    pool = question.of("pool")
    size = sum(pool.domain_bytes.values())
    tokens: Counter[str | None] = Counter()
    cells: dict[tuple[str, int], int] = {}
    if question.done is not None:
        cells = Counts.read(question.done).tokens
        for (domain, _), n in cells.items():
            tokens[domain] += n
        vocab_size = int(read_manifest(Directory(question.done), "counts")["vocab_size"])
    else:
        tokens.update({domain: n // BYTES_PER_TOKEN for domain, n in pool.domain_bytes.items()})
        vocab_size = stage.tokenizer.train.vocab_size
    exact = question.done is not None
    total = sum(tokens.values())
    return Estimate(
        bytes_in=Amount(size, pool.exact),
        tokens=Amount(total, exact),
        kept_bytes=total * CACHED_BYTES_PER_TOKEN,
        memory_bytes=question.workers * PROCESS_BYTES + min(TOKENIZER_BYTES_AT_MOST, TOKENIZER_BYTES_PER_BYTE * size),
        wall_s=size / (COUNT_BYTES_PER_S * question.workers),
        facts=Facts(
            domain_bytes=pool.domain_bytes,
            domain_tokens=tokens,
            cells=cells,
            exact=exact,
            at_most_bytes=pool.at_most_bytes,
            heldout_bytes=pool.heldout_bytes,
            vocab_size=vocab_size,
        ),
    )
