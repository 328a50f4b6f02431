"""Running a recipe: every stage once, those that can side by side, nothing that is done already.

1. Stages are taken in order; one is ready when its inputs are done.
2. A ready stage is fingerprinted. If its output exists it counts as done; otherwise it runs.
3. Ready stages that keep to one core run at once, in processes of their own; any other runs alone, in this process,
   with all workers.
4. A finished stage's link is set, and its time noted in the events.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

from curation.core.events import EventLog
from curation.engine.local import DEFAULT_MEMORY_BYTES, LocalEngine
from curation.engine.workers import kept_workers, run_tasks
from recipes.flow import inputs_of, ordered
from recipes.run_directory import RunDirectory
from recipes.schema import Recipe
from recipes.stages import kinds
from recipes.stages.base import Resources, StageContext, StageKind, stage_fingerprint


@dataclass(frozen=True)
class RunOptions:
    """How a recipe is run; none of it changes a result.

    Args:
        out: the root of all runs.
        workers: processes; by default one for each core.
        memory_bytes: for rows held by the engine.
        until: run only this stage and what it needs.
    """

    out: str | Path = "runs"
    workers: int = 1
    memory_bytes: int = DEFAULT_MEMORY_BYTES
    until: str | None = None


def run(recipe: Recipe, options: RunOptions | None = None, *, until: str | None = None) -> dict[str, Path]:
    """Run a recipe; returns the output directory of every stage that was asked for.

    Args:
        recipe: from `recipes.load`.
        options: where and with what; by default into `runs`, with one worker.
        until: short for the option of that name.

    Raises:
        MixError: the recipe, its input or a stage failed; the same call goes on where it stopped.
    """
    options = options or RunOptions()
    names = ordered(recipe, until or options.until)
    directory = RunDirectory(options.out, recipe.name)
    with directory.lock():
        events = directory.events()
        events.emit("run", recipe=recipe.name, stages=names)
        runner = _Runner(recipe, options, directory, events)
        with kept_workers(options.workers):
            outputs = runner.run_all(names)
        events.emit("run", recipe=recipe.name, done=True)
    return outputs


class _Runner:
    def __init__(self, recipe: Recipe, options: RunOptions, directory: RunDirectory, events: EventLog) -> None:
        engine = LocalEngine(options.workers, options.memory_bytes)
        self.recipe = recipe
        self.directory = directory
        self.events = events
        self.resources = Resources(engine, options.workers, directory.cache)
        self.outputs: dict[str, Path] = {}

    def run_all(self, names: list[str]) -> dict[str, Path]:
        waiting = list(names)
        while waiting:
            ready = [name for name in waiting if all(source in self.outputs for source in self._sources(name).values())]
            jobs = [self._prepare(name) for name in ready]
            together = [job for job in jobs if not job.done and job.kind.side_by_side]
            for job in jobs:
                if job.done:
                    job.context.events.emit("stage", kind=job.context.stage.kind, state="found")
                    self._publish(job)
                elif job not in together:
                    run_stage(job.context)
                    self._publish(job)
            # single-core stages wait until nothing else is ready, so that as many as possible run at once
            if len(together) == len(jobs):
                self._run_together(together)
            waiting = [name for name in waiting if name not in self.outputs]
        return self.outputs

    def _run_together(self, jobs: list[_Job]) -> None:
        contexts = [job.context for job in jobs]
        run_tasks(run_stage, contexts, self.resources.workers, lambda index, _: self._publish(jobs[index]))

    def _prepare(self, name: str) -> _Job:
        kind = kinds.of(self.recipe.stages[name].kind)
        inputs = {key: self.outputs[source] for key, source in self._sources(name).items()}
        events = self.events.for_stage(name)
        context = StageContext(self.recipe, name, inputs, Path(), self.resources, events)
        mark = stage_fingerprint(kind, context)
        context = replace(context, out=self.directory.output(name, mark))
        return _Job(kind, context, mark, self.directory.is_done(name, mark))

    def _publish(self, job: _Job) -> None:
        self.outputs[job.context.name] = job.context.out
        self.directory.publish(job.context.name, job.fingerprint)

    def _sources(self, name: str) -> dict[str, str]:
        stage = self.recipe.stages[name]
        return inputs_of(stage) | kinds.of(stage.kind).needs(self.recipe, name)


@dataclass(frozen=True)
class _Job:
    kind: StageKind
    context: StageContext
    fingerprint: str
    done: bool


def run_stage(context: StageContext) -> None:
    """Run one stage, here."""
    kind, started = context.stage.kind, time.monotonic()
    context.events.emit("stage", kind=kind, state="started")
    kinds.of(kind).run(context)
    context.events.emit("stage", kind=kind, state="done", wall_s=round(time.monotonic() - started, 3))
