"""Curves over tokens: the losses of training runs, raw as a haze and their running mean as a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from recipes.report.figures.canvas import Canvas, Drawing, colour, drawing
from recipes.report.words import short


class Curve(NamedTuple):
    """Points of one run. `haze` is drawn faintly behind `y`; a thin curve is one of many."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    colour: str
    haze: tuple[float, ...] = ()
    thin: bool = False


def draw(name: str, title: str, curves: Sequence[Curve]) -> Drawing:
    """One panel. The upper end of the axis leaves out the first moments, which would flatten all the rest."""

    def paint(canvas: Canvas) -> None:
        axes = canvas.panel(38, 24, canvas.width - 38 - 16, canvas.height - 24 - 40, grid="y")
        canvas.text(0, 12, "loss, nats a token")
        canvas.text(canvas.width - 16, canvas.height - 6, "tokens", align="right")
        for curve in curves:
            if curve.haze:
                axes.plot(curve.x, curve.haze, color=colour(curve.colour), linewidth=0.8, alpha=0.4)
            style = {"linewidth": 0.9, "alpha": 0.45} if curve.thin else {"linewidth": 1.9}
            axes.plot(curve.x, curve.y, color=colour(curve.colour), solid_joinstyle="round", **style)
        points = [value for curve in curves for value in (*curve.y, *curve.haze)]
        if points:
            low, high = min(points), _top([curve.y for curve in curves])
            margin = 0.06 * (high - low) or 0.1
            axes.set_ylim(low - margin, high + margin)
        axes.set_xlim(0, max((x for curve in curves for x in curve.x), default=1) or 1)
        axes.locator_params(axis="x", nbins=4 if canvas.is_narrow else 8)
        axes.locator_params(axis="y", nbins=6)
        axes.xaxis.set_major_formatter(lambda value, _: short(value))

    return drawing(name, title, lambda width: 300 if width >= 500 else 240, paint)


def _top(curves: Sequence[Sequence[float]]) -> float:
    """The largest value once 4 % of each run have passed."""
    return max(max(values[len(values) // 25 :]) for values in curves if values)
