"""Stage kind `emit`: shards with exactly the mixture's tokens."""

from __future__ import annotations

from typing import Any

from mixing.allocation import allocate
from mixing.counts import Counts
from mixing.emit.emit import EmitJob, emit
from mixing.mixture import Mixture
from recipes.schema import Recipe
from recipes.stages.base import StageContext

code: tuple[str, ...] = (
    "mixing.allocation", "mixing.counts", "mixing.emit", "mixing.mixture", "mixing.shards", "curation.core",
)  # fmt: skip
side_by_side = False


def needs(recipe: Recipe, name: str) -> dict[str, str]:
    return {}


def depends_on(context: StageContext) -> Any:
    return None


def run(context: StageContext) -> None:
    counts = Counts.read(context.inputs["counts"])
    mixture = Mixture.load(context.inputs["mixture"] / "mixture.yaml")
    assert mixture.budget_tokens is not None  # the schema of an optimize stage requires it
    allocation = allocate(
        mixture.weights,
        mixture.budget_tokens,
        counts.tokens,
        max_repetition=mixture.max_repetition,
        rates=mixture.rates,
        max_rate=mixture.upsampling.max_rate if mixture.upsampling else None,
    )
    job = EmitJob(
        pool=context.inputs["pool"],
        tokenizer=context.inputs["counts"] / "tokenizer.json",
        cache=context.resources.cache / "tokens",
        allocation=allocation,
        seed=context.recipe.seed,
    )
    emit(job, context.out, context.resources.workers, context.events)
