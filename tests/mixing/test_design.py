"""The mixtures of a swarm."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.core.errors import Infeasible
from mixing.swarm.design import dirichlet_design

PRIOR = {"code": 0.5, "legal": 0.1, "prose": 0.4}


@given(st.integers(1, 40), st.integers(0, 5))
@settings(max_examples=20)
def test_rows_are_mixtures_that_differ(n_runs: int, seed: int) -> None:
    rows = dirichlet_design(PRIOR, n_runs, seed)
    assert len(rows) == n_runs
    for row in rows:
        assert list(row) == sorted(PRIOR)
        assert round(sum(row.values()) * 1e9) == 10**9
        assert all(share == 0 or share >= 0.002 - 1e-9 for share in row.values())
    table = np.array([list(row.values()) for row in rows])
    distances = np.abs(table[:, None] - table[None]).sum(-1) + np.eye(n_runs)
    assert distances.min() >= 0.02 - 1e-8


def test_rows_gather_around_the_prior() -> None:
    swarms = [dirichlet_design(PRIOR, 15, seed) for seed in range(10)]
    table = np.array([list(row.values()) for rows in swarms for row in rows])
    assert table.mean(0) == pytest.approx([PRIOR[name] for name in sorted(PRIOR)], abs=0.06)
    assert table.std(0).min() > 0.05  # and yet spread out


def test_the_same_seed_gives_the_same_rows() -> None:
    assert dirichlet_design(PRIOR, 8, 3) == dirichlet_design(PRIOR, 8, 3)
    assert dirichlet_design(PRIOR, 8, 3) != dirichlet_design(PRIOR, 8, 4)


def test_more_rows_than_there_are_is_refused_with_a_number() -> None:
    with pytest.raises(Infeasible) as caught:
        dirichlet_design({"a": 0.5, "b": 0.5}, 60, 0, near=0.2)
    assert "at most" in str(caught.value.fix)
