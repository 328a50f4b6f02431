"""What a step of a curate stage is made of.

Signals come first, decisions second: a row-local step measures columns of numbers, and its rules compare them with
thresholds. Whatever the order of execution, the rule that is recorded for a dropped document is the first that fails in
recipe order. A global step (dedup, holdout) looks across documents: it asks for features of every row, exchanges them
by an engine, and says what becomes of which row.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from curation.work.context import GlobalContext
from curation.work.rule import Rule

Columns = Mapping[str, pa.Array]


class StepConfig(BaseModel):
    """What every step of a recipe may say, besides its own keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str | None = Field(None, description="tells repeated steps apart; by default the step's own name")
    only: tuple[str, ...] = Field(("*",), description="domains it applies to, as patterns such as code/*")


class Annotator(ABC):
    """Measures columns of a batch of documents, each row by itself. A frozen dataclass."""

    survivors_only: ClassVar[bool] = True
    """For features of global steps: whether rows that a rule of the same pass has dropped are left out (null)."""

    @property
    @abstractmethod
    def columns(self) -> Mapping[str, pa.DataType]:
        """The columns it adds."""

    @abstractmethod
    def measure(self, batch: pa.RecordBatch) -> Columns:
        """One array of the batch's length for every column."""


@dataclass(frozen=True)
class Step:
    """A named step of a recipe, made from its configuration. Subclasses narrow the type of `config`."""

    config: StepConfig

    kind: ClassVar[str]
    Config: ClassVar[type[StepConfig]]

    @property
    def label(self) -> str:
        """What rules, reports and work directories call it."""
        return self.config.name or self.kind

    def inputs(self) -> list[str]:
        """Hashes of the contents that it reads besides the documents, such as evaluation sets.

        Raises:
            BadInput: something is missing or cannot be used.
        """
        return []

    def check_place(self, earlier: Sequence[Step]) -> None:
        """Look at the steps that stand before it in the recipe.

        Raises:
            BadInput: one that it needs is not among them.
        """


@dataclass(frozen=True)
class RowStep(Step, Annotator):
    """A step that looks at one document at a time."""

    @property
    @abstractmethod
    def rules(self) -> tuple[Rule, ...]:
        """Its rules, in the order in which they are reported."""


@dataclass(frozen=True)
class GlobalStep(Step, ABC):
    """A step that looks across documents."""

    @property
    def features(self) -> tuple[Annotator, ...]:
        """Columns that it needs of every row, measured in the pass over the text before it."""
        return ()

    @property
    def signals(self) -> tuple[str, ...]:
        """Columns that it decides on and adds to the rows, for the table of signals."""
        return ()

    @abstractmethod
    def run(self, context: GlobalContext) -> None:
        """Decide, through `context`, what becomes of the rows that are still alive."""
