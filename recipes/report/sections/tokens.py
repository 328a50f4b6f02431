"""Tokens: how many the kept documents of each domain are, by one tokenizer."""

from __future__ import annotations

from typing import NamedTuple

from mixing.counts import Counts
from recipes.report.blocks import Bar, Block, Cell, Column, Heading, Paragraph, Row, Section, Table
from recipes.report.limits import cut_note, largest
from recipes.report.on_disk import RunOnDisk
from recipes.report.words import decimal, percent, plural, ratio, size_unit, whole

_EOS = "Every document counts one EOS."


class DomainTokens(NamedTuple):
    """Counts of one domain, over its buckets."""

    domain: str
    documents: int
    n_bytes: int
    tokens: int


def section(run: RunOnDisk) -> Section | None:
    """A table for every count stage."""
    stages = run.of_kind("count")
    blocks: list[Block] = []
    for stage in stages:
        if len(stages) > 1:
            blocks.append(Heading(stage.name))
        blocks += _blocks(domain_tokens(Counts.read(stage.path)), stage.manifest.get("vocab_size"))
    return Section("tokens", "Tokens", tuple(blocks)) if blocks else None


def domain_tokens(counts: Counts) -> tuple[DomainTokens, ...]:
    """The counts of every domain, the one with most tokens first."""
    totals: dict[str, list[int]] = {}
    for cell, tokens in counts.tokens.items():
        total = totals.setdefault(cell[0], [0, 0, 0])
        for index, n in enumerate((counts.documents[cell], counts.bytes[cell], tokens)):
            total[index] += n
    rows = [DomainTokens(domain, *total) for domain, total in totals.items()]
    return tuple(sorted(rows, key=lambda row: (-row.tokens, row.domain)))


def _blocks(domains: tuple[DomainTokens, ...], vocab_size: int | None) -> list[Block]:
    tokens, n_bytes = sum(row.tokens for row in domains), sum(row.n_bytes for row in domains)
    documents = sum(row.documents for row in domains)
    unit = size_unit(n_bytes)
    shown = largest(domains, lambda row: row.tokens)
    columns = (
        Column("Domain", "left"),
        Column("Documents"),
        Column(unit.name),
        Column("Tokens"),
        Column("Share"),
        Column("", "bar"),
        Column("Bytes a token"),
    )
    top = max((row.tokens for row in domains), default=0)
    rows = [
        Row(
            (
                row.domain,
                whole(row.documents),
                unit.of(row.n_bytes),
                whole(row.tokens),
                percent(ratio(row.tokens, tokens)),
                Cell(bar=Bar(((ratio(row.tokens, top) or 0.0, "natural"),))),
                decimal(ratio(row.n_bytes, row.tokens), 2),
            )
        )
        for row in shown
    ]
    rows.append(
        Row(
            (
                "all",
                whole(documents),
                unit.of(n_bytes),
                whole(tokens),
                percent(ratio(tokens, tokens)),
                "",
                decimal(ratio(n_bytes, tokens), 2),
            ),
            "total",
        )
    )
    vocabulary = f", by a vocabulary of {whole(vocab_size)} entries" if vocab_size else ""
    blocks: list[Block] = [
        Paragraph(f"{plural(tokens, 'token')} in {plural(len(domains), 'domain')}{vocabulary}. {_EOS}"),
        Table(columns, tuple(rows), "Tokens of each domain: the natural mixture"),
    ]
    note = cut_note(len(shown), len(domains), "domains are shown, those with most tokens", "the last row counts all")
    return [*blocks, Paragraph(note, "note")] if note else blocks
