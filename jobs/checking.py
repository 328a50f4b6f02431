"""`mix check` and `--dry-run`: the plan of a recipe, for people or as JSON. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from curation.core.errors import BadInput
from jobs.output import Column, Row, about, print_document, print_lines, print_table, short_count, short_size
from jobs.request import Request
from recipes.checking.check import CheckOptions, check
from recipes.checking.plan import Amount, Estimate, RecipePlan, StagePlan
from recipes.schema import Recipe

_COLUMNS = (
    Column("stage"),
    Column("kind"),
    Column("reads", may_wrap=True),
    Column("in", right=True),
    Column("tokens", right=True),
    Column("disk", right=True),
    Column("memory", right=True),
    Column("time", right=True),
)
_DOUBT = "Estimates, right within a factor of 2 or 3. ~ marks text that is not counted yet, and tokens of 4 bytes each."


def plan_of(
    request: Request, *, until: str | None = None, kind: str | None = None, timed: bool = True
) -> tuple[Recipe, RecipePlan]:
    """Load a recipe and plan it.

    Args:
        request: what was asked.
        until: only this stage and what it needs.
        kind: only the stages of this kind and what they need.
        timed: whether training times are estimated, which takes a fifth of a second.

    Raises:
        MixError: the recipe is wrong, or cannot be run.
    """
    recipe, addresses = request.load()
    targets: tuple[str, ...] = (until,) if until is not None else ()
    if kind is not None:
        targets = stages_of_kind(recipe, kind, request)
    options = CheckOptions(
        out=request.out,
        workers=request.n_workers,
        engine_memory_bytes=request.engine_memory_bytes,
        until=targets,
        timed=timed,
    )
    return recipe, check(recipe, addresses, options)


def stages_of_kind(recipe: Recipe, kind: str, request: Request) -> tuple[str, ...]:
    """The names of a recipe's stages of a kind.

    Raises:
        BadInput: it has none.
    """
    names = tuple(name for name, stage in recipe.stages.items() if stage.kind == kind)
    if not names:
        raise BadInput(f"the recipe has no stage of kind {kind}", where=str(request.recipe))
    return names


def show(request: Request, *, until: str | None = None, kind: str | None = None) -> None:
    """Print the plan of what was asked."""
    plan = plan_of(request, until=until, kind=kind)[1]
    if request.as_json:
        print_document("plan", **plan_document(plan))
    elif not request.quiet:
        _print(plan, verbose=request.verbose)


def plan_document(plan: RecipePlan) -> dict[str, Any]:
    """The plan as JSON values."""
    return {
        "recipe": plan.recipe,
        "seed": plan.seed,
        "out": plan.out,
        "workers": plan.workers,
        "stages": [_stage_document(stage) for stage in plan.stages],
        "totals": {
            "disk_bytes": plan.disk_bytes,
            "memory_bytes": plan.memory_bytes,
            "wall_s": round(plan.wall_s, 1) if plan.wall_s is not None else None,
        },
        "machine": asdict(plan.machine),
        "warnings": list(plan.warnings),
    }


def _stage_document(stage: StagePlan) -> dict[str, Any]:
    estimate = stage.estimate
    return {
        "name": stage.name,
        "kind": stage.kind,
        "inputs": dict(stage.inputs),
        "sources": [asdict(source) for source in estimate.sources],
        "steps": list(estimate.steps),
        "notes": list(estimate.notes),
        "state": stage.state,
        "path": stage.path,
        "bytes_in": asdict(estimate.bytes_in) if estimate.bytes_in else None,
        "tokens": asdict(estimate.tokens) if estimate.tokens else None,
        "disk_bytes": estimate.kept_bytes,
        "scratch_bytes": estimate.scratch_bytes,
        "memory_bytes": estimate.memory_bytes,
        "wall_s": round(estimate.wall_s, 1) if estimate.wall_s is not None else None,
        "model": asdict(estimate.model) if estimate.model else None,
    }


def _print(plan: RecipePlan, *, verbose: bool) -> None:
    print_lines(f"{plan.recipe}, seed {plan.seed}, {plan.workers} workers, into {plan.out / plan.recipe}", "")
    print_table(_COLUMNS, [_row(stage) for stage in plan.stages])
    _print_sources(plan, verbose=verbose)
    _print_models(plan)
    notes = [Row((f"  {stage.name}", note)) for stage in plan.stages for note in stage.estimate.notes]
    if notes:
        print_lines("", "limits")
        print_table((Column(""), Column("", may_wrap=True)), notes, titled=False)
    print_lines("")
    if not plan.waiting:
        print_lines("Everything is done.")
    else:
        print_table((Column(""),) * 2, list(_totals(plan)), titled=False)
        print_lines("", _DOUBT, style="dim")
    for warning in plan.warnings:
        print_lines("", f"warning: {warning}.", style="yellow")


def _row(stage: StagePlan) -> Row:
    estimate, done = stage.estimate, stage.state == "done"
    reads = ", ".join(dict.fromkeys(stage.inputs.values()))
    if estimate.sources:
        n = len(estimate.sources)
        reads = "1 source" if n == 1 else f"{n} sources"
    disk, memory = (short_size(n) if n and not done else "" for n in (estimate.kept_bytes, estimate.memory_bytes))
    cells = (stage.name, stage.kind, reads, _size(estimate.bytes_in), _tokens(estimate), disk, memory, _time(stage))
    return Row(cells, faint=done)


def _size(amount: Amount | None) -> str:
    return f"{'' if amount.exact else '~'}{short_size(amount.value)}" if amount is not None else ""


def _tokens(estimate: Estimate) -> str:
    amount = estimate.tokens
    return f"{'' if amount.exact else '~'}{short_count(amount.value)}" if amount is not None else ""


def _time(stage: StagePlan) -> str:
    if stage.state == "done":
        return "done"
    return about(stage.estimate.wall_s) if stage.estimate.wall_s is not None else "?"


def _print_sources(plan: RecipePlan, *, verbose: bool) -> None:
    for stage in plan.stages:
        if not stage.estimate.sources:
            continue
        print_lines("", f"sources of {stage.name}")
        columns = (Column(""), Column(""), Column(""), Column("", right=True))
        rows = [
            Row((f"  {one.name}", one.reader or "files", one.domain or "", f"~{short_size(one.text_bytes)}"))
            for one in stage.estimate.sources
        ]
        print_table(columns, rows, titled=False)
        if verbose:
            print_lines("", f"steps of {stage.name}", *(f"  {line}" for line in stage.estimate.steps))


def _print_models(plan: RecipePlan) -> None:
    models = [(stage.name, stage.kind, stage.estimate.model) for stage in plan.stages if stage.estimate.model]
    if not models:
        return
    print_lines("", "models")
    rows = []
    for name, kind, model in models:
        count = f"{model.n_runs if model.n_runs is not None else '?'} proxies of " if kind == "swarm" else ""
        each = " each" if kind == "swarm" else ""
        text = (
            f"{count}{model.n_parameters:,} parameters ({model.shape}), {short_count(model.n_tokens)} tokens "
            f"in {model.n_steps:,} steps{each}"
        )
        rows.append(Row((f"  {name}", text)))
    print_table((Column(""), Column("", may_wrap=True)), rows, titled=False)


def _totals(plan: RecipePlan) -> Iterator[Row]:
    machine = plan.machine
    yield Row(("disk", f"{short_size(plan.disk_bytes)} of {short_size(machine.free_disk_bytes)} free"))
    yield Row(("memory", f"{short_size(plan.memory_bytes)} of {short_size(machine.memory_bytes)} available"))
    time = f"about {about(plan.wall_s)}" if plan.wall_s is not None else "not known"
    yield Row(("time", f"{time} with {plan.workers} of {machine.cores} cores"))
    started = [stage.name for stage in plan.stages if stage.state == "started"]
    if started:
        yield Row(("started", f"{', '.join(started)}: goes on where it stopped, so less is left"))
