"""Stages: what ran, how long it took, and where its output is."""

from __future__ import annotations

from curation.core.units import format_seconds
from recipes.report.blocks import Bar, Block, Cell, Column, Paragraph, Row, Section, Table
from recipes.report.on_disk import Interval, RunOnDisk, wall_seconds
from recipes.report.words import MISSING, ratio


def section(run: RunOnDisk) -> Section | None:
    """A row for every stage of the recipe."""
    intervals = run.intervals
    longest = max((interval.wall_s for interval in intervals.values()), default=0.0)
    rows = [_row(run, name, intervals.get(name), longest) for name in run.recipe.stages]
    blocks: list[Block] = []
    if intervals:
        rows.append(Row(("all", "", format_seconds(wall_seconds(intervals)), "", ""), "total"))
    columns = (
        Column("Stage", "left"),
        Column("Kind", "left"),
        Column("Time"),
        Column("", "bar"),
        Column("Output", "left"),
    )
    blocks.append(Table(columns, tuple(rows)))
    blocks.append(
        Paragraph(
            "Times are of the last time that a stage ran; stages that ran side by side count once in the sum. An "
            "output's name ends in the hash of all that it depends on: code, parameters, inputs and the seed.",
            "note",
        )
    )
    return Section("stages", "Stages", tuple(blocks))


def _row(run: RunOnDisk, name: str, interval: Interval | None, longest: float) -> Row:
    kind = run.recipe.stages[name].kind
    if name not in run.finished:
        return Row((Cell(name, tone="muted"), Cell(kind, tone="muted"), Cell("not done", tone="muted"), "", ""))
    wall_s = interval.wall_s if interval else None
    bar = Bar(((ratio(wall_s, longest) or 0.0, "natural"),))
    output = Cell(run.finished[name].path.resolve().name, tone="code")
    return Row((name, kind, MISSING if wall_s is None else format_seconds(wall_s), Cell(bar=bar), output))
