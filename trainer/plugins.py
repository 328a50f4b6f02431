"""Trainers by name."""

from __future__ import annotations

from curation.core.plugins import load_plugin
from trainer.protocol import Trainer

GROUP = "mixwright.trainers"


def trainer_called(name: str) -> Trainer:
    """The trainer of a name.

    Raises:
        BadInput: there is none of that name.
        BadEnvironment: what it needs is not installed.
    """
    made: Trainer = load_plugin(GROUP, name)()
    return made
