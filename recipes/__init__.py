"""Recipes: load one, run one.

    from recipes import load, run
    run(load("recipes/quickstart.yaml"), until="shards")

Both are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recipes.execute import run
    from recipes.recipe import load

__all__ = ["load", "run"]


def __getattr__(name: str) -> Any:
    if name == "load":
        from recipes.recipe import load

        return load
    if name == "run":
        from recipes.execute import run

        return run
    raise AttributeError(name)
