"""Small multiples: one little panel for every domain, three beside each other, or two where it is narrow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from recipes.report.figures.canvas import Canvas, colour, shortened

MOST_PANELS = 12
_HEAD, _BODY, _FOOT, _TICKS, _GAP, _EDGE = 36, 92, 34, 34, 22, 12


def multiples_height(width: int, n_panels: int) -> int:
    """Pixels that so many panels need."""
    return -(-n_panels // _per_row(width)) * (_HEAD + _BODY + _FOOT)


def multiples(canvas: Canvas, titles: list[tuple[str, str]]) -> Iterator[Any]:
    """The axes of every panel, row by row.

    Args:
        canvas: as high as `multiples_height`.
        titles: name and note of every panel.
    """
    per_row = _per_row(canvas.width)
    step = (canvas.width - _EDGE + _GAP) / per_row
    for number, (name, note) in enumerate(titles):
        left = number % per_row * step + _TICKS
        top = number // per_row * (_HEAD + _BODY + _FOOT)
        width = step - _GAP - _TICKS
        canvas.text(left, top + 12, shortened(name, int((width + 8) / 7.4)), tone="ink")
        canvas.text(left, top + 28, note)
        axes = canvas.panel(left, top + _HEAD, width, _BODY, grid="y")
        axes.axhline(0, color=colour("muted"), linewidth=1)
        yield axes


def _per_row(width: int) -> int:
    return 3 if width >= 500 else 2
