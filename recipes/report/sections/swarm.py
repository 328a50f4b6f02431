"""Swarm: which mixtures were tried, and how the proxies learned on them."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from curation.core.storage import listed
from recipes.report.blocks import Block, Figure, Heading, Paragraph, Section, Swatch
from recipes.report.figures import curves, strips
from recipes.report.figures.curves import Curve
from recipes.report.figures.strips import Strip
from recipes.report.limits import cut_note, largest
from recipes.report.on_disk import Finished, RunOnDisk
from recipes.report.words import known, plural, short

MOST_CURVES = 128
MOST_POINTS = 200


def section(run: RunOnDisk) -> Section | None:
    """The design and the loss curves of every swarm stage."""
    stages = run.of_kind("swarm")
    blocks: list[Block] = []
    for stage in stages:
        if len(stages) > 1:
            blocks.append(Heading(stage.name))
        blocks += _blocks(stage)
    return Section("swarm", "Swarm", tuple(blocks)) if blocks else None


def design_of(rows: Iterable[Mapping[str, str]], natural: Mapping[str, float]) -> tuple[Strip, ...]:
    """The shares of each domain over the runs, the domain with the largest natural share first.

    Args:
        rows: of ratios.csv.
        natural: share of each domain; may lack some.
    """
    columns: dict[str, list[float]] = {}
    for row in rows:
        for name, text in row.items():
            if name != "run":
                columns.setdefault(name, []).append(_number(text))
    order = sorted(columns, key=lambda name: (-natural.get(name, 0.0), name))
    return tuple(Strip(name, tuple(filter(math.isfinite, columns[name])), natural.get(name)) for name in order)


def loss_curves(runs: Iterable[Mapping[str, Any]]) -> tuple[Curve, ...]:
    """A thin curve for every proxy run; of long ones at most 200 points, the last among them."""
    found = []
    for run in runs:
        points = [(n, loss) for n, loss in run.get("losses") or () if known(n) and known(loss)]
        stride = max(1, math.ceil(len(points) / MOST_POINTS))
        points = points[len(points) - 1 :: -stride][::-1] if points else []
        found.append(Curve(tuple(n for n, _ in points), tuple(loss for _, loss in points), "accent", thin=True))
    return tuple(found)


def _blocks(stage: Finished) -> list[Block]:
    if stage.manifest.get("skipped"):
        return [Paragraph(f"Skipped: {stage.manifest.get('reason')}.", "note")]
    natural = stage.manifest.get("natural") or {}
    with (stage.path / "ratios.csv").open(encoding="utf-8", newline="") as lines:
        design = design_of(csv.DictReader(lines), natural)
    shown = largest(design, lambda strip: max(strip.values, default=0) - min(strip.values, default=0))
    files = [entry.path for entry in listed(stage.manifest, "runs/")]
    proxy = stage.manifest.get("proxy") or {}
    n_runs = stage.manifest.get("runs") or len(files)
    text = (
        f"{plural(n_runs, 'mixture')} over {plural(len(design), 'domain')} were tried, each by a proxy of "
        f"{short(proxy.get('parameters'))} parameters on {short(proxy.get('tokens'))} tokens."
    )
    legend = (Swatch("accent", "a proxy run", "dot"), Swatch("ink", "natural share", "tick"))
    note = cut_note(len(shown), len(design), "domains are shown, those whose shares vary most")
    blocks: list[Block] = [
        Paragraph(text),
        Figure(strips.draw(f"design-{stage.name}", shown), f"The share of each domain in every run. {note}", legend),
    ]
    losses = [curve for curve in loss_curves(_runs(stage.path, files[:MOST_CURVES])) if curve.x]
    if losses:
        note = cut_note(len(losses), len(files), "runs are shown") if len(losses) < len(files) else ""
        caption = f"Training loss of the proxies, each on its own mixture. {note}"
        title = "Training loss of the proxy runs"
        blocks.append(Figure(curves.draw(f"proxies-{stage.name}", title, losses), caption))
    return blocks


def _runs(path: Path, files: Iterable[str]) -> Iterable[Mapping[str, Any]]:
    for name in files:
        yield json.loads((path / name).read_bytes())


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return math.nan
