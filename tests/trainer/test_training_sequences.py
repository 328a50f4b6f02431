"""Concatenate and chunk: every token but the first is predicted once an epoch, from its real context."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from curation.core.errors import BadInput
from mixing.shards.reader import ShardReader
from tests.support.shard_sets import write_shards
from trainer.data import Sequences

LENGTH = 7


def sequences(folder: Path, n_tokens: int, seed: int = 17) -> Sequences:
    """Shards whose tokens are their own positions."""
    return Sequences(ShardReader(write_shards(folder, range(n_tokens), vocab_size=2**20)), LENGTH, seed)


@pytest.mark.parametrize("n_tokens", [8, 14, 15, 16, 100])
def test_every_token_but_the_first_is_predicted_once_an_epoch(tmp_path: Path, n_tokens: int) -> None:
    found = sequences(tmp_path / "shards", n_tokens)
    whole = (n_tokens - 1) // LENGTH
    assert found.n_sequences == whole
    for epoch in range(3):
        inputs, targets = found.batch(epoch * whole, whole)
        assert sorted(targets.flatten().tolist()) == list(range(1, whole * LENGTH + 1))
        assert (targets == inputs + 1).all()
        assert inputs.shape == targets.shape == (whole, LENGTH)


def test_a_part_border_is_no_border(tmp_path: Path) -> None:
    tokens = np.arange(2 * 65_536 + 2000) % 5000
    reader = ShardReader(write_shards(tmp_path / "shards", tokens.tolist(), vocab_size=5000))
    found = Sequences(reader, 1000, 17)
    inputs, targets = found.batch(0, found.n_sequences)
    assert (targets == (inputs + 1) % 5000).all()
    assert {65_000, 131_000} <= set(found.starts(0, found.n_sequences))


def test_batches_are_windows_of_one_order(tmp_path: Path) -> None:
    found = sequences(tmp_path / "shards", 100)
    whole = found.batch(0, 40)[0].tolist()
    for first, n in ((0, 1), (5, 8), (13, 3), (12, 20), (39, 1)):
        assert found.batch(first, n)[0].tolist() == whole[first : first + n]
    assert [found.starts(place, 1)[0] for place in range(40)] == found.starts(0, 40)


def test_the_order_differs_by_epoch_and_seed(tmp_path: Path) -> None:
    found = sequences(tmp_path / "one", 500)
    other = sequences(tmp_path / "two", 500, seed=18)
    n = found.n_sequences
    orders = [found.starts(0, n), found.starts(n, n), other.starts(0, n)]
    assert len({tuple(order) for order in orders}) == 3
    assert orders[0] == sequences(tmp_path / "three", 500).starts(0, n)


def test_too_few_tokens_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="7 tokens do not fill one sequence of 7"):
        sequences(tmp_path / "shards", 7)
