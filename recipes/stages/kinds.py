"""The kinds of stage, found by name; a kind's module is imported when a recipe uses it."""

from __future__ import annotations

import importlib
from typing import cast

from recipes.stages.base import StageKind

_MODULES = {
    "curate": "recipes.stages.curate",
    "count": "recipes.stages.count",
    "swarm": "recipes.stages.swarm",
    "optimize": "recipes.stages.optimize",
    "emit": "recipes.stages.emit",
    "train": "recipes.stages.train",
    "eval": "recipes.stages.evaluate",
}


def of(kind: str) -> StageKind:
    """The module that is the stage kind."""
    return cast(StageKind, importlib.import_module(_MODULES[kind]))
