"""Syntax errors of YAML in sentences: what PyYAML found, said for the person who wrote the file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

import yaml


class Mark(Protocol):
    """A place of PyYAML's, from 0."""

    line: int
    column: int


Explained = tuple[Mark | None, str, str | None]


@dataclass(frozen=True)
class _Sentence:
    """Told for an error whose context and problem match; at the beginning of the context, or where it was noticed."""

    context: str
    problem: str
    what: str
    fix: str | None = None
    at_context: bool = False


_QUOTE_TEXT = "if it belongs to a text, put the text in quotes"
_SENTENCES = (
    _Sentence("alias", "", "`*` at the beginning of a value means an alias", "put the value in quotes", True),
    _Sentence("anchor", "", "`&` at the beginning of a value means an anchor", "put the value in quotes", True),
    _Sentence("tag|undefined", "", "`!` at the beginning of a value means a tag", "put the value in quotes", True),
    _Sentence("", "undefined tag handle", "`!` at the beginning of a value means a tag", "put the value in quotes"),
    _Sentence("directive", "", "`%` at the beginning of a line means a directive", "put the text in quotes", True),
    _Sentence("simple key", "expected ':'", "this line has no `:` after its key",
              "write `key: value`, with a space after the `:`", True),
    _Sentence("", "mapping values are not allowed", "a second `:` cannot stand in one value",
              "check the indentation; if the `:` belongs to a text, put the text in quotes"),
    _Sentence("", "mapping keys are not allowed", "`?` cannot stand here", _QUOTE_TEXT),
    _Sentence("", "sequence entries are not allowed", "a list item (`- `) cannot begin here",
              "put it on a line of its own, or write the list as [a, b]"),
    _Sentence("quoted scalar", "end of stream|document separator", "this quote is never closed",
              "close it, or quote with the other kind of quotes", True),
    _Sentence("double-quoted", "unknown escape", "a backslash in double quotes begins an escape, and this is none",
              "write the text in single quotes, or double the backslash"),
    _Sentence("double-quoted", "escape sequence", "this escape lacks hexadecimal digits"),
    _Sentence("block scalar", "", "after `|` or `>` the text begins on the next line",
              "put the value in quotes if `|` or `>` belongs to it"),
    _Sentence("block mapping", "<block sequence start>|'-'",
              "a list item (`- `) stands among the keys of a mapping",
              "check the indentation"),
    _Sentence("block mapping", "found ':'", "there is no key in front of the `:`"),
    _Sentence("block mapping", "found '<scalar>'", "text follows where the value has ended",
              "put all of it in quotes, or a `,` in between"),
    _Sentence("block mapping", "block end", "this line belongs to nothing above it", "indent it like its neighbours"),
    _Sentence("block collection", "block end", "this line is not an item of the list above it",
              "begin it with `- `, or check the indentation"),
    _Sentence("flow sequence", "", "this `[` is not closed, or a `,` is missing after an item", None, True),
    _Sentence("flow mapping", "", "this `{` is not closed, or a `,` is missing after an entry", None, True),
    _Sentence("node", "node content", "a value is missing in front of this"),
    _Sentence("", "document start", "a second value begins where the file should end",
              "check the indentation"),
    _Sentence("", "incompatible YAML", "this version of YAML is not supported", "remove the line `%YAML ...`"),
)  # fmt: skip

_CANNOT_START = re.compile(r"found character (.+) that cannot start any token", re.DOTALL)


def explain(error: yaml.MarkedYAMLError, text: str) -> Explained:
    """Where an error is, what is wrong and how to mend it.

    Args:
        error: from PyYAML's scanner or parser.
        text: what was scanned.
    """
    mark, context, problem = error.problem_mark, error.context or "", error.problem or "this is not YAML"
    if _CANNOT_START.match(problem) and mark is not None:
        return (mark, *_cannot_start(text[mark.index : mark.index + 1]))
    for sentence in _SENTENCES:
        if re.search(sentence.context, context) and re.search(sentence.problem, problem):
            at = error.context_mark if sentence.at_context and error.context_mark is not None else mark
            return at, sentence.what, sentence.fix
    return mark or error.context_mark, " ".join(f"{context}: {problem}".lstrip(": ").split()), None


def _cannot_start(character: str) -> tuple[str, str]:
    if character == "\t":
        return "a tab stands where YAML wants spaces", "indent and separate with spaces"
    return f"a value cannot begin with {character!r}", "put the value in quotes"
