"""Running recipes from the command line: load, run with progress, report."""

from __future__ import annotations

import os
from pathlib import Path

from curation.core.errors import BadInput
from jobs.progress import watch
from recipes import load
from recipes.execute import RunOptions, run
from recipes.report.page import write_page
from recipes.run_directory import RunDirectory
from recipes.schema import Recipe


def run_recipe(
    path: Path, sets: list[str], out: Path, workers: int | None, seed: int | None, until: str | None, *, quiet: bool
) -> None:
    """Run a recipe, then write its report and say where it is."""
    recipe = _load(path, sets, seed)
    directory = RunDirectory(out, recipe.name)
    with watch(directory.events_file, quiet=quiet):
        run(recipe, RunOptions(out, workers or cores(), until=until))
    print(f"report: {write_page(recipe, directory)}")


def run_kind(
    kind: str, path: Path, sets: list[str], out: Path, workers: int | None, seed: int | None, *, quiet: bool
) -> None:
    """Run all stages of a kind and what they need; say where their outputs are."""
    recipe = _load(path, sets, seed)
    names = [name for name, stage in recipe.stages.items() if stage.kind == kind]
    if not names:
        raise BadInput(f"the recipe has no stage of kind {kind}", where=str(path))
    directory = RunDirectory(out, recipe.name)
    with watch(directory.events_file, quiet=quiet):
        for name in names:
            run(recipe, RunOptions(out, workers or cores(), until=name))
    for name in names:
        print(directory.path / name)


def write_report(path: Path, sets: list[str], out: Path) -> Path:
    """The report of what is on disk."""
    recipe = _load(path, sets, None)
    return write_page(recipe, RunDirectory(out, recipe.name))


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _load(path: Path, sets: list[str], seed: int | None) -> Recipe:
    return load(path, [*sets, *([f"seed={seed}"] if seed is not None else [])])
