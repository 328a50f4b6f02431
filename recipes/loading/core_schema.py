"""What a plain scalar means: the core schema of YAML 1.2.2 (section 10.3.2).

`17`, `0x1F`, `0o17`, `3e-4`, `1e6`, `.5`, `.inf`, `.nan` are numbers; true, false and null (also True, TRUE, ...), `~`
and nothing at all are themselves; all the rest is text: `no`, `on`, `1_000`, `12:30`, `2024-01-01`.
"""

from __future__ import annotations

import re

from recipes.loading.tree import Scalar

_NULL = {"", "~", "null", "Null", "NULL"}
_BOOLEAN = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o([0-7]+)")
_HEXADECIMAL = re.compile(r"0x([0-9a-fA-F]+)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"([-+]?)\.(inf|Inf|INF)")
_NOT_A_NUMBER = {".nan", ".NaN", ".NAN"}


def core_scalar(text: str) -> Scalar:
    """What a plain scalar means by the core schema.

    Raises:
        ValueError: an integer of more digits than Python converts.
    """
    if text in _NULL:
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if octal := _OCTAL.fullmatch(text):
        return int(octal[1], 8)
    if hexadecimal := _HEXADECIMAL.fullmatch(text):
        return int(hexadecimal[1], 16)
    if _FLOAT.fullmatch(text):
        return float(text)
    if infinite := _INFINITE.fullmatch(text):
        return float(f"{infinite[1]}inf")
    return float("nan") if text in _NOT_A_NUMBER else text
