"""Emission: a pool and an allocation to shards with exactly those tokens.

1. Lengths of all documents come from the token cache, cell by cell.
2. `plan.choose` picks pieces, `place.interleave` orders them.
3. The stream is cut into parts; each is written by itself. The manifest comes last.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from curation.core.errors import BadInput, Infeasible
from curation.core.events import Events
from curation.core.hashing import hash_column
from curation.core.storage import Directory, FileEntry, commit, listed, read_manifest
from curation.core.tokenizer import Tokenizer
from curation.core.tokens import TokenCache
from curation.engine.workers import run_tasks
from mixing.counts import Cell
from mixing.emit.place import interleave
from mixing.emit.plan import Documents, Integers, Pieces, choose
from mixing.emit.write import PartTask, write_part
from mixing.shards.format import DEFAULT_PART_TOKENS, PART_MULTIPLE, token_dtype
from mixing.shards.manifest import CellTokens, Manifest


@dataclass(frozen=True)
class EmitJob:
    """What to emit from where.

    Args:
        pool: a pool directory.
        tokenizer: a tokenizer.json.
        cache: directory of the token cache.
        allocation: tokens asked of every (domain, bucket).
        seed: of the order of documents.
        part_tokens: length of a part, a multiple of 65,536.
    """

    pool: Path
    tokenizer: Path
    cache: Path
    allocation: dict[Cell, int]
    seed: int
    part_tokens: int = DEFAULT_PART_TOKENS


@dataclass(frozen=True)
class _CellFacts:
    documents: Documents
    n_bytes: Integers
    ids: Any  # pyarrow array of strings


def emit(job: EmitJob, out: Path, workers: int, events: Events) -> Manifest:
    """Write the shards; parts that an earlier attempt finished are kept.

    Raises:
        Infeasible: a cell of the allocation has no documents, or no tokens are asked.
        BadInput: the part length is not a multiple of 65,536.
    """
    if job.part_tokens <= 0 or job.part_tokens % PART_MULTIPLE:
        raise BadInput(f"part_tokens is {job.part_tokens}", fix=f"choose a multiple of {PART_MULTIPLE}")
    pool_parts = listed(read_manifest(Directory(job.pool), "pool"), "documents/")
    tokenizer = Tokenizer.load(job.tokenizer)
    cells = tuple(sorted(cell for cell, n in job.allocation.items() if n))
    if not cells:
        raise Infeasible("the allocation asks for no tokens", fix="raise the budget")
    facts = _read_cells(job, tokenizer, pool_parts)
    for cell in cells:
        if cell not in facts:
            raise Infeasible(f"the pool has no documents of {cell[0]}, bucket {cell[1]}", where=str(job.pool))
    pieces = [choose(facts[cell].documents, job.allocation[cell], job.seed) for cell in cells]
    tasks = _tasks(job, out, tokenizer, tuple(pool_parts), cells, [facts[cell].documents for cell in cells], pieces)
    files: list[list[dict[str, Any]]] = [[] for _ in tasks]
    finished = 0

    def done(index: int, entries: list[dict[str, Any]]) -> None:
        nonlocal finished
        files[index] = entries
        finished += 1
        events.emit("progress", label="write shards", done=finished, total=len(tasks))

    run_tasks(write_part, tasks, workers, done)
    entries = [FileEntry(**entry) for group in files for entry in group]
    directory = Directory(out)
    tokenizer_entry = directory.write_bytes("tokenizer.json", tokenizer.serialized)
    commit(
        directory,
        "shards",
        [tokenizer_entry, *entries],
        budget_tokens=sum(job.allocation.values()),
        dtype=token_dtype(tokenizer.vocab_size),
        vocab_size=tokenizer.vocab_size,
        eos_id=tokenizer.eos_id,
        pad_id=tokenizer.pad_id,
        tokenizer_sha256=tokenizer.sha256,
        seed=job.seed,
        part_tokens=job.part_tokens,
        domains=[_summary(cell, facts[cell], found, job) for cell, found in zip(cells, pieces, strict=True)],
    )
    shutil.rmtree(out / "work", ignore_errors=True)
    return Manifest.load(out)


def _read_cells(job: EmitJob, tokenizer: Tokenizer, parts: list[FileEntry]) -> dict[Cell, _CellFacts]:
    cache = TokenCache(job.cache, tokenizer)
    found: dict[Cell, list[tuple[int, Any, Any]]] = {}
    for number, file in enumerate(parts):
        table = pq.read_table(job.pool / file.path, columns=["id", "domain", "bucket", "n_bytes"])
        lengths = cache.part(job.pool, file).lengths
        domains = np.array(table.column("domain").to_pylist(), dtype=object)
        buckets = table.column("bucket").to_numpy()
        for domain, bucket in sorted({(d, int(b)) for d, b in zip(domains, buckets, strict=True)}):
            rows = np.flatnonzero((domains == domain) & (buckets == bucket))
            found.setdefault((domain, bucket), []).append((number, rows, (table, lengths)))
    return {cell: _joined(groups) for cell, groups in found.items()}


def _joined(groups: list[tuple[int, Any, Any]]) -> _CellFacts:
    ids = pa.concat_arrays([table.column("id").combine_chunks().take(pa.array(rows)) for _, rows, (table, _) in groups])
    documents = Documents(
        part=np.concatenate([np.full(len(rows), number) for number, rows, _ in groups]),
        row=np.concatenate([rows for _, rows, _ in groups]),
        n_tokens=np.concatenate([lengths[rows] for _, rows, (_, lengths) in groups]),
        id_bits=hash_column(ids),
    )
    n_bytes = np.concatenate([table.column("n_bytes").to_numpy()[rows] for _, rows, (table, _) in groups])
    return _CellFacts(documents, n_bytes, ids)


def _tasks(
    job: EmitJob,
    out: Path,
    tokenizer: Tokenizer,
    pool_parts: tuple[FileEntry, ...],
    cells: tuple[Cell, ...],
    documents: list[Documents],
    pieces: list[Pieces],
) -> list[PartTask]:
    cell, piece = interleave(pieces, [domain for domain, _ in cells])
    bases = np.cumsum([0] + [len(found.document) for found in pieces])
    flat = bases[cell] + piece

    def gathered(values: list[Integers]) -> Integers:
        result: Integers = np.concatenate(values)[flat]
        return result

    part = gathered([d.part[p.document] for d, p in zip(documents, pieces, strict=True)])
    row = gathered([d.row[p.document] for d, p in zip(documents, pieces, strict=True)])
    copy = gathered([p.copy for p in pieces])
    tokens = gathered([p.n_tokens for p in pieces])
    ends = np.cumsum(tokens)
    total = int(ends[-1])
    tasks = []
    for number, start in enumerate(range(0, total, job.part_tokens)):
        stop = min(start + job.part_tokens, total)
        first, last = int(np.searchsorted(ends, start, side="right")), int(np.searchsorted(ends, stop))
        chosen = slice(first, last + 1)
        tasks.append(
            PartTask(
                number=number,
                out=str(out),
                pool=str(job.pool),
                pool_parts=pool_parts,
                cache=str(job.cache),
                tokenizer=str(job.tokenizer),
                dtype=token_dtype(tokenizer.vocab_size),
                cells=cells,
                part=part[chosen],
                row=row[chosen],
                piece_tokens=tokens[chosen],
                copy=copy[chosen],
                cell=cell[chosen],
                skip=int(start - (ends[first] - tokens[first])),
                n_tokens=stop - start,
            )
        )
    return tasks


def _summary(cell: Cell, facts: _CellFacts, pieces: Pieces, job: EmitJob) -> dict[str, Any]:
    whole = facts.documents.n_tokens[pieces.document]
    share = facts.n_bytes[pieces.document] * pieces.n_tokens // np.maximum(whole, 1)
    cut = np.flatnonzero(pieces.n_tokens < whole)
    seen = np.zeros(len(facts.documents.n_tokens), dtype=np.int64)
    np.maximum.at(seen, pieces.document, pieces.n_tokens)
    return CellTokens(
        domain=cell[0],
        bucket=cell[1],
        asked_tokens=job.allocation[cell],
        delivered_tokens=pieces.total,
        unique_tokens=int(seen.sum()),
        available_tokens=int(facts.documents.n_tokens.sum()),
        documents=len(pieces.document),
        bytes=int(share.sum()),
        cut_document=facts.ids[int(pieces.document[cut[-1]])].as_py() if len(cut) else None,
    ).model_dump(mode="json")
