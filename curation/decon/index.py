"""The index of evaluation n-grams: for each, the parts of items that it belongs to.

A part is a question or an answer. The index is kept in files that workers map into memory, so that the processes of a
machine share one copy. Memory: about 25 bytes a distinct n-gram.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curation.core.hashing import digest
from curation.core.storage import Directory
from curation.decon.probe import NgramTable

_KEYS = "keys.arrow"

Bools = npt.NDArray[np.bool_]
Int32s = npt.NDArray[np.int32]


@dataclass(frozen=True)
class ItemIndex:
    """Parts by n-gram.

    Args:
        common: by n-gram, whether it is no evidence.
        first: n-gram i belongs to `parts[first[i]:first[i + 1]]`; to none, if it is of no use.
        parts: all of them, n-gram by n-gram.
        sizes: by part, how many of its n-grams count.
        whole: by part, whether all of these must be found.
        items: by part, the number of its item.
        keys: of the items.
    """

    common: Bools
    first: npt.NDArray[np.int64]
    parts: Int32s
    sizes: Int32s
    whole: Bools
    items: Int32s
    keys: pa.Array


@dataclass(frozen=True)
class Stored:
    """A table or an index in a directory.

    Args:
        content: a hash of what was written, so that another one in the same place is another one.
    """

    directory: str
    content: str

    @property
    def table(self) -> NgramTable:
        """The n-grams; their numbers are places in the arrays of the index."""
        return _open_table(self)

    @property
    def items(self) -> ItemIndex:
        """What belongs to the n-grams."""
        return _open_items(self)


def store_table(table: NgramTable, directory: str) -> Stored:
    """Write a table, for workers to look n-grams up."""
    return Stored(directory, digest(*_write_arrays(table, directory)))


def store_items(index: ItemIndex, table: Stored) -> Stored:
    """Write what belongs to the n-grams of a table that is stored, beside it."""
    contents = _write_arrays(index, table.directory)
    keys = pa.table({"key": index.keys})
    with Directory(table.directory).create(_KEYS) as draft, pa.ipc.new_file(draft.stream, keys.schema) as writer:
        writer.write_table(keys)
    return Stored(table.directory, digest(table.content, *contents, draft.entry.xxh3_128))


def _write_arrays(holder: NgramTable | ItemIndex, directory: str) -> list[str]:
    contents = []
    for name, array in vars(holder).items():
        if isinstance(array, np.ndarray):
            with Directory(directory).create(f"{name}.npy") as draft:
                np.save(draft.stream, array)
            contents.append(draft.entry.xxh3_128)
    return contents


@functools.lru_cache(maxsize=2)
def _open_table(stored: Stored) -> NgramTable:
    return NgramTable(*(_mapped(stored, field.name) for field in fields(NgramTable)))


@functools.lru_cache(maxsize=2)
def _open_items(stored: Stored) -> ItemIndex:
    with pa.memory_map(f"{stored.directory}/{_KEYS}") as source:
        keys = pa.ipc.open_file(source).read_all().column("key").combine_chunks()
    arrays = {field.name: _mapped(stored, field.name) for field in fields(ItemIndex) if field.name != "keys"}
    return ItemIndex(**arrays, keys=keys)


def _mapped(stored: Stored, name: str) -> npt.NDArray[Any]:
    array: npt.NDArray[Any] = np.load(f"{stored.directory}/{name}.npy", mmap_mode="r").view(np.ndarray)
    return array
