"""What a regressor is: it turns runs into a law, and a law predicts one metric from a mixture.

A law is a function of the D shares, smooth on the simplex, with its gradient. `convex` says that it is convex there
whatever its parameters: only then does the solver's duality gap bound the distance to the optimum.

Legend of shapes: R runs, D domains, T metrics.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


class Law(Protocol):
    """A fitted metric; lower is better."""

    convex: bool

    def values(self, ratios_RD: Array) -> Array:
        """The predicted metric of each mixture, shape (R,)."""

    def gradient(self, ratios_D: Array) -> Array:
        """Its gradient at one mixture, shape (D,)."""


class Regressor(Protocol):
    """A family of laws, found by name through the entry points `mixwright.regressors`."""

    name: str

    def fit(self, ratios_RD: Array, metric_R: Array, near: Law | None = None) -> Law:
        """The law that fits runs best; deterministic.

        Args:
            ratios_RD: mixtures, rows sum to 1.
            metric_R: the metric of each, lower is better.
            near: a law of this family fitted to nearly the same runs: the search may begin there alone.
        """
