"""Tokenise once: the token ids of the parts of a pool, kept under the tokenizer's and the part's checksum.

A part of a pool gives one array of ids, documents one after the other, each ended by EOS, and the offsets between them.
Both are files that are memory-mapped; whoever needs tokens of a pool (counts, proxies, emission) reads them here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from curation.core.storage import Directory, FileEntry
from curation.core.tokenizer import Ids, Tokenizer

_BATCH_ROWS = 256


@dataclass(frozen=True)
class TokenPart:
    """The tokens of one pool part: document i is `ids[offsets[i]:offsets[i + 1]]`, its EOS included."""

    ids: Ids
    offsets: npt.NDArray[np.int64]

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Tokens of every document, EOS included."""
        return np.diff(self.offsets)


class TokenCache:
    """Token files in a directory, one pair for each (tokenizer, pool part).

    Args:
        directory: may be deleted at any time; it is filled again when needed.
        tokenizer: a tokenizer.
    """

    def __init__(self, directory: str | Path, tokenizer: Tokenizer) -> None:
        self._directory = Path(directory) / tokenizer.sha256[:16]
        self._tokenizer = tokenizer

    def part(self, pool: str | Path, file: FileEntry) -> TokenPart:
        """The tokens of a part of a pool; tokenised now if they are not there yet.

        Args:
            pool: the pool's directory.
            file: its entry in the pool's manifest.
        """
        ids_path, offsets_path = (self._directory / f"{file.xxh3_128}.{kind}.npy" for kind in ("ids", "offsets"))
        if not (ids_path.exists() and offsets_path.exists()):
            self._write(Path(pool) / file.path, ids_path.name, offsets_path.name)
        if ids_path.stat().st_size == 0:
            return TokenPart(np.empty(0, np.uint32), np.fromfile(offsets_path, dtype="<i8"))
        return TokenPart(np.memmap(ids_path, dtype="<u4", mode="r"), np.fromfile(offsets_path, dtype="<i8"))

    def _write(self, part: Path, ids_name: str, offsets_name: str) -> None:
        lengths = [0]
        directory = Directory(self._directory)
        with directory.create(ids_name) as draft:
            for texts in _texts(part):
                for ids in self._tokenizer.encode_batch(texts):
                    draft.stream.write(np.append(ids, np.uint32(self._tokenizer.eos_id)).astype("<u4").tobytes())
                    lengths.append(len(ids) + 1)
        with directory.create(offsets_name) as draft:
            draft.stream.write(np.cumsum(lengths).astype("<i8").tobytes())


def _texts(part: Path) -> Iterator[list[str]]:
    for batch in pq.ParquetFile(part).iter_batches(batch_size=_BATCH_ROWS, columns=["text"], use_threads=False):
        yield batch.column("text").to_pylist()
