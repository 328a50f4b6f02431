"""`mix doctor`: what this environment has, what it lacks, and the command that mends it.

Each examination yields findings. One that is `broken` keeps the base install from working: the exit code is 3 then.
What an extra lacks is told, and is no fault.
"""

from __future__ import annotations

import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib import metadata, util
from itertools import groupby
from pathlib import Path
from typing import Literal

import typer

from curation.core.errors import BadEnvironment
from jobs.output import Column, Row, print_document, print_lines, print_table, short_size
from jobs.requirements import BASE, DISTRIBUTION, Package, packages
from recipes.checking.machine import available_memory, cores, free_disk, total_memory

OURS = ("curation", "mixing", "trainer", "recipes", "jobs")
_LEAST_JAVA = 17
_LEAST_MEMORY = 2 * 10**9
_LEAST_DISK = 10**9
_LEAST_FILES = 1024
_JAVA_S = 20.0

State = Literal["ok", "note", "broken"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `fix` is a command or a change, where one is needed."""

    subject: str
    state: State
    what: str
    fix: str | None = None


def doctor(out: Path, *, as_json: bool) -> None:
    """Look at everything and print it.

    Args:
        out: where runs would be kept.
        as_json: as one document.

    Raises:
        typer.Exit: with 3, if the base install is broken.
    """
    findings = list(examine(out))
    broken = [finding for finding in findings if finding.state == "broken"]
    if as_json:
        print_document("doctor", ok=not broken, findings=[asdict(finding) for finding in findings])
    else:
        _print(findings)
    if broken:
        raise typer.Exit(BadEnvironment.exit_code)


def examine(out: Path) -> Iterator[Finding]:
    """All findings."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("python", "ok", f"{version}, {platform.system()} {platform.machine()}, {sys.executable}")
    yield _own_packages()
    yield from _packages()
    yield from _devices()
    yield from _java()
    yield Finding("cores", "ok", f"{cores()} usable of {os.cpu_count() or 1}")
    yield _memory()
    yield from _disks(out)
    yield from _caches()
    yield _open_files()


def _own_packages() -> Finding:
    """Whether `import trainer` finds ours: a folder of that name in front on the search path would be taken."""
    here = Path(__file__).resolve().parent.parent
    strangers = []
    for name in OURS:
        spec = util.find_spec(name)
        found = Path(spec.origin).resolve().parent if spec is not None and spec.origin else None
        if found is None or found.parent != here:
            strangers.append(f"`{name}` is {found or 'missing'}")
    version = metadata.version(DISTRIBUTION)
    if strangers:
        fix = f"rename that folder, or take it out of PYTHONPATH; ours are in {here}"
        return Finding(DISTRIBUTION, "broken", f"{version}; {', '.join(strangers)}", fix)
    return Finding(DISTRIBUTION, "ok", f"{version}, {here}")


def _packages() -> Iterator[Finding]:
    for group, members in groupby(packages(), _group):
        good = []
        for one in members:
            if one.state == "ok":
                good.append(f"{one.name} {one.version}")
                continue
            state: State = "broken" if group == BASE else "note"
            there = f"{one.version} is {one.state}" if one.version else "is missing"
            needed = f"; needed is {one.asked}" if one.asked and one.why is None else ""
            why = f": {one.why}" if one.why else ""
            yield Finding(group, state, f"{one.name} {there}{needed}{why}", one.fix)
        if good:
            yield Finding(group, "ok", ", ".join(good))


def _group(package: Package) -> str:
    return package.group


def _devices() -> Iterator[Finding]:
    """What torch can compute on."""
    if util.find_spec("torch") is None:
        yield Finding("devices", "note", "no torch: no training, evaluation or generation", _install("train"))
        return
    try:
        import torch
    except Exception as error:  # whatever a broken installation raises
        yield Finding("devices", "note", f"torch cannot be imported: {error}", _install("train"))
        return
    found = [f"CPU with {torch.get_num_threads()} threads"]
    for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        facts = torch.cuda.get_device_properties(index)
        found.append(f"{facts.name} with {short_size(facts.total_memory)}")
    if torch.backends.mps.is_available():
        found.append("Apple GPU")
    yield Finding("devices", "ok", ", ".join(found))


def _java() -> Iterator[Finding]:
    """Java is needed by Spark alone."""
    if util.find_spec("pyspark") is None:
        return
    home = os.environ.get("JAVA_HOME")
    program = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    fix = "install Java 17 or 21, and set JAVA_HOME to it if `java` is not on the PATH"
    if program is None:
        yield Finding("java", "note", "missing; the Spark engine needs it", fix)
        return
    try:
        told = subprocess.run([program, "-version"], capture_output=True, text=True, timeout=_JAVA_S, check=True).stderr
    except (OSError, subprocess.SubprocessError) as error:
        yield Finding("java", "note", f"{program} does not run: {error}", fix)
        return
    version = re.search(r'"(?:1\.)?(\d+)[^"]*"', told)
    if version is None or int(version[1]) < _LEAST_JAVA:
        yield Finding("java", "note", f"{told.splitlines()[0]}; Spark needs {_LEAST_JAVA} or newer", fix)
    else:
        yield Finding("java", "ok", f"{version[0].strip(chr(34))}, {program}")


def _memory() -> Finding:
    available = available_memory()
    what = f"{short_size(available)} available of {short_size(total_memory())}"
    if available < _LEAST_MEMORY:
        return Finding("memory", "note", what, f"end other programs: {short_size(_LEAST_MEMORY)} are comfortable")
    return Finding("memory", "ok", what)


def _disks(out: Path) -> Iterator[Finding]:
    try:
        temporary = Path(tempfile.gettempdir())
    except FileNotFoundError as error:
        yield Finding("temporary files", "broken", str(error), "set TMPDIR to a folder that can be written")
    else:
        yield _disk("temporary files", temporary, "TMPDIR")
    yield _disk("runs", out, "--out")


def _disk(subject: str, folder: Path, way_out: str) -> Finding:
    if not _writable(folder):
        return Finding(subject, "broken", f"{folder} cannot be written", f"choose another folder by {way_out}")
    free = free_disk(folder)
    what = f"{short_size(free)} free in {folder}"
    if free < _LEAST_DISK:
        return Finding(subject, "note", what, f"free some, or choose another folder by {way_out}")
    return Finding(subject, "ok", what)


def _caches() -> Iterator[Finding]:
    """Where numba keeps compiled kernels and matplotlib its list of fonts; both do without, slowly."""
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    spec = util.find_spec("curation.kernels")
    source = [Path(spec.origin).parent / "__pycache__"] if spec is not None and spec.origin else []
    slow = "every process compiles its kernels again, about a second each"
    yield _cache("kernel cache", "NUMBA_CACHE_DIR", [*source, user / "numba"], slow)
    yield _cache("font cache", "MPLCONFIGDIR", [user / "matplotlib"], "a report looks for fonts again, some seconds")


def _cache(subject: str, variable: str, usual: list[Path], otherwise: str) -> Finding:
    told = os.environ.get(variable)
    for folder in [Path(told)] if told else usual:
        if _writable(folder):
            return Finding(subject, "ok", str(folder))
    fix = f"set {variable} to a folder that can be written"
    return Finding(subject, "note", f"nowhere to write: {otherwise}", fix)


def _writable(folder: Path) -> bool:
    """Whether files can be written in a folder, or it can be made."""
    here = folder.absolute()
    while not here.exists():
        here = here.parent
    return here.is_dir() and os.access(here, os.W_OK | os.X_OK)


def _open_files() -> Finding:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    what = f"{'any number' if soft == resource.RLIM_INFINITY else f'{soft:,}'} at once"
    if soft != resource.RLIM_INFINITY and soft < _LEAST_FILES:
        return Finding("open files", "note", what, f"ulimit -n {_LEAST_FILES}")
    return Finding("open files", "ok", what)


def _install(extra: str) -> str:
    return f"pip install '{DISTRIBUTION}[{extra}]'"


def _print(findings: list[Finding]) -> None:
    rows = []
    for finding in findings:
        state = "" if finding.state == "ok" else finding.state
        rows.append(Row((state, finding.subject, finding.what)))
        if finding.fix is not None:
            rows.append(Row(("", "", f"fix: {finding.fix}")))
    print_table((Column(""), Column(""), Column("", may_wrap=True)), rows, titled=False)
    broken = sum(finding.state == "broken" for finding in findings)
    print_lines("", "The base install works." if not broken else f"The base install is broken in {broken} ways.")
