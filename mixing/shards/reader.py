"""Reading shards: tokens by global position, documents, and fixed-length sequences with exact resume."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from curation.core.errors import BadInput
from mixing.shards.format import DocumentRow, index_name, open_tokens, read_index
from mixing.shards.manifest import Manifest
from mixing.shards.order import position_to_index

Tokens = npt.NDArray[np.int64]


class ShardReader:
    """A shard directory, memory-mapped.

    Args:
        directory: with a manifest.json.

    Raises:
        BadInput: there is no manifest, or a part is missing, of another size than the manifest says, or of no whole
            number of tokens.
    """

    def __init__(self, directory: str | Path) -> None:
        self.directory = Path(directory)
        self.manifest = Manifest.load(directory)
        self._parts = [self._open(file.path, file.size_bytes) for file in self.manifest.token_files]
        self._starts: list[int] = [0, *np.cumsum([len(part) for part in self._parts]).tolist()]

    @property
    def n_tokens(self) -> int:
        return self._starts[-1]

    def part_range(self, number: int) -> tuple[int, int]:
        """The global positions where a part starts and ends."""
        return self._starts[number], self._starts[number + 1]

    def tokens(self, start: int, stop: int) -> Tokens:
        """The tokens at global positions start to stop, as int64."""
        if not 0 <= start <= stop <= self.n_tokens:
            raise ValueError(f"positions {start} to {stop} are not within 0 to {self.n_tokens}")
        pieces = []
        number = bisect_right(self._starts, start) - 1
        while start < stop:
            first = self._starts[number]
            piece = self._parts[number][start - first : stop - first]
            pieces.append(piece.astype(np.int64))
            start += len(piece)
            number += 1
        return np.concatenate(pieces) if pieces else np.empty(0, np.int64)

    def documents(self) -> Iterator[DocumentRow]:
        """All documents in order, their start and end as global positions.

        A document that was cut at the border of two parts is two rows.
        """
        for number, file in enumerate(self.manifest.token_files):
            first = self._starts[number]
            for row in read_index(self.directory / index_name(file.path)):
                yield replace(row, start=row.start + first, end=row.end + first)

    def document_at(self, position: int, part: int | None = None) -> DocumentRow:
        """The document that a token belongs to.

        Args:
            position: global, or within `part` if that is given.
            part: number of a part.

        Raises:
            BadInput: there is no such position.
        """
        if part is None:
            if not 0 <= position < self.n_tokens:
                raise BadInput(f"no token at position {position}; there are {self.n_tokens}", where=str(self.directory))
            part = bisect_right(self._starts, position) - 1
            position -= self._starts[part]
        if not 0 <= part < len(self._parts):
            raise BadInput(f"no part {part}; there are {len(self._parts)}", where=str(self.directory))
        path = self.manifest.token_files[part].path
        if not 0 <= position < len(self._parts[part]):
            raise BadInput(
                f"no token at position {position} of {path}; it has {len(self._parts[part])}", where=str(self.directory)
            )
        for row in read_index(self.directory / index_name(path)):
            if row.start <= position < row.end:
                return row
        raise BadInput(
            f"the index of {path} has no document at {position}", where=str(self.directory), fix="emit the shards again"
        )

    def _open(self, path: str, size_bytes: int) -> npt.NDArray[np.unsignedinteger]:
        file = self.directory / path
        found = file.stat().st_size if file.exists() else None
        if found != size_bytes:
            state = "missing" if found is None else f"of {found} bytes"
            raise BadInput(
                f"{path} is {state}; the manifest says {size_bytes} bytes",
                where=str(self.directory),
                fix="emit the shards again",
            )
        if not size_bytes or size_bytes % np.dtype(self.manifest.dtype).itemsize:
            raise BadInput(
                f"{path} has {size_bytes} bytes, which are no {self.manifest.dtype} tokens", where=str(self.directory)
            )
        return open_tokens(file, self.manifest.dtype)


class SequenceIterator:
    """Fixed-length token sequences in training order; a state says exactly where it is.

    Args:
        reader: the shards.
        length: tokens a sequence; what does not fill a last sequence is left out.
        seed: of the order.
    """

    def __init__(self, reader: ShardReader, length: int, seed: int) -> None:
        if reader.n_tokens < length:
            raise BadInput(
                f"{reader.n_tokens} tokens do not fill one sequence of {length}", where=str(reader.directory)
            )
        self.reader = reader
        self.length = length
        self.seed = seed
        self.n_sequences = reader.n_tokens // length
        self._position = 0

    def __iter__(self) -> Iterator[Tokens]:
        while True:
            epoch, place = divmod(self._position, self.n_sequences)
            index = position_to_index(self.n_sequences, self.seed, epoch, place)
            self._position += 1
            yield self.reader.tokens(index * self.length, (index + 1) * self.length)

    def state_dict(self) -> dict[str, Any]:
        """Where it is: sequences given out since the start of the first epoch."""
        return {"position": self._position, **self._identity}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state.

        Raises:
            BadInput: the state is of another length or seed, or of shards with another number of tokens.
        """
        for key, mine in self._identity.items():
            if state.get(key) != mine:
                raise BadInput(f"{key} of the state is {state.get(key)}, of this iterator {mine}")
        self._position = state["position"]

    @property
    def _identity(self) -> dict[str, Any]:
        return {"length": self.length, "seed": self.seed, "n_tokens": self.reader.n_tokens}
