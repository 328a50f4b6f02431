"""What every engine offers: run a plan into a sink, partition by partition; fold it; collect it."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from curation.core.events import Events, NoEvents
from curation.engine.operators import Batches, Fold, Sink
from curation.engine.plan import Plan


class Engine(Protocol):
    """Runs plans. Results are the same on every engine, whatever its workers, memory and order of work."""

    def run(self, plan: Plan, sink: Sink, *, label: str, events: Events = ..., journal: str | None = None) -> list[Any]:
        """Run a plan into a sink.

        Args:
            plan: what to compute.
            sink: takes each partition where it was computed.
            label: what progress calls this run.
            events: where progress goes.
            journal: a directory in which finished tasks are remembered (their results must then be JSON values), so
                that a run that was killed goes on after them. It belongs to this plan and sink alone.

        Returns:
            The sink's results in partition order. Without an exchange a partition is a split.
        """


def fold(engine: Engine, plan: Plan, operator: Fold, *, label: str, events: Events | None = None) -> Any:
    """Run a fold over all rows of a plan."""
    states = engine.run(plan, _FoldSink(operator), label=label, events=events or NoEvents())
    return operator.finish(functools.reduce(operator.merge, states, operator.zero()))


def collect(engine: Engine, plan: Plan, *, label: str = "collect") -> pa.Table:
    """All rows of a plan, in partition order: for small results and for tests."""
    tables: Sequence[pa.Table] = engine.run(plan, _CollectSink(plan.schema), label=label)
    return pa.concat_tables(tables) if tables else plan.schema.empty_table()


@dataclass(frozen=True)
class _FoldSink(Sink):
    operator: Fold

    def setup(self) -> None:
        self.operator.setup()

    def __call__(self, partition: int, batches: Batches) -> Any:
        state = self.operator.zero()
        for batch in batches:
            state = self.operator.step(state, batch)
        return state


@dataclass(frozen=True)
class _CollectSink(Sink):
    schema: pa.Schema

    def __call__(self, partition: int, batches: Batches) -> pa.Table:
        return pa.Table.from_batches(list(batches), self.schema)
