"""The files of a shard directory.

`tokens/part-NNNNN.npy` is a raw array of little-endian uint16 or uint32 without a header, as OLMo-core's numpy datasets
read it. Beside it `part-NNNNN.csv.gz` has one row a document and no header line: start, end, id, source, location,
domain, bucket, copy; start and end are token positions in that part, half open.

All parts but the last have the same number of tokens, a multiple of 65,536. A document that would cross the end of a
part is cut there: the part's last token becomes EOS, and what follows is a document of its own row in the next part.
So every part ends in EOS, and totals stay as they are.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

PART_MULTIPLE = 65_536
DEFAULT_PART_TOKENS = 2**26


@dataclass(frozen=True)
class DocumentRow:
    """A row of an index: where a document stands in its part, and where it comes from."""

    start: int
    end: int
    id: str
    source: str
    location: str
    domain: str
    bucket: int
    copy: int


def token_dtype(vocab_size: int) -> str:
    """The smallest type that holds every id."""
    return "uint16" if vocab_size <= 2**16 else "uint32"


def part_name(number: int) -> str:
    """Where a part's tokens are."""
    return f"tokens/part-{number:05d}.npy"


def index_name(tokens_path: str) -> str:
    """Where the index of a part is."""
    return tokens_path.removesuffix(".npy") + ".csv.gz"


def encode_index(rows: Iterable[DocumentRow]) -> bytes:
    """An index file; equal rows give equal bytes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        writer.writerow((row.start, row.end, row.id, row.source, row.location, row.domain, row.bucket, row.copy))
    return gzip.compress(text.getvalue().encode(), compresslevel=6, mtime=0)


def read_index(path: str | Path) -> Iterator[DocumentRow]:
    """The rows of an index file."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        for start, end, id_, source, location, domain, bucket, copy in csv.reader(lines):
            yield DocumentRow(int(start), int(end), id_, source, location, domain, int(bucket), int(copy))


def open_tokens(path: str | Path, dtype: str) -> npt.NDArray[np.unsignedinteger]:
    """A part's tokens, memory-mapped."""
    return np.memmap(path, dtype=np.dtype(dtype).newbyteorder("<"), mode="r")
