"""Checking a shard directory: every promise of the format, token by token.

1. Files have the sizes and checksums of the manifest; no part is listed twice, each has its index, the tokenizer is the
   manifest's.
2. Parts hold the budget together; all but the last are of the stated length.
3. Every token is below the vocabulary size; EOS stands at the ends of documents and nowhere else.
4. Each index covers its part without gaps, and its rows add up to the manifest's documents and tokens of every
   (domain, bucket).
5. In every window of 2^20 tokens each domain's share is within one point of its share of the whole. Where documents are
   too long for that, a window may be off by what whole documents at its two borders force (see `mixing.emit.place`).

A window's share of a domain is extreme where it begins or ends at a border of one of the domain's documents, so that
these windows stand for all. Memory: one part's tokens, and 24 bytes a document.
"""

from __future__ import annotations

import csv
import hashlib
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from curation.core.storage import Directory, damaged, read_manifest
from mixing.shards.format import DocumentRow, index_name, read_index
from mixing.shards.manifest import Manifest
from mixing.shards.reader import ShardReader, Tokens

WINDOW_TOKENS = 2**20
WINDOW_TOLERANCE = 0.01
TOKENIZER = "tokenizer.json"


def verify(directory: str | Path) -> list[str]:
    """What is wrong with a shard directory, a line each; empty if nothing is.

    Raises:
        BadInput: there is no shard manifest to check against.
    """
    manifest = Manifest.load(directory)
    problems = [*_files(manifest), *damaged(Directory(directory), read_manifest(Directory(directory), "shards"))]
    problems += _lengths(manifest)
    if problems:
        return problems
    problems += _tokenizer(manifest, Path(directory) / TOKENIZER)
    reader, survey = ShardReader(directory), _Survey()
    for number, file in enumerate(manifest.token_files):
        first, stop = reader.part_range(number)
        try:
            rows = list(read_index(reader.directory / index_name(file.path)))
        except (OSError, EOFError, ValueError, csv.Error, zlib.error) as error:
            problems.append(f"{index_name(file.path)}: not an index: {error}")
            continue
        problems += [f"{file.path}: {text}" for text in _part(manifest, reader.tokens(first, stop), rows)]
        survey.add(first, rows)
    return problems or [*_totals(manifest, survey), *_windows(survey)]


def _files(manifest: Manifest) -> Iterator[str]:
    names = Counter(file.path for file in manifest.files)
    yield from (f"{name}: listed {n} times" for name, n in names.items() if n > 1)
    needed = [TOKENIZER, *(index_name(file.path) for file in manifest.token_files)]
    yield from (f"{name}: not listed" for name in needed if name not in names)


def _lengths(manifest: Manifest) -> Iterator[str]:
    itemsize = np.dtype(manifest.dtype).itemsize
    size_bytes = sum(file.size_bytes for file in manifest.token_files)
    if size_bytes != manifest.budget_tokens * itemsize:
        yield f"the parts have {size_bytes} bytes; the budget is {manifest.budget_tokens} tokens of {itemsize} bytes"
    for file in manifest.token_files[:-1]:
        if file.size_bytes != manifest.part_tokens * itemsize:
            yield f"{file.path}: not {manifest.part_tokens} tokens long"
    if not all(file.size_bytes and file.size_bytes % itemsize == 0 for file in manifest.token_files):
        yield f"a part is empty or not of whole {manifest.dtype} tokens"


def _tokenizer(manifest: Manifest, path: Path) -> Iterator[str]:
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != manifest.tokenizer_sha256:
        yield f"{TOKENIZER}: sha256 {found}, the manifest says {manifest.tokenizer_sha256}"


def _part(manifest: Manifest, tokens: Tokens, rows: list[DocumentRow]) -> Iterator[str]:
    if tokens.max() >= manifest.vocab_size:
        place = int(np.argmax(tokens >= manifest.vocab_size))
        yield f"token {tokens[place]} at {place} is beyond the vocabulary of {manifest.vocab_size}"
    position = 0
    for row in rows:
        if row.start != position or row.end <= row.start:
            yield f"index row of document {row.id} covers {row.start} to {row.end}; expected it to start at {position}"
            return
        position = row.end
    if position != len(tokens):
        yield f"the index ends at {position}, the part has {len(tokens)} tokens"
        return
    ends = np.array([row.end - 1 for row in rows], dtype=np.int64)
    found = np.flatnonzero(tokens == manifest.eos_id)
    if not np.array_equal(found, ends):
        place = int(np.setxor1d(found, ends)[0])
        state = "inside a document" if place in found else "missing at the end of a document"
        yield f"EOS {state}, at {place}"


@dataclass
class _Survey:
    """What all indices say: documents and tokens of every cell, and where every document of a domain stands.

    A document that was cut at the border of two parts counts as one.
    """

    tokens: Counter[tuple[str, int]] = field(default_factory=Counter)
    documents: Counter[tuple[str, int]] = field(default_factory=Counter)
    domains: dict[str, int] = field(default_factory=dict)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    domain: list[int] = field(default_factory=list)
    last: DocumentRow | None = None

    def add(self, first: int, rows: list[DocumentRow]) -> None:
        for row in rows:
            cell, last = (row.domain, row.bucket), self.last
            self.tokens[cell] += row.end - row.start
            if row.start == 0 and last and (last.id, last.copy, last.domain) == (row.id, row.copy, row.domain):
                self.ends[-1] = first + row.end
            else:
                self.documents[cell] += 1
                self.starts.append(first + row.start)
                self.ends.append(first + row.end)
                self.domain.append(self.domains.setdefault(row.domain, len(self.domains)))
            self.last = row


def _totals(manifest: Manifest, survey: _Survey) -> Iterator[str]:
    tokens = Counter(survey.tokens)
    for cell in manifest.domains:
        found = tokens.pop((cell.domain, cell.bucket), 0)
        if not found == cell.delivered_tokens == cell.asked_tokens:
            yield (
                f"{cell.domain} bucket {cell.bucket}: {found} tokens in the index; "
                f"asked {cell.asked_tokens}, delivered {cell.delivered_tokens}"
            )
        documents = survey.documents[cell.domain, cell.bucket]
        if documents != cell.documents:
            yield (
                f"{cell.domain} bucket {cell.bucket}: {documents} documents in the index, "
                f"{cell.documents} in the manifest"
            )
        if cell.unique_tokens > min(cell.delivered_tokens, cell.available_tokens):
            yield (
                f"{cell.domain} bucket {cell.bucket}: {cell.unique_tokens} unique tokens; "
                f"{cell.delivered_tokens} were delivered, {cell.available_tokens} are available"
            )
    for (domain, bucket), n in tokens.items():
        yield f"{domain} bucket {bucket}: {n} tokens that the manifest does not know"


def _windows(survey: _Survey) -> Iterator[str]:
    n_tokens = survey.ends[-1]
    if n_tokens <= WINDOW_TOKENS:
        return
    starts, ends, domain = (np.array(column, dtype=np.int64) for column in (survey.starts, survey.ends, survey.domain))
    longest = np.array([(ends - starts)[domain == index].max() for index in survey.domains.values()])
    for name, index in survey.domains.items():
        mine = domain == index
        s, e = starts[mine], ends[mine]
        share = (e - s).sum() / n_tokens
        first = np.unique(
            np.concatenate((s, e, s - WINDOW_TOKENS, e - WINDOW_TOKENS)).clip(0, n_tokens - WINDOW_TOKENS)
        )
        off = (_tokens_before(first + WINDOW_TOKENS, s, e) - _tokens_before(first, s, e)) / WINDOW_TOKENS - share
        forced = (1 - share) * longest[index] + share * (longest.sum() - longest[index])
        worst = int(np.argmax(np.abs(off)))
        if abs(off[worst]) > max(WINDOW_TOLERANCE, forced / WINDOW_TOKENS):
            yield f"{name} has {share + off[worst]:.1%} of the window at {first[worst]}, {share:.1%} of the whole"


def _tokens_before(
    positions: npt.NDArray[np.int64], starts: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """How many tokens of the documents from starts to ends stand before each position."""
    whole = np.concatenate(([0], np.cumsum(ends - starts)))
    row = np.searchsorted(ends, positions, side="right")  # documents that end at or before the position
    begun = np.append(starts, positions.max(initial=0))[row]
    before: npt.NDArray[np.int64] = whole[row] + np.maximum(positions - begun, 0)
    return before
