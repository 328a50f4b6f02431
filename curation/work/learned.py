"""Steps that measure with a model: it is there before the first pass over the documents begins.

The driver learns the model, or takes a finished one in, and writes it into the pool's directory; workers read it from
there. What the model is made from belongs to the step's `inputs`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from curation.core.events import Events
from curation.core.storage import Directory, FileEntry
from curation.work.step import RowStep, Step


@dataclass(frozen=True)
class ModelFile:
    """A file of a directory, as a worker finds it."""

    directory: str
    entry: FileEntry

    def read(self) -> bytes:
        return Directory(self.directory).read_bytes(self.entry.path)


@dataclass(frozen=True)
class LearnedStep(RowStep):
    """A row-local step with a model; `model` is None until it is there, and the step cannot measure before."""

    model: ModelFile | None = None

    @abstractmethod
    def inputs(self) -> list[str]:
        """Hashes of the contents that the model is made from."""

    @abstractmethod
    def learn(self, directory: Directory, events: Events) -> Learned:
        """Write the model below `models/` of a directory; what an interrupted attempt left there may be used."""


@dataclass(frozen=True)
class Learned:
    """A step that can measure, and what the pool's manifest says about its model.

    Args:
        step: the step with its model.
        note: what the model was made from, how well it does; JSON values.
    """

    step: LearnedStep
    note: dict[str, Any]


def learn_all(
    steps: Sequence[Step], directory: Directory, events: Events, notes: dict[str, Any]
) -> tuple[tuple[Step, ...], list[FileEntry]]:
    """The steps, all of them able to measure, and the files of their models. Notes are added by the steps' labels."""
    ready: list[Step] = []
    files: list[FileEntry] = []
    for step in steps:
        if isinstance(step, LearnedStep):
            learned = step.learn(directory, events)
            assert learned.step.model is not None
            step = learned.step
            notes[step.label] = learned.note
            files.append(learned.step.model.entry)
        ready.append(step)
    return tuple(ready), files
