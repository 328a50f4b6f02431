"""The wheel, installed: packaged recipes are found, and folders of the user's named like our packages do no harm."""

from __future__ import annotations

import importlib.util
import shutil
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SHIPPED = ("curation", "mixing", "trainer", "recipes", "jobs")
SMALL = (
    "stages.pool.sources=[{name: legal, reader: installed-packages, domain: legal, limit: 20KB}, "
    "{name: prose, reader: installed-packages, domain: docs/prose, limit: 20KB}]",
    "stages.pool.steps=[holdout]",
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment with our wheel, and everybody else's packages from this one."""
    for needed in ("pip", "setuptools"):
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"building a wheel without a download needs {needed} in this environment")
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"  # a copy: building leaves folders behind
    for name in SHIPPED:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder)]
    subprocess.run([*pip, "wheel", *options, str(source)], check=True, timeout=120, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "environment", with_pip=False)
    python = folder / "environment" / "bin" / "python"
    install = ["--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([*pip, *install], check=True, timeout=120, capture_output=True)
    (packages,) = (folder / "environment").glob("lib/python*/site-packages")
    (packages / "everybody-else.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    return folder / "environment" / "bin"


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the user's, with packages that are called like ours and cannot be imported."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    for name in ("trainer", "mixing", "curation"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('the folder of the user was imported')\n")
    return tmp_path


def output(folder: Path, *command: str | Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_packaged_recipes_are_found(installed: Path, beside: Path) -> None:
    assert {line.split()[0] for line in output(beside, installed / "mix", "recipes").splitlines()} >= {"quickstart"}


def test_a_folder_called_trainer_does_no_harm_to_mix(installed: Path, beside: Path) -> None:
    told = output(beside, installed / "mix", "check", "quickstart", "--json")
    assert '"n_parameters": 646480' in told


def test_nor_to_python_m_jobs_and_its_workers(installed: Path, beside: Path) -> None:
    command = [installed / "python", "-m", "jobs", "run", "tiny", "--until", "pool", "--workers", "2", "-q"]
    output(beside, *command, *(f"--set={change}" for change in SMALL))
    assert (beside / "runs" / "tiny" / "pool" / "manifest.json").exists()


def test_it_is_the_wheel_that_was_run(installed: Path, beside: Path) -> None:
    program = "import jobs, recipes; print(jobs.__file__, recipes.__file__)"
    for file in output(beside, installed / "python", "-P", "-c", program).split():
        assert Path(file).is_relative_to(installed.parent)
