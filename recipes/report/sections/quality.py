"""Quality: how well the classifier tells documents apart, the scores of every domain, and what is in its buckets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from mixing.counts import Counts
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
from recipes.report.figures import histograms
from recipes.report.figures.histograms import Histogram
from recipes.report.figures.multiples import MOST_PANELS
from recipes.report.limits import cut_note, largest
from recipes.report.on_disk import Finished, RunOnDisk
from recipes.report.pool_rows import notes_of, place_of, rows_by_id, steps_of
from recipes.report.quality_scores import DomainScores, domain_scores
from recipes.report.words import decimal, general, joined, known, percent, plural, whole

MOST_BUCKETS = 10
FEW = 100


def section(run: RunOnDisk) -> Section | None:
    """Every curate stage that measures quality or makes buckets."""
    stages = [stage for stage in run.of_kind("curate") if steps_of(stage, "quality") or steps_of(stage, "buckets")]
    blocks: list[Block] = []
    for stage in stages:
        if len(stages) > 1:
            blocks.append(Heading(stage.name))
        steps = steps_of(stage, "quality")
        for step in steps:
            blocks += _training_blocks(notes_of(stage, step["step"]), step)
        if steps:
            blocks += _score_blocks(stage, steps[-1].get("threshold"))
        blocks += _bucket_blocks(run, stage)
    return Section("quality", "Quality", tuple(blocks)) if blocks else None


def bucket_columns(n_buckets: int) -> list[range]:
    """The buckets of each column of a table: one, or as many as leave at most ten columns."""
    size = max(1, math.ceil(n_buckets / MOST_BUCKETS))
    return [range(start, min(start + size, n_buckets)) for start in range(0, n_buckets, size)]


def token_unit(largest_tokens: int) -> tuple[int, str]:
    """Of what a column of tokens counts: the largest has four digits or more before the point, of small ones fewer."""
    for unit, name in ((10**9, "Billions"), (10**6, "Millions")):
        if largest_tokens >= 1000 * unit:
            return unit, name
    return 1000, "Thousands"


def training_text(notes: Mapping[str, Any], step: Mapping[str, Any]) -> str:
    """How the classifier was made, in a sentence or two."""
    documents, held = notes.get("documents") or {}, notes.get("held_out") or {}
    method = f"A {notes['method']} classifier" if notes.get("method") else "A classifier"
    if step.get("model"):
        method += " from a file"
    learned = (
        f"{method} tells {whole(documents.get('positives'))} good documents from "
        f"{whole(documents.get('negatives'))} others. It is measured on {whole(held.get('positives'))} and "
        f"{whole(held.get('negatives'))} of these, which it has not learned from."
    )
    threshold = step.get("threshold")
    if known(threshold):
        return f"{learned} Documents that score below {general(threshold)} are dropped."
    return f"{learned} Its scores drop no document; they order documents into buckets."


def _training_blocks(notes: Mapping[str, Any], step: Mapping[str, Any]) -> list[Block]:
    if not notes:
        return []
    held = notes.get("held_out") or {}
    at = f"at a score of {general(held.get('threshold'))}"
    tiles = (
        Tile(decimal(held.get("auc"), 3), "area under the curve", "a good one scores higher; 0.5 is chance"),
        Tile(percent(held.get("precision")), "precision", f"of those taken, {at}"),
        Tile(percent(held.get("recall")), "recall", f"of the good ones, {at}"),
    )
    blocks: list[Block] = [Paragraph(training_text(notes, step)), Tiles(tiles)]
    passing = [
        f"{percent(one['share'], 0)} from {decimal(one['score'], 2)}"
        for one in held.get("negatives_pass") or ()
        if known(one.get("share")) and known(one.get("score"))
    ]
    remarks = [f"Share of the others that reach a score: {joined(passing)}."] if passing else []
    sizes = [held[name] for name in ("positives", "negatives") if known(held.get(name))]
    if sizes and min(sizes) < FEW:
        remarks.append(f"With {plural(min(sizes), 'held-out document')} in one class these numbers are rough.")
    return [*blocks, Paragraph(" ".join(remarks), "note")] if remarks else blocks


def _score_blocks(stage: Finished, threshold: float | None) -> list[Block]:
    domains, is_part = domain_scores(stage)
    if not domains:
        return []
    names = largest([*domains], lambda name: domains[name].documents, MOST_PANELS)
    panels = tuple(
        Histogram(
            name,
            f"{percent(domains[name].share_above(0.5), 0)} of {whole(domains[name].documents)} from 0.5",
            domains[name].shares,
        )
        for name in names
    )
    note = cut_note(len(names), len(domains), "domains are shown, the largest")
    part = "Read from a part of the pool. " if is_part else ""
    caption = (
        "Share of each domain's kept documents by score. Over each panel: how many of them score 0.5 or more. "
        f"{part}{note}"
    )
    legend = (Swatch("loss", f"dropped below {general(threshold)}", "dashes"),) if known(threshold) else ()
    chosen = {name: domains[name] for name in names}
    return [
        Figure(
            histograms.draw(f"scores-{stage.name}", panels, threshold if known(threshold) else None), caption, legend
        ),
        Details("The worst and the best documents of each domain", tuple(_extreme_blocks(stage, chosen))),
    ]


def _extreme_blocks(stage: Finished, domains: Mapping[str, DomainScores]) -> list[Block]:
    ids = [name for one in domains.values() for name, _ in (*one.worst, *one.best)]
    rows = rows_by_id(stage, "documents", ids)
    blocks: list[Block] = []
    for domain, one in domains.items():
        blocks.append(Heading(domain))
        seen: set[str] = set()
        for told, documents in (("worst", one.worst), ("best", one.best)):
            for name, score in documents:
                if name in rows and name not in seen:
                    seen.add(name)
                    source = f"{told}: score {decimal(score, 4)} \u00b7 {place_of(rows[name])}"
                    blocks.append(Quote(rows[name]["text"], source))
    return blocks


def _bucket_blocks(run: RunOnDisk, stage: Finished) -> list[Block]:
    """Tokens of every bucket, by the first count stage of the pool."""
    steps = steps_of(stage, "buckets")
    stages = [one for one in run.of_kind("count") if run.input_of(one.name, "pool") == stage.name]
    if not steps or not stages:
        return []
    tokens = Counts.read(stages[0].path).tokens
    totals: dict[str, int] = {}
    for (domain, _), n in tokens.items():
        totals[domain] = totals.get(domain, 0) + n
    n_buckets = max([*(bucket + 1 for _, bucket in tokens), steps[-1].get("count") or 1])
    groups = bucket_columns(n_buckets)
    shown = largest([*totals], lambda name: totals[name])
    unit, unit_name = token_unit(max(totals.values(), default=0))
    rows = []
    for name in sorted(shown, key=lambda name: (-totals[name], name)):
        sums = [sum(tokens.get((name, bucket), 0) for bucket in group) for group in groups]
        rows.append(Row((name, *(decimal(n / unit, 1) for n in (*sums, totals[name])))))
    ends = {0: "worst", n_buckets - 1: "best"}
    columns = [Column("Domain", "left"), *(Column(_bucket_title(group, ends)) for group in groups), Column("All")]
    note = cut_note(len(shown), len(totals), "domains are shown, those with most tokens")
    text = (
        f"Buckets split the bytes of a domain evenly, by {steps[-1].get('by')}; later steps and long documents leave "
        f"them unequal. {note}"
    )
    return [
        Table(tuple(columns), tuple(rows), f"{unit_name} of tokens in every quality bucket"),
        Paragraph(text, "note"),
    ]


def _bucket_title(group: range, ends: Mapping[int, str]) -> str:
    name = str(group[0]) if len(group) == 1 else f"{group[0]}\u2013{group[-1]}"
    told = [ends[bucket] for bucket in group if bucket in ends]
    return f"{name}, {told[0]}" if told else name
