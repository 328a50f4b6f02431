"""The parts of the work set that the first pass writes, kept by what they depend on.

A part depends on its split's contents, on the row-local steps and features that measure it, and on the code. Its file
is kept under the hash of these, beside the runs, so that a stage with one more input file, or with another threshold in
a later step, reads and measures what is new alone:

1. A part whose key is kept is linked into the work set (copied where links are not possible); its split is not read.
2. Any other is written, then kept; the description comes last, so that a half-kept part does not count.
3. After the pass, parts that this stage no longer uses are removed.

Disk: one more copy of the annotated documents, compressed, for as long as the run's cache is kept.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from curation.core.storage import Directory
from curation.engine.fingerprint import code_fingerprint, fingerprint
from curation.engine.operators import Batches, Sink
from curation.engine.plan import Split
from curation.sources.summary import Tally
from curation.work.step import Annotator, Step


def part_keys(splits: Sequence[Split], chain: Sequence[Annotator]) -> tuple[str, ...]:
    """What each part depends on.

    Args:
        splits: one a part.
        chain: what measures it; steps with a model as they are before it is learned, which the hashes of its inputs
            stand for.
    """
    inputs = [step.inputs() for step in chain if isinstance(step, Step)]
    shared = fingerprint(code_fingerprint("curation"), list(chain), inputs)
    return tuple(fingerprint(split.key, shared) for split in splits)


@dataclass(frozen=True)
class WriteDocuments(Sink):
    """Writes a part of the work set, all columns of its rows; returns its file, and what was read.

    Args:
        directory: of the work set.
        schema: of the rows.
        kept: where parts are kept, or None.
        keys: of the parts; empty if they are not kept.
    """

    directory: str
    schema: pa.Schema
    kept: str | None = None
    keys: tuple[str, ...] = ()

    def __call__(self, partition: int, batches: Batches) -> dict[str, Any]:
        name = f"documents/part-{partition:05d}.parquet"
        if self.kept is None:
            return self._write(name, batches)
        place, key = Path(self.directory, name), self.keys[partition]
        known = Directory(self.kept)
        if known.exists(f"{key}.json"):
            part: dict[str, Any] = known.read_json(f"{key}.json")
            file = Path(self.kept, f"{key}.parquet")
            if file.is_file() and file.stat().st_size == part["file"]["size_bytes"]:
                _link(file, place)
                return {**part, "file": {**part["file"], "path": name}}
        part = self._write(name, batches)
        _link(place, Path(self.kept, f"{key}.parquet"))
        known.write_json(f"{key}.json", part)
        return part

    def _write(self, name: str, batches: Batches) -> dict[str, Any]:
        options = {"compression": "zstd", "use_dictionary": False}
        tally = Tally()
        with (
            Directory(self.directory).create(name) as draft,
            pq.ParquetWriter(draft.stream, self.schema, **options) as writer,
        ):
            for batch in batches:
                writer.write_batch(batch)
                tally.add(batch)
        return {"file": asdict(draft.entry), "read": tally.entries}


def forget_others(kept: Path, keys: Sequence[str]) -> None:
    """Remove the parts that are kept under other keys."""
    used = set(keys)
    for path in kept.glob("*"):
        if path.name.split(".")[0] not in used:
            path.unlink(missing_ok=True)


def _link(source: Path, target: Path) -> None:
    """The same file under another name; both names stay whole whatever happens."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}-{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    try:
        os.link(source, temporary)
    except OSError:
        shutil.copyfile(source, temporary)
    temporary.replace(target)
