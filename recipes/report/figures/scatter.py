"""Predicted against measured: one mark for every run and metric, on the line where both are equal if all is well."""

from __future__ import annotations

from typing import NamedTuple

from recipes.report.figures.canvas import SERIES, Canvas, Drawing, colour, drawing

MARKERS = ("o", "s", "^", "D")


class Group(NamedTuple):
    """The points of one metric, as differences from the metric's mean over the runs."""

    measured: tuple[float, ...]
    predicted: tuple[float, ...]


def series_of(number: int) -> tuple[str, str]:
    """Colour and marker of a group; both together are unlike those of the 31 groups around it."""
    return SERIES[number % len(SERIES)], MARKERS[number // len(SERIES) % len(MARKERS)]


def draw(name: str, groups: tuple[Group, ...]) -> Drawing:
    """A square panel, with the diagonal."""

    def paint(canvas: Canvas) -> None:
        side = canvas.height - 24 - 44
        axes = canvas.panel(50, 24, min(canvas.width - 50 - 12, side * 1.5), side, grid="both")
        canvas.text(0, 12, "predicted, without the run itself")
        canvas.text(50 + min(canvas.width - 50 - 12, side * 1.5), canvas.height - 6, "measured", align="right")
        points = [value for group in groups for values in group for value in values] or [0.0]
        margin = 0.05 * (max(points) - min(points)) or 0.1
        low, high = min(points) - margin, max(points) + margin
        axes.plot([low, high], [low, high], color=colour("muted"), linewidth=1, dashes=(4, 3))
        for number, group in enumerate(groups):
            tone, marker = series_of(number)
            axes.plot(
                group.measured, group.predicted, marker, color=colour(tone), markersize=6, alpha=0.75,
                markeredgewidth=0,
            )  # fmt: skip
        axes.set_xlim(low, high)
        axes.set_ylim(low, high)
        axes.locator_params(nbins=6)

    return drawing(name, "Predicted against measured metrics", lambda width: 400 if width >= 500 else 320, paint)
