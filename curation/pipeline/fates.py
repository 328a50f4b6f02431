"""What became of one document of a pool: `mix why`.

Every input document stands in one of the tables documents, rejected and heldout, and its measured signals in signals.
The pool's manifest has the steps with their parameters, so that each rule can be held against what was measured.
Cost: one scan of the id columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow.compute as pc
import pyarrow.parquet as pq

from curation.core.storage import Directory, listed, read_manifest
from curation.pipeline.steps import make_step
from curation.work.rule import Rule
from curation.work.step import RowStep

State = Literal["kept", "rejected", "held out"]
_TABLES: dict[str, State] = {"documents/": "kept", "rejected/": "rejected", "heldout/": "held out"}


@dataclass(frozen=True)
class Judgement:
    """One rule against one document; `value` is None where it was not measured."""

    step: str
    rule: Rule
    value: float | None

    @property
    def passed(self) -> bool | None:
        """None where it was not measured."""
        if self.value is None:
            return None
        return not (
            self.value < self.rule.threshold if self.rule.drops == "below" else self.value > self.rule.threshold
        )


@dataclass(frozen=True)
class Fate:
    """A document of a pool and what became of it.

    Args:
        state: kept, rejected or held out.
        row: its columns in the table that holds it.
        signals: what was measured.
        judgements: every rule with a threshold, in recipe order.
    """

    pool: Path
    state: State
    row: dict[str, Any]
    signals: dict[str, float | None]
    judgements: tuple[Judgement, ...]


def find_fates(pool: Path, name: str) -> Iterator[Fate]:
    """The documents of a pool whose id or source_id is `name`.

    Raises:
        BadInput: the directory is no finished pool.
    """
    manifest = read_manifest(Directory(pool), "pool")
    for below, state in _TABLES.items():
        for file in listed(manifest, below):
            for row in _matching(pool / file.path, name):
                signals = _signals(pool / "signals" / Path(file.path).name, row["id"])
                yield Fate(pool, state, row, signals, tuple(_judgements(manifest["steps"], signals)))


def _matching(path: Path, name: str) -> list[dict[str, Any]]:
    keys = pq.read_table(path, columns=["id", "source_id"])
    hit = pc.or_kleene(pc.equal(keys["id"], name), pc.equal(keys["source_id"], name))
    if not pc.any(hit).as_py():
        return []
    rows: list[dict[str, Any]] = pq.read_table(path).filter(pc.fill_null(hit, False)).to_pylist()
    return rows


def _signals(path: Path, document_id: str) -> dict[str, float | None]:
    if not path.exists():
        return {}
    table = pq.read_table(path, filters=[("id", "==", document_id)])
    rows = table.drop_columns(["id"]).to_pylist()
    return rows[0] if rows else {}


def _judgements(steps: list[dict[str, Any]], signals: dict[str, float | None]) -> Iterator[Judgement]:
    for entry in steps:
        parameters = {key: value for key, value in entry.items() if key not in ("step", "kind")}
        step = make_step(entry["kind"], parameters)
        if isinstance(step, RowStep):
            for rule in step.rules:
                yield Judgement(entry["step"], rule, signals.get(rule.signal))
