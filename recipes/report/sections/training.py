"""Training: how the loss of every model fell."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from recipes.report.blocks import Block, Column, Figure, Row, Section, Swatch, Table
from recipes.report.figures import curves
from recipes.report.figures.canvas import SERIES
from recipes.report.figures.curves import Curve
from recipes.report.on_disk import Finished, RunOnDisk, read_lines
from recipes.report.words import decimal, known, short, whole

MOST_POINTS = 400


def section(run: RunOnDisk) -> Section | None:
    """The loss curves of all train stages in one figure, and a table."""
    stages = run.of_kind("train")
    if not stages:
        return None
    drawn, legend = [], []
    for number, stage in enumerate(stages):
        tone = SERIES[number % len(SERIES)]
        drawn.append(training_curve(read_lines(stage.path / "metrics.jsonl"), tone))
        legend.append(Swatch(tone, stage.name, "line"))
    blocks: list[Block] = []
    if any(curve.x for curve in drawn):
        caption = (
            "Training loss and its running mean over the last twentieth of the run. Each model is measured on its own "
            "mixture, so the levels of different mixtures do not compare; the held-out scores do."
        )
        blocks.append(Figure(curves.draw("training", "Training loss of the models", drawn), caption, tuple(legend)))
    return Section("training", "Training", (*blocks, _table(stages)))


def training_curve(rows: Sequence[Mapping[str, Any]], tone: str) -> Curve:
    """Loss over tokens with its running mean; of a long run at most 400 points, the last among them."""
    points = [(row["tokens"], row["loss"]) for row in rows if known(row.get("tokens")) and known(row.get("loss"))]
    means = running_mean([loss for _, loss in points], max(1, math.ceil(len(points) / 20)))
    stride = max(1, math.ceil(len(points) / MOST_POINTS))
    places = range(len(points) - 1, -1, -stride)[::-1]
    return Curve(
        x=tuple(points[place][0] for place in places),
        y=tuple(means[place] for place in places),
        colour=tone,
        haze=tuple(points[place][1] for place in places),
    )


def running_mean(values: Sequence[float], window: int) -> list[float]:
    """At each place the mean of the last `window` values, of fewer at the beginning."""
    sums = [0.0, *accumulate(values)]
    return [(sums[end] - sums[max(0, end - window)]) / min(end, window) for end in range(1, len(values) + 1)]


def _table(stages: Sequence[Finished]) -> Table:
    columns = (Column("Model", "left"), Column("Parameters"), Column("Steps"), Column("Tokens"), Column("Last loss"))
    rows = (
        Row(
            (
                stage.name,
                short(stage.manifest.get("parameters")),
                whole(stage.manifest.get("steps")),
                whole(stage.manifest.get("tokens")),
                decimal(stage.manifest.get("final_loss")),
            )
        )
        for stage in stages
    )
    return Table(columns, tuple(rows))
