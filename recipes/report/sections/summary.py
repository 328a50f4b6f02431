"""Summary: what came out, in a sentence and at most six numbers; and what is not done yet."""

from __future__ import annotations

from collections.abc import Callable

from curation.core.errors import MixError
from curation.core.units import format_seconds
from mixing.mixture import Mixture
from recipes.report.blocks import Block, Paragraph, Section, Tile, Tiles
from recipes.report.comparison import Twins, twins_of, verdict
from recipes.report.extrapolation import extrapolated
from recipes.report.on_disk import RunOnDisk, wall_seconds
from recipes.report.predictions import gains_of, mean_gain
from recipes.report.sections.curation import removals_of_stage
from recipes.report.words import joined, percent, plural, scientific, short, signed_percent, whole


def section(run: RunOnDisk) -> Section | None:
    """The verdict on every pair of twins, tiles, and a line on stages that are missing."""
    tiles = tuple(tile for make in _TILES if (tile := _made(make, run)) is not None)
    blocks: list[Block] = [Paragraph(verdict(twins), "lead") for twins in _twins(run)]
    if tiles:
        blocks.append(Tiles(tiles))
    if told := extrapolated(run):
        blocks.append(Paragraph(told))
    if run.unfinished:
        blocks.append(Paragraph(missing_line(run), "warning"))
    return Section("summary", "Summary", tuple(blocks)) if blocks else None


def missing_line(run: RunOnDisk) -> str:
    """Which stages are not done, and that their sections are not there."""
    kinds = [f"{name} ({run.recipe.stages[name].kind})" for name in run.unfinished]
    told = joined(kinds[:12] + ([f"{len(kinds) - 12} more"] if len(kinds) > 12 else []))
    return f"Not done yet, and so left out of this page: {told}."


def _documents(run: RunOnDisk) -> Tile | None:
    stages = run.of_kind("curate")
    if not stages:
        return None
    found = [removals_of_stage(stage) for stage in stages]
    read, kept = sum(r.read.documents for r in found), sum(r.kept.documents for r in found)
    return Tile(whole(kept), "documents kept", f"of {whole(read)} read")


def _tokens(run: RunOnDisk) -> Tile | None:
    stages = run.of_kind("count")
    if not stages:
        return None
    return Tile(short(stages[0].manifest.get("tokens")), "tokens to mix", _vocabulary(stages[0].manifest))


def _vocabulary(manifest: dict[str, object]) -> str:
    size = manifest.get("vocab_size")
    return f"vocabulary of {whole(size)}" if isinstance(size, int) else ""


def _weights(run: RunOnDisk) -> Tile | None:
    mixture = _mixture(run)
    if mixture is None:
        return None
    ranked = sorted(mixture.weights.items(), key=lambda item: (-item[1], item[0]))
    first, weight = ranked[0]
    others = [f"{name} {percent(share, 0)}" for name, share in ranked[1:3]]
    return Tile(percent(weight, 0), f"{first}, the largest share", joined(others) and f"then {joined(others)}")


def _gain(run: RunOnDisk) -> Tile | None:
    mixture = _mixture(run)
    predicted = mean_gain(gains_of(mixture)) if mixture else None
    twins = _twins(run)
    if twins:
        mean = twins[0].mean
        told = signed_percent(mean.predicted_relative)
        return Tile(signed_percent(mean.relative), f"{twins[0].unit}, mean", f"predicted {told}; lower is better")
    if predicted is None:
        return None
    return Tile(signed_percent(predicted.relative), "predicted mean", "not measured yet; lower is better")


def _gap(run: RunOnDisk) -> Tile | None:
    mixture = _mixture(run)
    if mixture is None or mixture.certificate is None or not mixture.predicted:
        return None
    if mixture.certificate.gap is None:
        return Tile("none", "optimality gap", "the laws are not convex")
    return Tile(scientific(mixture.certificate.gap), "optimality gap", "proven, for the predicted objective")


def _time(run: RunOnDisk) -> Tile | None:
    if not run.intervals:
        return None
    return Tile(format_seconds(wall_seconds(run.intervals)), "wall time", plural(len(run.intervals), "stage"))


_TILES: tuple[Callable[[RunOnDisk], Tile | None], ...] = (_gain, _weights, _gap, _documents, _tokens, _time)


def _mixture(run: RunOnDisk) -> Mixture | None:
    """The first mixture with a study."""
    for stage in run.of_kind("optimize"):
        if stage.stage.study:
            return Mixture.load(stage.path / "mixture.yaml")
    return None


def _twins(run: RunOnDisk) -> tuple[Twins, ...]:
    try:
        return twins_of(run)
    except (MixError, OSError, KeyError, ValueError):
        return ()


def _made(make: Callable[[RunOnDisk], Tile | None], run: RunOnDisk) -> Tile | None:
    """A tile; none where its files are damaged, which the section about them tells."""
    try:
        return make(run)
    except (MixError, OSError, KeyError, ValueError):
        return None
