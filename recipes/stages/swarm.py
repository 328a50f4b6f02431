"""Stage kind `swarm`: proxy runs over mixtures around the natural one.

1. The design: a row of shares for each run.
2. Every run emits its own shards of `proxy.tokens`, trains a proxy on them and scores it on the pool's held-out slices;
   as many runs at once as there are workers, each on one thread.
3. A finished run is `runs/run-NNN.json`; a swarm that is started again runs the missing ones only.
4. `ratios.csv` and `metrics.csv` gather them.

With one domain there is nothing to mix: the study is empty, and its manifest says so (`skipped`, `reason`).
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from curation.core.events import NoEvents
from curation.core.storage import Directory, FileEntry, commit, entry_of
from curation.engine.workers import run_tasks
from mixing.allocation import allocate
from mixing.counts import Counts
from mixing.emit.emit import EmitJob, emit
from mixing.heldout import held_out_documents
from mixing.natural import natural_shares
from mixing.swarm.design import dirichlet_design
from recipes.schema import Proxy, Recipe, SwarmStage
from recipes.stages.base import StageContext
from trainer.plugins import trainer_called
from trainer.protocol import TrainJob

code: tuple[str, ...] = (
    "mixing.swarm", "mixing.emit", "mixing.shards", "mixing.allocation", "mixing.counts", "mixing.heldout",
    "mixing.natural", "trainer", "recipes.stages.swarm",
)  # fmt: skip
side_by_side = False


def needs(recipe: Recipe, name: str) -> dict[str, str]:
    return {}


def depends_on(context: StageContext) -> Any:
    return None


@dataclass(frozen=True)
class _ProxyRun:
    """One run of the swarm, as a task for a worker process."""

    run: str
    weights: dict[str, float]
    pool: Path
    counts: Path
    cache: Path
    out: Path
    proxy: Proxy
    seed: int


def run(context: StageContext) -> None:
    stage: SwarmStage = context.stage
    counts = Counts.read(context.inputs["counts"])
    natural = natural_shares(counts.by_domain())
    if len(natural) == 1:
        _skip(context, *natural)
        return
    n_runs = stage.per_domain * len(natural)
    design = dirichlet_design(natural, n_runs, context.recipe.seed, minimum_weight=stage.minimum_weight)
    tasks = [
        _ProxyRun(
            run=f"run-{number:03d}",
            weights=weights,
            pool=context.inputs["pool"],
            counts=context.inputs["counts"],
            cache=context.resources.cache / "tokens",
            out=context.out,
            proxy=stage.proxy,
            seed=context.recipe.seed,
        )
        for number, weights in enumerate(design)
    ]
    waiting = [task for task in tasks if not _result_file(task).exists()]
    finished = len(tasks) - len(waiting)

    def done(index: int, result: None) -> None:
        nonlocal finished
        finished += 1
        context.events.emit("progress", label="proxy runs", done=finished, total=len(tasks))

    context.events.emit("progress", label="proxy runs", done=finished, total=len(tasks))
    run_tasks(run_proxy, waiting, context.resources.workers, done)
    _collect(context, tasks, natural)


def run_proxy(task: _ProxyRun) -> None:
    """Emit, train, score; what remains is one JSON file."""
    work = task.out / "work" / task.run
    counts = Counts.read(task.counts)
    allocation = allocate(task.weights, task.proxy.tokens, counts.tokens)
    job = EmitJob(task.pool, task.counts / "tokenizer.json", task.cache, allocation, task.seed)
    emit(job, work / "shards", workers=1, events=NoEvents())
    trainer = trainer_called(task.proxy.trainer)
    manifest = trainer.train(train_job(task.proxy, work / "shards", work / "model", task.seed), NoEvents())
    metrics = trainer.evaluate(work / "model", held_out_documents(task.pool))
    result = {
        "schema": 1,
        "kind": "proxy-run",
        "run": task.run,
        "weights": task.weights,
        "metrics": metrics,
        "parameters": manifest["parameters"],
        "tokens": manifest["tokens"],
        "losses": _losses(work / "model"),
    }
    Directory(task.out).write_json(f"runs/{task.run}.json", result)
    shutil.rmtree(work, ignore_errors=True)


def train_job(options: Proxy, shards: Path, out: Path, seed: int) -> TrainJob:
    """The training run of a proxy."""
    return TrainJob(
        shards=shards,
        out=out,
        seed=seed,
        **options.model_dump(exclude={"tokens", "trainer"}),
    )


def _collect(context: StageContext, tasks: list[_ProxyRun], natural: dict[str, float]) -> None:
    results = [json.loads(_result_file(task).read_bytes()) for task in tasks]
    runs = [result["run"] for result in results]
    ratios = pl.DataFrame({"run": runs, **_columns([result["weights"] for result in results])})
    metrics = pl.DataFrame({"run": runs, **_columns([result["metrics"] for result in results])})
    directory = Directory(context.out)
    files: list[FileEntry] = [
        directory.write_bytes("ratios.csv", ratios.write_csv().encode()),
        directory.write_bytes("metrics.csv", metrics.write_csv().encode()),
        *(entry_of(_result_file(task), f"runs/{task.run}.json") for task in tasks),
    ]
    commit(
        directory,
        "study",
        files,
        runs=len(runs),
        domains=sorted(natural),
        natural={name: round(share, 9) for name, share in natural.items()},
        proxy={"parameters": results[0]["parameters"], "tokens": results[0]["tokens"]},
    )
    shutil.rmtree(context.out / "work", ignore_errors=True)


def _skip(context: StageContext, domain: str) -> None:
    """An empty study: the two tables with their first lines, and why there is no more."""
    reason = "one domain: nothing to mix, the swarm is skipped"
    context.events.emit("warning", text=reason)
    directory = Directory(context.out)
    files = [
        directory.write_bytes("ratios.csv", pl.DataFrame(schema=["run", domain]).write_csv().encode()),
        directory.write_bytes("metrics.csv", pl.DataFrame(schema=["run"]).write_csv().encode()),
    ]
    fields = {"runs": 0, "domains": [domain], "natural": {domain: 1.0}, "skipped": True, "reason": reason}
    commit(directory, "study", files, **fields)


def _columns(rows: list[dict[str, float]]) -> dict[str, list[float]]:
    return {name: [row[name] for row in rows] for name in rows[0]}


def _result_file(task: _ProxyRun) -> Path:
    return task.out / "runs" / f"{task.run}.json"


def _losses(model: Path) -> list[list[float]]:
    rows = [json.loads(line) for line in (model / "metrics.jsonl").read_text().splitlines()]
    return [[row["tokens"], round(row["loss"], 6)] for row in rows]
