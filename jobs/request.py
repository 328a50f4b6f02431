"""What a command line asks of a recipe: which one, changed how, run where and with what."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recipes.checking.machine import available_memory, cores
from recipes.loading.tree import Addresses
from recipes.recipe import load_with_places
from recipes.schema import Recipe

_ENGINE_BYTES = 4 * 2**30
_SHARE_OF_MEMORY = 2


@dataclass(frozen=True)
class Request:
    """The arguments and flags that all verbs on recipes share.

    Args:
        recipe: a file, or the name of a packaged recipe.
        sets: changes of the form a.b=value.
        out: the root of all runs.
        workers: processes; None: one for each core.
        seed: instead of the recipe's.
        dry_run: show the plan and do nothing.
        as_json: one JSON document on standard output.
        quiet: nothing but errors and results.
        verbose: more than most want to read.
    """

    recipe: Path
    sets: tuple[str, ...] = ()
    out: Path = Path("runs")
    workers: int | None = None
    seed: int | None = None
    dry_run: bool = False
    as_json: bool = False
    quiet: bool = False
    verbose: bool = False

    def load(self) -> tuple[Recipe, Addresses]:
        """The recipe, and where its values were written."""
        return load_with_places(self.recipe, [*self.sets, *([f"seed={self.seed}"] if self.seed is not None else [])])

    @property
    def n_workers(self) -> int:
        return self.workers or cores()

    @property
    def engine_memory_bytes(self) -> int:
        """What the engine may hold in rows: 4 GiB, or half of what is available if that is less."""
        return min(_ENGINE_BYTES, available_memory() // _SHARE_OF_MEMORY)
