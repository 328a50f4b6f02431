"""The flow of a recipe: which stage feeds which, checked before anything runs.

A stage names its inputs by stage. What kinds may stand at the other end of each key is a table; a name that is no
stage, a stage of the wrong kind and a circle are errors, all told at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from curation.core.errors import BadInput, MixError, Problems, nearest
from recipes.schema import Recipe, Stage, Strict

INPUT_KINDS: Mapping[str, tuple[str, ...]] = {
    "pool": ("curate",),
    "counts": ("count",),
    "study": ("swarm",),
    "mixture": ("optimize",),
    "shards": ("emit",),
    "model": ("train",),
}


def inputs_of(stage: Stage) -> dict[str, str]:
    """The inputs of a stage: key to stage name."""
    named = {key: getattr(stage, key, None) for key in INPUT_KINDS}
    return {key: name for key, name in named.items() if isinstance(name, str)}


def ordered(recipe: Recipe, until: str | None = None) -> list[str]:
    """Stage names, each after its inputs, otherwise in recipe order.

    Args:
        recipe: the recipe.
        until: only this stage and what it needs.

    Raises:
        Problems: everything that is wrong with the references.
    """
    problems = list(_reference_problems(recipe))
    if until is not None and until not in recipe.stages:
        problems.append(_unknown("--until", until, recipe.stages))
    if problems:
        raise Problems(problems)
    order: list[str] = []
    path: list[str] = []

    def visit(name: str) -> None:
        if name in path:
            circle = " -> ".join([*path[path.index(name) :], name])
            raise Problems([BadInput(f"stages feed each other in a circle: {circle}", where=f"stages.{name}")])
        if name in order:
            return
        path.append(name)
        for source in inputs_of(recipe.stages[name]).values():
            visit(source)
        path.pop()
        order.append(name)

    for name in [until] if until else recipe.stages:
        visit(name)
    return order


def upstream(recipe: Recipe, name: str, kind: str) -> str | None:
    """The nearest stage of a kind that a stage depends on, following its inputs in key order."""
    waiting = list(inputs_of(recipe.stages[name]).values())
    while waiting:
        source = waiting.pop(0)
        if recipe.stages[source].kind == kind:
            return source
        waiting += inputs_of(recipe.stages[source]).values()
    return None


def _reference_problems(recipe: Recipe) -> Iterable[MixError]:
    for name, stage in recipe.stages.items():
        for key, source in inputs_of(stage).items():
            where = f"stages.{name}.{key}"
            if source not in recipe.stages:
                yield _unknown(where, source, recipe.stages)
            elif recipe.stages[source].kind not in INPUT_KINDS[key]:
                wanted = " or ".join(INPUT_KINDS[key])
                yield BadInput(
                    f"stage `{source}` is of kind {recipe.stages[source].kind}; `{key}` needs one of kind {wanted}",
                    where=where,
                )


def _unknown(where: str, name: str, stages: Mapping[str, Strict]) -> BadInput:
    near = nearest(name, stages)
    hint = f"did you mean `{near}`?" if near else f"stages of this recipe: {', '.join(stages)}"
    return BadInput(f"no stage is called `{name}`", where=where, fix=hint)
