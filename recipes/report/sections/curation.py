"""Curation: how many documents come in, what each step and rule takes away, what is left in each domain."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from recipes.report.blocks import (
    Bar,
    Block,
    Cell,
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
)
from recipes.report.figures import waterfall
from recipes.report.figures.waterfall import Panel, Waterfall
from recipes.report.limits import cut_note, largest
from recipes.report.on_disk import Finished, RunOnDisk
from recipes.report.rejected import RejectedDocument, examples_of
from recipes.report.removals import Amount, Removals, RuleRemoval, StepRemoval, removals_of
from recipes.report.words import SizeUnit, general, percent, plural, ratio, size_unit, whole

_LEGEND = (
    Swatch("natural", "read"),
    Swatch("loss", "removed"),
    Swatch("held", "held out for evaluation"),
    Swatch("accent", "kept"),
)


def section(run: RunOnDisk) -> Section | None:
    """A waterfall, the rules, the domains and examples, for every curate stage."""
    stages = run.of_kind("curate")
    blocks: list[Block] = []
    for stage in stages:
        if len(stages) > 1:
            blocks.append(Heading(stage.name))
        blocks += _stage_blocks(stage)
    return Section("curation", "Curation", tuple(blocks)) if blocks else None


def removals_of_stage(stage: Finished) -> Removals:
    """The removals of a finished curate stage."""
    return removals_of(stage.manifest)


def waterfall_of(removals: Removals, unit: SizeUnit) -> Waterfall:
    """The figure's numbers: read, what each step takes, kept; in documents and in bytes."""
    taken = [(step.step, step.removed, step.held_out) for step in removals.steps]
    labels = ["read"]
    for step, removed, held in taken:
        if removed.documents or not held.documents:
            labels.append(step)
        if held.documents:
            labels.append(step)
    return Waterfall(
        labels=(*labels, "kept"),
        panels=(
            _panel("documents", removals, lambda amount: amount.documents, whole),
            _panel(unit.name, removals, lambda amount: amount.n_bytes, unit.of),
        ),
    )


def _panel(title: str, removals: Removals, measure: Callable[[Amount], int], number: Callable[[float], str]) -> Panel:
    read = left = measure(removals.read)
    bars = [waterfall.Bar(0, read, "read", number(read), "")]
    for step in removals.steps:
        parts = [(step.removed, "removed")] if step.removed.documents or not step.held_out.documents else []
        parts += [(step.held_out, "held")] if step.held_out.documents else []
        for amount, role in parts:
            size = measure(amount)
            told = f"\u2212{number(size)}" if amount.documents else "0"
            bars.append(waterfall.Bar(left, left - size, role, told, percent(ratio(size, read))))
            left -= size
    kept = measure(removals.kept)
    return Panel(title, (*bars, waterfall.Bar(0, kept, "kept", number(kept), percent(ratio(kept, read)))))


def _stage_blocks(stage: Finished) -> list[Block]:
    removals = removals_of_stage(stage)
    unit = size_unit(removals.read.n_bytes)
    read, kept = removals.read, removals.kept
    text = (
        f"{whole(kept.documents)} of {plural(read.documents, 'document')} stay "
        f"({percent(ratio(kept.documents, read.documents))}), and {unit.of(kept.n_bytes)} of {unit.of(read.n_bytes)} "
        f"{unit.name} of text ({percent(ratio(kept.n_bytes, read.n_bytes))})."
    )
    examples = examples_of(stage.path, stage.manifest)
    blocks: list[Block] = [
        Paragraph(text),
        Figure(
            waterfall.draw(f"waterfall-{stage.name}", waterfall_of(removals, unit)),
            "What each step takes away. A document counts for the first rule that fails it.",
            _LEGEND,
        ),
    ]
    if removals.steps:
        blocks.append(_rules_table(removals, unit))
    if examples:
        blocks.append(Details("Examples of rejected documents", tuple(_example_blocks(examples, removals.steps))))
    return [*blocks, *_domain_blocks(removals, unit)]


def _rules_table(removals: Removals, unit: SizeUnit) -> Table:
    columns = (
        Column("Rule", "left"),
        Column("Removes a document if", "left"),
        Column("Documents"),
        Column("Share of those reached"),
        Column(unit.name),
        Column("", "left"),
    )
    rows: list[Row] = []
    for step in removals.steps:
        scope = "" if step.only == ("*",) else f"on {', '.join(step.only)}"
        rows.append(Row((Cell(step.step or "reading", note=scope),), "group"))
        rows += [_rule_row(rule, unit) for rule in step.rules]
    return Table(columns, tuple(rows), "Documents that each rule takes away")


def _rule_row(rule: RuleRemoval, unit: SizeUnit) -> Row:
    idle = "" if rule.removed.documents else "muted"
    return Row(
        (
            Cell(rule.rule, tone=idle),
            Cell(rule.condition, tone="code"),
            Cell(whole(rule.removed.documents), tone=idle),
            Cell(percent(ratio(rule.removed.documents, rule.reached.documents)), tone=idle),
            Cell(unit.of(rule.removed.n_bytes), tone=idle),
            Cell(rule.mark, tone="bad" if rule.removed.documents else "muted"),
        )
    )


def _domain_blocks(removals: Removals, unit: SizeUnit) -> list[Block]:
    shown = largest(removals.domains, lambda domain: domain.read.n_bytes)
    columns = (
        Column("Domain", "left"),
        Column("Documents read"),
        Column("Kept"),
        Column("Held out"),
        Column(f"{unit.name} read"),
        Column(f"{unit.name} kept"),
        Column("Share kept"),
        Column("", "bar"),
    )
    rows = []
    for name, read, kept, held in shown:
        share = ratio(kept.n_bytes, read.n_bytes)
        rows.append(
            Row(
                (
                    name,
                    whole(read.documents),
                    whole(kept.documents),
                    whole(held.documents),
                    unit.of(read.n_bytes),
                    unit.of(kept.n_bytes),
                    percent(share),
                    Cell(bar=Bar(((share or 0.0, "accent"),))),
                )
            )
        )
    read, kept, held = removals.read, removals.kept, removals.held_out
    rows.append(
        Row(
            (
                "all",
                whole(read.documents),
                whole(kept.documents),
                whole(held.documents),
                unit.of(read.n_bytes),
                unit.of(kept.n_bytes),
                percent(ratio(kept.n_bytes, read.n_bytes)),
                "",
            ),
            "total",
        )
    )
    note = cut_note(len(shown), len(removals.domains), "domains are shown, the largest", "the last row counts all")
    blocks: list[Block] = [Table(columns, tuple(rows), "What is left of each domain")]
    return [*blocks, Paragraph(note, "note")] if note else blocks


def _example_blocks(
    examples: Mapping[str, tuple[RejectedDocument, ...]], steps: tuple[StepRemoval, ...]
) -> list[Block]:
    order = [f"{step.step}.{rule.rule}" for step in steps for rule in step.rules]
    blocks: list[Block] = []
    for name in sorted(examples, key=lambda rule: (order.index(rule) if rule in order else len(order), rule)):
        blocks.append(Heading(name))
        for document in examples[name]:
            text = "(the text is not kept)" if document.text is None else document.text
            blocks.append(Quote(text + ("\u2026" if document.is_cut else ""), _told(document)))
    return blocks


def _told(document: RejectedDocument) -> str:
    told = []
    if document.value is not None:
        told.append(f"value {general(document.value)}, threshold {general(document.threshold)}")
    if document.duplicate_of:
        told.append(f"duplicate of {document.duplicate_of}")
    return " \u00b7 ".join([*told, document.source, document.id])
