"""Outputs of a run are found again by fingerprint, shown by a link, and written by one process at a time."""

import multiprocessing
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from curation.core.errors import RunFailed
from curation.core.events import read_events
from curation.core.storage import MANIFEST
from recipes.run_directory import RunDirectory

FIRST, SECOND = "a" * 32, "b" * 32


def finish(directory: RunDirectory, stage: str, fingerprint: str) -> Path:
    output = directory.output(stage, fingerprint)
    output.mkdir(parents=True)
    (output / MANIFEST).write_text("{}")
    return output


def test_an_output_counts_when_its_manifest_is_there(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path, "demo")
    assert not directory.is_done("pool", FIRST)
    directory.output("pool", FIRST).mkdir(parents=True)
    assert not directory.is_done("pool", FIRST)
    (directory.output("pool", FIRST) / MANIFEST).write_text("{}")
    assert directory.is_done("pool", FIRST)
    assert not directory.is_done("pool", SECOND)
    assert not directory.is_done("counts", FIRST)


def test_the_link_shows_the_output_that_was_published_last(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path, "demo")
    outputs = {mark: finish(directory, "pool", mark) for mark in (FIRST, SECOND)}
    for mark in (FIRST, FIRST, SECOND, FIRST):
        link = directory.publish("pool", mark)
        assert link == tmp_path / "demo" / "pool"
        assert link.resolve() == outputs[mark].resolve()
    assert sorted(path.name for path in directory.path.iterdir()) == [".outputs", "pool"]


def test_the_link_still_leads_there_when_the_root_is_moved(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path / "runs", "demo")
    finish(directory, "pool", FIRST)
    directory.publish("pool", FIRST)
    (tmp_path / "runs").rename(tmp_path / "moved")
    assert (tmp_path / "moved" / "demo" / "pool" / MANIFEST).exists()


def test_a_link_that_an_interrupted_run_left_half_made_is_no_hindrance(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path, "demo")
    finish(directory, "pool", FIRST)
    (directory.path / ".pool.link").symlink_to("nowhere")
    assert (directory.publish("pool", FIRST) / MANIFEST).exists()


def test_events_are_kept_beside_the_stages(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path, "demo")
    directory.events().emit("run", recipe="demo")
    assert [event["recipe"] for event in read_events(tmp_path / "demo" / "events.jsonl")] == ["demo"]


def test_a_second_writer_is_told_who_holds_the_directory(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    held, leave = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(tmp_path, held, leave))
    holder.start()
    try:
        assert held.wait(30)
        with (
            pytest.raises(RunFailed, match=rf"(?s)process {holder.pid}\).*another --out"),
            RunDirectory(tmp_path, "demo").lock(),
        ):
            pass
        with RunDirectory(tmp_path, "other").lock():
            pass
    finally:
        holder.kill()  # a lock ends with its process, however it ends
        holder.join(30)
    with RunDirectory(tmp_path, "demo").lock():
        pass


def test_the_lock_is_given_back_after_an_error(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path, "demo")
    with pytest.raises(ValueError), directory.lock():
        raise ValueError
    with directory.lock():
        pass


def _hold(root: Path, held: Event, leave: Event) -> None:
    with RunDirectory(root, "demo").lock():
        held.set()
        leave.wait(60)
