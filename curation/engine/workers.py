"""A pool of worker processes that ends with the run.

Tasks are independent and may run in any order; results come back in the order of the tasks. With one worker
everything runs in this process. The first error stops the rest and is raised here. Workers ignore Ctrl-C (the driver
ends them) and end by themselves when the driver dies, so that a killed run leaves nothing behind.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing.connection import wait
from typing import Any, TypeVar

Task = TypeVar("Task")


def run_tasks(
    function: Callable[[Task], Any], tasks: Sequence[Task], workers: int, done: Callable[[int, Any], None]
) -> None:
    """Call `function` on every task.

    Args:
        function: importable by other processes.
        tasks: picklable.
        workers: processes; 1 runs in this one.
        done: called here with the task's index and result as each ends.
    """
    if workers <= 1 or len(tasks) <= 1:
        for index, task in enumerate(tasks):
            done(index, function(task))
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(workers, len(tasks)), mp_context=context, initializer=_start_worker)
    try:
        futures = {pool.submit(function, task): index for index, task in enumerate(tasks)}
        for future in as_completed(futures):
            done(futures[future], future.result())
    except BaseException:
        for process in list((pool._processes or {}).values()):
            process.terminate()
        pool.shutdown(wait=True, cancel_futures=True)
        raise
    pool.shutdown(wait=True)


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def end_with_driver() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=end_with_driver, daemon=True, name="end-with-driver").start()
