"""With --json standard output is one document, whatever happens, and the exit code is what it is without."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from curation.core.errors import BadEnvironment, BadInput, Problems, RunFailed
from curation.core.storage import Directory, commit
from jobs import cli, running
from jobs.output import error_document

SETS = (
    "--set=stages.pool.sources=[{name: legal, reader: installed-packages, domain: legal, limit: 50KB}, "
    "{name: prose, reader: installed-packages, domain: docs/prose, limit: 50KB}]",
    "--set=stages.natural.tokens=20K",
    "--set=stages.swarm.per_domain=3",
)


def test_a_run_tells_every_stage_and_where_it_is(mix: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "write_page", lambda recipe, directory: directory.report_file)
    arguments = ("run", "tiny", *SETS, "--out", tmp_path, "--until", "natural", "--workers", "1", "--json", "-q")
    first, second = mix(*arguments), mix(*arguments)
    assert first.code == second.code == 0
    document = first.document
    assert document["kind"] == "run"
    assert document["report"] == str(tmp_path / "tiny" / "report.html")
    assert list(document["stages"]) == ["pool", "counts", "natural"]
    for name, stage in document["stages"].items():
        assert stage["state"] == "done"
        assert stage["wall_s"] >= 0
        assert Path(stage["path"]).samefile(tmp_path / "tiny" / name)
    assert {stage["state"] for stage in second.document["stages"].values()} == {"found"}
    counted = mix("count", "tiny", *SETS, "--out", tmp_path, "--workers", "1", "--json", "-q").document
    assert list(counted["stages"]) == ["pool", "counts"]
    assert counted["report"] is None


def test_errors_are_documents_too(mix: Any) -> None:
    ended = mix("run", "nothing-of-this-name", "--json")
    assert ended.code == 2
    assert ended.document["kind"] == "error"
    assert ended.document["what"] == "no such recipe"
    assert ended.document["where"] == "nothing-of-this-name"
    assert ended.document["fix"].startswith("packaged recipes: ")
    assert ended.document["problems"] == [{key: ended.document[key] for key in ("what", "where", "fix")}]


def test_an_error_of_several_parts() -> None:
    document = error_document(Problems([BadInput("a", where="x:1"), RunFailed("b", fix="c")]))
    assert document["what"] == "2 problems"
    assert document["problems"] == [
        {"what": "a", "where": "x:1", "fix": None},
        {"what": "b", "where": None, "fix": "c"},
    ]


def test_the_exit_code_of_an_error(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise BadEnvironment("no torch", fix="install it")

    monkeypatch.setattr(cli, "app", fail)
    for arguments, out, err in ((["--json"], True, ""), ([], False, "error: no torch\n  fix: install it\n")):
        monkeypatch.setattr(sys, "argv", ["mix", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        told = capsys.readouterr()
        assert ended.value.code == 3
        assert told.err == err
        assert bool(told.out) is out
        assert not out or json.loads(told.out)["exit_code"] == 3


def test_a_stopped_command_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "app", stop)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "stopped; the same command goes on from here\n"


def test_unknown_verbs_and_flags_are_bad_input(mix: Any) -> None:
    assert mix("rnu").code == 2
    assert mix("check", "tiny", "--frobnicate").code == 2


def test_verification(mix: Any, tmp_path: Path) -> None:
    directory = Directory(tmp_path)
    commit(directory, "pool", [directory.write_bytes("a.txt", b"abc")])
    good = mix("verify", tmp_path, "--json")
    assert (good.code, good.document["ok"], good.document["problems"]) == (0, True, [])
    (tmp_path / "a.txt").write_bytes(b"abd")
    bad = mix("verify", tmp_path, "--json")
    assert (bad.code, bad.document["ok"], len(bad.document["problems"])) == (1, False, 1)
    assert mix("verify", tmp_path).code == 1
