"""Worker processes: results by index, the first error ends the run, errors keep their fields, workers may die."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from curation.core.errors import BadInput, RunFailed
from curation.engine.workers import Workers, kept_workers, run_tasks


def square(number: int) -> tuple[int, int]:
    time.sleep(0.02 * (number % 3))  # so that they do not end in order
    return number * number, os.getpid()


def touch_or_fail(task: tuple[str, int]) -> None:
    folder, number = task
    if number == 1:
        raise BadInput("bad value 7", where=f"{folder}/x.jsonl:3", fix="write 8")
    time.sleep(0.05)
    Path(folder, str(number)).touch()


def sleep_or_fail(seconds: int) -> None:
    if not seconds:
        raise BadInput("failed at once")
    time.sleep(seconds)


def die(number: int) -> int:
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.2)
    return number


def collected(workers: int, n_tasks: int) -> dict[int, Any]:
    results: dict[int, Any] = {}
    run_tasks(square, list(range(n_tasks)), workers, results.__setitem__)
    return results


def test_results_come_by_index_from_several_processes() -> None:
    results = collected(2, 7)
    assert {index: result[0] for index, result in results.items()} == {n: n * n for n in range(7)}
    processes = {pid for _, pid in results.values()}
    assert os.getpid() not in processes
    assert len(processes) <= 2


@pytest.mark.parametrize(("workers", "n_tasks"), [(1, 4), (0, 2), (2, 1), (2, 0)])
def test_one_worker_or_one_task_needs_no_process(workers: int, n_tasks: int) -> None:
    assert collected(workers, n_tasks) == {n: (n * n, os.getpid()) for n in range(n_tasks)}


@pytest.mark.parametrize("workers", [1, 2])
def test_the_first_error_ends_the_run_and_keeps_its_fields(tmp_path: Path, workers: int) -> None:
    done: list[int] = []
    tasks = [(str(tmp_path), number) for number in range(60)]
    with pytest.raises(BadInput) as raised:
        run_tasks(touch_or_fail, tasks, workers, lambda index, _: done.append(index))
    error = raised.value
    assert (error.what, error.where, error.fix) == ("bad value 7", f"{tmp_path}/x.jsonl:3", "write 8")
    ended = set(tmp_path.iterdir())
    assert len(done) <= len(ended) < 30  # most were never begun; a busy machine may take a while to stop
    assert workers > 1 or done == [0]
    if workers > 1:
        time.sleep(0.3)
    assert set(tmp_path.iterdir()) == ended  # nobody works on


def test_rounds_share_the_processes_until_an_error(tmp_path: Path) -> None:
    found: list[set[int]] = []
    with Workers(2) as workers:
        for number in range(4):
            results: dict[int, Any] = {}
            workers.run(square, list(range(6)), results.__setitem__)
            assert {index: result[0] for index, result in results.items()} == {n: n * n for n in range(6)}
            found.append({pid for _, pid in results.values()})
            if number == 2:
                with pytest.raises(BadInput):
                    workers.run(touch_or_fail, [(str(tmp_path), 1)] * 2, lambda index, result: None)
    assert len(set().union(*found[:3])) <= 2
    assert not found[3] & found[2]


def test_a_long_task_is_not_waited_for_after_an_error() -> None:
    started = time.monotonic()
    with pytest.raises(BadInput, match="failed at once"):
        run_tasks(sleep_or_fail, [60, 0], 2, lambda index, result: None)
    assert time.monotonic() - started < 30


def test_an_error_here_ends_the_run_too() -> None:
    def refuse(index: int, result: Any) -> None:
        raise RunFailed("no space left")

    with pytest.raises(RunFailed, match="no space left"):
        run_tasks(square, list(range(4)), 2, refuse)


def test_a_worker_that_dies_is_said_to_the_user() -> None:
    with pytest.raises(RunFailed, match="worker process died") as raised:
        run_tasks(die, list(range(4)), 2, lambda index, result: None)
    assert "fewer workers" in (raised.value.fix or "")


def _process(task: int) -> int:
    time.sleep(0.05)  # long enough that both workers get some
    return os.getpid()


def test_kept_workers_serve_every_round_and_end_with_the_block() -> None:
    rounds: list[set[int]] = []
    with kept_workers(2):
        for _ in range(3):
            seen: set[int] = set()
            run_tasks(_process, range(8), 2, lambda _, pid, seen=seen: seen.add(pid))  # type: ignore[misc]
            rounds.append(seen)
    assert len(set.union(*rounds)) == 2
    for pid in rounds[0]:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_after_an_error_kept_workers_start_anew() -> None:
    with kept_workers(2):
        with pytest.raises(ZeroDivisionError):
            run_tasks(_divide, [1, 0, 2], 2, lambda *_: None)
        found: list[float] = []
        run_tasks(_divide, [1, 2], 2, lambda _, value: found.append(value))
        assert sorted(found) == [0.5, 1.0]


def _divide(task: int) -> float:
    return 1 / task
