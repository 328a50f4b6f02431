"""Writing the parts of a shard directory; each part by itself, so that they can be written side by side and again.

A part covers a range of the whole stream of pieces. Its writer copies the tokens of those pieces from the memory-mapped
token files, ends every piece in EOS, and writes the index beside it. Memory: one part's tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from curation.core.storage import Directory, FileEntry, damaged
from curation.core.tokenizer import Tokenizer
from curation.core.tokens import TokenCache
from mixing.emit.plan import Integers
from mixing.shards.format import DocumentRow, encode_index, index_name, part_name


@dataclass(frozen=True)
class PartTask:
    """One part of the shards: the pieces that overlap it, and where in the first of them it begins.

    The arrays have one entry a piece: pool part, row in it, tokens of the piece, copy, and the cell. `skip` tokens of
    the first piece belong to the part before; `n_tokens` is the part's length.
    """

    number: int
    out: str
    pool: str
    pool_parts: tuple[FileEntry, ...]
    cache: str
    tokenizer: str
    dtype: str
    cells: tuple[tuple[str, int], ...]
    part: Integers
    row: Integers
    piece_tokens: Integers
    copy: Integers
    cell: Integers
    skip: int
    n_tokens: int


def write_part(task: PartTask) -> list[dict[str, Any]]:
    """Write a part and its index; returns their manifest entries. A part that is there already is left as it is."""
    directory = Directory(task.out)
    done = f"work/{task.number:05d}.json"
    if directory.exists(done):
        entries: list[dict[str, Any]] = directory.read_json(done)
        if not damaged(directory, {"files": entries}):
            return entries
    tokenizer = Tokenizer.load(task.tokenizer)
    cache = TokenCache(task.cache, tokenizer)
    used = np.unique(task.part)
    tokens = {int(p): cache.part(task.pool, task.pool_parts[p]) for p in used}
    facts = {int(p): _facts(task, int(p)) for p in used}
    buffer = np.empty(task.n_tokens, dtype=np.dtype(task.dtype).newbyteorder("<"))
    rows: list[DocumentRow] = []
    place = 0
    for i in range(len(task.part)):
        part, row = int(task.part[i]), int(task.row[i])
        source = tokens[part]
        first = int(source.offsets[row]) + (task.skip if i == 0 else 0)
        length = int(task.piece_tokens[i]) - (task.skip if i == 0 else 0)
        length = min(length, task.n_tokens - place)
        buffer[place : place + length] = source.ids[first : first + length]
        buffer[place + length - 1] = tokenizer.eos_id
        domain, bucket = task.cells[task.cell[i]]
        id_, source_name, location = facts[part][row]
        rows.append(DocumentRow(place, place + length, id_, source_name, location, domain, bucket, int(task.copy[i])))
        place += length
    assert place == task.n_tokens
    name = part_name(task.number)
    files = [directory.write_bytes(name, buffer.tobytes()), directory.write_bytes(index_name(name), encode_index(rows))]
    entries = [dict(file.__dict__) for file in files]
    directory.write_json(done, entries)
    return entries


def _facts(task: PartTask, part: int) -> dict[int, tuple[str, str, str]]:
    """Id, source and location of the documents of a pool part that are used here, by row."""
    rows = np.unique(task.row[task.part == part])
    columns = ["id", "source", "location"]
    table = pq.read_table(Path(task.pool) / task.pool_parts[part].path, columns=columns).take(rows)
    return dict(
        zip(rows.tolist(), zip(*(table.column(name).to_pylist() for name in columns), strict=True), strict=True)
    )
