"""A mixture beside the natural one: paired bars of shares, and how often each domain's tokens are seen."""

from __future__ import annotations

from typing import Any, NamedTuple

from recipes.report.figures.canvas import TEXT, Canvas, Drawing, colour, drawing, label_width
from recipes.report.words import percent, times

_ROW, _HEAD = 31, 24


class Share(NamedTuple):
    """Shares from 0 to 1; how often the domain's tokens are seen. Unknown numbers are None."""

    label: str
    natural: float | None
    weight: float
    repetition: float | None


class Shares(NamedTuple):
    """Rows from top to bottom, and how often a token may be seen at most."""

    rows: tuple[Share, ...]
    max_repetition: float | None


def draw(name: str, data: Shares) -> Drawing:
    """Shares at the left, repetition at the right; one below the other where it is narrow."""
    body = _ROW * len(data.rows)
    has_repetition = any(row.repetition is not None for row in data.rows)

    def height(width: int) -> int:
        return (_HEAD + body + 6) * (2 if has_repetition and width < 500 else 1)

    def paint(canvas: Canvas) -> None:
        labels = [row.label for row in data.rows]
        longest = 17 if canvas.is_narrow else 26
        left = label_width(labels, longest)
        width = canvas.width - left
        if has_repetition and not canvas.is_narrow:
            width = (width - 30) * 0.64
        canvas.text(left, 13, "share of the mixture")
        _paint_shares(canvas, canvas.panel(left, _HEAD, width, body), data, longest)
        if not has_repetition:
            return
        if canvas.is_narrow:
            x, y, width = left, _HEAD + body + 6, canvas.width - left
        else:
            x, y, width = left + width + 30, 0, canvas.width - left - width - 30
        canvas.text(x, y + 13, "times each token is seen")
        _paint_repetition(canvas, canvas.panel(x, y + _HEAD, width, body), data, longest)

    return drawing(name, "Shares of the domains in the natural mixture and in this one", height, paint)


def _paint_shares(canvas: Canvas, axes: Any, data: Shares, longest: int) -> None:
    canvas.rows(axes, [row.label for row in data.rows], longest)
    axes.grid(visible=False)
    axes.set_xticks([])
    for place, row in enumerate(data.rows):
        for share, offset, tone in ((row.natural, -0.19, "natural"), (row.weight, 0.19, "accent")):
            if share is None:
                continue
            axes.barh(place + offset, share, height=0.32, color=colour(tone), linewidth=0)
            _number(axes, share, place + offset, percent(share), "muted" if tone == "natural" else "ink")
    largest = max((share for row in data.rows for share in (row.natural or 0, row.weight)), default=1)
    axes.set_xlim(0, largest * (1.3 if canvas.is_narrow else 1.16) or 1)


def _paint_repetition(canvas: Canvas, axes: Any, data: Shares, longest: int) -> None:
    canvas.rows(axes, [row.label if canvas.is_narrow else "" for row in data.rows], longest)
    axes.grid(visible=False)
    axes.set_xticks([])
    for place, row in enumerate(data.rows):
        if row.repetition is not None:
            axes.plot([0, row.repetition], [place, place], color=colour("rule"), linewidth=2)
            axes.plot([row.repetition], [place], "o", color=colour("accent"), markersize=7, clip_on=False)
            _number(axes, row.repetition, place, times(row.repetition), "ink", 9)
    largest = max((row.repetition or 0 for row in data.rows), default=1)
    if data.max_repetition is not None and data.max_repetition <= 4 * largest:
        axes.axvline(data.max_repetition, color=colour("loss"), linewidth=1.2, dashes=(4, 3))
        largest = max(largest, data.max_repetition)
    axes.set_xlim(0, largest * 1.3 or 1)


def _number(axes: Any, x: float, y: float, text: str, tone: str, gap: float = 6) -> None:
    axes.annotate(
        text, (x, y), (gap, 0), textcoords="offset points", va="center_baseline", color=colour(tone), fontsize=TEXT - 1
    )
