"""The event stream survives several writers and a writer that was killed."""

from pathlib import Path

from curation.core.events import EventLog, read_events


def test_events_come_back_in_order_with_their_stage(tmp_path: Path) -> None:
    heard = []
    log = EventLog(tmp_path / "run" / "events.jsonl")
    log.listeners.append(heard.append)
    log.emit("run", recipe="x")
    log.for_stage("pool").emit("progress", done=1, total=2)
    events = list(read_events(tmp_path / "run" / "events.jsonl"))
    assert events == heard
    assert [event["event"] for event in events] == ["run", "progress"]
    assert events[1]["stage"] == "pool"


def test_a_torn_last_line_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    EventLog(path).emit("run")
    with path.open("a") as file:
        file.write('{"event": "torn')
    assert len(list(read_events(path))) == 1


def test_no_file_no_events(tmp_path: Path) -> None:
    assert list(read_events(tmp_path / "none")) == []
