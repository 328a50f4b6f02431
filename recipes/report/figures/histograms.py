"""Scores from 0 to 1, a small histogram for every domain, all on one scale."""

from __future__ import annotations

from typing import NamedTuple

from recipes.report.figures.canvas import Canvas, Drawing, colour, drawing
from recipes.report.figures.multiples import multiples, multiples_height


class Histogram(NamedTuple):
    """Shares of a domain's documents in bins of equal width from 0 to 1; they sum to 1."""

    label: str
    note: str
    shares: tuple[float, ...]


def draw(name: str, histograms: tuple[Histogram, ...], threshold: float | None) -> Drawing:
    """Bars; a dashed line where documents of a lower score are dropped."""

    def paint(canvas: Canvas) -> None:
        top = max((share for one in histograms for share in one.shares), default=1.0) or 1.0
        panels = multiples(canvas, [(one.label, one.note) for one in histograms])
        for axes, one in zip(panels, histograms, strict=True):
            width = 1 / len(one.shares)
            places = [(number + 0.5) * width for number in range(len(one.shares))]
            axes.bar(places, one.shares, width=0.84 * width, color=colour("accent"), linewidth=0)
            if threshold is not None:
                axes.axvline(threshold, color=colour("loss"), linewidth=1.2, dashes=(4, 3))
            axes.set_xlim(0, 1)
            axes.set_ylim(0, 1.05 * top)
            axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
            axes.locator_params(axis="y", nbins=3)
            axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}" if top >= 0.1 else f"{value:.1%}")

    title = "Quality scores of the documents of every domain"
    return drawing(name, title, lambda width: multiples_height(width, len(histograms)), paint)
