"""A pool of worker processes that ends with the run.

Tasks are independent and may run in any order; results come back with the index of their task. With one worker
everything runs in this process. The first error stops the rest and is raised here. Workers ignore Ctrl-C (the driver
ends them) and end by themselves when the driver dies, so that a killed run leaves nothing behind. A process that starts
imports what it needs, seconds of work; `kept_workers` lets everything inside a block share one set.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextvars import ContextVar
from multiprocessing.connection import wait
from types import TracebackType
from typing import Any, TypeVar

from curation.core.errors import RunFailed

Task = TypeVar("Task")


class Workers:
    """Processes for several rounds of tasks: they start when they are first needed and end with the `with` block.

    Inside `kept_workers` of the same number the block gets those, and they go on after it.

    Args:
        n: processes at most; 1 runs everything in this one.
    """

    def __init__(self, n: int) -> None:
        self._n = n
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Workers:
        kept = _kept.get()
        return kept if kept is not None and kept._n == self._n else self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end(at_once=error is not None)

    def run(self, function: Callable[[Task], Any], tasks: Sequence[Task], done: Callable[[int, Any], None]) -> None:
        """Call `function` on every task; see `run_tasks`."""
        if self._n <= 1 or len(tasks) <= 1:
            for index, task in enumerate(tasks):
                done(index, function(task))
            return
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._n, mp_context=context, initializer=_start_worker)
        try:
            futures = {self._pool.submit(function, task): index for index, task in enumerate(tasks)}
            for future in as_completed(futures):
                done(futures[future], future.result())
        except BaseException as error:
            self._end(at_once=True)
            if isinstance(error, BrokenProcessPool):
                raise RunFailed(
                    "a worker process died; the system ends processes that ask for more memory than there is",
                    fix="run the same command again; if it happens again, use fewer workers",
                ) from error
            raise

    def _end(self, *, at_once: bool) -> None:
        pool, self._pool = self._pool, None
        if pool is None:
            return
        if at_once:
            for process in list((pool._processes or {}).values()):
                process.terminate()
        pool.shutdown(wait=True, cancel_futures=at_once)


_kept: ContextVar[Workers | None] = ContextVar("kept workers", default=None)


@contextlib.contextmanager
def kept_workers(n: int) -> Iterator[None]:
    """Inside the block all rounds of tasks on `n` workers share the same processes."""
    with Workers(n) as workers:
        token = _kept.set(workers)
        try:
            yield
        finally:
            _kept.reset(token)


def run_tasks(
    function: Callable[[Task], Any], tasks: Sequence[Task], workers: int, done: Callable[[int, Any], None]
) -> None:
    """Call `function` on every task.

    Args:
        function: importable by other processes.
        tasks: picklable.
        workers: processes; 1 runs in this one.
        done: called here with the task's index and result as each ends.

    Raises:
        RunFailed: a worker died; most often the system ended it for want of memory.
    """
    with Workers(workers) as processes:
        processes.run(function, tasks, done)


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def end_with_driver() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=end_with_driver, daemon=True, name="end-with-driver").start()
