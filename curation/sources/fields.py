"""Which of a row's columns are what, in the conventions of Dolma, of datatrove, and of a recipe's `fields`.

A row is a mapping from column names to values, from a line of JSON or from a table.

1. Text is the first of `text` and `content` that is there. A recipe's `fields: {text: body}` names another; so with all
   that follows. A name with dots leads into nested columns: `metadata.url`.
2. The user's id, the URL, the date and the licence are the first of their names that have a value.
3. All other columns become one JSON object, `metadata`. A column that is itself called metadata and holds an object (or
   its JSON) gives its members to that object, unless a member has the name of another column.

What JSON cannot say (NaN, infinity) is null; dates are written in ISO 8601, other values as text.
"""

from __future__ import annotations

import json
import math
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from curation.core.errors import BadInput, nearest

_DEFAULTS: Mapping[str, tuple[str, ...]] = {
    "text": ("text", "content"),
    "id": ("id",),
    "url": ("url", "metadata.url"),
    "date": ("date", "created", "timestamp", "metadata.date", "metadata.created", "metadata.timestamp"),
    "licence": ("licence", "license", "metadata.licence", "metadata.license"),
    "domain": (),
}
_METADATA = "metadata"
_COLUMN_OF = {"id": "source_id"}
_COLUMNS = ("source_id", "url", "date", "licence", "domain", _METADATA)
_MISSING: Any = object()
_MOST_LAYOUTS = 1000


def check_fields(fields: Mapping[str, str], where: str) -> None:
    """Whether a recipe's `fields` names columns of documents.

    Raises:
        BadInput: it names another.
    """
    for name in fields:
        if name not in _DEFAULTS:
            near = nearest(name, _DEFAULTS)
            hint = f"did you mean `{near}`?" if near else f"use {', '.join(_DEFAULTS)}"
            raise BadInput(f"`fields` has no {name!r}", where=where, fix=hint)


@dataclass(frozen=True)
class _Layout:
    """What rows with the same columns have: where the text is, and where the other columns may be."""

    text: tuple[str, ...] | None
    others: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]


class Fields:
    """Takes rows apart.

    Args:
        named: a recipe's `fields`.
    """

    def __init__(self, named: Mapping[str, str]) -> None:
        names = {target: (named[target],) if target in named else known for target, known in _DEFAULTS.items()}
        self.text_names = names.pop("text")
        self._others = {_COLUMN_OF.get(target, target): known for target, known in names.items()}
        self._named = frozenset(named.values())
        self._layouts: dict[tuple[str, ...], _Layout] = {}
        self._found: set[str] = set()
        self._complete = False

    def take(self, row: dict[str, Any]) -> tuple[Any, dict[str, str | None]]:
        """The text as it is there, and the columns of a document that the row has.

        Args:
            row: is used up.

        Returns:
            The value of the text column, None if there is none; and source_id, url, date, licence, domain, metadata.
        """
        layout = self._layout(row)
        inner = row.get(_METADATA)
        if isinstance(inner, str) and inner.startswith("{"):
            row[_METADATA] = _parsed(inner)
        text = _take(row, layout.text) if layout.text else None
        columns: dict[str, str | None] = dict.fromkeys(_COLUMNS)
        for column, paths in layout.others:
            for path in paths:
                if (told := _as_text(_look(row, path))) is not None:
                    columns[column] = told
                    if len(path) == 1:
                        del row[path[0]]
                    break
        columns[_METADATA] = _joined(row)
        return text if text is not _MISSING else None, columns

    def check_columns(self, columns: Iterable[str]) -> str | None:
        """What is missing in a file with these columns, in words; None if nothing is."""
        known = tuple(columns)
        return self._missing(known, {name for name in (*self._named, *self.text_names) if _may_have(known, name)})

    def check_rows(self) -> str | None:
        """What was missing in all rows that were taken apart, in words; None if nothing was."""
        seen = dict.fromkeys(name for columns in self._layouts for name in columns)
        return self._missing(tuple(seen), self._found) if self._layouts else None

    def _layout(self, row: Mapping[str, Any]) -> _Layout:
        columns = tuple(row)
        layout = self._layouts.get(columns)
        if layout is None:
            text = next((_path(row, name) for name in self.text_names if _may_have(row, name)), None)
            others = {
                column: tuple(_path(row, name) for name in names if _may_have(row, name))
                for column, names in self._others.items()
            }
            layout = _Layout(text, tuple((column, paths) for column, paths in others.items() if paths))
            if len(self._layouts) < _MOST_LAYOUTS:
                self._layouts[columns] = layout
        if not self._complete:
            self._note(row)
        return layout

    def _note(self, row: Mapping[str, Any]) -> None:
        wanted = (*self._named, *self.text_names)
        self._found.update(name for name in wanted if _look(row, _path(row, name)) is not _MISSING)
        self._complete = self._found >= self._named and bool(self._found.intersection(self.text_names))

    def _missing(self, columns: tuple[str, ...], found: set[str]) -> str | None:
        lost = [name for name in sorted(self._named) if name not in found]
        if not lost and not found.intersection(self.text_names):
            lost = list(self.text_names)
        if not lost:
            return None
        near = nearest(lost[0], columns)
        hint = f"; did you mean {near!r}?" if near else ""
        return f"no column {' or '.join(map(repr, lost))}; the columns are {', '.join(sorted(columns))}{hint}"


def _may_have(columns: Container[str], name: str) -> bool:
    """Whether rows with these columns have one of that name, or one that it leads into."""
    return name in columns or ("." in name and name.split(".")[0] in columns)


def _path(columns: Container[str], name: str) -> tuple[str, ...]:
    """The way to a column; a name that has dots of its own comes first."""
    return (name,) if name in columns else tuple(name.split("."))


def _look(row: Any, path: tuple[str, ...]) -> Any:
    """The value at the end of a path, or _MISSING."""
    for name in path:
        if not isinstance(row, dict) or name not in row:
            return _MISSING
        row = row[name]
    return row


def _take(row: dict[str, Any], path: tuple[str, ...]) -> Any:
    """The value at the end of a path, or _MISSING; a column leaves the row, a member of one stays."""
    return row.pop(path[0], _MISSING) if len(path) == 1 else _look(row, path)


def _as_text(value: Any) -> str | None:
    """A value as the text of a column; None if it is none, or no single value."""
    if isinstance(value, str):
        return value or None
    if value is None or value is _MISSING or isinstance(value, (bool, dict, list, tuple, bytes)):
        return None
    return str(_plain(value))


def _joined(rest: dict[str, Any]) -> str | None:
    """The columns that are left as one JSON object, or None."""
    inner = rest.get(_METADATA, _MISSING)
    if inner is None:
        del rest[_METADATA]
    elif isinstance(inner, dict) and not (inner.keys() & (rest.keys() - {_METADATA})):
        del rest[_METADATA]
        rest = {**inner, **rest}
    if not rest:
        return None
    try:
        return _encode(rest)
    except (ValueError, TypeError):
        return _encode(_finite(rest))


def _parsed(text: str) -> Any:
    """JSON that is text in a column; the text itself if it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _plain(value: Any) -> Any:
    """A value that JSON has no word for, as text."""
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain).encode


def _finite(value: Any) -> Any:
    """Numbers that JSON has no word for as null; names of other types as text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, (list, tuple)) else value
