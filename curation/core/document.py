"""What a document is, as columns.

A batch of documents is a pyarrow RecordBatch with the columns of `DOCUMENT`; a reader yields such batches. Text is
valid UTF-8. `location` and `row` say where a document was read: the path relative to the root of the source's glob,
and the row in that file, from 0.
"""

from __future__ import annotations

import pyarrow as pa

DOCUMENT = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("source_id", pa.string()),
        pa.field("text", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("domain", pa.string()),
        pa.field("location", pa.string(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("url", pa.string()),
        pa.field("date", pa.string()),
        pa.field("licence", pa.string()),
        pa.field("metadata", pa.string()),
    ]
)

POOL = pa.schema(
    [
        *DOCUMENT,
        pa.field("bucket", pa.int32(), nullable=False),
        pa.field("n_bytes", pa.int64(), nullable=False),
        pa.field("dup_count", pa.int64(), nullable=False),
    ]
)

REJECTED = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("source_id", pa.string()),
        pa.field("source", pa.string(), nullable=False),
        pa.field("location", pa.string(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
        pa.field("stage", pa.string(), nullable=False),
        pa.field("rule", pa.string(), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("threshold", pa.float64()),
        pa.field("duplicate_of", pa.string()),
        pa.field("text", pa.string()),
    ]
)
