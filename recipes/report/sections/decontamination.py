"""Decontamination: against what the pool was checked, what cannot be detected, and which documents had to go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from recipes.report.blocks import Block, Cell, Column, Details, Heading, Paragraph, Row, Section, Table
from recipes.report.on_disk import Finished, RunOnDisk
from recipes.report.pool_rows import Sample, count_of, notes_of, place_of, rejected_by, rows_by_id, steps_of
from recipes.report.words import joined, percent, plural, ratio, whole

RULE = "contaminated"
HELD_OUT = "heldout"
MOST_DOCUMENTS = 8
MOST_KEYS = 12


def section(run: RunOnDisk) -> Section | None:
    """Every decontamination step of every curate stage."""
    pairs = [(stage, step) for stage in run.of_kind("curate") for step in steps_of(stage, "decontaminate")]
    blocks: list[Block] = []
    for stage, step in pairs:
        if len(pairs) > 1:
            blocks.append(Heading(f"{stage.name}: {step['step']}"))
        blocks += _blocks(stage, step)
    return Section("decontamination", "Decontamination", tuple(blocks)) if blocks else None


def set_of(key: str | None, names: Sequence[str]) -> str:
    """The set of an item: keys are `set:item`, but for held-out documents, whose key is their id."""
    if key is not None:
        for name in sorted(names, key=len, reverse=True):
            if name != HELD_OUT and key.startswith(f"{name}:"):
                return name
    return HELD_OUT


def documents_by_set(keys: Iterable[str | None], names: Sequence[str]) -> dict[str, int]:
    """How many documents each set has taken away."""
    found = dict.fromkeys(names, 0)
    for key in keys:
        name = set_of(key, names)
        found[name] = found.get(name, 0) + 1
    return found


def _blocks(stage: Finished, step: Mapping[str, Any]) -> list[Block]:
    label = step["step"]
    sets = [one for one in notes_of(stage, label).get("sets") or () if one.get("name")]
    reached, removed = count_of(stage, label, RULE)
    dropped = rejected_by(stage, f"{label}.{RULE}")
    scope = "" if step.get("only") in (None, ["*"]) else f" Only {joined(step['only'])} were checked."
    text = (
        f"{plural(removed.documents, 'document')} of {whole(reached.documents)} "
        f"({percent(ratio(removed.documents, reached.documents))}) {'was' if removed.documents == 1 else 'were'} "
        f"dropped.{scope} A document goes if the {step.get('ngram')}-token n-grams that it shares with an item make up "
        f"{percent(step.get('threshold'), 0)} of the item or of the document, or more."
    )
    blocks: list[Block] = [Paragraph(text)]
    if sets:
        blocks += _set_blocks(sets, documents_by_set(dropped.rows.column("duplicate_of").to_pylist(), _names(sets)))
    if dropped.is_part:
        text = f"By set, only {plural(len(dropped.rows), 'dropped document')} are counted, a part of them."
        blocks.append(Paragraph(text, "note"))
    if len(dropped.rows):
        blocks += _document_blocks(stage, dropped)
    return blocks


def _names(sets: Iterable[Mapping[str, Any]]) -> list[str]:
    return [one["name"] for one in sets]


def _set_blocks(sets: Sequence[Mapping[str, Any]], dropped: Mapping[str, int]) -> list[Block]:
    columns = (
        Column("Set", "left"),
        Column("Items"),
        Column("Repeated"),
        Column("Too short"),
        Column("Only common n-grams"),
        Column("Can be detected"),
        Column("Documents dropped"),
    )
    rows, missed = [], []
    for one in sets:
        too_short, common = one.get("too_short") or [], one.get("only_common") or []
        missed += [*too_short, *common]
        items = one.get("n_items") or 0
        lost = len(too_short) + len(common)
        rows.append(
            Row(
                (
                    Cell(one["name"], note="held-out documents" if one["name"] == HELD_OUT else ""),
                    whole(items),
                    whole(one.get("n_repeated")),
                    whole(len(too_short)),
                    whole(len(common)),
                    Cell(percent(ratio(items - lost, items)), tone="bad" if lost else ""),
                    whole(dropped.get(one["name"], 0)),
                )
            )
        )
    blocks: list[Block] = [Table(columns, tuple(rows), "What the pool was checked against")]
    if not missed:
        return [*blocks, Paragraph("Every item has n-grams that can be found in a document.", "note")]
    more = f", and {len(missed) - MOST_KEYS:,} more" if len(missed) > MOST_KEYS else ""
    text = f"Items that no document can be checked for: {', '.join(map(str, missed[:MOST_KEYS]))}{more}."
    return [*blocks, Paragraph(text, "warning")]


def _document_blocks(stage: Finished, dropped: Sample) -> list[Block]:
    """The documents with the largest overlap, and where their item is from."""
    order = pc.sort_indices(dropped.rows, sort_keys=[("value", "descending"), ("id", "ascending")])
    first = dropped.rows.take(order[:MOST_DOCUMENTS])
    keys = pc.drop_null(first.column("duplicate_of")).to_pylist()
    items = rows_by_id(stage, HELD_OUT, keys)
    rows = [
        Row((place_of(row), percent(row["value"], 0), item_name(row["duplicate_of"], items)))
        for row in first.to_pylist()
    ]
    columns = (Column("Document", "left"), Column("Overlap"), Column("Item", "left"))
    n_all = len(dropped.rows)
    which = f"{len(rows)} of {n_all:,} dropped documents" if len(rows) < n_all else "Dropped documents"
    summary = f"{which}, by overlap"
    return [Details(summary, (Table(columns, tuple(rows)), *_spread(dropped.rows)))]


def item_name(key: str | None, items: Mapping[str, Mapping[str, Any]]) -> str:
    """An item in words: where a held-out document is from, or the key of an item of a set."""
    if key is None:
        return ""
    return place_of(items[key]) if key in items else key


def _spread(rows: pa.Table) -> list[Block]:
    """How clear the cases are: the median overlap, and how many items there were."""
    values = pc.drop_null(rows.column("value"))
    if not len(values):
        return []
    median = pc.quantile(values, 0.5)[0].as_py()
    n_items = pc.count_distinct(rows.column("duplicate_of")).as_py()
    text = f"The median overlap is {percent(median, 0)}; {plural(n_items, 'different item')} were found."
    return [Paragraph(text, "note")]
