"""Quantities as people write them: `6T` tokens, `64MiB`, `200KB`, `20%`.

Counts use decimal suffixes (K, M, B or G, T, and P). Sizes are bytes: KB, MB, GB are decimal, KiB, MiB, GiB binary.
"""

from __future__ import annotations

import re

from curation.core.errors import BadInput

_NUMBER = r"(?P<number>\d+(?:_\d+)*(?:\.\d+)?(?:[eE][+-]?\d+)?)"
_COUNT = re.compile(rf"^\s*{_NUMBER}\s*(?P<unit>[KMBGTP]?)\s*$", re.IGNORECASE)
_SIZE = re.compile(rf"^\s*{_NUMBER}\s*(?P<unit>(?:[KMGTP]i?)?B?)\s*$", re.IGNORECASE)

_DECIMAL = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "G": 10**9, "T": 10**12, "P": 10**15}
_BINARY = {"KI": 2**10, "MI": 2**20, "GI": 2**30, "TI": 2**40, "PI": 2**50}


def parse_count(text: str | int | float) -> int:
    """A number of tokens, documents or parameters: `parse_count("1.5B") == 1_500_000_000`."""
    return _parse(text, _COUNT, _DECIMAL, "a count such as 200K, 30M, 3B or 6T")


def parse_size(text: str | int | float) -> int:
    """A number of bytes: `parse_size("64MiB") == 67_108_864`."""
    units = _DECIMAL | _BINARY
    del units["B"]
    return _parse(text, _SIZE, units, "a size such as 200KB, 64MiB or 2GB")


def parse_fraction(text: str | int | float) -> float:
    """A share between 0 and 1, written as such or in percent: `parse_fraction("20%") == 0.2`."""
    try:
        if isinstance(text, str) and text.strip().endswith("%"):
            value = float(text.strip()[:-1]) / 100
        else:
            value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise BadInput(f"{text!r} is not a share", fix="write a number from 0 to 1, or a percentage such as 20%")
    return value


def format_count(n: int | float) -> str:
    """A short count for people: 12.3M."""
    return _format(n, 1000.0, ["", "K", "M", "B", "T", "P"])


def format_size(n_bytes: int | float) -> str:
    """A short size for people: 4.2 MB."""
    return _format(n_bytes, 1000.0, [" B", " KB", " MB", " GB", " TB", " PB"])


def format_seconds(seconds: float) -> str:
    """A short duration for people: 8.2 s, 3 min 05 s, 2 h 10 min."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def _parse(text: str | int | float, pattern: re.Pattern[str], units: dict[str, int], expected: str) -> int:
    if isinstance(text, bool):
        raise BadInput(f"{text!r} is not {expected}")
    if isinstance(text, (int, float)):
        value = text
    else:
        match = pattern.match(text)
        if match is None:
            raise BadInput(f"{text!r} is not {expected}", fix=f"write {expected}")
        unit = match["unit"].upper()
        if len(unit) > 1 and unit.endswith("B"):
            unit = unit[:-1]
        elif unit == "B" and "B" not in units:
            unit = ""
        number = match["number"].replace("_", "")
        value = int(number) * units[unit] if number.isdigit() else float(number) * units[unit]
    if value < 0 or value != round(value):
        raise BadInput(f"{text!r} is not a whole number", fix=f"write {expected}")
    return round(value)


def _format(value: int | float, base: float, suffixes: list[str]) -> str:
    scaled, index = float(value), 0
    while abs(scaled) >= base and index < len(suffixes) - 1:
        scaled, index = scaled / base, index + 1
    digits = f"{scaled:.0f}" if index == 0 or abs(scaled) >= 100 else f"{scaled:.1f}"
    return f"{digits}{suffixes[index]}"
