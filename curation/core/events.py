"""The event stream of a run: one JSON object a line, appended to `events.jsonl`.

Progress, metrics and warnings all pass here. The terminal, the report and trackers read the same lines, so that what a
person sees while a run goes on and what stays afterwards cannot differ. Times are kept here and nowhere else: nothing
that is fingerprinted or compared depends on them.
"""

from __future__ import annotations

import errno
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol


class Events(Protocol):
    """Where a stage tells what it does."""

    def emit(self, event: str, /, **fields: Any) -> None:
        """Tell one event: progress, metric, warning, stage, run. Fields are JSON values."""


class NoEvents:
    """Tells nobody."""

    def emit(self, event: str, /, **fields: Any) -> None:
        pass


class EventLog:
    """Appends events to a file and hands each one to the listeners (a progress bar, a tracker).

    A line is written by a single `write` on a file opened for appending, so that several processes may share one log.
    """

    def __init__(self, path: str | Path | None = None, *, stage: str | None = None) -> None:
        self.path = Path(path) if path is not None else None
        self.stage = stage
        self.listeners: list[Callable[[dict[str, Any]], None]] = []
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)

    def emit(self, event: str, /, **fields: Any) -> None:
        told: dict[str, Any] = {"time": round(time.time(), 3), "event": event}
        if self.stage is not None:
            told["stage"] = self.stage
        told |= fields
        if self.path is not None:
            line = json.dumps(told, ensure_ascii=False) + "\n"
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                if os.write(descriptor, line.encode()) < len(line.encode()):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
            finally:
                os.close(descriptor)
        for listener in self.listeners:
            listener(told)

    def for_stage(self, stage: str) -> EventLog:
        """The same log and listeners, with the stage's name on every event."""
        log = EventLog(self.path, stage=stage)
        log.listeners = self.listeners
        return log


def read_events(path: str | Path) -> Iterator[dict[str, Any]]:
    """The events of a log, oldest first. A torn line (the writer was killed, the disk was full) is left out."""
    file = Path(path)
    if not file.exists():
        return
    with file.open("rb") as lines:
        for line in lines:
            event = event_of(line)
            if event is not None:
                yield event


def event_of(line: bytes) -> dict[str, Any] | None:
    """The event of a line of a log; None for a torn one, also if the next event was appended to it."""
    if not line.endswith(b"\n"):
        return None
    try:
        event: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    return event
