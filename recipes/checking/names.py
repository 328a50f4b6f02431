"""Names of stages become names of directories beside the run's own files, and may not be theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from recipes.checking.refusals import Refusal
from recipes.schema import Recipe

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_TAKEN = ("events.jsonl", "report.html")


def check_names(recipe: Recipe) -> Iterator[Refusal]:
    """Stages whose names cannot be directories of a run."""
    for name in recipe.stages:
        if not _NAME.fullmatch(name):
            what = f"the stage's name {name!r} cannot be the name of a directory"
            yield Refusal(f"stages.{name}", what, "use letters, digits, `_`, `-` and `.`, a letter or digit first")
        elif name in _TAKEN:
            yield Refusal(f"stages.{name}", "a run has a file of this name", "choose another name for the stage")
