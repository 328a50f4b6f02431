"""What pydantic finds wrong with a value, in plain words.

Its errors name types of Python and terms of its own; here each is a sentence about the value, and where there is one,
a fix. Errors without a sentence keep pydantic's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import ErrorDetails

from curation.core.errors import nearest
from recipes.loading.tree import shown

# what a value of the wrong type should have been
_NOUNS: Mapping[str, str] = {
    "string_type": "text",
    "string_sub_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of a sensible size",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a mapping (key: value)",
    "mapping_type": "a mapping (key: value)",
    "model_type": "a mapping (key: value)",
    "model_attributes_type": "a mapping (key: value)",
    "dataclass_type": "a mapping (key: value)",
    "none_required": "null",
    "path_type": "a path",
    "date_type": "a date",
    "date_parsing": "a date such as 2024-01-31",
    "date_from_datetime_parsing": "a date such as 2024-01-31",
}
_LISTS = {"list_type", "tuple_type", "set_type", "frozen_set_type"}
_UNITS = {"String": "characters", "Dictionary": "entries"}

_NOTHING = "nothing is given"
_WRITE = "write a value, or leave the key out if it has a default"

Words = tuple[str, str | None]


def noun(error: ErrorDetails) -> str | None:
    """What a value with this error should have been, if the error is about its type or a choice."""
    if error["type"] == "literal_error":
        known = choices(str(error["ctx"]["expected"]))
        return f"one of {', '.join(known)}" if known[1:] else known[0]
    return _NOUNS.get(error["type"])


def not_a(value: Any, nouns: list[str], *, wants_list: bool = False) -> Words:
    """A value that is none of what it may be."""
    wanted = " or ".join(nouns) if len(nouns) < 3 else f"{', '.join(nouns[:-1])} or {nouns[-1]}"
    if value is None:
        return f"{_NOTHING}; it should be {wanted}", _WRITE
    what = f"{shown(value)} is not {wanted}"
    if wants_list and not isinstance(value, (dict, list)):
        return what, f"write [{value if isinstance(value, str) else shown(value)}]"
    if nouns == ["text"] and isinstance(value, (int, float)):
        return what, f'put it in quotes: "{shown(value)}"'
    return what, None


def words(error: ErrorDetails) -> Words:
    """The sentence and the fix for an error of pydantic's, but for those about keys."""
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    known = _NOUNS.get(kind)
    if known is not None:
        return not_a(value, [known], wants_list=kind in _LISTS)
    if kind in _SENTENCES:
        return _SENTENCES[kind](value, context)
    return f"{shown(value)}: {error['msg'][:1].lower()}{error['msg'][1:]}", None


def choices(expected: str) -> list[str]:
    """The values in pydantic's list of them: "'all' or 'none'", "'curate', 'count'", "1"."""
    found = re.findall(r"'([^']*)'|([^\s,']+)", expected)
    return [quoted or bare for quoted, bare in found if bare != "or"]


def pick(name: Any, known: list[str]) -> str | None:
    """The known name that is meant, or all of them."""
    if not known:
        return None
    near = nearest(name, known) if isinstance(name, str) else None
    return f"did you mean `{near}`?" if near else f"use one of {', '.join(known)}" if known[1:] else f"write {known[0]}"


def _literal(value: Any, context: Mapping[str, Any]) -> Words:
    known = choices(str(context["expected"]))
    return f"{shown(value)} is not {'one of ' if known[1:] else ''}{', '.join(known)}", pick(value, known)


def _value_error(value: Any, context: Mapping[str, Any]) -> Words:
    """Validators of ours say `what; fix`."""
    if value is None:
        return _NOTHING, _WRITE
    what, _, fix = str(context["error"]).partition("; ")
    seen = str(value)[:20] in what or shown(value)[:20] in what
    return what if seen or isinstance(value, dict) else f"{shown(value)}: {what}", fix or None


def _compared(relation: str, key: str) -> Callable[[Any, Mapping[str, Any]], Words]:
    return lambda value, context: (f"{shown(value)} must be {relation} {_short(context[key])}", None)


def _length(bound: str, key: str) -> Callable[[Any, Mapping[str, Any]], Words]:
    def sentence(value: Any, context: Mapping[str, Any]) -> Words:
        limit = context[key]
        unit = _UNITS.get(str(context.get("field_type", "String")), "items")
        unit = unit if limit != 1 else {"characters": "character", "entries": "entry", "items": "item"}[unit]
        empty = "it is empty" if not value else shown(value)
        return f"{empty}; it must have at {bound} {limit} {unit}", None

    return sentence


def _short(number: Any) -> str:
    return f"{number:g}" if isinstance(number, float) else str(number)


_SENTENCES: Mapping[str, Callable[[Any, Mapping[str, Any]], Words]] = {
    "literal_error": _literal,
    "enum": _literal,
    "value_error": _value_error,
    "assertion_error": _value_error,
    "greater_than": _compared("greater than", "gt"),
    "greater_than_equal": _compared("at least", "ge"),
    "less_than": _compared("less than", "lt"),
    "less_than_equal": _compared("at most", "le"),
    "multiple_of": _compared("a multiple of", "multiple_of"),
    "string_too_short": _length("least", "min_length"),
    "string_too_long": _length("most", "max_length"),
    "too_short": _length("least", "min_length"),
    "too_long": _length("most", "max_length"),
    "string_pattern_mismatch": lambda value, context: (f"{shown(value)} must match {context['pattern']}", None),
}
