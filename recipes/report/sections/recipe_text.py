"""Recipe: what was run, with every default filled in."""

from __future__ import annotations

import yaml

from recipes.report.blocks import Code, Details, Section
from recipes.report.on_disk import RunOnDisk


def section(run: RunOnDisk) -> Section | None:
    """The recipe as YAML, folded."""
    content = run.recipe.model_dump(mode="json", by_alias=True, exclude_none=True)
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
    summary = f"{run.recipe.name}, seed {run.recipe.seed}, {len(run.recipe.stages)} stages, every default filled in"
    return Section("recipe", "Recipe", (Details(summary, (Code(text),)),))
