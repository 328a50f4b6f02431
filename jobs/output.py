"""What commands print: one JSON document, or tables for people.

On a terminal a table is drawn by rich, in the terminal's width. Elsewhere it is plain text in columns, so that a log
or a pipe gets whole lines.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curation.core.errors import MixError, Problems
from curation.core.units import format_count, format_size

_GAP = "  "


@dataclass(frozen=True)
class Column:
    """A column of a table; `may_wrap` lets it give way when the terminal is narrow."""

    title: str
    right: bool = False
    may_wrap: bool = False


@dataclass(frozen=True)
class Row:
    """A row; a `faint` one matters less."""

    cells: tuple[str, ...]
    faint: bool = False


def print_document(kind: str, **fields: Any) -> None:
    """Print a JSON document of ours on standard output."""
    print(json.dumps({"schema": 1, "kind": kind, **fields}, indent=1, ensure_ascii=False, default=_as_json))


def print_table(columns: Sequence[Column], rows: Sequence[Row], *, titled: bool = True) -> None:
    """Print a table; columns that are empty in all rows are left out."""
    kept = [i for i in range(len(columns)) if any(row.cells[i] for row in rows)]
    columns = [columns[i] for i in kept]
    rows = [Row(tuple(row.cells[i] for i in kept), row.faint) for row in rows]
    if sys.stdout.isatty():
        _print_rich(columns, rows, titled=titled)
        return
    lines = [tuple(column.title for column in columns)] if titled else []
    lines += [row.cells for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    for line in lines:
        padded = [
            cell.rjust(width) if column.right else cell.ljust(width)
            for cell, width, column in zip(line, widths, columns, strict=True)
        ]
        print(_GAP.join(padded).rstrip())


def print_lines(*lines: str, style: str = "") -> None:
    """Print lines of text; on a terminal they are wrapped at words, and what is indented stays so."""
    if not sys.stdout.isatty():
        for line in lines:
            print(line)
        return
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console(highlight=False)
    for line in lines:
        indent = len(line) - len(line.lstrip())
        console.print(Padding(Text(line.strip(), style=style), (0, 0, 0, indent)))


def error_document(error: MixError) -> dict[str, Any]:
    """An error as JSON; `problems` has its parts, or itself alone."""
    problems = error.problems if isinstance(error, Problems) else [error]
    told = [{"what": one.what, "where": one.where, "fix": one.fix} for one in problems]
    head = told[0] if len(told) == 1 else {"what": f"{len(told)} problems", "where": None, "fix": None}
    return {**head, "exit_code": error.exit_code, "problems": told}


def short_size(n_bytes: int) -> str:
    """A size of at most three digits: 4.2 MB, 42 MB."""
    return _short(format_size(n_bytes))


def short_count(n: int) -> str:
    """A count of at most three digits: 4.2M, 42M."""
    return _short(format_count(n))


def about(seconds: float) -> str:
    """A duration as coarse as an estimate is: 8 s, 12 min, 3.4 h, 2.1 days."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    for unit, length, until in (("min", 60, 90 * 60), ("h", 3600, 48 * 3600), ("days", 86400, float("inf"))):
        if seconds < until:
            value = seconds / length
            return f"{value:.0f} {unit}" if unit == "min" or value >= 10 else f"{value:.1f} {unit}"
    raise AssertionError(seconds)


def _short(text: str) -> str:
    return re.sub(r"^\d{2,}\.\d", lambda match: f"{float(match[0]):.0f}", text)


def _as_json(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")


def _print_rich(columns: Sequence[Column], rows: Sequence[Row], *, titled: bool) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=titled, header_style="bold", padding=(0, len(_GAP), 0, 0))
    for column in columns:
        justify = "right" if column.right else "left"
        table.add_column(column.title, justify=justify, no_wrap=not column.may_wrap, overflow="fold")  # type: ignore[arg-type]
    for row in rows:
        table.add_row(*(Text(cell) for cell in row.cells), style="dim" if row.faint else None)
    Console(highlight=False).print(table)
