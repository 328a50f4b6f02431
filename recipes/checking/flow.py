"""Stages that do not fit together, though each is well made: pools, counts, tokenizers and studies along the flow.

Tokens are comparable only under one tokenizer, and a part of a pool is found only in that pool. So a swarm and an emit
stage read the pool that their counts were made of, and shards are cut with the counts that their mixture's budget and
caps are in. What is evaluated on held-out text needs a pool that sets some aside.
"""

from __future__ import annotations

from collections.abc import Iterator

from recipes.checking.refusals import Refusal
from recipes.flow import upstream
from recipes.schema import CountStage, CurateStage, EmitStage, EvalStage, OptimizeStage, Recipe, SwarmStage

_HOLDOUT = "holdout"


def check_flow(recipe: Recipe) -> Iterator[Refusal]:
    """Where stages contradict each other."""
    for name, stage in recipe.stages.items():
        here = f"stages.{name}"
        if isinstance(stage, OptimizeStage):
            yield from _study_or_baseline(stage, here)
        if isinstance(stage, (SwarmStage, EmitStage)):
            yield from _same_pool(recipe, stage, here)
        if isinstance(stage, EmitStage):
            yield from _same_tokens(recipe, stage, here)
        if isinstance(stage, SwarmStage):
            yield from _held_out(recipe, stage.pool, f"{here}.evaluate")
            if any(isinstance(other, OptimizeStage) and other.study == name for other in recipe.stages.values()):
                yield from _enough_runs(recipe, stage, here)
        if isinstance(stage, EvalStage):
            yield from _held_out(recipe, upstream(recipe, name, "curate"), f"{here}.suites")


def _study_or_baseline(stage: OptimizeStage, here: str) -> Iterator[Refusal]:
    if stage.study is None and stage.baseline is None:
        fix = "add `study: <name of a swarm stage>` or `baseline: natural`"
        yield Refusal(here, "an optimize stage needs a study or a baseline", fix)
    elif stage.study is not None and stage.baseline is not None:
        what = f"it has a study (`{stage.study}`) and a baseline (`{stage.baseline}`), and can follow one only"
        yield Refusal(f"{here}.baseline", what, "remove one; a second optimize stage can have the other")


def _same_pool(recipe: Recipe, stage: SwarmStage | EmitStage, here: str) -> Iterator[Refusal]:
    counts = recipe.stages[stage.counts]
    if isinstance(counts, CountStage) and counts.pool != stage.pool:
        what = f"`{stage.counts}` counts the pool `{counts.pool}`, and this stage reads the pool `{stage.pool}`"
        yield Refusal(f"{here}.counts", what, f"write `pool: {counts.pool}`, or the name of counts of `{stage.pool}`")


def _same_tokens(recipe: Recipe, stage: EmitStage, here: str) -> Iterator[Refusal]:
    mixture = recipe.stages[stage.mixture]
    if not isinstance(mixture, OptimizeStage) or mixture.counts == stage.counts:
        return
    mine, its = recipe.stages[stage.counts], recipe.stages[mixture.counts]
    if not isinstance(mine, CountStage) or not isinstance(its, CountStage):
        return
    fix = f"write `counts: {mixture.counts}`"
    if mine.tokenizer != its.tokenizer:
        what = (
            f"the budget of `{stage.mixture}` is in tokens of `{mixture.counts}` ({_tokenizer(its)}), "
            f"the shards would be in tokens of `{stage.counts}` ({_tokenizer(mine)})"
        )
        yield Refusal(f"{here}.counts", what, fix, infeasible=True)
    elif mine.pool != its.pool:
        what = f"`{stage.mixture}` was made for the pool `{its.pool}`, `{stage.counts}` counts the pool `{mine.pool}`"
        yield Refusal(f"{here}.counts", what, fix, infeasible=True)


def _held_out(recipe: Recipe, pool: str | None, address: str) -> Iterator[Refusal]:
    if pool is None:
        yield Refusal(address, "it evaluates on held-out documents, and no curate stage feeds it")
        return
    stage = recipe.stages[pool]
    if isinstance(stage, CurateStage) and not any(_HOLDOUT in step for step in stage.steps):
        what = f"it evaluates on held-out documents, and the pool `{pool}` sets none aside"
        yield Refusal(address, what, f"add the step `- holdout: {{per_domain: 200KB}}` to stages.{pool}.steps")


def _enough_runs(recipe: Recipe, stage: SwarmStage, here: str) -> Iterator[Refusal]:
    """A study needs two runs more than it has domains (`mixing.regress.surrogate.fit`); of one domain there is none."""
    pool = recipe.stages[stage.pool]
    domains = {source.domain for source in pool.sources} if isinstance(pool, CurateStage) else set()
    n = len(domains)
    if n <= 1 or None in domains or stage.per_domain * n >= n + 2:
        return
    what = f"{stage.per_domain * n} runs are too few for a study of {n} domains; {n + 2} are needed"
    yield Refusal(f"{here}.per_domain", what, f"write {-(-(n + 2) // n)} or more", infeasible=True)


def _tokenizer(stage: CountStage) -> str:
    return f"a vocabulary of {stage.tokenizer.train.vocab_size:,}"
