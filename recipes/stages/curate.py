"""Stage kind `curate`: sources and steps to a pool."""

from __future__ import annotations

from typing import Any

from curation.pipeline.curate import CurateJob, curate, job_fingerprint, splits_of_job
from curation.pipeline.steps import make_step
from recipes.schema import CurateStage, Recipe
from recipes.stages.base import StageContext

code: tuple[str, ...] = ("curation",)
side_by_side = False


def needs(recipe: Recipe, name: str) -> dict[str, str]:
    return {}


def depends_on(context: StageContext) -> Any:
    job = job_of(context.recipe, context.name)
    return job_fingerprint(job, splits_of_job(job))


def run(context: StageContext) -> None:
    job = job_of(context.recipe, context.name)
    kept = context.resources.cache / "parts" / context.name
    curate(job, splits_of_job(job), context.out, context.resources.engine, context.events, kept)


def job_of(recipe: Recipe, name: str) -> CurateJob:
    """The job that a curate stage means."""
    stage = recipe.stages[name]
    assert isinstance(stage, CurateStage)
    steps = tuple(make_step(name, config) for entry in stage.steps for name, config in entry.items())
    return CurateJob(
        stage=name,
        sources=stage.sources,
        steps=steps,
        seed=recipe.seed,
        rejected_text=stage.rejected_text == "all",
        partitions=stage.partitions,
    )
