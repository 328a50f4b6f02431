"""Running recipes from the command line: check, run with progress, report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from curation.core.events import read_events
from jobs import checking
from jobs.output import print_document
from jobs.progress import watch
from jobs.request import Request
from recipes.checking.plan import RecipePlan
from recipes.execute import RunOptions, run
from recipes.report.page import write_page
from recipes.run_directory import RunDirectory
from recipes.schema import Recipe


def run_recipe(request: Request, until: str | None) -> None:
    """Run a recipe, then write its report and say where it is."""
    if request.dry_run:
        checking.show(request, until=until)
        return
    recipe, plan = checking.plan_of(request, until=until, timed=False)
    outputs, stages = _run(request, recipe, plan, [until])
    report = write_page(recipe, RunDirectory(request.out, recipe.name))
    if request.as_json:
        print_document("run", recipe=recipe.name, stages=_document(recipe, outputs, stages), report=report)
    else:
        print(f"report: {report}")


def run_kind(request: Request, kind: str) -> None:
    """Run all stages of a kind and what they need; say where their outputs are."""
    if request.dry_run:
        checking.show(request, kind=kind)
        return
    recipe, plan = checking.plan_of(request, kind=kind, timed=False)
    names = checking.stages_of_kind(recipe, kind, request)
    outputs, stages = _run(request, recipe, plan, list(names))
    if request.as_json:
        print_document("run", recipe=recipe.name, stages=_document(recipe, outputs, stages), report=None)
        return
    for name in names:
        print(RunDirectory(request.out, recipe.name).path / name)


def report(request: Request) -> None:
    """Write the report of what is on disk, and say where it is."""
    recipe = request.load()[0]
    page = write_page(recipe, RunDirectory(request.out, recipe.name))
    if request.as_json:
        print_document("report", recipe=recipe.name, path=page)
    else:
        print(page)


def _run(
    request: Request, recipe: Recipe, plan: RecipePlan, targets: list[str] | list[str | None]
) -> tuple[dict[str, Path], dict[str, dict[str, Any]]]:
    """Run up to each target; returns outputs by stage, and of every stage how it went."""
    directory = RunDirectory(request.out, recipe.name)
    for warning in plan.warnings if not request.quiet else ():
        print(f"warning: {warning}", file=sys.stderr)
    before = sum(1 for _ in read_events(directory.events_file))
    outputs: dict[str, Path] = {}
    with watch(directory.events_file, quiet=request.quiet):
        for target in targets:
            options = RunOptions(request.out, request.n_workers, request.engine_memory_bytes, until=target)
            outputs |= run(recipe, options)
    ended: dict[str, dict[str, Any]] = {}
    for number, event in enumerate(read_events(directory.events_file)):
        if number >= before and event["event"] == "stage" and event["state"] != "started":
            name = event["stage"]
            if name not in ended:  # a stage that several targets need is found done by all but the first
                ended[name] = {"state": event["state"], "wall_s": event.get("wall_s")}
    return outputs, ended


def _document(recipe: Recipe, outputs: dict[str, Path], stages: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {name: {"kind": recipe.stages[name].kind, "path": outputs[name], **stages[name]} for name in outputs}
