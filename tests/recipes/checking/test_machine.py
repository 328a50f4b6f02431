"""Memory, disk and speed of the machine, as systems and control groups tell them."""

from __future__ import annotations

import shutil
from pathlib import Path

from recipes.checking.machine import available_memory, cores, free_disk, matrix_flops, total_memory

SYSTEM_KB = 8_000_000


def memory(tmp_path: Path, membership: str, files: dict[str, str]) -> int:
    """What is available where the kernel and the control groups say this."""
    (tmp_path / "meminfo").write_text(f"MemTotal: 16000000 kB\nMemAvailable: {SYSTEM_KB} kB\n")
    (tmp_path / "membership").write_text(membership)
    for name, text in files.items():
        file = tmp_path / "groups" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return available_memory(tmp_path / "meminfo", tmp_path / "groups", tmp_path / "membership")


def group(folder: str, limit: str, used: int, cache: int) -> dict[str, str]:
    return {
        f"{folder}memory.max": f"{limit}\n",
        f"{folder}memory.current": f"{used}\n",
        f"{folder}memory.stat": f"anon 5\ninactive_file {cache}\n",
    }


def test_the_system_alone(tmp_path: Path) -> None:
    assert memory(tmp_path, "0::/\n", {}) == SYSTEM_KB * 1024


def test_a_group_leaves_its_limit_less_what_is_used_and_cannot_be_taken_back(tmp_path: Path) -> None:
    assert memory(tmp_path, "0::/job\n", group("job/", "1000000", 600_000, 100_000)) == 500_000


def test_a_group_without_a_limit_and_one_that_is_larger_than_the_system(tmp_path: Path) -> None:
    files = group("job/", "max", 5, 0) | group("", str(2**50), 5, 0)
    assert memory(tmp_path, "0::/job\n", files) == SYSTEM_KB * 1024


def test_the_tightest_group_around_this_one_counts(tmp_path: Path) -> None:
    files = group("batch/", "700000", 0, 0) | group("batch/job/", "900000", 0, 0)
    assert memory(tmp_path, "0::/batch/job\n", files) == 700_000


def test_the_path_of_the_host_is_not_there_in_a_container(tmp_path: Path) -> None:
    assert memory(tmp_path, "0::/docker/abc\n", group("", "300000", 0, 0)) == 300_000


def test_the_first_version_of_control_groups(tmp_path: Path) -> None:
    files = {
        "memory/job/memory.limit_in_bytes": "800000",
        "memory/job/memory.usage_in_bytes": "300000",
        "memory/job/memory.stat": "cache 7\ntotal_inactive_file 100000\n",
    }
    assert memory(tmp_path, "4:cpu:/job\n3:memory:/job\n0::/\n", files) == 600_000


def test_more_use_than_the_limit_leaves_nothing(tmp_path: Path) -> None:
    assert memory(tmp_path, "0::/\n", group("", "100", 500, 0)) == 0


def test_free_disk_of_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    assert abs(free_disk(tmp_path / "not" / "yet") - free) < 10**9


def test_this_machine_has_something() -> None:
    assert cores() >= 1
    assert 0 < available_memory() <= total_memory()
    assert matrix_flops() > 1e8
