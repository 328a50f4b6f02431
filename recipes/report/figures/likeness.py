"""Near duplicates: how similar the dropped documents were, and which similarities the bands find at all."""

from __future__ import annotations

from typing import Any, NamedTuple

from recipes.report.figures.canvas import Canvas, Drawing, colour, drawing

_HEAD, _BODY, _FOOT, _TICKS, _EDGE = 30, 168, 52, 42, 16


class Likeness(NamedTuple):
    """The numbers of both panels.

    Args:
        edges: of the bins of similarity; one more than there are counts.
        counts: dropped documents of every bin; empty if no similarity was measured.
        curve: similarity, and the probability that such a pair becomes a candidate.
        threshold: least similarity of a pair that counts; None if candidates are not measured.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    curve: tuple[tuple[float, float], ...]
    threshold: float | None


def draw(name: str, data: Likeness) -> Drawing:
    """The S-curve, and the histogram at its right, or below it where it is narrow."""

    def height(width: int) -> int:
        return (_HEAD + _BODY + _FOOT) * (2 if data.counts and width < 500 else 1)

    def paint(canvas: Canvas) -> None:
        beside = bool(data.counts) and not canvas.is_narrow
        width = (canvas.width - 40) / 2 if beside else canvas.width
        _paint_curve(canvas, _panel(canvas, 0, 0, width, "chance that a pair becomes a candidate"), data)
        if data.counts:
            left, top = (width + 40, 0) if beside else (0, _HEAD + _BODY + _FOOT)
            _paint_counts(_panel(canvas, left, top, width, "documents dropped"), data)

    return drawing(name, "Similarities that the bands find, and those of the dropped documents", height, paint)


def _panel(canvas: Canvas, left: float, top: float, width: float, title: str) -> Any:
    canvas.text(left, top + 13, title)
    canvas.text(left + width - _EDGE, top + _HEAD + _BODY + 38, "Jaccard similarity", align="right")
    axes = canvas.panel(left + _TICKS, top + _HEAD, width - _TICKS - _EDGE, _BODY, grid="y")
    axes.tick_params(axis="x", pad=8)
    return axes


def _paint_curve(canvas: Canvas, axes: Any, data: Likeness) -> None:
    axes.plot(*zip(*data.curve, strict=True), color=colour("accent"), linewidth=1.9)
    if data.threshold is not None:
        axes.axvline(data.threshold, color=colour("loss"), linewidth=1.2, dashes=(4, 3))
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.04)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.locator_params(axis="x", nbins=5)
    axes.locator_params(axis="y", nbins=5)


def _paint_counts(axes: Any, data: Likeness) -> None:
    widths = [0.86 * (high - low) for low, high in zip(data.edges, data.edges[1:], strict=False)]
    centres = [(low + high) / 2 for low, high in zip(data.edges, data.edges[1:], strict=False)]
    axes.bar(centres, data.counts, width=widths, color=colour("accent"), linewidth=0)
    axes.set_xlim(data.edges[0], data.edges[-1])
    axes.set_ylim(0, 1.08 * max(data.counts) or 1)
    axes.locator_params(axis="x", nbins=5)
    axes.locator_params(axis="y", nbins=5, integer=True)
