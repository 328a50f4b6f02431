"""Runs that do not fit the machine are refused with the numbers and the way out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

GB = 10**9


def test_too_little_disk(refused: Any, world: Any, checked: Any, tmp_path: Any) -> None:
    needed = checked().disk_bytes
    world.machine = replace(world.machine, free_disk_bytes=needed)
    checked()
    world.machine = replace(world.machine, free_disk_bytes=needed - 1_000_000)
    (told,) = refused()
    assert told.startswith(f"{tmp_path / 'runs'}: the run takes about ")
    assert told.endswith("\n  fix: free 1.0 MB, or keep runs elsewhere with --out")


def test_fewer_workers_are_advised_if_they_are_enough(refused: Any, world: Any, checked: Any) -> None:
    sets = ("stages.swarm.proxy.depth=24",)
    world.machine = replace(world.machine, memory_bytes=checked(*sets, workers=3).memory_bytes)
    (told,) = refused(*sets, workers=8)
    assert "most of it for stage `swarm`\n  fix: run fewer at once: --workers 3" in told
    checked(*sets, workers=3)
    (told,) = refused(*sets, workers=4)
    assert "--workers 3" in told


def test_a_model_that_fits_no_number_of_workers(refused: Any, world: Any) -> None:
    world.machine = replace(world.machine, memory_bytes=64 * GB)
    (told,) = refused("stages.model.model={size: 7B, sequence_length: 128}", workers=4)
    # 7 billion parameters of 16 bytes
    assert ": the run takes about 11" in told
    assert " GB of memory, and 64.0 GB are available; most of it for stage `model`" in told
    assert "fix: choose a smaller model" in told


def test_what_is_done_takes_nothing(checked: Any, world: Any) -> None:
    assert checked(until=("pool",)).disk_bytes < checked(until=("counts",)).disk_bytes < checked().disk_bytes
