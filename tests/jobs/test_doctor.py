"""`mix doctor`: what is there, what is missing and what mends it."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from jobs import doctor, requirements
from jobs.doctor import examine
from jobs.requirements import packages


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Make mixwright ask for these packages."""

    def ask(*texts: str) -> None:
        monkeypatch.setattr(requirements.metadata, "requires", lambda name: list(texts))

    return ask


def test_this_environment_works(mix: Any, tmp_path: Path) -> None:
    ended = mix("doctor", "--out", tmp_path, "--json")
    assert ended.code == 0
    assert ended.document["ok"] is True
    subjects = {finding["subject"]: finding for finding in ended.document["findings"]}
    assert {"python", "mixwright", "base", "devices", "cores", "memory", "runs", "temporary files"} <= set(subjects)
    assert f"numpy {metadata.version('numpy')}" in subjects["base"]["what"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "state", "fix"),
    [
        ("numpy>=1.26,<3", "ok", None),
        ("numpy>=99", "too old", "pip install --upgrade 'mixwright'"),
        ("numpy<1", "other version", "pip install --upgrade 'mixwright'"),
        ("no-such-package>=1", "missing", "pip install 'mixwright'"),
        ('no-such-package>=1; extra == "train"', "missing", "pip install 'mixwright[train]'"),
        ("numpy>=99 ; extra == 'spark'", "too old", "pip install --upgrade 'mixwright[spark]'"),
    ],
)
def test_a_package_that_is_asked_for(text: str, state: str, fix: str | None, asked: Any) -> None:
    asked(text)
    (package,) = packages()
    assert package.state == state
    assert fix is None or package.fix == fix


def test_extras_that_hold_others_are_not_packages(asked: Any) -> None:
    asked('mixwright[train]; extra == "dev"')
    assert packages() == []


def test_a_package_that_cannot_be_imported_is_broken(asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked("pyyaml")
    monkeypatch.setitem(sys.modules, "yaml", None)
    (package,) = packages()
    assert package.state == "broken"
    assert "ImportError" in str(package.why) or "ModuleNotFoundError" in str(package.why)
    assert package.fix == "pip install --force-reinstall 'pyyaml'"


def test_what_the_base_lacks_is_exit_code_3_and_what_an_extra_lacks_is_not(mix: Any, asked: Any) -> None:
    asked('no-such-package>=1; extra == "train"')
    ended = mix("doctor")
    assert ended.code == 0
    assert "note  train" in ended.out
    assert "no-such-package is missing; needed is >=1" in ended.out
    asked("no-such-package>=1")
    ended = mix("doctor")
    assert ended.code == 3
    assert "broken  base" in ended.out
    assert "fix: pip install 'mixwright'" in ended.out


def test_a_folder_that_hides_a_package_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = tmp_path / "trainer"
    stranger.mkdir()
    (stranger / "__init__.py").touch()
    monkeypatch.delitem(sys.modules, "trainer", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    finding = doctor._own_packages()
    assert finding.state == "broken"
    assert f"`trainer` is {stranger}" in finding.what


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    findings = {finding.subject: finding for finding in examine(tmp_path / "file" / "runs")}
    assert findings["runs"].state == "broken"
    assert findings["runs"].fix == "choose another folder by --out"


def test_few_open_files_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.resource, "getrlimit", lambda kind: (256, 4096))
    finding = doctor._open_files()
    assert (finding.state, finding.fix) == ("note", "ulimit -n 1024")


def test_java_is_looked_for_with_spark_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor.util, "find_spec", lambda name: None)
    assert list(doctor._java()) == []
    monkeypatch.setattr(doctor.util, "find_spec", lambda name: object())
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    (finding,) = doctor._java()
    assert (finding.state, finding.what) == ("note", "missing; the Spark engine needs it")
    program = tmp_path / "bin" / "java"
    program.parent.mkdir()
    for version, state in (("1.8.0_392", "note"), ("17.0.15", "ok"), ("21", "ok")):
        program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-04-15' >&2\n")
        program.chmod(0o755)
        (finding,) = doctor._java()
        assert finding.state == state, version
        assert version in finding.what


def test_a_range_is_compared_by_version_not_by_text() -> None:
    assert requirements._compared("2.10.1", ">=2.9") == "ok"
    assert requirements._compared("2.13.0+cpu", "==2.13.0") == "ok"
    assert requirements._compared("2.12.0", "==2.13.0") == "too old"
    assert requirements._compared("3.0.0rc1", ">=2") == "ok"
