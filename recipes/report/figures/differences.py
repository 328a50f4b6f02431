"""How much each metric changes: a bar for what was measured, a diamond for what was predicted."""

from __future__ import annotations

from typing import NamedTuple

from recipes.report.figures.canvas import Canvas, Drawing, colour, drawing, label_width
from recipes.report.words import signed_percent

_ROW, _HEAD, _NUMBERS = 26, 26, 76


class Difference(NamedTuple):
    """Relative changes, negative for a metric that improves; `predicted` may be unknown."""

    label: str
    measured: float
    predicted: float | None


def draw(name: str, rows: tuple[Difference, ...]) -> Drawing:
    """One panel around a zero line."""

    def paint(canvas: Canvas) -> None:
        longest = 15 if canvas.is_narrow else 28
        left = label_width([row.label for row in rows], longest)
        width = canvas.width - left - _NUMBERS
        axes = canvas.panel(left, _HEAD, width, _ROW * len(rows))
        canvas.rows(axes, [row.label for row in rows], longest)
        axes.grid(visible=False)
        axes.set_xticks([])
        values = [0.0, *(value for row in rows for value in (row.measured, row.predicted or 0.0))]
        margin = 0.03 * (max(values) - min(values)) or 0.01
        low, high = min(values) - margin, max(values) + margin
        axes.set_xlim(low, high)
        zero = left + width * -low / (high - low)
        if zero - left > 60:
            canvas.text(zero - 6, 13, "\u2190 better", align="right")
        if left + width - zero > 60:
            canvas.text(zero + 6, 13, "worse \u2192")
        for place, row in enumerate(rows):
            tone = "accent" if row.measured < 0 else "loss"
            axes.barh(place, row.measured, height=0.56, color=colour(tone), linewidth=0)
            baseline = _HEAD + _ROW * (place + 0.5) + 4.5
            canvas.text(canvas.width, baseline, signed_percent(row.measured), tone="ink", align="right")
            if row.predicted is not None:
                axes.plot(
                    [row.predicted], [place], "D", markersize=6.5, color=colour("paper"),
                    markeredgecolor=colour("ink"), markeredgewidth=1.3, clip_on=False,
                )  # fmt: skip
        axes.axvline(0, color=colour("muted"), linewidth=1)

    return drawing(name, "Change of every metric", lambda _: _HEAD + _ROW * len(rows) + 4, paint)
