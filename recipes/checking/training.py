"""Models and batches that cannot be: in train stages, and in the proxies of swarms.

A model is either a row of the ladder (`size`) or the proxies' dial (`depth`). A step is whole sequences, and the tokens
of a run fill at least one step. Trainers and regressors are plug-ins, looked up by name without importing them.
"""

from __future__ import annotations

from collections.abc import Iterator

from curation.core.errors import nearest
from curation.core.plugins import plugin_names
from curation.core.units import format_count
from recipes.checking.models import steps
from recipes.checking.refusals import Refusal
from recipes.schema import EmitStage, ModelShape, OptimizeStage, Recipe, SwarmStage, TrainingOptions, TrainStage
from trainer.model.config import LADDER

_TRAINERS = "mixwright.trainers"
_REGRESSORS = "mixwright.regressors"
_DEFAULT_REGRESSOR = "auto"


def check_training(recipe: Recipe) -> Iterator[Refusal]:
    """What no trainer could do."""
    for name, stage in recipe.stages.items():
        here = f"stages.{name}"
        if isinstance(stage, SwarmStage):
            proxy = f"{here}.proxy"
            yield from _shape(stage.proxy, proxy)
            yield from _batches(stage.proxy, stage.proxy, proxy, proxy)
            yield from _enough(stage.proxy, stage.proxy, stage.proxy.tokens, proxy, proxy)
            yield from _plugin(stage.proxy.trainer, _TRAINERS, "trainer", proxy)
        elif isinstance(stage, TrainStage):
            model, options = f"{here}.model", f"{here}.training"
            yield from _shape(stage.model, model)
            yield from _batches(stage.model, stage.training, model, options)
            yield from _enough(stage.model, stage.training, _budget(recipe, stage), model, options)
            yield from _plugin(stage.trainer, _TRAINERS, "trainer", here)
        elif isinstance(stage, OptimizeStage) and stage.regressor != _DEFAULT_REGRESSOR:
            yield from _plugin(stage.regressor, _REGRESSORS, "regressor", here)


def _shape(shape: ModelShape, address: str) -> Iterator[Refusal]:
    if (shape.size is None) == (shape.depth is None):
        given = "neither is given" if shape.size is None else f"both are given: size {shape.size}, depth {shape.depth}"
        yield Refusal(address, f"a model needs either `size` or `depth`; {given}", "write size: 30M or depth: 4")
    elif shape.size is not None and shape.size not in LADDER:
        near = nearest(shape.size, LADDER)
        hint = f"did you mean {near}?" if near else f"sizes: {', '.join(LADDER)}"
        yield Refusal(f"{address}.size", f"there is no size {shape.size!r}", hint)


def _batches(shape: ModelShape, options: TrainingOptions, model: str, training: str) -> Iterator[Refusal]:
    length, batch = shape.sequence_length, options.batch_tokens
    if batch % length:
        multiple = max(length, batch // length * length)
        what = f"{batch:,} tokens a step are not whole sequences of {length:,} ({model}.sequence_length)"
        yield Refusal(f"{training}.batch_tokens", what, f"write {multiple} or {multiple + length}")


def _enough(shape: ModelShape, options: TrainingOptions, tokens: int, model: str, training: str) -> Iterator[Refusal]:
    length, batch = shape.sequence_length, options.batch_tokens
    if batch % length or not tokens or steps(tokens, length, batch) >= 1:
        return
    what = f"{tokens:,} tokens do not fill one step of {batch:,} (and the token before it)"
    if tokens <= length:
        what, training = f"{tokens:,} tokens do not fill one sequence of {length:,}", model
    key = "sequence_length" if tokens <= length else "batch_tokens"
    yield Refusal(f"{training}.{key}", what, f"lower it, or raise the tokens above {format_count(batch)}")


def _budget(recipe: Recipe, stage: TrainStage) -> int:
    """The tokens of the shards that a stage trains on; 0 if they are not said in the recipe."""
    shards = recipe.stages[stage.shards]
    mixture = recipe.stages[shards.mixture] if isinstance(shards, EmitStage) else None
    return mixture.tokens if isinstance(mixture, OptimizeStage) else 0


def _plugin(name: str, group: str, key: str, address: str) -> Iterator[Refusal]:
    known = plugin_names(group)
    if name not in known:
        near = nearest(name, known)
        hint = f"did you mean `{near}`?" if near else f"installed: {', '.join(known) or 'none'}"
        yield Refusal(f"{address}.{key}", f"no {key} is called `{name}`", hint)
