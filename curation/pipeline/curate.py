"""A curate stage from its sources to a pool.

1. Row-local steps up to the first global step, and the features that global steps ask for, run as one pass over the
   sources. It writes the work set: documents with signals and fates.
2. Each global step exchanges ids and hashes of the rows that are alive, and writes an overlay.
3. A row-local step after a global one makes another pass over the text of the rows that are alive, into an overlay.
4. The last pass joins documents and overlays, part by part, into the pool.

Every pass keeps a journal: a run that is started again goes on after the last finished part. The manifest comes last.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from curation.core.document import DOCUMENT
from curation.core.events import Events
from curation.core.storage import Directory, FileEntry, commit
from curation.engine.base import Engine
from curation.engine.fingerprint import fingerprint
from curation.engine.operators import Batches, Sink
from curation.engine.plan import Plan, Split
from curation.ops.holdout import ByteLength
from curation.pipeline.annotate import Annotate
from curation.pipeline.finish import WritePool, total_counts
from curation.sources.source import SourceConfig, splits_of
from curation.work.context import GlobalContext
from curation.work.fate import FATE
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
    return tuple(split for source in job.sources for split in splits_of(source))


def job_fingerprint(job: CurateJob, splits: Sequence[Split]) -> str:
    """What the pool depends on: steps and their parameters, the seed, and the contents of the sources."""
    return fingerprint([split.key for split in splits], job.steps, job.seed, job.rejected_text)


def curate(
    job: CurateJob, splits: tuple[Split, ...], out: str | Path, engine: Engine, events: Events
) -> dict[str, Any]:
    """Run the job into a pool directory; returns the manifest. A finished part of an earlier attempt is kept."""
    pool = Directory(out)
    scratch = Path(out) / "work"
    work = _read_and_annotate(job, splits, scratch, engine, events)
    for index, step in enumerate(job.steps):
        if isinstance(step, GlobalStep):
            label = f"{index:02d}-{step.label}"
            journal = str(scratch / "journal")
            step.run(GlobalContext(work, engine, events, job.seed, label, job.partitions, journal))
        elif index > _first_global(job.steps):
            _annotate_again(step, index, work, scratch, engine, events)
    signals = _signal_columns(job.steps)
    columns = tuple(dict.fromkeys([*DOCUMENT.names, "bucket", "dup_count", "n_bytes", *signals, *FATE.names]))
    plan = work.plan(columns, alive=False)
    sink = WritePool(str(out), plan.schema, job.stage, signals, job.rejected_text)
    parts = engine.run(plan, sink, label="write pool", events=events, journal=str(scratch / "journal" / "finish"))
    files = sorted((FileEntry(**file) for part in parts for file in part["files"]), key=lambda file: file.path)
    manifest = commit(
        pool,
        "pool",
        files,
        stage=job.stage,
        seed=job.seed,
        steps=[{"step": step.label, **step.config.model_dump(mode="json", exclude={"name"})} for step in job.steps],
        counts=total_counts(parts),
    )
    shutil.rmtree(scratch, ignore_errors=True)
    return manifest


def _read_and_annotate(
    job: CurateJob, splits: tuple[Split, ...], scratch: Path, engine: Engine, events: Events
) -> WorkSet:
    first_global = _first_global(job.steps)
    chain: list[Annotator] = [step for step in job.steps[:first_global] if isinstance(step, RowStep)]
    chain.append(ByteLength())
    for step in job.steps:
        if isinstance(step, GlobalStep):
            chain += [feature for feature in step.features if feature not in chain]
    plan = Plan(splits, DOCUMENT).map(Annotate(tuple(chain)))
    files = engine.run(
        plan,
        WriteDocuments(str(scratch), plan.schema),
        label="read and measure",
        events=events,
        journal=str(scratch / "journal" / "read"),
    )
    return WorkSet(str(scratch), [FileEntry(**file) for file in files], plan.schema)


def _annotate_again(step: Step, index: int, work: WorkSet, scratch: Path, engine: Engine, events: Events) -> None:
    assert isinstance(step, RowStep)
    label = f"{index:02d}-{step.label}"
    plan = work.plan(("text", "domain", *FATE.names)).map(Annotate((step,), carry=(PART, ROW)))
    sink = WriteOverlay(str(scratch), label)
    engine.run(plan, sink, label=step.label, events=events, journal=str(scratch / "journal" / label))
    work.add_overlay(label, plan.schema)


def _first_global(steps: Sequence[Step]) -> int:
    return next((index for index, step in enumerate(steps) if isinstance(step, GlobalStep)), len(steps))


def _signal_columns(steps: Sequence[Step]) -> tuple[str, ...]:
    names = ["n_bytes"]
    for step in steps:
        if isinstance(step, RowStep):
            names += [name for name in step.columns if name not in names]
    return tuple(names)


@dataclass(frozen=True)
class WriteDocuments(Sink):
    """Writes a part of the work set: all columns of its rows."""

    directory: str
    schema: pa.Schema

    def __call__(self, partition: int, batches: Batches) -> dict[str, Any]:
        options = {"compression": "zstd", "use_dictionary": False}
        name = f"documents/part-{partition:05d}.parquet"
        with (
            Directory(self.directory).create(name) as draft,
            pq.ParquetWriter(draft.stream, self.schema, **options) as writer,
        ):
            for batch in batches:
                writer.write_batch(batch)
        return asdict(draft.entry)
