"""Mixtures: swarms of proxy runs, laws fitted to them, the best mixture under a budget, and the shards that hold it.

from mixing import Study, fit, solve, Mixture
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mixing.mixture import Mixture
    from mixing.regress.surrogate import Surrogate, fit
    from mixing.solver.solution import Solution, solve
    from mixing.study import Study

__all__ = ["Mixture", "Solution", "Study", "Surrogate", "fit", "solve"]

_HOMES = {
    "Mixture": "mixing.mixture",
    "Solution": "mixing.solver.solution",
    "Study": "mixing.study",
    "Surrogate": "mixing.regress.surrogate",
    "fit": "mixing.regress.surrogate",
    "solve": "mixing.solver.solution",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(name)
