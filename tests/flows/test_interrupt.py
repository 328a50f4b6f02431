"""Ctrl-C ends a run at once and in good order, and the same command finishes it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from curation.core.events import read_events

PATIENCE_S = 10


def command(out: Path) -> list[str]:
    return [sys.executable, "-m", "jobs", "run", "tiny", "--out", str(out), "--workers", "2", "--until", "counts"]


def wait_until_it_works(process: subprocess.Popen[str], out: Path) -> None:
    """Until the workers have told of their progress: the middle of the first stage."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if any(event["event"] == "progress" for event in read_events(out / "tiny" / "events.jsonl")):
            return
        time.sleep(0.02)
    raise AssertionError("the run did not begin")


def group_is_empty(group: int) -> bool:
    """Whether no process of a group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def test_an_interrupted_run_says_so_leaves_no_process_and_goes_on(tmp_path: Path) -> None:
    started = subprocess.Popen(
        command(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        wait_until_it_works(started, tmp_path)
        os.killpg(started.pid, signal.SIGINT)
        printed, told = started.communicate(timeout=PATIENCE_S)
        deadline = time.monotonic() + PATIENCE_S
        while not group_is_empty(started.pid) and time.monotonic() < deadline:
            time.sleep(0.05)  # an ended process counts until init has taken notice
        assert group_is_empty(started.pid)
    finally:
        if not group_is_empty(started.pid):
            os.killpg(started.pid, signal.SIGKILL)
    assert started.returncode == 130
    assert printed == ""
    assert told.splitlines() == ["pool             curate ...", "stopped; the same command goes on from here"]
    assert not (tmp_path / "tiny" / "pool").exists()
    again = subprocess.run(command(tmp_path), capture_output=True, text=True, timeout=60)
    assert again.returncode == 0, again.stderr
    assert "Traceback" not in again.stderr
    assert (tmp_path / "tiny" / "counts" / "manifest.json").exists()
