"""Loading a recipe: the file or the packaged one, its steps, its references; every problem of the file at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from curation.core.errors import BadInput, nearest
from curation.pipeline.steps import step_config
from recipes.flow import ordered
from recipes.loader import load_model
from recipes.schema import Recipe

PACKAGED = Path(__file__).parent


def load(path: str | Path, sets: Sequence[str] = ()) -> Recipe:
    """Load and check a recipe.

    Args:
        path: a YAML file; the name of a packaged recipe (`quickstart` or `quickstart.yaml`) works too.
        sets: changes such as `stages.counts.tokenizer.train.vocab_size=4096`.

    Raises:
        Problems: everything that is wrong with it, each with file, line and column.
    """
    recipe, _ = load_model(find(path), Recipe, sets, step_config)
    ordered(recipe)
    return recipe


def packaged() -> list[str]:
    """The names of the recipes that come with the package."""
    return sorted(file.stem for file in PACKAGED.glob("*.yaml"))


def find(path: str | Path) -> Path:
    """The file that a recipe's path or name means.

    Raises:
        BadInput: there is none.
    """
    file = Path(path)
    if file.is_file():
        return file
    inside = PACKAGED / f"{file.name.removesuffix('.yaml')}.yaml"
    if inside.is_file() and file.parent in (Path(), Path("recipes")):
        return inside
    near = nearest(file.stem, packaged())
    hint = f"did you mean `{near}`?" if near else f"packaged recipes: {', '.join(packaged())}"
    raise BadInput("no such recipe", where=str(path), fix=hint)
