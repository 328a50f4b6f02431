"""Stage kind `eval`: bits per byte of a model on the held-out slices of the pool that it descends from."""

from __future__ import annotations

from typing import Any

import polars as pl

from curation.core.errors import BadInput
from curation.core.storage import Directory, commit
from mixing.heldout import held_out_documents
from recipes.flow import upstream
from recipes.schema import EvalStage, Recipe, TrainStage
from recipes.stages.base import StageContext
from trainer.plugins import trainer_called

code: tuple[str, ...] = ("trainer", "mixing.heldout")
side_by_side = True


def needs(recipe: Recipe, name: str) -> dict[str, str]:
    pool = upstream(recipe, name, "curate")
    if pool is None:
        raise BadInput(
            f"stage `{name}` evaluates on held-out documents, and no curate stage feeds it", where=f"stages.{name}"
        )
    return {"pool": pool}


def depends_on(context: StageContext) -> Any:
    return None


def run(context: StageContext) -> None:
    stage: EvalStage = context.stage
    model = context.recipe.stages[stage.model]
    assert isinstance(model, TrainStage)
    trainer = trainer_called(model.trainer)
    metrics = trainer.evaluate(context.inputs["model"], held_out_documents(context.inputs["pool"]))
    directory = Directory(context.out)
    table = pl.DataFrame({"metric": list(metrics), "value": list(metrics.values())})
    file = directory.write_bytes("scores.csv", table.write_csv().encode())
    commit(directory, "scores", [file], metrics=metrics)
