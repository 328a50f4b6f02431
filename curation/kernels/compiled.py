"""Kernels: functions over arrays that numba compiles to machine code.

A kernel is compiled when it is first called, and numba is imported then, not before: commands that call no kernel do
not wait for it. Machine code is cached beside the source where that is writable, otherwise in the user's cache
directory; where neither is, every process compiles again (about a second a kernel). Kernels release the GIL.

numba looks at the age of a kernel's own file to know whether its cache is still true. So a kernel calls nothing from
other files, and its constants stand in its file.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


class Kernel:
    """A function that is compiled at its first call; `kernel.plain` is the Python function."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self.plain = function
        self._compiled: Callable[..., Any] | None = None

    def __call__(self, *arguments: Any) -> Any:
        if self._compiled is None:
            self._compiled = _compile(self.plain)
        return self._compiled(*arguments)


def _compile(function: Callable[..., Any]) -> Callable[..., Any]:
    import numba

    try:
        compiled: Callable[..., Any] = numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # no place for a cache is writable
        compiled = numba.njit(nogil=True)(function)
    return compiled
