"""Checking a shard directory: every promise of the format, token by token.

1. Files have the sizes and checksums of the manifest; no part is listed twice, each has its index, the tokenizer is the
   manifest's.
2. Parts hold the budget together; all but the last are of the stated length.
3. Every token is below the vocabulary size; EOS stands at the ends of documents and nowhere else.
4. Each index covers its part without gaps, and its rows add up to the manifest's documents and tokens of every
   (domain, bucket).
5. In every window of 2^20 tokens each domain's share is within one point of its share of the whole. Where documents are
   too long for that, a window may be off by what whole documents at its two borders force (see `mixing.emit.place`).

A share of a window moves in straight lines between the borders of the domain's documents, so that windows which begin
or end at one of them are the worst there are. Memory: one part's tokens, and 24 bytes a document.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from curation.core.storage import Directory, damaged, read_manifest
from mixing.shards.format import DocumentRow, index_name, read_index
from mixing.shards.manifest import Manifest
from mixing.shards.reader import ShardReader

WINDOW_TOKENS = 2**20
WINDOW_TOLERANCE = 0.01
TOKENIZER = "tokenizer.json"

Positions = npt.NDArray[np.int64]
Cell = tuple[str, int]


def verify(directory: str | Path) -> list[str]:
    """What is wrong with a shard directory, a line each; empty if nothing is.

    Raises:
        BadInput: there is no shard manifest to check against.
    """
    manifest = Manifest.load(directory)
    problems = list(_files(manifest))
    problems += damaged(Directory(directory), read_manifest(Directory(directory), "shards"))
    problems += _lengths(manifest)
    if problems:
        return problems
    found = hashlib.sha256((Path(directory) / TOKENIZER).read_bytes()).hexdigest()
    if found != manifest.tokenizer_sha256:
        problems.append(f"{TOKENIZER}: sha256 {found}, the manifest says {manifest.tokenizer_sha256}")
    reader = ShardReader(directory)
    indices = []
    for number, file in enumerate(manifest.token_files):
        try:
            indices.append(list(read_index(reader.directory / index_name(file.path))))
        except (ValueError, EOFError, OSError) as error:
            problems.append(f"{index_name(file.path)}: not an index: {error}")
        else:
            problems += [f"{file.path}: {text}" for text in _part(reader, number, indices[-1])]
    if problems:
        return problems
    cells = {(cell.domain, cell.bucket): number for number, cell in enumerate(manifest.domains)}
    return [*_totals(manifest, indices), *_windows(reader, indices)] if cells else ["the manifest has no domains"]
