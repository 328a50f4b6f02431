"""Files to splits: large files by themselves, small ones together, huge parquet files in pieces.

Small files (below 8 MiB) are put together by the bits of the hash of their location:

1. all of them are one group;
2. a group of more than 64 MiB is cut in two by the next bit, and so on.

So which files are together depends on a file's neighbours by hash alone: one more file changes the group that it comes
to, or cuts it in two, and leaves all others as they were. A million pages are some hundred splits. Opening a file
counts as 16 KiB. Files of 8 MiB and more are splits of their own; a parquet file of more than 64 MiB is cut between row
groups.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from curation.core.hashing import hash64
from curation.engine.plan import PARTITION_BYTES
from curation.sources.file_split import FileSplit
from curation.sources.listing import InputFile
from curation.sources.options import ReadOptions
from curation.sources.tables import row_group_bytes

SMALL_BYTES = 8 * 2**20
OPEN_BYTES = 16 * 2**10


def splits_of_files(options: ReadOptions, files: Sequence[InputFile], *, rejected: bool) -> tuple[FileSplit, ...]:
    """The splits of a source's files, in a fixed order."""
    small = [file for file in files if file.size_bytes < SMALL_BYTES]
    found = [FileSplit(options, group, rejected=rejected) for group in grouped(small)]
    for file in files:
        if file.size_bytes >= SMALL_BYTES:
            found += [FileSplit(options, (file,), groups, size, rejected=rejected) for groups, size in _pieces(file)]
    return tuple(found)


def grouped(files: Sequence[InputFile]) -> list[tuple[InputFile, ...]]:
    """Groups of at most 64 MiB, each in the order of `files`."""
    hashed = [(hash64(file.location.encode()), file) for file in files]
    return [tuple(file for _, file in group) for group in _cut(hashed, 63)]


def _cut(group: list[tuple[int, InputFile]], bit: int) -> Iterator[list[tuple[int, InputFile]]]:
    size = sum(file.size_bytes + OPEN_BYTES for _, file in group)
    if size <= PARTITION_BYTES or len(group) == 1 or bit < 0:
        if group:
            yield group
        return
    for side in (0, 1):
        yield from _cut([item for item in group if item[0] >> bit & 1 == side], bit - 1)


def _pieces(file: InputFile) -> Iterator[tuple[tuple[int, int] | None, int | None]]:
    """Runs of row groups that reach 64 MiB, and their bytes; None for a file that is read whole."""
    sizes = row_group_bytes(file) if file.format == "parquet" and file.size_bytes > PARTITION_BYTES else []
    if len(sizes) < 2:
        yield None, None
        return
    first, held = 0, 0
    for number, size in enumerate(sizes):
        held += size
        if held >= PARTITION_BYTES or number == len(sizes) - 1:
            yield (first, number + 1), held
            first, held = number + 1, 0
