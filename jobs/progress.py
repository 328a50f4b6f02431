"""What a person sees while a run goes on: the events of the run, as they are written.

A thread follows events.jsonl, which all processes of the run append to. On a terminal each running stage has a line
with a bar and the time that is left; elsewhere plain lines say when a stage starts and ends, and how far it is at most
every ten seconds.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from curation.core.events import event_of
from curation.core.units import format_seconds

_POLL_S = 0.2
_PLAIN_EVERY_S = 10.0


class Screen(Protocol):
    """Shows events."""

    def show(self, event: dict[str, Any]) -> None: ...

    def close(self) -> None: ...


@contextlib.contextmanager
def watch(events_file: Path, *, quiet: bool) -> Iterator[None]:
    """Show the events that are appended to a file while the block runs."""
    if quiet:
        yield
        return
    screen: Screen = _Bars() if sys.stderr.isatty() else _Lines()
    start = events_file.stat().st_size if events_file.exists() else 0
    stop = threading.Event()
    follower = threading.Thread(target=_follow, args=(events_file, start, screen, stop), daemon=True)
    follower.start()
    try:
        yield
    finally:
        stop.set()
        follower.join()
        screen.close()


def _follow(path: Path, position: int, screen: Screen, stop: threading.Event) -> None:
    while True:
        last_look = stop.is_set()
        if path.exists():
            with path.open("rb") as stream:
                stream.seek(position)
                for line in stream:
                    if not line.endswith(b"\n"):
                        break
                    position += len(line)
                    event = event_of(line)
                    if event is not None:
                        screen.show(event)
        if last_look:
            return
        stop.wait(_POLL_S)


class _Lines:
    """Plain lines, for logs."""

    def __init__(self) -> None:
        self._shown: dict[str, float] = {}

    def show(self, event: dict[str, Any]) -> None:
        text = _sentence(event)
        if text:
            print(text, file=sys.stderr, flush=True)
        elif event["event"] == "progress":
            now, key = time.monotonic(), event.get("stage", "")
            if now - self._shown.setdefault(key, now) >= _PLAIN_EVERY_S:
                self._shown[key] = now
                print(f"  {key}: {event['label']} {event['done']}/{event['total']}", file=sys.stderr, flush=True)

    def close(self) -> None:
        pass


class _Bars:
    """A bar for every running stage, by rich."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            TextColumn("  {task.fields[stage]}", style="bold"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True),
            console=Console(stderr=True),
            transient=True,
        )
        self._tasks: dict[tuple[str, str], Any] = {}
        self._progress.start()

    def show(self, event: dict[str, Any]) -> None:
        stage = event.get("stage", "")
        text = _sentence(event)
        if text:
            self._progress.console.print(text, highlight=False)
        if event["event"] == "progress":
            key = (stage, event["label"])
            if key not in self._tasks:
                self._forget(stage)
                self._tasks[key] = self._progress.add_task(event["label"], stage=stage, total=event["total"])
            self._progress.update(self._tasks[key], completed=event["done"], total=event["total"])
        elif event["event"] == "stage" and event["state"] == "done":
            self._forget(stage)

    def _forget(self, stage: str) -> None:
        for key in [key for key in self._tasks if key[0] == stage]:
            self._progress.remove_task(self._tasks.pop(key))

    def close(self) -> None:
        self._progress.stop()


def _sentence(event: dict[str, Any]) -> str:
    """What is said of an event in words; empty for those that only move a bar."""
    stage = event.get("stage", "")
    if event["event"] == "warning":
        return f"warning: {stage + ': ' if stage else ''}{event['text']}"
    if event["event"] != "stage":
        return ""
    if event["state"] == "done":
        return f"{stage:<16} done in {format_seconds(event['wall_s'])}"
    return f"{stage:<16} found, nothing to do" if event["state"] == "found" else f"{stage:<16} {event['kind']} ..."
