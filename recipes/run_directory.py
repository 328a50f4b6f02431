"""Run directories: where the outputs of a recipe's stages are, and who may write there.

    runs/<recipe>/<stage>          link to the stage's newest finished output
    runs/<recipe>/.outputs/        one directory for each (stage, fingerprint)
    runs/<recipe>/.cache/          what can be computed again: token files
    runs/<recipe>/events.jsonl     what happened, with times
    runs/<recipe>/report.html

An output whose fingerprint is known is never computed again, and changing a parameter back finds the old one.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from curation.core.errors import RunFailed
from curation.core.events import EventLog
from curation.core.storage import MANIFEST


class RunDirectory:
    """The directory of one recipe's runs.

    Args:
        root: where all runs are, `runs` by default.
        name: the recipe's name.
    """

    def __init__(self, root: str | Path, name: str) -> None:
        self.path = Path(root) / name

    @property
    def events_file(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def report_file(self) -> Path:
        return self.path / "report.html"

    @property
    def cache(self) -> Path:
        return self.path / ".cache"

    def events(self) -> EventLog:
        return EventLog(self.events_file)

    def output(self, stage: str, fingerprint: str) -> Path:
        """Where the output of a stage with this fingerprint is, or will be."""
        return self.path / ".outputs" / f"{stage}-{fingerprint[:16]}"

    def is_done(self, stage: str, fingerprint: str) -> bool:
        return (self.output(stage, fingerprint) / MANIFEST).exists()

    def publish(self, stage: str, fingerprint: str) -> Path:
        """Make the stage's link point at this output."""
        link = self.path / stage
        target = Path(".outputs") / f"{stage}-{fingerprint[:16]}"
        if not (link.is_symlink() and link.readlink() == target):
            temporary = self.path / f".{stage}.link"
            temporary.unlink(missing_ok=True)
            temporary.symlink_to(target, target_is_directory=True)
            temporary.replace(link)
        return link

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the directory for one writer; the lock ends with the process, however it ends.

        Raises:
            RunFailed: another process holds it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                owner = os.pread(descriptor, 64, 0).decode(errors="replace").strip() or "unknown"
                raise RunFailed(
                    f"another run is writing here (process {owner})",
                    where=str(self.path),
                    fix="wait for it, end it, or choose another --out",
                ) from None
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
            yield
        finally:
            os.close(descriptor)
