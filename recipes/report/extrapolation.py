"""What a sampled run tells of the whole one, in sentences: documents, bytes and time in proportion, with a caveat."""

from __future__ import annotations

from curation.core.units import format_seconds, format_size
from recipes.report.on_disk import RunOnDisk
from recipes.report.removals import Amount
from recipes.report.sections.curation import removals_of_stage
from recipes.report.words import percent, short, whole
from recipes.sample import SampledRecipe, percentage


def sample_line(run: RunOnDisk) -> str:
    """The line under the title; empty for a whole run."""
    if not isinstance(run.recipe, SampledRecipe):
        return ""
    return f"A sample of {percentage(run.recipe.share)}% of every source, not the whole recipe"


def extrapolated(run: RunOnDisk) -> str:
    """What the whole recipe would keep and take; empty for a whole run, or before a pool is done."""
    stages = run.of_kind("curate")
    if not isinstance(run.recipe, SampledRecipe) or not stages:
        return ""
    share = run.recipe.share
    read, kept = Amount(), Amount()
    for stage in stages:
        found = removals_of_stage(stage)
        read, kept = read.plus(found.read), kept.plus(found.kept)
    left = kept.documents / read.documents if read.documents else None
    sentences = [
        f"In proportion, the whole recipe would keep about {short(kept.documents / share)} documents with "
        f"{format_size(kept.n_bytes / share)} of text (of {short(read.documents / share)} read; here "
        f"{whole(kept.documents)} of {whole(read.documents)}, {percent(left)})."
    ]
    wall_s = sum(run.intervals[stage.name].wall_s for stage in stages if stage.name in run.intervals)
    if wall_s:
        sentences.append(
            f"Curation took {format_seconds(wall_s)}; in proportion that is at most {format_seconds(wall_s / share)} "
            "with as many workers: a sample reads all files to choose its documents."
        )
    sentences.append(
        "Deduplication does not extrapolate linearly: copies meet more often among more documents, so that steps "
        "which remove duplicates remove a larger part of the whole, and less than this is kept."
    )
    return " ".join(sentences)
