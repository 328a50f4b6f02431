"""Quantities as fields of configurations: a pydantic field of type `Size` takes 64MiB, `Tokens` 6T, `Fraction` 20%."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BeforeValidator

from curation.core.errors import BadInput
from curation.core.units import parse_count, parse_fraction, parse_size


def _parsed(parse: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def validate(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise ValueError(f"{value!r} is neither a number nor text")
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"{value} is not a finite number")
        try:
            return parse(value)
        except BadInput as error:
            raise ValueError(f"{error.what}; {error.fix}" if error.fix else error.what) from None
        except OverflowError:
            raise ValueError(f"{value!r} is too large") from None

    return validate


Tokens = Annotated[int, BeforeValidator(_parsed(parse_count))]
Size = Annotated[int, BeforeValidator(_parsed(parse_size))]
Fraction = Annotated[float, BeforeValidator(_parsed(parse_fraction))]
