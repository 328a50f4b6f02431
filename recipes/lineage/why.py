"""`mix why`: a document's fate in a run, from the pool to the shards that hold it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from curation.core.errors import BadInput
from curation.core.storage import MANIFEST, Directory
from curation.pipeline.fates import Fate, find_fates
from mixing.shards.format import DocumentRow, index_name, read_index
from mixing.shards.manifest import Manifest


@dataclass(frozen=True)
class Emitted:
    """A place in shards where a document, or a piece of it, stands."""

    stage: str
    part: str
    row: DocumentRow


@dataclass(frozen=True)
class Why:
    """What became of a document in one run."""

    run: Path
    stage: str
    fate: Fate
    emitted: tuple[Emitted, ...]


def why(name: str, runs: list[Path]) -> list[Why]:
    """All documents of that id or source_id in the pools of runs.

    Args:
        name: an id (32 hex digits) or the user's own id.
        runs: run directories, such as runs/quickstart.

    Raises:
        BadInput: no pool of these runs has it.
    """
    found = []
    n_pools = 0
    for run in runs:
        stages = list(finished_stages(run))
        for stage, path, kind in stages:
            if kind != "pool":
                continue
            n_pools += 1
            for fate in find_fates(path, name):
                found.append(Why(run, stage, fate, tuple(_emitted(stages, fate.row["id"]))))
    if not found:
        places = ", ".join(str(run) for run in runs) or "no runs"
        raise BadInput(
            f"no document has the id or source_id {name!r} in {n_pools} pools",
            where=places,
            fix="give the run with --in, and an id from its documents or rejected table",
        )
    return found


def finished_stages(run: Path) -> Iterator[tuple[str, Path, str]]:
    """(stage, directory, kind of manifest) of every finished stage of a run."""
    if not run.is_dir():
        raise BadInput("no such run directory", where=str(run), fix="give a directory such as runs/quickstart")
    for path in sorted(run.iterdir()):
        if not path.name.startswith(".") and (path / MANIFEST).is_file():
            yield path.name, path, Directory(path).read_json(MANIFEST)["kind"]


def _emitted(stages: list[tuple[str, Path, str]], document_id: str) -> Iterator[Emitted]:
    for stage, path, kind in stages:
        if kind == "shards":
            for file in Manifest.load(path).token_files:
                for row in read_index(path / index_name(file.path)):
                    if row.id == document_id:
                        yield Emitted(stage, file.path, row)
