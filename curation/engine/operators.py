"""The kinds of operator: Map, Stream, Fold, and the Sink at the end of a plan.

An operator is a pure function over batches: what it returns depends on its fields and on the rows alone. Operators are
frozen dataclasses, so that they can be sent to other processes and fingerprinted. Life of an operator in a worker:
`setup()` once (load a model, compile a kernel), then any number of calls.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from curation.core.errors import RunFailed

Batches = Iterator[pa.RecordBatch]


class Operator(ABC):  # noqa: B024 - the kinds below have the abstract methods
    """What all kinds share."""

    @property
    def name(self) -> str:
        """What plans, errors and progress call it."""
        return type(self).__name__

    def setup(self) -> None:  # noqa: B027 - most operators have nothing to load
        """Load heavy state; called once in each worker before the first batch."""


class Map(Operator):
    """Row-local: every row that comes out depends on one row that went in.

    A map may drop rows and may make several of one; it may not look across rows.
    """

    @property
    @abstractmethod
    def reads(self) -> tuple[str, ...]:
        """The columns it needs; the plan refuses a source without them."""

    @abstractmethod
    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """The schema that comes out for the schema that goes in."""

    @abstractmethod
    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Transform one batch."""


class Stream(Operator):
    """Sees one partition, sorted by (key, order_by): all rows of a key stand together, and nowhere else."""

    @abstractmethod
    def output_schema(self, schema: pa.Schema) -> pa.Schema:
        """The schema that comes out for the schema that goes in."""

    @abstractmethod
    def __call__(self, batches: Batches) -> Batches:
        """Transform the batches of one partition; a run of one key may span batches."""


class Fold(Operator):
    """An associative summary that does not depend on order: integers and fixed-seed sketches, never float sums."""

    @abstractmethod
    def zero(self) -> Any:
        """The state of no rows."""

    @abstractmethod
    def step(self, state: Any, batch: pa.RecordBatch) -> Any:
        """Take one batch in."""

    @abstractmethod
    def merge(self, left: Any, right: Any) -> Any:
        """Join the states of two sets of rows."""

    def finish(self, state: Any) -> Any:
        """The result for the state of all rows."""
        return state


class Sink(Operator):
    """Takes the batches of one partition out of the plan: writes files, or returns something small.

    It runs in the worker that holds the partition. Running it twice must leave what running it once leaves.
    """

    @abstractmethod
    def __call__(self, partition: int, batches: Batches) -> Any:
        """Consume one partition; the value returned goes to the driver (picklable, small)."""


def apply_operators(operators: Sequence[Map | Stream], batches: Batches) -> Batches:
    """Set up operators, and pass the batches of one partition through them; empty batches are left out.

    Raises:
        RunFailed: Arrow refuses what an operator does, with the operator's name.
    """
    for operator in operators:
        operator.setup()
        batches = _apply(operator, batches)
    return batches


def _apply(operator: Map | Stream, batches: Batches) -> Batches:
    produced = (operator(batch) for batch in batches) if isinstance(operator, Map) else operator(batches)
    try:
        for batch in produced:
            if batch.num_rows:
                yield batch
    except pa.ArrowException as error:
        raise RunFailed(f"{operator.name}: {error}") from error
