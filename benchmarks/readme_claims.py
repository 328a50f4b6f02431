"""What the README says of time and memory, measured: one JSON line for each claim.

    .venv/bin/python benchmarks/readme_claims.py [--out DIRECTORY]

Runs the quickstart anew in a temporary directory: its wall time, CPU time and the largest memory of all its processes
together (proportional set size, twice a second: pages they share count once); then once more, when everything is
done; and `mix --help`, the median of five. Linux only, because of /proc.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MIX = [sys.executable, "-m", "jobs"]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--out", type=Path, default=None, help="where runs go; by default a temporary directory")
    out = arguments.parse_args().out
    helps = [_timed([*MIX, "--help"])["wall_s"] for _ in range(5)]
    _tell("mix --help, median of five", wall_s=round(statistics.median(helps), 3), below_s=0.4)
    with tempfile.TemporaryDirectory() as temporary:
        command = [*MIX, "run", "recipes/quickstart.yaml", "--quiet", "--out", str(out or temporary)]
        _tell("quickstart", **_timed(command), below_s=600, below_bytes=4 * 2**30, cores=os.cpu_count())
        _tell("quickstart, everything done", **_timed(command), below_s=20)


def _timed(command: list[str]) -> dict[str, float]:
    before, started, peak = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic(), 0
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    while process.poll() is None:
        peak = max(peak, _session_bytes(process.pid))
        time.sleep(0.02 if time.monotonic() - started < 2 else 0.5)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    wall_s = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall_s": round(wall_s, 2), "cpu_s": round(cpu_s, 2), "peak_bytes": peak}


def _session_bytes(session: int) -> int:
    """Memory of all processes of a session."""
    total = 0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            if int(fields[3]) == session:
                lines = (folder / "smaps_rollup").read_text().splitlines()
                total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
        except (OSError, IndexError):
            continue  # it ended meanwhile
    return total


def _tell(claim: str, **numbers: object) -> None:
    print(json.dumps({"claim": claim, **numbers}), flush=True)


if __name__ == "__main__":
    main()
