"""What enters, what each step takes away, what stays: bars that begin where the one above them ends."""

from __future__ import annotations

from typing import Any, NamedTuple

from recipes.report.figures.canvas import Canvas, Drawing, colour, drawing, label_width

_ROW, _HEAD, _NUMBERS = 26, 26, 126
_COLOURS = {"read": "natural", "removed": "loss", "held": "held", "kept": "accent"}


class Bar(NamedTuple):
    """From `start` to `end`, which is smaller where something is taken away; `role` is read, removed, held or kept."""

    start: float
    end: float
    role: str
    amount: str
    share: str


class Panel(NamedTuple):
    """The bars of one quantity."""

    title: str
    bars: tuple[Bar, ...]


class Waterfall(NamedTuple):
    """A row for every label, in every panel."""

    labels: tuple[str, ...]
    panels: tuple[Panel, ...]


def draw(name: str, data: Waterfall) -> Drawing:
    """Panels side by side; one below the other where it is narrow."""
    panel_height = _HEAD + _ROW * len(data.labels)

    def height(width: int) -> int:
        return panel_height if width >= 500 else (panel_height + 14) * len(data.panels)

    def paint(canvas: Canvas) -> None:
        longest = 14 if canvas.is_narrow else 24
        left = label_width(data.labels, longest)
        for number, panel in enumerate(data.panels):
            if canvas.is_narrow:
                x, y, width = left, number * (panel_height + 14), canvas.width - left
            else:
                width = (canvas.width - left - 28 * (len(data.panels) - 1)) / len(data.panels)
                x, y = left + number * (width + 28), 0
            canvas.text(x, y + 13, panel.title)
            axes = canvas.panel(x, y + _HEAD, width - _NUMBERS, _ROW * len(data.labels))
            axes.grid(visible=False)
            canvas.rows(axes, data.labels if canvas.is_narrow or number == 0 else [""] * len(data.labels), longest)
            axes.set_xticks([])
            axes.set_xlim(0, max((max(bar.start, bar.end) for bar in panel.bars), default=0) or 1)
            _paint_bars(axes, panel.bars)
            for row, bar in enumerate(panel.bars):
                baseline = y + _HEAD + _ROW * (row + 0.5) + 4.5
                canvas.text(x + width - 56, baseline, bar.amount, tone="ink", align="right")
                canvas.text(x + width, baseline, bar.share, align="right")

    return drawing(name, "Waterfall of what each step removes", height, paint)


def _paint_bars(axes: Any, bars: tuple[Bar, ...]) -> None:
    for row, bar in enumerate(bars):
        low, high = sorted((bar.start, bar.end))
        tone = colour(_COLOURS[bar.role])
        axes.barh(row, high - low, left=low, height=0.62, color=tone, linewidth=0)
        if bar.role in ("removed", "held") and low < high:  # what is too little to see is seen as a line
            axes.plot([low, low], [row - 0.31, row + 0.31], color=tone, linewidth=1.2, clip_on=False)
        if row + 1 < len(bars):
            axes.plot([bar.end] * 2, [row + 0.31, row + 0.69], color=colour("muted"), linewidth=0.7, clip_on=False)
