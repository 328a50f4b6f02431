"""What a command line asks of a recipe: which one, changed how, run where and with what."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recipes.checking.machine import available_memory, cores
from recipes.loading.tree import Addresses
from recipes.recipe import load_with_places
from recipes.sample import parse_share, sampled
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
        sample: run that share of every source, as a recipe of its own: 0.1%.
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
    sample: str | None = None

    def load(self) -> tuple[Recipe, Addresses]:
        """The recipe, and where its values were written."""
        share = parse_share(self.sample) if self.sample is not None else 1.0
        sets = [*self.sets, *([f"seed={self.seed}"] if self.seed is not None else [])]
        recipe, addresses = load_with_places(self.recipe, sets)
        return sampled(recipe, share), addresses

    @property
    def n_workers(self) -> int:
        return self.workers or cores()

    @property
    def engine_memory_bytes(self) -> int:
        """What the engine may hold in rows: 4 GiB, or half of what is available if that is less."""
        return min(_ENGINE_BYTES, available_memory() // _SHARE_OF_MEMORY)
