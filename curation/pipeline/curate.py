"""A curate stage from its sources to a pool.

1. Steps that measure with a model learn it first, and write it into the pool.
2. Row-local steps up to the first global step, and the features that global steps ask for, run as one pass over the
   sources. It writes the work set: documents with signals and fates.
3. Where ids can repeat, all documents of an id but the first are rejected.
4. Each global step exchanges ids and hashes of the rows that are alive, and writes an overlay.
5. A row-local step after a global one makes another pass over the text of the rows that are alive, into an overlay.
6. The last pass joins documents and overlays, part by part, into the pool.

Every pass keeps a journal: a run that is started again goes on after the last finished part. The manifest comes last.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from curation.core.document import DOCUMENT
from curation.core.events import Events
from curation.core.storage import Directory, FileEntry, commit
from curation.engine.base import Engine
from curation.engine.fingerprint import fingerprint
from curation.engine.plan import Plan, Split
from curation.ops.holdout import ByteLength
from curation.pipeline.annotate import Annotate
from curation.pipeline.finish import WritePool, total_counts
from curation.pipeline.parts import WriteDocuments, forget_others, part_keys
from curation.sources.batches import READ, ROWS
from curation.sources.repeated_ids import may_repeat, reject_repeated_ids
from curation.sources.source import SourceConfig, splits_of
from curation.sources.summary import input_summary, tell_unread
from curation.work.context import GlobalContext
from curation.work.fate import FATE
from curation.work.learned import learn_all
from curation.work.step import Annotator, GlobalStep, RowStep, Step
from curation.work.workset import PART, ROW, WorkSet, WriteOverlay


@dataclass(frozen=True)
class CurateJob:
    """All that a curate stage depends on."""

    stage: str
    sources: tuple[SourceConfig, ...]
    steps: tuple[Step, ...]
    seed: int
    rejected_text: bool = True
    partitions: int = 0


def splits_of_job(job: CurateJob) -> tuple[Split, ...]:
    """The splits of all sources, in recipe order."""
    return tuple(split for source in job.sources for split in splits_of(source, rejected=True))


def job_fingerprint(job: CurateJob, splits: Sequence[Split]) -> str:
    """What the pool depends on: steps and their parameters, the seed, and the contents of what is read."""
    inputs = [step.inputs() for step in job.steps]
    return fingerprint([split.key for split in splits], job.steps, inputs, job.seed, job.rejected_text)


def curate(
    job: CurateJob,
    splits: tuple[Split, ...],
    out: str | Path,
    engine: Engine,
    events: Events,
    kept: Path | None = None,
) -> dict[str, Any]:
    """Run the job into a pool directory; returns the manifest. A finished part of an earlier attempt is kept.

    Args:
        job: what to do.
        splits: of its sources.
        out: the pool's directory.
        engine: runs the plans.
        events: progress, metrics, warnings.
        kept: where annotated parts are kept between runs of this stage, so that only new input is read; None: nowhere.
    """
    for index, step in enumerate(job.steps):
        step.check_place(job.steps[:index])
    pool = Directory(out)
    notes: dict[str, Any] = {}
    keys = part_keys(splits, _first_chain(job.steps)) if kept else ()
    steps, models = learn_all(job.steps, pool, events, notes)
    job = replace(job, steps=steps)
    scratch = Path(out) / "work"
    work, read = _read_and_annotate(job, splits, scratch, engine, events, kept, keys)
    if kept:
        forget_others(kept, keys)
    tell_unread(read, events)
    if may_repeat([source.name for source in job.sources], read):
        journal = str(scratch / "journal")
        reject_repeated_ids(GlobalContext(work, engine, events, job.seed, READ, job.partitions, journal, notes))
    for index, step in enumerate(job.steps):
        if isinstance(step, GlobalStep):
            label = f"{index:02d}-{step.label}"
            journal = str(scratch / "journal")
            step.run(GlobalContext(work, engine, events, job.seed, label, job.partitions, journal, notes))
        elif index > _first_global(job.steps):
            _annotate_again(step, index, work, scratch, engine, events)
    signals = _signal_columns(job.steps)
    columns = tuple(dict.fromkeys([*DOCUMENT.names, "bucket", "dup_count", "n_bytes", *signals, *FATE.names]))
    plan = work.plan(columns, alive=False)
    sink = WritePool(str(out), plan.schema, job.stage, signals, job.rejected_text)
    parts = engine.run(plan, sink, label="write pool", events=events, journal=str(scratch / "journal" / "finish"))
    written = [FileEntry(**file) for part in parts for file in part["files"]]
    files = sorted([*written, *models], key=lambda file: file.path)
    manifest = commit(
        pool,
        "pool",
        files,
        stage=job.stage,
        seed=job.seed,
        input=read,
        steps=[_described(step) for step in job.steps],
        counts=total_counts(parts),
        notes=notes,
    )
    shutil.rmtree(scratch, ignore_errors=True)
    return manifest


def _read_and_annotate(
    job: CurateJob,
    splits: tuple[Split, ...],
    scratch: Path,
    engine: Engine,
    events: Events,
    kept: Path | None,
    keys: tuple[str, ...],
) -> tuple[WorkSet, list[dict[str, Any]]]:
    """The work set, and what was read of every source."""
    chain = _first_chain(job.steps)
    plan = Plan(splits, ROWS).map(Annotate(tuple(chain)))
    parts = engine.run(
        plan,
        WriteDocuments(str(scratch), plan.schema, str(kept) if kept else None, keys),
        label="read and measure",
        events=events,
        journal=str(scratch / "journal" / "read"),
    )
    read = input_summary(splits, [part["read"] for part in parts])
    return WorkSet(str(scratch), [FileEntry(**part["file"]) for part in parts], plan.schema), read


def _first_chain(steps: Sequence[Step]) -> list[Annotator]:
    """What the first pass measures: the row-local steps before the first global one, and the features of all those."""
    chain: list[Annotator] = [step for step in steps[: _first_global(steps)] if isinstance(step, RowStep)]
    chain.append(ByteLength())
    for step in steps:
        if isinstance(step, GlobalStep):
            chain += [feature for feature in step.features if feature not in chain]
    return chain


def _annotate_again(step: Step, index: int, work: WorkSet, scratch: Path, engine: Engine, events: Events) -> None:
    assert isinstance(step, RowStep)
    label = f"{index:02d}-{step.label}"
    plan = work.plan(("text", "domain", *FATE.names)).map(Annotate((step,), carry=(PART, ROW)))
    sink = WriteOverlay(str(scratch), label)
    engine.run(plan, sink, label=step.label, events=events, journal=str(scratch / "journal" / label))
    work.add_overlay(label, plan.schema)


def _described(step: Step) -> dict[str, Any]:
    return {"step": step.label, "kind": step.kind, **step.config.model_dump(mode="json", exclude={"name"})}


def _first_global(steps: Sequence[Step]) -> int:
    return next((index for index, step in enumerate(steps) if isinstance(step, GlobalStep)), len(steps))


def _signal_columns(steps: Sequence[Step]) -> tuple[str, ...]:
    names = ["n_bytes"]
    for step in steps:
        if isinstance(step, RowStep):
            names += [name for name in step.columns if name not in names]
        elif isinstance(step, GlobalStep):
            names += [name for name in step.signals if name not in names]
    return tuple(names)
