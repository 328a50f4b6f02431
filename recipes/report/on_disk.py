"""What a run has left on disk: the finished stages of a recipe with their manifests, and the times of its events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from curation.core.errors import BadInput
from curation.core.events import read_events
from curation.core.storage import Directory, read_manifest
from recipes.flow import inputs_of
from recipes.run_directory import RunDirectory
from recipes.schema import Recipe

MANIFEST_KINDS: Mapping[str, str] = {
    "curate": "pool",
    "count": "counts",
    "swarm": "study",
    "optimize": "mixture",
    "emit": "shards",
    "train": "model",
    "eval": "scores",
}


@dataclass(frozen=True)
class Finished:
    """A stage that is done.

    Args:
        name: in the recipe.
        stage: its configuration; the kind tells the type.
        path: of its output.
        manifest: of its output.
    """

    name: str
    stage: Any
    path: Path
    manifest: dict[str, Any]


class Interval(NamedTuple):
    """When a stage ran, in seconds since the epoch."""

    end: float
    wall_s: float


@dataclass(frozen=True)
class RunOnDisk:
    """A recipe and what its run has left."""

    recipe: Recipe
    directory: RunDirectory

    @cached_property
    def finished(self) -> dict[str, Finished]:
        """The stages that are done, in recipe order."""
        found = ((name, self._finished(name)) for name in self.recipe.stages)
        return {name: stage for name, stage in found if stage is not None}

    @property
    def unfinished(self) -> list[str]:
        return [name for name in self.recipe.stages if name not in self.finished]

    def of_kind(self, kind: str) -> list[Finished]:
        """The finished stages of a kind."""
        return [stage for stage in self.finished.values() if stage.stage.kind == kind]

    def input_of(self, name: str | None, key: str) -> str | None:
        """The stage that feeds another one; None if either does not exist."""
        if name is None or name not in self.recipe.stages:
            return None
        return inputs_of(self.recipe.stages[name]).get(key)

    @cached_property
    def intervals(self) -> dict[str, Interval]:
        """When each finished stage last ran; a log that is cut or damaged tells what it can."""
        latest: dict[str, Interval] = {}
        try:
            for event in read_events(self.directory.events_file):
                if event.get("event") == "stage" and event.get("state") == "done" and "wall_s" in event:
                    latest[event["stage"]] = Interval(float(event["time"]), float(event["wall_s"]))
        except (ValueError, KeyError, AttributeError, TypeError, OSError):
            pass
        return {name: latest[name] for name in self.finished if name in latest}

    def _finished(self, name: str) -> Finished | None:
        stage = self.recipe.stages[name]
        path = self.directory.path / name
        try:
            manifest = read_manifest(Directory(path), MANIFEST_KINDS.get(stage.kind))
        except (BadInput, OSError, ValueError):
            return None
        return Finished(name, stage, path, manifest)


def wall_seconds(intervals: Mapping[str, Interval]) -> float:
    """How long the stages took together; time in which several ran side by side counts once."""
    spans = sorted((interval.end - interval.wall_s, interval.end) for interval in intervals.values())
    seconds, reached = 0.0, float("-inf")
    for start, end in spans:
        seconds += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return seconds


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
