"""The `limit` of a source of files: documents in the order of (location, row), as many as fit.

Which row is the first that does not fit is known only when everything before it was read. So it is read twice: here,
one file after the other, until the limit is passed; and by the workers, who share the files. Without a second reading
one worker would have to do it all. Cost: once through the text up to the limit, by one process, whenever a source is
listed (once in a process). A limit far above what is there reads all of it; leave it out then.
"""

from __future__ import annotations

import functools

import numpy as np
import pyarrow.compute as pc

from curation.sources.file_split import FileSplit
from curation.sources.listing import InputFile
from curation.sources.options import ReadOptions


@functools.lru_cache(maxsize=64)
def within_limit(
    options: ReadOptions, files: tuple[InputFile, ...], limit_bytes: int
) -> tuple[tuple[InputFile, ...], InputFile | None, int]:
    """The files that fit whole, the file that fits in part if there is one, and its first row that does not fit.

    Args:
        options: how they are read.
        files: sorted by location.
        limit_bytes: of text.
    """
    left = limit_bytes
    for place, file in enumerate(files):
        for batch in FileSplit(options, (file,)).read():
            until = np.cumsum(pc.binary_length(batch.column("text")).to_numpy().astype(np.int64))
            beyond = np.flatnonzero(until > left)
            if len(beyond):
                return files[:place], file, int(batch.column("row")[int(beyond[0])].as_py())
            left -= int(until[-1]) if len(until) else 0
    return files, None, 0
