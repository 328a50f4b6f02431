r"""Strict YAML 1.2 to a tree that knows file, line and column of everything.

PyYAML splits the text into events; it is made for YAML 1.1, so what they mean is decided here:

1. The text must be UTF-8 without control characters. NEL and the Unicode line and paragraph separators, line breaks in
   YAML 1.1 but not in 1.2, are hidden from the scanner behind private characters of the same width.
2. Plain scalars follow the core schema of YAML 1.2 (`recipes.loading.core_schema`): `3e-4` is a number, `no` is text.
3. Keys are text as written, also `no:` and `1:`. A key that stands twice is an error.
4. Two halves of a surrogate pair, as JSON writes them (`\ud83d\ude00`), are one character, so that every JSON document
   with keys below 1,000 characters reads as itself.
5. Anchors, aliases, tags, merge keys (`<<`) and tabs outside of quotes are errors: a recipe inherits by `base:`.

Errors of meaning (3, 5) are told all at once; an error of syntax ends the reading.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from pathlib import Path

import yaml
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.scanner import Scanner

from curation.core.errors import BadInput, Problems
from recipes.loading.core_schema import core_scalar
from recipes.loading.tree import Finding, Node, Place, Scalar
from recipes.loading.yaml_syntax import Mark, explain

MAX_DEPTH = 100
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_OLD_LINE_BREAKS = "\x85\u2028\u2029"
_SURROGATE = re.compile("[\ud800-\udfff]")


def read_yaml(path: Path) -> Node:
    """Read a file that holds one mapping.

    Raises:
        Problems: it cannot be read, is not UTF-8, not YAML, or not a mapping; with file, line and column.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise Problems([BadInput(f"the file cannot be read: {reason}", where=str(path))]) from None
    tree = parse_yaml(_decoded(data, path), str(path))
    if not isinstance(tree.value, dict):
        what = "a list" if isinstance(tree.value, list) else "a single value"
        raise _problem(tree.place, f"the file holds {what}, not a mapping", "write lines of the form `key: value`")
    return tree


def parse_yaml(text: str, file: str, *, one_place: bool = False) -> Node:
    """The tree of a text.

    Args:
        text: one YAML document.
        file: what places call it.
        one_place: everything is at `file`, without line and column.

    Raises:
        Problems: it is not YAML, or says what is not allowed here.
    """
    return _Reading(text, file, one_place).document()


class _Events(Reader, Scanner, Parser):
    """PyYAML's text to events, without the parts that make values."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)

    def check_printable(self, data: object) -> None:
        """Control characters are refused before, and JSON may hold all others."""


class _Reading:
    def __init__(self, text: str, file: str, one_place: bool) -> None:
        self._file = file
        self._one_place = one_place
        self._findings: list[Finding] = []
        control = _CONTROL.search(text)
        if control:
            place = self._place(*_line_and_column(text[: control.start()]))
            raise _problem(place, f"the control character {control[0]!r} cannot stand in a text file")
        hidden, self._shown = _hide_old_line_breaks(text)
        self._text = hidden
        self._events = _Events(hidden)

    def document(self) -> Node:
        try:
            self._next()
            if self._events.check_event(yaml.StreamEndEvent):
                raise _problem(self._place(0, 0), "the file is empty", "write lines of the form `key: value`")
            self._next()
            tree = self._node(self._next(), None, 0)
            self._next()
            if not self._events.check_event(yaml.StreamEndEvent):
                self._find(self._next(), "a second document begins", "keep one document in a file: remove the `---`")
        except yaml.MarkedYAMLError as error:
            mark, what, fix = explain(error, self._text)
            raise Problems([*self._errors(), Finding(self._at(mark), what, fix).error()]) from None
        except (ValueError, OverflowError):  # an escape beyond the last character of Unicode
            place = self._at(self._events.get_mark())
            raise Problems([*self._errors(), Finding(place, "this escape is no character").error()]) from None
        if self._findings:
            raise Problems(self._errors())
        return tree

    def _node(self, event: yaml.Event, key_place: Place | None, depth: int) -> Node:
        place = self._at(event.start_mark)
        if depth > MAX_DEPTH:
            raise Problems([*self._errors(), Finding(place, f"more than {MAX_DEPTH} levels deep").error()])
        if isinstance(event, yaml.AliasEvent):
            what = f"`*{event.anchor}` is an alias, which recipes do without"
            self._find(event, what, "put it in quotes, or write the value out")
            return Node(None, place, key_place)
        assert isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent))
        if event.anchor is not None:
            what = f"`&{event.anchor}` is an anchor, which recipes do without"
            self._find(event, what, "put it in quotes, or remove it: recipes inherit by `base:`")
        if event.tag is not None:
            what = f"`{_short(event.tag)}` is a tag, which recipes do without"
            self._find(event, what, "remove it, or put it in quotes")
        if isinstance(event, yaml.ScalarEvent):
            return Node(self._scalar(event), place, key_place)
        if isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not self._events.check_event(yaml.SequenceEndEvent):
                items.append(self._node(self._next(), None, depth + 1))
            self._next()
            return Node(items, place, key_place)
        entries: dict[str, Node] = {}
        while not self._events.check_event(yaml.MappingEndEvent):
            key_event = self._next()
            key = self._key(key_event, entries, depth)
            child = self._node(self._next(), self._at(key_event.start_mark), depth + 1)
            if key is not None:
                entries[key] = child
        self._next()
        return Node(entries, place, key_place)

    def _key(self, event: yaml.Event, entries: dict[str, Node], depth: int) -> str | None:
        """The text of a key, or None if it cannot be used."""
        self._node(event, None, depth + 1)
        if not isinstance(event, yaml.ScalarEvent):
            self._find(event, "a key must be text", "quote it if it begins with `[`, `{` or `*`")
            return None
        key = self._unhidden(event.value, event)
        if event.style is None and key == "":
            self._find(event, "there is no key in front of the `:`", 'write one, or `"":` for the empty text')
            return None
        if event.style is None and key == "<<":
            self._find(event, "merge keys (`<<`) are not supported", "use `base:` to inherit from another recipe")
            return None
        if key in entries:
            first = entries[key].key_place
            told = f"first in line {first.line}" if first and first.line else "twice in one mapping"
            self._find(event, f"the key `{key}` is repeated: {told}", "keep one of the two")
            return None
        return key

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        text = self._unhidden(event.value, event)
        if event.style is not None or event.tag is not None:
            return text
        try:
            return core_scalar(text)
        except ValueError:
            self._find(event, f"a number of {len(text):,} digits is too long", "put it in quotes to keep it as text")
            return None

    def _unhidden(self, text: str, event: yaml.Event) -> str:
        text = text.translate(self._shown)
        if not _SURROGATE.search(text):
            return text
        try:
            return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        except UnicodeDecodeError:
            self._find(event, "the text holds half of a surrogate pair", r"write both, as in \ud83d\ude00")
            return ""

    def _next(self) -> yaml.Event:
        event: yaml.Event = self._events.get_event()  # type: ignore[no-untyped-call]
        return event

    def _place(self, line: int, column: int) -> Place:
        return Place(self._file) if self._one_place else Place(self._file, line + 1, column + 1)

    def _at(self, mark: Mark | None) -> Place:
        return self._place(mark.line, mark.column) if mark is not None else Place(self._file)

    def _find(self, event: yaml.Event, what: str, fix: str) -> None:
        self._findings.append(Finding(self._at(event.start_mark), what, fix))

    def _errors(self) -> list[BadInput]:
        return [finding.error() for finding in self._findings]


def _short(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")


def _decoded(data: bytes, path: Path) -> str:
    data = data.removeprefix(BOM_UTF8)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = _line_and_column(data[: error.start].decode("utf-8"))
        place = Place(str(path), line + 1, column + 1)
        what = f"the byte 0x{data[error.start]:02X} is not UTF-8"
        raise _problem(place, what, "save the file in UTF-8") from None


def _line_and_column(before: str) -> tuple[int, int]:
    lines = _LINE_BREAK.split(before)
    return len(lines) - 1, len(lines[-1])


def _hide_old_line_breaks(text: str) -> tuple[str, dict[int, str]]:
    """The text with private characters that it does not hold for the old line breaks, and the way back."""
    present = [character for character in _OLD_LINE_BREAKS if character in text]
    if not present:
        return text, {}
    held = set(text)
    free = (chr(code) for code in range(0xF0000, 0xFFFFE) if chr(code) not in held)
    forth = {ord(character): next(free) for character in present}
    return text.translate(forth), {ord(private): chr(code) for code, private in forth.items()}


def _problem(place: Place, what: str, fix: str | None = None) -> Problems:
    return Problems([Finding(place, what, fix).error()])
