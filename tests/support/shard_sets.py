"""Shard directories of given tokens, without a pool behind them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from curation.core.storage import Directory, commit
from mixing.shards.format import DocumentRow, encode_index, index_name, part_name, token_dtype
from tests.support.pools import tokenizer


def write_shards(out: Path, tokens: Sequence[int], *, vocab_size: int, part_tokens: int = 65_536) -> Path:
    """Shards with the tokens as they are; what is between two EOS is a document of the domain `any`."""
    eos_id = tokenizer().eos_id
    stream = np.array(tokens, dtype=np.dtype(token_dtype(vocab_size)).newbyteorder("<"))
    directory, files = Directory(out), [Directory(out).write_bytes("tokenizer.json", tokenizer().serialized)]
    for number, first in enumerate(range(0, len(stream), part_tokens)):
        part = stream[first : first + part_tokens]
        ends = [int(end) + 1 for end in np.flatnonzero(part == eos_id)]
        if not ends or ends[-1] != len(part):
            ends.append(len(part))
        bounds = zip([0, *ends], ends, strict=False)
        rows = [DocumentRow(a, b, f"{number}-{a}", "memory", "file", "any", 0, 0) for a, b in bounds]
        name = part_name(number)
        files += [
            directory.write_bytes(name, part.tobytes()),
            directory.write_bytes(index_name(name), encode_index(rows)),
        ]
    commit(
        directory,
        "shards",
        files,
        budget_tokens=len(stream),
        dtype=token_dtype(vocab_size),
        vocab_size=vocab_size,
        eos_id=eos_id,
        pad_id=tokenizer().pad_id,
        tokenizer_sha256=tokenizer().sha256,
        seed=17,
        part_tokens=part_tokens,
        domains=[
            {
                "domain": "any",
                "bucket": 0,
                "asked_tokens": len(stream),
                "delivered_tokens": len(stream),
                "unique_tokens": len(stream),
                "available_tokens": len(stream),
                "documents": 1,
                "bytes": 1,
            }
        ],
    )
    return out
