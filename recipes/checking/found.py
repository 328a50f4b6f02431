"""Which stages of a recipe are done in a run directory, without running or writing anything.

A stage is done when the output of its fingerprint has a manifest. The fingerprint needs the manifests of its inputs, so
a stage is looked at when all its inputs are done; it reads the sources of a curate stage, as a run does.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from curation.core.events import EventLog
from curation.engine.local import LocalEngine
from recipes.checking.plan import State
from recipes.flow import inputs_of
from recipes.run_directory import RunDirectory
from recipes.schema import Recipe
from recipes.stages import kinds
from recipes.stages.base import Resources, StageContext, stage_fingerprint


def found(recipe: Recipe, names: Sequence[str], directory: RunDirectory) -> dict[str, tuple[State, Path]]:
    """State and output directory of every stage whose inputs are done; the others have none yet.

    Args:
        recipe: a checked recipe.
        names: stages, each after its inputs.
        directory: of the recipe's runs; it need not exist.
    """
    states: dict[str, tuple[State, Path]] = {}
    if not directory.path.exists():
        return states
    done: dict[str, Path] = {}
    resources = Resources(LocalEngine(), 1, directory.cache)
    for name in names:
        stage = recipe.stages[name]
        if not all(source in done for source in inputs_of(stage).values()):
            continue
        kind = kinds.of(stage.kind)
        sources = inputs_of(stage) | kind.needs(recipe, name)
        if not all(source in done for source in sources.values()):
            continue
        inputs = {key: done[source] for key, source in sources.items()}
        mark = stage_fingerprint(kind, StageContext(recipe, name, inputs, Path(), resources, EventLog()))
        output = directory.output(name, mark)
        if directory.is_done(name, mark):
            done[name] = output
            states[name] = ("done", output)
        else:
            states[name] = ("started" if output.exists() else "to run", output)
    return states
