"""A rule: one signal, one threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Rule:
    """Drops a document whose signal lies beyond a threshold; a document without the signal is kept."""

    name: str
    signal: str
    drops: Literal["below", "above"]
    threshold: float

    def fails(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Which values fail; NaN (not measured) never does."""
        return values < self.threshold if self.drops == "below" else values > self.threshold
