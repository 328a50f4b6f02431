"""Numbers as the page writes them. What is missing or not finite is a dash."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from curation.core.units import format_count

MISSING = "\u2013"
_MINUS = "\u2212"
_THIN = "\u202f"
_SUPERSCRIPT = str.maketrans("-0123456789", "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079")

Number = float | int | None


def known(value: object) -> bool:
    """Whether it is a number that can be shown."""
    return isinstance(value, (int, float)) and math.isfinite(value)


def total(values: Iterable[Number]) -> float:
    """The sum of those that are known."""
    return math.fsum(value for value in values if value is not None and math.isfinite(value))


def ratio(part: Number, of: Number) -> float | None:
    """A quotient, unless there is none."""
    if part is None or of is None or not known(part) or not known(of) or of == 0:
        return None
    return part / of


def whole(value: Number) -> str:
    """12,345."""
    return MISSING if value is None or not known(value) else _minus(f"{value:,.0f}")


def short(value: Number) -> str:
    """4.6M; 1M without a zero behind the point."""
    return MISSING if value is None or not known(value) else _minus(format_count(value).replace(".0", ""))


def decimal(value: Number, digits: int = 4) -> str:
    """1.2346."""
    return MISSING if value is None or not known(value) else _minus(f"{value:,.{digits}f}")


def general(value: Number) -> str:
    """As few digits as tell the value: 40, 0.1, 12.25."""
    return MISSING if value is None or not known(value) else _minus(f"{value:,.6g}")


def signed(value: Number, digits: int = 4) -> str:
    """+0.0123; a zero has no sign."""
    return MISSING if value is None or not known(value) else _sign(f"{value:+,.{digits}f}")


def percent(share: Number, digits: int = 1) -> str:
    """12.3 %; what is above 0 never shows as 0."""
    if share is None or not known(share):
        return MISSING
    least = 10.0**-digits
    if 0 < share * 100 < least / 2:
        return f"<{least:.{digits}f}{_THIN}%"
    return _minus(f"{share * 100:,.{digits}f}{_THIN}%")


def signed_percent(share: Number, digits: int = 2) -> str:
    """+12.34 %."""
    return MISSING if share is None or not known(share) else _sign(f"{share * 100:+,.{digits}f}") + f"{_THIN}%"


def times(value: Number) -> str:
    """2.31 times, as 2.31 with a multiplication sign."""
    return MISSING if value is None or not known(value) else f"{value:.2f}\u00d7"


def scientific(value: Number) -> str:
    """2.1 times a power of ten; a plain number where that is as short."""
    if value is None or not known(value):
        return MISSING
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return general(value)
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{_minus(mantissa)}{_THIN}\u00d7{_THIN}10{str(int(exponent)).translate(_SUPERSCRIPT)}"


def joined(words: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def plural(n: int, noun: str) -> str:
    """1 run, 25 runs."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


class SizeUnit(NamedTuple):
    """A unit for a column of sizes, so that its numbers can be compared by eye."""

    name: str
    n_bytes: int

    def of(self, size_bytes: Number) -> str:
        """The size in this unit, without its name."""
        return decimal(ratio(size_bytes, self.n_bytes), 2 if self.n_bytes > 1 else 0)


def size_unit(largest_bytes: Number) -> SizeUnit:
    """The unit in which the largest of some sizes is at least 1; MB for small ones."""
    for name, n_bytes in (("TB", 10**12), ("GB", 10**9)):
        if largest_bytes is not None and largest_bytes >= 10 * n_bytes:
            return SizeUnit(name, n_bytes)
    return SizeUnit("MB", 10**6)


def _minus(text: str) -> str:
    return text.replace("-", _MINUS)


def _sign(text: str) -> str:
    return _minus(text) if any(digit in text for digit in "123456789") else text[1:]
