"""Checking a recipe before it runs: what it says, what it will take, and whether that can be.

1. What is wrong with the recipe alone: names, models and batches, stages that do not fit together; and sources that
   cannot be read.
2. The stages that are done are found, and the others estimated in order, each from the facts of those before it.
3. Budgets are held against counts or the size of sources; disk and memory against what the machine has.

Nothing is written. Everything that is refused in one step is told at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from curation.core.errors import MixError, Problems
from recipes.checking import machine as machines
from recipes.checking.budget import doubt_budget, refuse_budget
from recipes.checking.estimators import estimate
from recipes.checking.fit import refuse_unfit
from recipes.checking.flow import check_flow
from recipes.checking.found import found
from recipes.checking.machine import Machine
from recipes.checking.names import check_names
from recipes.checking.plan import Facts, RecipePlan, StagePlan, State
from recipes.checking.question import Question
from recipes.checking.refusals import Refusal, errors
from recipes.checking.schedule import together
from recipes.checking.sources import Listed, list_sources
from recipes.checking.training import check_training
from recipes.flow import inputs_of, ordered
from recipes.loading.tree import Addresses
from recipes.run_directory import RunDirectory
from recipes.sample import warning_of
from recipes.schema import OptimizeStage, Recipe

_TRAINING = frozenset({"swarm", "train", "eval"})


@dataclass(frozen=True)
class CheckOptions:
    """How the recipe would be run.

    Args:
        out: the root of all runs.
        workers: processes.
        engine_memory_bytes: what the engine may hold in rows.
        until: only these stages and what they need; all if empty.
        timed: whether the machine's speed is measured, for estimates of training time.
    """

    out: Path
    workers: int
    engine_memory_bytes: int
    until: tuple[str, ...] = ()
    timed: bool = True


def check(recipe: Recipe, addresses: Addresses, options: CheckOptions) -> RecipePlan:
    """The plan of a recipe.

    Args:
        recipe: as `recipes.recipe.load_with_places` gives it.
        addresses: where its values were written.
        options: how it would be run.

    Raises:
        Problems: what is wrong or cannot be, each with its place, the numbers and the way out.
    """
    names = _names(recipe, options.until)
    sources, unreadable = list_sources(recipe, names)
    refusals = [*check_names(recipe), *check_training(recipe), *check_flow(recipe), *unreadable]
    _refuse(errors(refusals, addresses))
    states = found(recipe, names, RunDirectory(options.out, recipe.name))
    waiting = [name for name in names if name not in states or states[name][0] != "done"]
    machine = _machine(options, measured=any(recipe.stages[name].kind in _TRAINING for name in waiting))
    planning = _Planning(recipe, tuple(names), sources, states, machine, options)
    plan, unreachable = planning.plan(options.workers)
    _refuse(errors(unreachable, addresses))
    _refuse(list(refuse_unfit(plan, addresses, lambda workers: planning.plan(workers)[0])))
    return plan


@dataclass(frozen=True)
class _Planning:
    """All that a plan is made of but the number of workers."""

    recipe: Recipe
    names: tuple[str, ...]
    sources: Mapping[str, tuple[Listed, ...]]
    states: Mapping[str, tuple[State, Path]]
    machine: Machine
    options: CheckOptions

    def plan(self, workers: int) -> tuple[RecipePlan, list[Refusal]]:
        """The plan for some workers, and the budgets that cannot be reached."""
        stages: list[StagePlan] = []
        known: dict[str, Facts] = {}
        unreachable: list[Refusal] = []
        warnings = [told] if (told := warning_of(self.recipe)) else []
        for name in self.names:
            planned, question = self._stage(name, known, workers)
            known[name] = planned.estimate.facts
            stages.append(planned)
            if isinstance(question.stage, OptimizeStage):
                unreachable += refuse_budget(name, question.stage, question.of("counts"))
                warnings += doubt_budget(name, question.stage, question.of("counts"))
        total = together(stages, workers)
        plan = RecipePlan(
            recipe=self.recipe.name,
            seed=self.recipe.seed,
            out=self.options.out,
            workers=workers,
            stages=tuple(stages),
            machine=self.machine,
            disk_bytes=total.disk_bytes,
            memory_bytes=total.memory_bytes,
            wall_s=total.wall_s,
            warnings=tuple(warnings),
        )
        return plan, unreachable

    def _stage(self, name: str, known: Mapping[str, Facts], workers: int) -> tuple[StagePlan, Question]:
        stage = self.recipe.stages[name]
        state: State = "to run"
        path: Path | None = None
        if name in self.states:
            state, path = self.states[name]
        done = path if state == "done" else None
        question = Question(
            recipe=self.recipe,
            name=name,
            sources=self.sources.get(name, ()),
            known=known,
            machine=self.machine,
            workers=workers,
            engine_memory_bytes=self.options.engine_memory_bytes,
            done=done,
        )
        return StagePlan(name, stage.kind, inputs_of(stage), state, done, estimate(question)), question


def _names(recipe: Recipe, until: tuple[str, ...]) -> list[str]:
    """The stages that are asked for and what they need, in order of execution."""
    if not until:
        return ordered(recipe)
    wanted = {name for target in until for name in ordered(recipe, target)}
    return [name for name in ordered(recipe) if name in wanted]


def _machine(options: CheckOptions, *, measured: bool) -> Machine:
    flops = machines.matrix_flops() if measured and options.timed else None
    return Machine(machines.cores(), machines.available_memory(), machines.free_disk(options.out), flops)


def _refuse(problems: list[MixError]) -> None:
    if problems:
        raise Problems(problems)
