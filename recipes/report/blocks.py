"""What a section is made of: data that `page.html.j2` knows how to draw.

A section is a file in `recipes/report/sections` with a function `section(run) -> Section | None`; it needs no template
of its own. Text is text: the template escapes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from recipes.report.figures.canvas import Drawing


@dataclass(frozen=True)
class Paragraph:
    """A sentence or a few; `tone` is plain, lead (large), note (small) or warning."""

    text: str
    tone: Literal["plain", "lead", "note", "warning"] = "plain"
    block: ClassVar[str] = "paragraph"


@dataclass(frozen=True)
class Heading:
    """A heading within a section, such as a stage's name."""

    text: str
    block: ClassVar[str] = "heading"


@dataclass(frozen=True)
class Tile:
    """A number that tells a result; `note` says what of, in a few words."""

    value: str
    label: str
    note: str = ""


@dataclass(frozen=True)
class Tiles:
    """Three to six numbers."""

    tiles: tuple[Tile, ...]
    block: ClassVar[str] = "tiles"


@dataclass(frozen=True)
class Bar:
    """A bar in a cell: shares from 0 to 1 of its width, one after the other, with the names of their colours."""

    parts: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Cell:
    """A cell with more than a text: a small note behind it, a bar, or a tone (muted, good, bad, code)."""

    text: str = ""
    note: str = ""
    bar: Bar | None = None
    tone: str = ""


@dataclass(frozen=True)
class Column:
    """A column: numbers stand right, text left; `bar` columns are for bars."""

    title: str
    align: Literal["left", "right", "bar"] = "right"


@dataclass(frozen=True)
class Row:
    """A row; `total` is set off from those above, `group` heads those below."""

    cells: tuple[Cell | str, ...]
    role: Literal["plain", "total", "group"] = "plain"


@dataclass(frozen=True)
class Swatch:
    """An entry of a legend; `shape` is bar, line, dot, square, triangle, diamond, hollow, tick or dashes."""

    colour: str
    label: str
    shape: str = "bar"
    note: str = ""


@dataclass(frozen=True)
class Table:
    """A table that scrolls by itself where the window is too narrow."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    caption: str = ""
    legend: tuple[Swatch, ...] = ()
    block: ClassVar[str] = "table"


@dataclass(frozen=True)
class Figure:
    """A drawing with its legend above and its caption below."""

    drawing: Drawing
    caption: str = ""
    legend: tuple[Swatch, ...] = ()
    block: ClassVar[str] = "figure"


@dataclass(frozen=True)
class Quote:
    """A piece of a document, and where it is from."""

    text: str
    source: str
    block: ClassVar[str] = "quote"


@dataclass(frozen=True)
class Code:
    """Text in which every space counts."""

    text: str
    block: ClassVar[str] = "code"


@dataclass(frozen=True)
class Details:
    """Blocks that show when asked for."""

    summary: str
    blocks: tuple[Block, ...]
    block: ClassVar[str] = "details"


Block = Paragraph | Heading | Tiles | Table | Figure | Quote | Code | Details


@dataclass(frozen=True)
class Section:
    """A part of the page: its anchor, its title and what stands in it."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]
