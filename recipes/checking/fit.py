"""Plans that do not fit the machine: more disk than is free, more memory than is available."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from curation.core.errors import Infeasible
from curation.core.units import format_size
from recipes.checking.plan import RecipePlan, StagePlan
from recipes.loading.tree import Addresses


def refuse_unfit(
    plan: RecipePlan, addresses: Addresses, with_workers: Callable[[int], RecipePlan]
) -> Iterator[Infeasible]:
    """What does not fit, with the numbers and the way out.

    Args:
        plan: of the run as it was asked for.
        addresses: where the recipe's values were written.
        with_workers: the plan for another number of processes.
    """
    free, available = plan.machine.free_disk_bytes, plan.machine.memory_bytes
    if plan.disk_bytes > free:
        largest = max(plan.waiting, key=lambda stage: stage.estimate.kept_bytes + stage.estimate.scratch_bytes)
        yield Infeasible(
            f"the run takes about {format_size(plan.disk_bytes)} of disk, and {format_size(free)} are free; "
            f"most of it for stage `{largest.name}`",
            where=str(plan.out),
            fix=f"free {format_size(plan.disk_bytes - free)}, or keep runs elsewhere with --out",
        )
    if plan.memory_bytes > available:
        largest = max(plan.waiting, key=lambda stage: stage.estimate.memory_bytes)
        yield Infeasible(
            f"the run takes about {format_size(plan.memory_bytes)} of memory, and "
            f"{format_size(available)} are available; most of it for stage `{largest.name}`",
            where=str(addresses.place(f"stages.{largest.name}")),
            fix=_less_memory(plan, largest, with_workers),
        )


def _less_memory(plan: RecipePlan, largest: StagePlan, with_workers: Callable[[int], RecipePlan]) -> str:
    """Fewer processes if that is enough, else a smaller model."""
    for workers in range(plan.workers - 1, 0, -1):
        if with_workers(workers).memory_bytes <= plan.machine.memory_bytes:
            return f"run fewer at once: --workers {workers}"
    if largest.estimate.model is not None:
        return "choose a smaller model or fewer batch_tokens, or another machine"
    return "run it on a machine with more memory"
