"""Rows of the work set as single integers, and columns that the driver knows for some of them.

An address is `part * 2^40 + row in the part`: 8 bytes in place of an id's 36, unique where ids may repeat, and ordered
as the work set is. `with_columns` joins columns to rows by address: it writes them as an overlay that only the plans of
one step see.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curation.engine.plan import Plan
from curation.work.context import GlobalContext
from curation.work.workset import PART, ROW, WorkPart, WriteOverlay

_ROW_BITS = 40
_WRITTEN_ROWS = 65_536

Addresses = npt.NDArray[np.int64]


def addresses_of(batch: pa.RecordBatch) -> Addresses:
    """The addresses of the rows of a batch of the work set."""
    parts = batch.column(PART).to_numpy().astype(np.int64)
    addresses: Addresses = (parts << _ROW_BITS) | batch.column(ROW).to_numpy()
    return addresses


def with_columns(
    context: GlobalContext, name: str, addresses: Addresses, columns: Mapping[str, pa.Array]
) -> GlobalContext:
    """The context with further columns at some rows, null elsewhere.

    Args:
        name: tells the overlay from others of the step.
        addresses: ascending, without repeats.
        columns: one value for every address.
    """
    place = {PART: part_numbers(addresses), ROW: pa.array(addresses & ((1 << _ROW_BITS) - 1))}
    rows = pa.table({**place, **columns})
    overlay = f"{context.label}-{name}"
    WriteOverlay(context.work.directory, overlay)(0, iter(rows.to_batches(max_chunksize=_WRITTEN_ROWS)))
    work = replace(context.work, overlays=list(context.work.overlays))
    work.add_overlay(overlay, rows.schema)
    return replace(context, work=work)


def only_parts_of(plan: Plan, addresses: Addresses) -> Plan:
    """The plan without the parts of the work set that hold none of the addresses, so that these are not read."""
    parts = set(part_numbers(addresses).unique().to_pylist())
    kept = (split for split in plan.splits if not isinstance(split, WorkPart) or split.number in parts)
    return replace(plan, splits=tuple(kept))


def part_numbers(addresses: Addresses) -> pa.Array:
    """The part of every address."""
    return pa.array((addresses >> _ROW_BITS).astype(np.int32))
