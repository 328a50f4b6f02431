"""Stages together: the time until the last ends, and what those that run at once need."""

from __future__ import annotations

import pytest

from recipes.checking.plan import Estimate, StagePlan, State
from recipes.checking.schedule import _SIDE_BY_SIDE, together
from recipes.stages import kinds


def stage(
    name: str, kind: str, *inputs: str, wall_s: float | None = 1.0, state: State = "to run", **sizes: int
) -> StagePlan:
    return StagePlan(name, kind, {source: source for source in inputs}, state, None, Estimate(wall_s=wall_s, **sizes))


def test_stages_that_use_all_cores_follow_each_other() -> None:
    stages = [stage("a", "curate", wall_s=2, memory_bytes=5), stage("b", "curate", wall_s=3, memory_bytes=7)]
    assert together(stages, 8).wall_s == 5
    assert together(stages, 8).memory_bytes == 7


@pytest.mark.parametrize(("workers", "wall_s", "memory"), [(1, 9, 30), (2, 5, 50), (3, 4, 60), (8, 4, 60)])
def test_models_are_trained_side_by_side(workers: int, wall_s: float, memory: int) -> None:
    stages = [
        stage("a", "train", wall_s=3, memory_bytes=20),
        stage("b", "train", wall_s=4, memory_bytes=30),
        stage("c", "train", wall_s=2, memory_bytes=10),
    ]
    found = together(stages, workers)
    assert (found.wall_s, found.memory_bytes) == (wall_s, memory)


def test_a_model_waits_until_nothing_else_is_ready() -> None:
    stages = [
        stage("shards", "emit", wall_s=1),
        stage("model", "train", "shards", wall_s=10),
        stage("more", "emit", "shards", wall_s=5),
        stage("other", "train", "more", wall_s=10),
    ]
    assert together(stages, 2).wall_s == 1 + 5 + 10


def test_outputs_add_up_and_scratch_is_given_back() -> None:
    stages = [
        stage("a", "curate", kept_bytes=10, scratch_bytes=100),
        stage("b", "count", "a", kept_bytes=20, scratch_bytes=30),
    ]
    assert together(stages, 2).disk_bytes == 10 + 20 + 100


def test_what_is_done_takes_nothing() -> None:
    stages = [stage("a", "curate", state="done", kept_bytes=10, memory_bytes=9), stage("b", "count", "a", wall_s=2)]
    assert together(stages, 2).wall_s == 2
    assert together(stages, 2).disk_bytes == 0
    assert together(stages, 2).memory_bytes == 0


def test_an_unknown_time_is_not_added_up() -> None:
    assert together([stage("a", "curate", wall_s=None), stage("b", "curate")], 2).wall_s is None


def test_kinds_that_run_side_by_side_are_those_that_say_so() -> None:
    for kind in kinds._MODULES:
        assert kinds.of(kind).side_by_side is (kind in _SIDE_BY_SIDE)
