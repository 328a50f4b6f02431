"""Kernels compile when they are called, with a cache or without one."""

from __future__ import annotations

import subprocess
import sys

import numba
import pytest

from curation.kernels.compiled import Kernel


def test_importing_steps_does_not_import_numba() -> None:
    code = "import sys, curation.pipeline.steps; print('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_kernel_compiles_where_no_cache_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """numba raises a RuntimeError at once if neither the source's folder nor the user's cache is writable."""
    asked = []
    original = numba.njit

    def njit(*function: object, **options: bool) -> object:
        if not function:
            asked.append(options)
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return original(*function, **options)

    monkeypatch.setattr(numba, "njit", njit)
    double = Kernel(lambda x: x * 2)
    assert [double(21), double(4)] == [42, 8]
    assert asked == [{"nogil": True, "cache": True}, {"nogil": True}]
