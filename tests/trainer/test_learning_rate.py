"""The learning rate over a run."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.schedule import ScheduleName, learning_rate

names = st.sampled_from(get_args(ScheduleName))


@given(st.integers(1, 500), st.floats(1e-6, 1), st.floats(0, 1), names, st.floats(0, 1), st.data())
def test_a_rate_is_above_zero_and_never_above_the_peak(
    n_steps: int, peak: float, warmup: float, name: ScheduleName, final: float, data: st.DataObject
) -> None:
    warmup_steps = round(warmup * n_steps)
    step = data.draw(st.integers(0, n_steps - 1))
    rate = learning_rate(step, n_steps, peak, warmup_steps, name, final)
    assert 0 <= rate <= peak * (1 + 1e-12)


@given(st.integers(3, 500), names, st.floats(0, 1), st.data())
def test_it_rises_to_the_peak_and_falls_to_the_fraction(
    n_steps: int, name: ScheduleName, final: float, data: st.DataObject
) -> None:
    warmup_steps = data.draw(st.integers(1, n_steps - 2))
    rates = [learning_rate(step, n_steps, 2.0, warmup_steps, name, final) for step in range(n_steps)]
    assert rates[0] == pytest.approx(2.0 / warmup_steps)
    assert rates[warmup_steps - 1] == 2.0
    assert rates[:warmup_steps] == sorted(rates[:warmup_steps])
    after = rates[warmup_steps:]
    assert all(one >= other - 1e-12 for one, other in pairwise(after))
    assert rates[-1] == pytest.approx(2.0 if name == "constant" else 2.0 * final)


def test_half_way_down() -> None:
    for name, expected in (("constant", 1.0), ("linear", 0.55), ("cosine", 0.55)):
        assert learning_rate(50, 101, 1.0, 0, name, 0.1) == pytest.approx(expected)  # type: ignore[arg-type]
    quarter = (1 + math.cos(math.pi / 4)) / 2
    assert learning_rate(25, 101, 1.0, 0, "cosine", 0.1) == pytest.approx(0.1 + 0.9 * quarter)
