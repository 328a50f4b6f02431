"""The sources of curate stages, listed: what there is to read, and those that cannot be read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from curation.core.errors import BadInput
from curation.engine.plan import Split
from curation.pipeline.curate import CurateJob
from curation.sources.source import SourceConfig, splits_of
from recipes.checking.refusals import Refusal
from recipes.schema import Recipe
from recipes.stages.curate import job_of

_CURATE = "curate"


@dataclass(frozen=True)
class Listed:
    """A source and its splits."""

    config: SourceConfig
    splits: tuple[Split, ...]
    size_bytes: int


def list_sources(recipe: Recipe, names: Iterable[str]) -> tuple[dict[str, tuple[Listed, ...]], list[Refusal]]:
    """The sources of the curate stages among some stages, and what is wrong with others."""
    listed: dict[str, tuple[Listed, ...]] = {}
    refusals: list[Refusal] = []
    for name in names:
        if recipe.stages[name].kind != _CURATE:
            continue
        job = job_of(recipe, name)
        found = []
        for index, source in enumerate(job.sources):
            try:
                splits = splits_of(source)
                found.append(Listed(source, splits, sum(split.size_bytes for split in splits)))
            except BadInput as error:
                address = f"stages.{name}.sources.{_item(job, index)}"
                place = f" ({error.where})" if error.where else ""
                refusals.append(Refusal(address, f"{error.what}{place}", error.fix))
        listed[name] = tuple(found)
    return listed, refusals


def _item(job: CurateJob, index: int) -> str | int:
    """How the source is addressed: by its name, or by its number where the name is not its own."""
    names = [source.name for source in job.sources]
    return names[index] if names.count(names[index]) == 1 else index
