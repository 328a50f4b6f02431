"""Loading a recipe: the file or the packaged one, its steps, its references; every problem of the file at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from curation.pipeline.steps import step_config
from recipes.loading.loader import load_recipe
from recipes.loading.packaged import find
from recipes.loading.tree import Addresses
from recipes.schema import Recipe


def load(path: str | Path, sets: Sequence[str] = ()) -> Recipe:
    """Load and check a recipe.

    Args:
        path: a YAML file; the name of a packaged recipe (`quickstart` or `quickstart.yaml`) works too.
        sets: changes such as `stages.counts.tokenizer.train.vocab_size=4096`.

    Raises:
        Problems: everything that is wrong with it, each with file, line and column.
    """
    return load_with_places(path, sets)[0]


def load_with_places(path: str | Path, sets: Sequence[str] = ()) -> tuple[Recipe, Addresses]:
    """A recipe as `load` gives it, and where its values were written: `addresses.place("stages.pool.steps")`."""
    return load_recipe(find(path), sets, step_config)
