"""A curate stage: what its sources hold, and the pool that they make at most.

Filters only take away, so the pool is taken to be as large as the sources. A finished pool says its bytes itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from curation.core.document import DOCUMENT
from curation.core.storage import Directory, read_manifest
from curation.engine.plan import Plan
from curation.pipeline.curate import CurateJob
from curation.work.step import GlobalStep
from recipes.checking.plan import Amount, Estimate, Facts, SourcePlan
from recipes.checking.question import Question
from recipes.checking.rates import (
    ANNOTATED_BYTES_PER_BYTE,
    CURATE_BYTES_PER_S,
    CURATE_S,
    POOL_BYTES_PER_BYTE,
    PROCESS_BYTES,
)
from recipes.stages.curate import job_of

_HOLDOUT = "holdout"


def estimate(question: Question) -> Estimate:
    job = job_of(question.recipe, question.name)
    domain_bytes = Counter[str | None]()
    for source in question.sources:
        domain_bytes[source.config.domain] += source.text_bytes
    total = sum(domain_bytes.values())
    limits = [source.limit_bytes for source in job.sources]
    heldout = _heldout_bytes(job, domain_bytes)
    if question.done is not None:
        domain_bytes = _counted(question)
    readers = min(question.workers, sum(len(source.splits) for source in question.sources))
    return Estimate(
        bytes_in=Amount(total),
        kept_bytes=round(total * POOL_BYTES_PER_BYTE),
        scratch_bytes=round(total * ANNOTATED_BYTES_PER_BYTE),
        memory_bytes=question.workers * PROCESS_BYTES + min(question.engine_memory_bytes, total),
        wall_s=CURATE_S + total / (CURATE_BYTES_PER_S * max(1, readers)),
        sources=tuple(
            SourcePlan(
                name=source.config.name,
                reader=source.config.reader,
                domain=source.config.domain,
                n_splits=len(source.splits),
                size_bytes=source.size_bytes,
                text_bytes=source.text_bytes,
            )
            for source in question.sources
        ),
        steps=tuple(_steps(question, job)),
        facts=Facts(
            domain_bytes=dict(domain_bytes),
            exact=question.done is not None,
            at_most_bytes=None if None in limits else sum(limit or 0 for limit in limits),
            heldout_bytes=heldout,
        ),
    )


def _steps(question: Question, job: CurateJob) -> Iterator[str]:
    """What will be done, in the words of `Plan.explain`."""
    splits = tuple(split for source in question.sources for split in source.splits)
    yield from Plan(splits, DOCUMENT).explain().splitlines()
    for step in job.steps:
        yield f"{'exchange' if isinstance(step, GlobalStep) else 'map':<9} {step.label}"


def _heldout_bytes(job: CurateJob, domain_bytes: Counter[str | None]) -> int:
    asked = [getattr(step.config, "per_domain", 0) for step in job.steps if step.kind == _HOLDOUT]
    return sum(min(sum(asked), size) for size in domain_bytes.values())


def _counted(question: Question) -> Counter[str | None]:
    """The bytes of every domain of a finished pool."""
    kept: Counter[str | None] = Counter()
    for row in read_manifest(Directory(question.done or ""), "pool")["counts"]:
        if row["rule"] is None:
            kept[row["domain"]] += row["bytes"]
    return kept
