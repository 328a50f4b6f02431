"""What an estimate of a stage is asked with: the recipe, what is known of the stages before it, and the machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from recipes.checking.machine import Machine
from recipes.checking.plan import Estimate, Facts
from recipes.checking.sources import Listed
from recipes.flow import inputs_of
from recipes.schema import Recipe


@dataclass(frozen=True)
class Question:
    """A stage whose price is asked.

    Args:
        recipe: the whole recipe.
        name: the stage's name.
        sources: of a curate stage, listed.
        known: facts of the stages before it, by name.
        machine: what it runs on.
        workers: processes.
        engine_memory_bytes: what the engine may hold in rows.
        done: its output, if it is finished.
    """

    recipe: Recipe
    name: str
    sources: tuple[Listed, ...]
    known: Mapping[str, Facts]
    machine: Machine
    workers: int
    engine_memory_bytes: int
    done: Path | None

    @property
    def stage(self) -> Any:
        """The stage's configuration; its kind's estimator knows the type."""
        return self.recipe.stages[self.name]

    def of(self, key: str) -> Facts:
        """The facts of the stage that feeds this one under a key; nothing where no stage does."""
        return self.known.get(inputs_of(self.stage).get(key, ""), Facts())


class Estimator(Protocol):
    """The module of a stage kind in this package."""

    def estimate(self, question: Question) -> Estimate:
        """What the stage will take; of a finished stage, what it has counted."""
