"""The order of training is a permutation that depends on (n, seed, epoch) alone."""

from __future__ import annotations

import numpy as np
import pytest

from mixing.shards.order import position_to_index


@pytest.mark.parametrize("seed", [0, 17, -3])
def test_every_number_stands_at_one_position(seed: int) -> None:
    for n in range(1, 301):
        order = position_to_index(n, seed, 0, np.arange(n))
        assert sorted(order.tolist()) == list(range(n))


def test_one_position_and_many_agree() -> None:
    for n in (1, 2, 5, 64, 300, 2**20 + 7, 2**40):
        positions = np.unique(np.linspace(0, n - 1, 23).astype(np.int64))
        many = position_to_index(n, 17, 3, positions)
        assert many.tolist() == [position_to_index(n, 17, 3, int(position)) for position in positions]
        assert many.min() >= 0
        assert many.max() < n


def test_every_epoch_and_every_seed_has_an_order_of_its_own() -> None:
    positions = np.arange(100)
    orders = {tuple(position_to_index(100, seed, epoch, positions).tolist()) for seed in range(5) for epoch in range(5)}
    assert len(orders) == 25


def test_the_order_is_shuffled() -> None:
    """Neighbours are as far apart as in a random order, and no position keeps a favourite."""
    n = 1000
    orders = np.stack([position_to_index(n, 17, epoch, np.arange(n)) for epoch in range(200)])
    distances = np.abs(np.diff(orders, axis=1)).mean()
    assert abs(distances - n / 3) < 5
    means = orders.mean(axis=0)  # of 200 draws from 0 to 999: standard deviation 20
    assert np.abs(means - (n - 1) / 2).max() < 5 * 20.5


def test_the_order_of_today_is_the_order_of_tomorrow() -> None:
    assert position_to_index(10, 17, 0, np.arange(10)).tolist() == [1, 5, 2, 4, 0, 9, 8, 7, 6, 3]


@pytest.mark.parametrize("position", [-1, 10])
def test_a_position_that_is_none_is_refused(position: int) -> None:
    with pytest.raises(ValueError, match=r"0 \.\. 9"):
        position_to_index(10, 17, 0, position)
