"""Stage kind `train`: a model on shards, by any trainer."""

from __future__ import annotations

from typing import Any

from recipes.schema import Recipe, TrainStage
from recipes.stages.base import StageContext
from trainer.plugins import trainer_called
from trainer.protocol import TrainJob

code: tuple[str, ...] = ("trainer", "mixing.shards")
side_by_side = True


def needs(recipe: Recipe, name: str) -> dict[str, str]:
    return {}


def depends_on(context: StageContext) -> Any:
    return None


def run(context: StageContext) -> None:
    stage: TrainStage = context.stage
    job = TrainJob(
        shards=context.inputs["shards"],
        out=context.out,
        seed=context.recipe.seed,
        **stage.model.model_dump(),
        **stage.training.model_dump(),
    )
    trainer_called(stage.trainer).train(job, context.events)
