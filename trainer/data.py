"""Batches from shards: concatenate and chunk.

The tokens of the shards are cut into sequences of T + 1 tokens, each beginning with the last token of the one before,
so that every token but the first is predicted once. Sequence i stands at tokens i T to i T + T. Which sequence comes at
which place of the run is a function of (seed, epoch, position) alone.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from curation.core.errors import BadInput
from mixing.shards.order import position_to_index
from mixing.shards.reader import ShardReader


class Sequences:
    """The sequences of a run.

    Args:
        reader: the shards.
        length: T, tokens that are predicted in a sequence.
        seed: of the order.

    Raises:
        BadInput: the shards have fewer than T + 1 tokens.
    """

    def __init__(self, reader: ShardReader, length: int, seed: int) -> None:
        self.reader = reader
        self.length = length
        self.seed = seed
        self.n_sequences = (reader.n_tokens - 1) // length
        if self.n_sequences < 1:
            raise BadInput(
                f"{reader.n_tokens} tokens do not fill one sequence of {length}",
                where=str(reader.directory),
                fix="emit more tokens or shorten `sequence_length`",
            )

    def batch(self, first: int, n_sequences: int) -> tuple[Tensor, Tensor]:
        """Inputs and targets, each (sequences, T), of the places `first` onwards."""
        rows = [self.reader.tokens(start, start + self.length + 1) for start in self.starts(first, n_sequences)]
        tokens = torch.from_numpy(np.stack(rows))
        return tokens[:, :-1], tokens[:, 1:]

    def starts(self, first: int, n_sequences: int) -> list[int]:
        """The global token positions where the sequences at the places `first` onwards begin."""
        starts: list[int] = []
        while len(starts) < n_sequences:
            epoch, position = divmod(first + len(starts), self.n_sequences)
            stop = min(position + n_sequences - len(starts), self.n_sequences)
            indices = position_to_index(self.n_sequences, self.seed, epoch, np.arange(position, stop))
            starts += (indices * self.length).tolist()
        return starts
