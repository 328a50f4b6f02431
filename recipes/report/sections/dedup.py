"""Near-duplicates: what the bands can find, what they found, and which documents were taken for copies."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from curation.core.events import read_events
from curation.dedup.minhash_plan import candidate_probability
from recipes.report.blocks import (
    Block,
    Column,
    Details,
    Figure,
    Heading,
    Paragraph,
    Quote,
    Row,
    Section,
    Swatch,
    Table,
    Tile,
    Tiles,
)
from recipes.report.figures import likeness
from recipes.report.figures.likeness import Likeness
from recipes.report.on_disk import Finished, RunOnDisk
from recipes.report.pool_rows import Sample, count_of, files_of, place_of, rejected_by, rows_by_id, steps_of
from recipes.report.words import Number, decimal, known, percent, plural, ratio, short, whole

RULE = "near_duplicate"
BINS = 20
EXAMPLES = 4
GROUPS = 3
_CURVE = 200


def section(run: RunOnDisk) -> Section | None:
    """Every minhash step of every curate stage."""
    pairs = [(stage, step) for stage in run.of_kind("curate") for step in steps_of(stage, "minhash_dedup")]
    blocks: list[Block] = []
    for stage, step in pairs:
        if len(pairs) > 1:
            blocks.append(Heading(f"{stage.name}: {step['step']}"))
        blocks += _blocks(run, stage, step)
    return Section("near-duplicates", "Near-duplicates", tuple(blocks)) if blocks else None


def threshold_of(step: dict[str, Any]) -> float | None:
    """Least similarity of a pair that counts; None where every candidate does."""
    value = (step.get("verify") or {}).get("jaccard")
    return float(value) if value is not None and known(value) else None


def likeness_of(step: dict[str, Any], similarities: np.ndarray[Any, np.dtype[np.float64]]) -> Likeness:
    """The figure's numbers, in 20 bins from the threshold to 1."""
    threshold = threshold_of(step)
    xs = [place / _CURVE for place in range(_CURVE + 1)]
    curve = tuple((x, candidate_probability(x, step["bands"], step["rows"])) for x in xs)
    low = 0.0 if threshold is None or threshold >= 1 else threshold
    counts, edges = np.histogram(similarities[np.isfinite(similarities)], bins=BINS, range=(low, 1.0))
    return Likeness(tuple(edges.tolist()), tuple(counts.tolist()) if counts.any() else (), curve, threshold)


def pair_counts(run: RunOnDisk, stage: str, label: str) -> tuple[Number, Number]:
    """Candidate and verified pairs, as the event log last told; None where it does not."""
    found: tuple[Number, Number] = (None, None)
    try:
        for event in read_events(run.directory.events_file):
            if (event.get("stage"), event.get("label")) == (stage, label) and "candidate_pairs" in event:
                found = event["candidate_pairs"], event.get("verified_pairs")
    except (ValueError, AttributeError, OSError):
        pass  # a log that is cut or damaged tells what it can
    return found


def plan_sentence(step: dict[str, Any]) -> str:
    """Which pairs count, and how many of them the bands find."""
    bands, rows, threshold = step["bands"], step["rows"], threshold_of(step)
    half = decimal(half_found(bands, rows), 2)
    if threshold is None:
        return (
            f"Documents are compared by their {step['ngram']}-word shingles, and every pair that shares a band counts. "
            f"{bands} bands of {rows} rows find half of the pairs with a Jaccard similarity of {half}."
        )
    return (
        f"Two documents are near-duplicates if the Jaccard similarity of their {step['ngram']}-word shingles is "
        f"{threshold:g} or more. {bands} bands of {rows} rows find "
        f"{percent(candidate_probability(threshold, bands, rows))} of the pairs that are just as similar, and half of "
        f"those at {half}."
    )


def _blocks(run: RunOnDisk, stage: Finished, step: dict[str, Any]) -> list[Block]:
    label, threshold = step["step"], threshold_of(step)
    candidates, verified = pair_counts(run, stage.name, label)
    reached, removed = count_of(stage, label, RULE)
    dropped = rejected_by(stage, f"{label}.{RULE}")
    text = plan_sentence(step)
    tiles = (
        Tile(whole(candidates), "candidate pairs", "that share a band"),
        Tile(whole(verified), "verified pairs", f"{percent(ratio(verified, candidates), 0)} of the candidates"),
        Tile(
            whole(removed.documents),
            "documents dropped",
            f"{percent(ratio(removed.documents, reached.documents))} of {whole(reached.documents)}",
        ),
    )
    data = likeness_of(step, dropped.rows.column("value").to_numpy())
    legend = (Swatch("loss", f"threshold {threshold:g}", "dashes"),) if threshold is not None else ()
    right = "The second panel: dropped documents, by their largest similarity within the group. " if data.counts else ""
    caption = f"What the bands find, before any document is read. {right}{_part(dropped)}"
    return [
        Paragraph(text),
        Tiles(tiles),
        Figure(likeness.draw(f"likeness-{stage.name}-{label}", data), caption.strip(), legend),
        *_group_blocks(stage),
        *_example_blocks(stage, dropped),
    ]


def half_found(bands: int, rows: int) -> float:
    """The similarity at which a pair is found with probability one half."""
    return float((1.0 - 0.5 ** (1.0 / bands)) ** (1.0 / rows))


def _part(sample: Sample) -> str:
    return f"Counted over {plural(len(sample.rows), 'rejected document')}, a part of them." if sample.is_part else ""


def largest_groups(stage: Finished) -> list[tuple[int, str]]:
    """How many documents the three largest groups have, with the id of the one that stays."""
    found: list[tuple[int, str]] = []
    for name in files_of(stage, "documents")[0]:
        table = pq.read_table(stage.path / name, columns=["id", "dup_count"])
        table = table.filter(pc.greater(table.column("dup_count"), 1))
        rows = zip(table.column("dup_count").to_pylist(), table.column("id").to_pylist(), strict=True)
        found = heapq.nlargest(GROUPS, [*found, *rows])
    return found


def _group_blocks(stage: Finished) -> list[Block]:
    groups = largest_groups(stage)
    survivors = rows_by_id(stage, "documents", [name for _, name in groups])
    rows = [
        Row((short(n), str(survivors[name]["domain"]), place_of(survivors[name]), survivors[name]["text"]))
        for n, name in groups
        if name in survivors
    ]
    if not rows:
        return []
    columns = (Column("Documents", "left"), Column("Domain", "left"), Column("Kept", "left"), Column("Begins", "left"))
    return [Table(columns, tuple(rows), "The largest groups, exact and near copies together")]


def _example_blocks(stage: Finished, dropped: Sample) -> list[Block]:
    """The pairs that a slightly higher threshold would have kept: where a wrong drop is most likely."""
    order = pc.sort_indices(dropped.rows, sort_keys=[("value", "ascending"), ("id", "ascending")])
    rows = dropped.rows.take(order[:EXAMPLES]).to_pylist()
    if not rows:
        return []
    kept = rows_by_id(stage, "documents", [row["duplicate_of"] for row in rows if row["duplicate_of"]])
    texts = rows_by_id(stage, "rejected", [row["id"] for row in rows], ("text",))
    blocks: list[Block] = []
    for row in rows:
        blocks.append(Heading(f"Similarity {decimal(row['value'], 3)}"))
        blocks.append(Quote(texts.get(row["id"], {}).get("text", ""), f"dropped: {place_of(row)}"))
        other = kept.get(row["duplicate_of"] or "")
        told = "a document that later steps dropped, or that is in a part that was not read"
        blocks.append(
            Quote(other["text"], f"stays: {place_of(other)}") if other else Paragraph(f"Duplicate of {told}.", "note")
        )
    return [Details("The least similar documents that were dropped", tuple(blocks))]
