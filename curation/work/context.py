"""What a global step works with, and how it says what becomes of rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curation.core.events import Events
from curation.engine.base import Engine
from curation.engine.plan import Plan
from curation.work.fate import no_fate
from curation.work.scope import InScope
from curation.work.workset import PART, ROW, WorkSet, WriteOverlay


@dataclass
class GlobalContext:
    """The work set, the engine, and where to write.

    Args:
        label: the step's label: the name of its overlay, its journal and its progress.
        partitions: for exchanges whose rows are many; 0 lets the plan choose.
        journal: a directory for what an interrupted run has finished, or None.
        notes: what steps tell the pool's manifest, by label; JSON values that do not depend on the engine.
    """

    work: WorkSet
    engine: Engine
    events: Events
    seed: int
    label: str
    partitions: int
    journal: str | None
    notes: dict[str, Any] = field(default_factory=dict)

    def rows(self, columns: tuple[str, ...], only: tuple[str, ...]) -> Plan:
        """A plan over the rows that are alive and in a step's scope: the columns asked for, and the rows' addresses."""
        if "*" in only:
            return self.work.plan(columns)
        return self.work.plan((*columns, "domain")).map(InScope(only))

    def decide(self, plan: Plan) -> None:
        """Run a plan whose rows say what becomes of rows of the work set.

        Its schema has `part` and `part_row`, and any of the fate columns and of columns to add to the documents.
        """
        addressed = plan.exchange(PART, (ROW,), self.partitions)
        sink = WriteOverlay(self.work.directory, self.label)
        # a run that goes on with another number of partitions must not take over what the old ones held
        journal = f"{self.journal}/{self.label}-{self.partitions}" if self.journal else None
        self.engine.run(addressed, sink, label=self.label, events=self.events, journal=journal)
        self.work.add_overlay(self.label, plan.schema)


def dropped_by(
    stage: str, rule: str, dropped: npt.NDArray[np.bool_], duplicate_of: pa.Array | None = None
) -> dict[str, pa.Array]:
    """Fate columns of a global step: `stage` and `rule` where dropped, null elsewhere."""
    n = len(dropped)
    fate = no_fate(n)
    fate["fate_stage"] = pa.array(np.full(n, stage, dtype=object), pa.string(), mask=~dropped)
    fate["fate_rule"] = pa.array(np.full(n, rule, dtype=object), pa.string(), mask=~dropped)
    if duplicate_of is not None:
        fate["duplicate_of"] = duplicate_of
    return fate
