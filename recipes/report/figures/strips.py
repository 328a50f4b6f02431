"""A row of dots for every name: the values that were tried, and a bar where the natural one is."""

from __future__ import annotations

from typing import NamedTuple

from recipes.report.figures.canvas import Canvas, Drawing, colour, drawing, label_width

_ROW, _FOOT = 23, 26


class Strip(NamedTuple):
    """Shares from 0 to 1; `natural` may be unknown."""

    label: str
    values: tuple[float, ...]
    natural: float | None


def draw(name: str, strips: tuple[Strip, ...]) -> Drawing:
    """One panel; the axis is in percent."""

    def paint(canvas: Canvas) -> None:
        labels = [strip.label for strip in strips]
        longest = 17 if canvas.is_narrow else 28
        left = label_width(labels, longest)
        axes = canvas.panel(left, 4, canvas.width - left - 18, _ROW * len(strips))
        canvas.rows(axes, labels, longest)
        for row, strip in enumerate(strips):
            axes.plot(
                strip.values, [row] * len(strip.values), "o", markersize=6, alpha=0.4,
                color=colour("accent"), markeredgewidth=0, clip_on=False,
            )  # fmt: skip
            if strip.natural is not None:
                axes.plot([strip.natural] * 2, [row - 0.36, row + 0.36], color=colour("ink"), linewidth=2.2)
        largest = max((value for strip in strips for value in (*strip.values, strip.natural or 0)), default=1)
        axes.set_xlim(0, max(largest, 0.01))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}" if largest > 0.1 else f"{value:.1%}")
        axes.locator_params(axis="x", nbins=5 if canvas.is_narrow else 10)

    return drawing(name, "Shares of every domain over the runs", lambda _: 4 + _ROW * len(strips) + _FOOT, paint)
