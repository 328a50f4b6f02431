"""Checking a shard directory: every promise of the format, token by token.

1. Files have the sizes and checksums of the manifest; no part is listed twice.
2. Parts hold the budget together; all but the last are of the stated length.
3. Every token is below the vocabulary size; EOS stands at the ends of documents and nowhere else.
4. Each index covers its part without gaps, and its rows add up to the manifest's tokens of every (domain, bucket).
5. In every window of 2^20 tokens each domain's share is within one point of its share of the whole (where documents are
   not longer than that allows: a window may be off by its longest document besides).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from curation.core.storage import Directory, damaged, read_manifest
from mixing.shards.format import index_name, read_index
from mixing.shards.manifest import Manifest
from mixing.shards.reader import ShardReader

WINDOW_TOKENS = 2**20
WINDOW_TOLERANCE = 0.01


def verify(directory: str | Path) -> list[str]:
    """What is wrong with a shard directory, a line each; empty if nothing is.

    Raises:
        BadInput: there is no shard manifest to check against.
    """
    manifest = Manifest.load(directory)
    names = Counter(file.path for file in manifest.files)
    problems = [f"{name}: listed {n} times" for name, n in names.items() if n > 1]
    problems += damaged(Directory(directory), read_manifest(Directory(directory), "shards"))
    if problems:
        return problems
    reader = ShardReader(directory)
    problems += _lengths(reader)
    for number, file in enumerate(manifest.token_files):
        problems += [f"{file.path}: {text}" for text in _part(reader, number)]
    return problems + list(_totals(reader)) + list(_windows(reader))


def _lengths(reader: ShardReader) -> Iterator[str]:
    manifest = reader.manifest
    if reader.n_tokens != manifest.budget_tokens:
        yield f"{reader.n_tokens} tokens; the budget is {manifest.budget_tokens}"
    for file in manifest.token_files[:-1]:
        if file.size_bytes != manifest.part_tokens * np.dtype(manifest.dtype).itemsize:
            yield f"{file.path}: not {manifest.part_tokens} tokens long"


def _part(reader: ShardReader, number: int) -> Iterator[str]:
    manifest = reader.manifest
    file = manifest.token_files[number]
    itemsize = np.dtype(manifest.dtype).itemsize
    first = manifest.part_tokens * number
    tokens = reader.tokens(first, first + file.size_bytes // itemsize)
    if tokens.size and tokens.max() >= manifest.vocab_size:
        place = int(np.argmax(tokens >= manifest.vocab_size))
        yield f"token {tokens[place]} at {place} is beyond the vocabulary of {manifest.vocab_size}"
    rows = list(read_index(reader.directory / index_name(file.path)))
    position = 0
    for row in rows:
        if row.start != position or row.end <= row.start:
            yield f"index row of document {row.id} covers {row.start} to {row.end}; expected it to start at {position}"
            return
        position = row.end
    if position != len(tokens):
        yield f"the index ends at {position}, the part has {len(tokens)} tokens"
    ends = np.array([row.end - 1 for row in rows], dtype=np.int64)
    found = np.flatnonzero(tokens == manifest.eos_id)
    if not np.array_equal(found, ends):
        place = int(np.setxor1d(found, ends)[0])
        state = "inside a document" if place in found else "missing at the end of a document"
        yield f"EOS {state}, at {place}"


def _totals(reader: ShardReader) -> Iterator[str]:
    tokens: Counter[tuple[str, int]] = Counter()
    for row in reader.documents():
        tokens[row.domain, row.bucket] += row.end - row.start
    for cell in reader.manifest.domains:
        found = tokens.pop((cell.domain, cell.bucket), 0)
        if not found == cell.delivered_tokens == cell.asked_tokens:
            yield (
                f"{cell.domain} bucket {cell.bucket}: {found} tokens in the index; "
                f"asked {cell.asked_tokens}, delivered {cell.delivered_tokens}"
            )
    for (domain, bucket), n in tokens.items():
        yield f"{domain} bucket {bucket}: {n} tokens that the manifest does not know"


def _windows(reader: ShardReader) -> Iterator[str]:
    n_tokens = reader.n_tokens
    if n_tokens <= WINDOW_TOKENS:
        return
    names = sorted({cell.domain for cell in reader.manifest.domains})
    number = {name: i for i, name in enumerate(names)}
    rows = [(row.start, row.end, number[row.domain]) for row in reader.documents()]
    starts, ends, domains = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    borders = np.append(np.arange(0, n_tokens - WINDOW_TOKENS, WINDOW_TOKENS // 4), n_tokens - WINDOW_TOKENS)
    for name, index in number.items():
        mine = domains == index
        share = (ends - starts)[mine].sum() / n_tokens
        longest = (ends - starts)[mine].max(initial=0)
        before = np.concatenate(([0], np.cumsum((ends - starts)[mine])))

        def tokens_before(
            position: np.ndarray, s: np.ndarray = starts[mine], e: np.ndarray = ends[mine], b: np.ndarray = before
        ) -> np.ndarray:
            row = np.searchsorted(e, position, side="right")
            inside = np.where(row < len(s), position - s[np.minimum(row, len(s) - 1)], 0)
            return b[row] + np.maximum(inside, 0)

        shares = (tokens_before(borders + WINDOW_TOKENS) - tokens_before(borders)) / WINDOW_TOKENS
        worst = int(np.argmax(np.abs(shares - share)))
        if abs(shares[worst] - share) > WINDOW_TOLERANCE + longest / WINDOW_TOKENS:
            yield (f"{name} has {shares[worst]:.1%} of the window at {borders[worst]}, {share:.1%} of the whole")
