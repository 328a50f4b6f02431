"""The estimators of stage kinds, found by name. A kind without one is shown in the plan without numbers."""

from __future__ import annotations

import importlib
from typing import cast

from recipes.checking.plan import Estimate
from recipes.checking.question import Estimator, Question

_MODULES = {
    "curate": "recipes.checking.curate",
    "count": "recipes.checking.count",
    "swarm": "recipes.checking.swarm",
    "optimize": "recipes.checking.optimize",
    "emit": "recipes.checking.emit",
    "train": "recipes.checking.train",
    "eval": "recipes.checking.evaluate",
}


def estimate(question: Question) -> Estimate:
    """What a stage will take."""
    module = _MODULES.get(question.stage.kind)
    if module is None:
        return Estimate()
    return cast(Estimator, importlib.import_module(module)).estimate(question)
