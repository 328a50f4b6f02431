"""What a kind of stage is: the code behind it, what it depends on besides its inputs, and how it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from curation.core.events import EventLog
from curation.core.storage import MANIFEST, Directory
from curation.engine.base import Engine
from curation.engine.fingerprint import code_fingerprint, fingerprint
from recipes.flow import inputs_of
from recipes.schema import Recipe


@dataclass(frozen=True)
class Resources:
    """What a run may use. Nothing here changes a result."""

    engine: Engine
    workers: int
    cache: Path


@dataclass(frozen=True)
class StageContext:
    """All that a stage needs to run.

    Args:
        recipe: the whole recipe, for names and the seed.
        name: the stage's name.
        inputs: the output directory of every stage that this one names, by key; and `upstream` ones it asked for.
        out: where to write; the manifest goes last.
    """

    recipe: Recipe
    name: str
    inputs: Mapping[str, Path]
    out: Path
    resources: Resources
    events: EventLog = field(compare=False)

    @property
    def stage(self) -> Any:
        """The stage's configuration; its kind's module knows the type."""
        return self.recipe.stages[self.name]


class StageKind(Protocol):
    """One kind of stage."""

    code: tuple[str, ...]
    """Packages whose sources its result depends on."""

    side_by_side: bool
    """Whether it keeps to one core, so that several may run at once in processes of their own."""

    def needs(self, recipe: Recipe, name: str) -> dict[str, str]:
        """Stages it reads besides those it names: key to stage name."""

    def depends_on(self, context: StageContext) -> Any:
        """What else its result depends on: the contents of sources outside the flow. JSON values."""

    def run(self, context: StageContext) -> None:
        """Do the work; a run that was interrupted goes on from what `context.out` holds."""


def stage_fingerprint(kind: StageKind, context: StageContext) -> str:
    """What the output of a stage depends on: its code, its parameters, its inputs' manifests, the seed."""
    manifests = {key: Directory(path).read_bytes(MANIFEST) for key, path in sorted(context.inputs.items())}
    # where a source is does not matter; `depends_on` covers what is in it
    left_out = dict.fromkeys(inputs_of(context.stage), True) | {"sources": {"__all__": {"paths"}}}
    parameters = context.stage.model_dump(mode="json", exclude=left_out)
    return fingerprint(
        code_fingerprint(*kind.code), parameters, manifests, context.recipe.seed, kind.depends_on(context)
    )
