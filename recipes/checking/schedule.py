"""How long stages take together, and what they need at once: the order of `recipes.execute`, in numbers.

Stages that keep to one core run side by side, as many as there are workers, once nothing else is ready; any other runs
alone.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

from recipes.checking.plan import StagePlan

_SIDE_BY_SIDE = frozenset({"train", "eval"})
"""As `side_by_side` of their modules in recipes.stages says, which are not imported for this."""


@dataclass(frozen=True)
class Together:
    """What the stages that are not done take together."""

    wall_s: float | None
    memory_bytes: int
    disk_bytes: int


def together(stages: Sequence[StagePlan], workers: int) -> Together:
    """Simulate a run.

    Args:
        stages: in order of execution.
        workers: processes.
    """
    finished = {stage.name for stage in stages if stage.state == "done"}
    waiting = [stage for stage in stages if stage.state != "done"]
    names = {stage.name for stage in stages}
    wall_s: float | None = 0.0
    memory = scratch = 0
    while waiting:
        ready = [stage for stage in waiting if (set(stage.inputs.values()) & names) <= finished]
        alone = [stage for stage in ready if stage.kind not in _SIDE_BY_SIDE]
        rounds = [[stage] for stage in alone] or [ready]
        for group in rounds:
            at_once = len(group) if len(group) == 1 else min(workers, len(group))
            memory = max(memory, _largest([stage.estimate.memory_bytes for stage in group], at_once))
            scratch = max(scratch, _largest([stage.estimate.scratch_bytes for stage in group], at_once))
            times = [stage.estimate.wall_s for stage in group]
            known = [time for time in times if time is not None]
            wall_s = wall_s + _makespan(known, at_once) if wall_s is not None and len(known) == len(times) else None
        finished |= {stage.name for group in rounds for stage in group}
        waiting = [stage for stage in waiting if stage.name not in finished]
    kept = sum(stage.estimate.kept_bytes for stage in stages if stage.state != "done")
    return Together(wall_s, memory, kept + scratch)


def _largest(values: Sequence[int], n: int) -> int:
    return sum(heapq.nlargest(n, values))


def _makespan(times: Sequence[float], at_once: int) -> float:
    """When the last task ends, each taken by the first free worker."""
    ends = [0.0] * max(1, at_once)
    for time in times:
        heapq.heapreplace(ends, ends[0] + time)
    return max(ends)
