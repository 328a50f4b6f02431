"""Arrow columns as the arrays that kernels read: values and offsets, without a copy.

Row i is `values[offsets[i]:offsets[i + 1]]`. All arrays are read-only, so that a kernel is compiled once, whoever owns
the memory.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Offsets = npt.NDArray[np.int32]


def text_buffers(column: pa.Array) -> tuple[npt.NDArray[np.uint8], Offsets]:
    """Bytes and offsets of a string or binary column; a null is an empty row."""
    if column.null_count:
        column = column.fill_null("" if pa.types.is_string(column.type) else b"")
    return _values(column.buffers()[2], np.uint8), _offsets(column)


def int64_list_buffers(column: pa.Array) -> tuple[npt.NDArray[np.uint64], Offsets]:
    """Values, as unsigned bit patterns, and offsets of a list<int64> column without nulls."""
    inner = column.values
    values = _values(inner.buffers()[1], np.uint64)
    return values[inner.offset :], _offsets(column)


def read_only(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A view of the array that cannot be written through."""
    view = array.view()
    view.flags.writeable = False
    return view


def _values(buffer: pa.Buffer | None, kind: type[np.generic]) -> npt.NDArray[Any]:
    return read_only(np.zeros(0, kind) if buffer is None else np.frombuffer(buffer, kind))


def _offsets(column: pa.Array) -> Offsets:
    if not len(column):  # Arrow may leave the offsets of no rows out
        return read_only(np.zeros(1, np.int32))
    kinds = (pa.types.is_string, pa.types.is_binary, pa.types.is_list)
    assert any(is_kind(column.type) for is_kind in kinds), f"offsets of {column.type} are not 32 bits wide"
    every = np.frombuffer(column.buffers()[1], np.int32)
    return read_only(every[column.offset : column.offset + len(column) + 1])
