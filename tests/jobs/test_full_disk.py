"""A disk without room: an error in one paragraph, nothing half-written counts, and the same command finishes."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from curation.core.errors import RunFailed
from curation.core.events import EventLog, read_events
from curation.core.storage import MANIFEST, Directory
from jobs import starting
from tests.jobs.conftest import Mix
from tests.support.curated_texts import TextSplit, pool_bytes, run_curate, split_of, steps

CHAIN = steps(("exact_dedup", {}), ("holdout", {"per_domain": 60}))


class FullDisk:
    """In place of `os.fdopen`: from the write of a given number on, nothing more can be written."""

    def __init__(self, n_writes: int, code: int) -> None:
        self.n_left = n_writes
        self.code = code

    def __call__(self, descriptor: int, mode: str) -> io.BufferedWriter:
        disk = self

        class File(io.FileIO):
            def write(self, data: object) -> int:
                if disk.n_left == 0:
                    raise OSError(disk.code, os.strerror(disk.code))
                disk.n_left -= 1
                return super().write(data)  # type: ignore[arg-type]

        return io.BufferedWriter(File(descriptor, mode))


def texts() -> list[TextSplit]:
    return [split_of(n, [(f"text {n} {row % 7} of some words", "web") for row in range(20)]) for n in range(3)]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("undisturbed")
    run_curate(out, texts(), CHAIN)
    return pool_bytes(out)


@pytest.mark.parametrize("n_writes", [0, 1, 2, 5, 11, 20, 30])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_curate_without_room_goes_on_to_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undisturbed: dict[str, bytes], n_writes: int, code: int
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("curation.core.storage.os.fdopen", FullDisk(n_writes, code))
        with pytest.raises(RunFailed, match=os.strerror(code)) as raised:
            run_curate(tmp_path, texts(), CHAIN)
    assert str(raised.value.where).startswith(str(tmp_path))
    assert "same command" in str(raised.value.fix)
    assert not (tmp_path / MANIFEST).exists()
    assert not list(tmp_path.rglob("*.tmp"))
    run_curate(tmp_path, texts(), CHAIN)
    assert pool_bytes(tmp_path) == undisturbed


def test_other_errors_of_the_system_stay_what_they_are(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), Directory(tmp_path).create("a"):
        raise PermissionError(errno.EACCES, "no")


def test_an_array_that_numpy_writes_is_whole_or_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("curation.core.storage.os.fdopen", FullDisk(0, errno.ENOSPC))
    with pytest.raises(RunFailed), Directory(tmp_path).create("a.npy") as draft:
        np.save(draft.stream, np.arange(10))
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_found_to_have_no_room_when_it_is_closed_never_appears(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class NetworkFile(io.FileIO):
        def close(self) -> None:
            if not self.closed:
                super().close()
                raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT))

    opened = lambda descriptor, mode: io.BufferedWriter(NetworkFile(descriptor, mode))
    monkeypatch.setattr("curation.core.storage.os.fdopen", opened)
    with pytest.raises(RunFailed, match="quota"):
        Directory(tmp_path).write_bytes("a.bin", b"whole")
    assert not list(tmp_path.iterdir())


def test_an_event_that_is_cut_short_ends_the_run_and_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = EventLog(tmp_path / "events.jsonl")
    log.emit("run", number=1)
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr("curation.core.events.os.write", lambda descriptor, data: write(descriptor, data[:20]))
        with pytest.raises(OSError, match="No space left") as raised:
            log.emit("run", number=2)
    assert (raised.value.errno, raised.value.filename) == (errno.ENOSPC, str(log.path))
    assert log.path is not None
    assert [event["number"] for event in read_events(log.path)] == [1]
    log.emit("run", number=3)  # goes into the torn line, and is lost with it
    log.emit("run", number=4)
    assert [event["number"] for event in read_events(log.path)] == [1, 4]


@pytest.mark.parametrize("name", ["/somewhere/events.jsonl", None])
def test_a_full_disk_outside_of_outputs_is_told_too(
    mix: Mix, monkeypatch: pytest.MonkeyPatch, name: str | None
) -> None:
    def full(**options: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)

    monkeypatch.setattr(starting, "list_recipes", full)
    ended = mix("recipes")
    assert ended.code == 1
    assert ended.err.startswith(f"error: {name or 'the directory of the runs'}: no room to write: No space left")
    assert "  fix: make room" in ended.err
    assert mix("recipes", "--json").document["where"] == (name or "the directory of the runs")


def test_a_real_limit_on_the_size_of_files_stops_a_run_that_goes_on_without_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "jobs", "run", "tiny", "--out", str(tmp_path), "--workers", "1", "--until", "pool"]
    limited = subprocess.run(
        ["/bin/sh", "-c", 'ulimit -f 100 && exec "$@"', "sh", *command],  # blocks of 512 or 1024 bytes
        capture_output=True,
        text=True,
        timeout=100,
    )
    first, *paragraph = [line for line in limited.stderr.splitlines() if not line.endswith("curate ...")]
    assert limited.returncode == 1
    assert first.startswith(f"error: {tmp_path}/tiny/.outputs/pool-")
    assert first.endswith(": no room to write: File too large")
    assert len(paragraph) == 1
    assert paragraph[0].startswith("  fix: make room")
    assert not (tmp_path / "tiny" / "pool").exists()
    again = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "tiny" / "pool" / MANIFEST).exists()
    assert not list(tmp_path.rglob("*.tmp"))  # what the other worker was writing when it was ended is gone too
