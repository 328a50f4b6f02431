"""What this machine offers: free disk, available memory, cores, and how fast it multiplies matrices.

Memory is the smaller of what the system and the control group (containers, batch systems) leave. The speed is that of
one thread in float32, measured for a fifth of a second when a plan has something to train; a busy machine measures low.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROBE_S = 0.2
_PROBE_WIDTH = 384
_UNLIMITED = 2**60
_GROUPS = Path("/sys/fs/cgroup")
_MEMBERSHIP = Path("/proc/self/cgroup")
_GROUP_FILES = (
    # limit, use, what the system takes back when it needs it: version 2 of control groups, version 1
    ("memory.max", "memory.current", "inactive_file"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


@dataclass(frozen=True)
class Machine:
    """What there is.

    Args:
        cores: that this process may use.
        memory_bytes: available now.
        free_disk_bytes: where runs are kept.
        flops: of one thread; None if it was not measured.
    """

    cores: int
    memory_bytes: int
    free_disk_bytes: int
    flops: float | None = None


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def free_disk(path: Path) -> int:
    """Bytes that can be written at a path, or where it would be made."""
    here = path.absolute()
    while not here.exists():
        here = here.parent
    return shutil.disk_usage(here).free


def total_memory() -> int:
    """Bytes of memory that this process could ever get."""
    return min([_installed(), *(limit for limit, _ in _group_limits(_GROUPS, _MEMBERSHIP))])


def available_memory(
    system: Path = Path("/proc/meminfo"), groups: Path = _GROUPS, membership: Path = _MEMBERSHIP
) -> int:
    """Bytes of memory that can be had now without swapping.

    Args:
        system: what the kernel says of the whole system.
        groups: where control groups are.
        membership: which of them this process belongs to.
    """
    left = [limit - used for limit, used in _group_limits(groups, membership)]
    return max(0, min([_available_of_system(system), *left]))


def matrix_flops() -> float:
    """Floating-point operations a second of one thread, in products of float32 matrices."""
    import numpy as np
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped, unused-ignore]

    a = np.full((_PROBE_WIDTH, _PROBE_WIDTH), 0.5, dtype=np.float32)
    product = np.empty_like(a)
    with threadpool_limits(1):
        np.matmul(a, a, out=product)
        n, started = 0, time.perf_counter()
        while (taken := time.perf_counter() - started) < PROBE_S:
            np.matmul(a, a, out=product)
            n += 1
    return 2.0 * _PROBE_WIDTH**3 * n / taken


def _installed() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _available_of_system(meminfo: Path) -> int:
    if not meminfo.exists():  # not Linux
        return _installed()
    lines = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
    return int(lines["MemAvailable"].split()[0]) * 1024


def _group_limits(root: Path, membership: Path) -> Iterator[tuple[int, int]]:
    """Limit and use of every limited control group that this process is in."""
    for folder in _group_folders(root, membership):
        for limit_file, use_file, reclaimable in _GROUP_FILES:
            try:
                limit = (folder / limit_file).read_text().strip()
                used = int((folder / use_file).read_text())
                statistics = (folder / "memory.stat").read_text().splitlines()
            except (OSError, ValueError):
                continue
            if limit.isdigit() and int(limit) < _UNLIMITED:
                freed = sum(int(line.split()[1]) for line in statistics if line.split()[0] == reclaimable)
                yield int(limit), max(0, used - freed)


def _group_folders(root: Path, membership: Path) -> Iterator[Path]:
    """The groups of this process and those around them. A line is `id:controllers:path`; version 2 has no controllers.

    Inside a container the path may be one of the host's; the container's own group then stands at the root.
    """
    lines = membership.read_text().splitlines() if membership.exists() else []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        top = root / "memory" if controllers else root
        folder = top / path.strip("/")
        yield folder
        while folder != top:
            folder = folder.parent
            yield folder
