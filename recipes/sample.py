"""`--sample 0.1%`: a recipe in small, to see what it costs and keeps before it runs on everything.

1. Every source of every curate stage keeps that share of the documents that it would keep: its own `sample` times the
   share. They are chosen by the hash of their id, so that a smaller sample is a part of a larger one, and of the whole.
2. What a recipe asks for in absolute numbers shrinks with it, or a sample could not give it: the tokens of mixtures
   (though not below one step of the models trained on them) and the bytes that are held out for evaluation. Tokenizers,
   proxies and models stay as they are.
3. The recipe gets a name of its own, and so a run directory of its own, `<name>.sample-0.1-percent`.

A source's `limit` counts the text that is read, before documents are chosen: it stays. Sources inside of steps (the
examples of `quality`, the items of `decontaminate`) stay whole: they say what to look for, and are not looked through.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pydantic import Field

from curation.core.errors import BadInput
from curation.core.units import parse_fraction
from curation.ops.holdout import HoldoutConfig
from curation.pipeline.steps import make_step
from curation.work.fate import HOLDOUT
from recipes.schema import CurateStage, OptimizeStage, Recipe, Source, Stage, TrainStage

_FLAG = "--sample"
_LEAST = 1e-12


class SampledRecipe(Recipe):
    """A recipe in small; `share` is of the documents that the whole recipe would read."""

    share: float = Field(gt=0, lt=1, exclude=True)


def parse_share(text: str) -> float:
    """A share as the flag takes it: 0.1%, 0.001 or 1e-3.

    Raises:
        BadInput: it is no share, 0 or above 1.
    """
    fix = "write a share above 0 and up to 100%, such as 0.1% or 0.001"
    try:
        share = parse_fraction(text)
    except BadInput as error:
        raise BadInput(f"{text!r} is not a share of the documents", where=_FLAG, fix=fix) from error
    if share < _LEAST:
        raise BadInput(f"{text!r} would leave no documents", where=_FLAG, fix=fix)
    return share


def sampled(recipe: Recipe, share: float) -> Recipe:
    """A recipe in small; all of it, under its own name, if the share is 1.

    Args:
        recipe: the whole recipe; its steps are known to be valid.
        share: of the documents, above 0 and at most 1.
    """
    if share == 1:
        return recipe
    least = 1 + max((s.training.batch_tokens for s in recipe.stages.values() if isinstance(s, TrainStage)), default=0)
    fields: dict[str, Any] = dict(recipe)
    fields["name"] = f"{recipe.name}.sample-{percentage(share)}-percent"
    fields["stages"] = {name: _stage(stage, share, least) for name, stage in recipe.stages.items()}
    return SampledRecipe(**fields, share=share)


def percentage(share: float) -> str:
    """A share in percent, with the digits it needs: 0.1, 12.5, 0.00001."""
    # rounded, since 0.07 * 100 is 7.000000000000001
    digits = f"{Decimal(f'{share * 100:.12g}'):f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def warning_of(recipe: Recipe) -> str | None:
    """What is said before a sampled recipe runs; None of a whole one."""
    if not isinstance(recipe, SampledRecipe):
        return None
    return (
        f"a sample of {percentage(recipe.share)}% of every source, into a run of its own ({recipe.name}); "
        "token budgets and held-out bytes shrink with it"
    )


def _stage(stage: Stage, share: float, least_tokens: int) -> Stage:
    if isinstance(stage, CurateStage):
        sources = tuple(_source(source, share) for source in stage.sources)
        return stage.model_copy(update={"sources": sources, "steps": tuple(_step(step, share) for step in stage.steps)})
    if isinstance(stage, OptimizeStage):
        tokens = min(stage.tokens, max(round(stage.tokens * share), least_tokens))
        return stage.model_copy(update={"tokens": tokens})
    return stage


def _source(source: Source, share: float) -> Source:
    return source.model_copy(update={"sample": (1.0 if source.sample is None else source.sample) * share})


def _step(step: dict[str, Any], share: float) -> dict[str, Any]:
    return {kind: _held_out(given, share) if kind == HOLDOUT else given for kind, given in step.items()}


def _held_out(parameters: Any, share: float) -> dict[str, Any]:
    config = make_step(HOLDOUT, parameters).config
    assert isinstance(config, HoldoutConfig)
    return {**(parameters or {}), "per_domain": max(1, round(config.per_domain * share))}
