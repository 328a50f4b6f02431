"""Shards: what was asked of each domain, what was delivered, and how much of it is repetition."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mixing.shards.manifest import CellTokens, Manifest
from recipes.report.blocks import Bar, Block, Cell, Column, Heading, Paragraph, Row, Section, Swatch, Table
from recipes.report.limits import cut_note, largest
from recipes.report.on_disk import RunOnDisk
from recipes.report.words import percent, plural, ratio, times, whole


@dataclass(frozen=True)
class DomainShards:
    """Tokens of one domain, over its buckets."""

    domain: str
    asked: int
    delivered: int
    unique: int
    available: int

    @property
    def repeated(self) -> int:
        return self.delivered - self.unique


def section(run: RunOnDisk) -> Section | None:
    """A table for every emit stage."""
    stages = run.of_kind("emit")
    blocks: list[Block] = []
    for stage in stages:
        if len(stages) > 1:
            blocks.append(Heading(stage.name))
        blocks += _blocks(Manifest.load(stage.path))
    return Section("shards", "Shards", tuple(blocks)) if blocks else None


def domain_shards(cells: Iterable[CellTokens]) -> tuple[DomainShards, ...]:
    """The tokens of every domain, the one that delivered most first."""
    totals: dict[str, list[int]] = {}
    for cell in cells:
        total = totals.setdefault(cell.domain, [0, 0, 0, 0])
        numbers = (cell.asked_tokens, cell.delivered_tokens, cell.unique_tokens, cell.available_tokens)
        for index, n in enumerate(numbers):
            total[index] += n
    rows = [DomainShards(domain, *total) for domain, total in totals.items()]
    return tuple(sorted(rows, key=lambda row: (-row.delivered, row.domain)))


def exactness(cells: Iterable[CellTokens], budget_tokens: int) -> tuple[str, bool]:
    """Whether every cell delivered what was asked, and all together the budget: in words, and as a truth."""
    cells = tuple(cells)
    off = [cell for cell in cells if cell.asked_tokens != cell.delivered_tokens]
    delivered = sum(cell.delivered_tokens for cell in cells)
    told = f"{plural(delivered, 'token')} delivered, {whole(budget_tokens)} asked for"
    if not off and delivered == budget_tokens:
        return f"{told}; every domain and bucket has exactly what the mixture gives it.", True
    names = ", ".join(f"{cell.domain} (bucket {cell.bucket})" for cell in off[:5])
    more = f" and {len(off) - 5} more" if len(off) > 5 else ""
    return f"{told}; not as asked: {names or 'the sum'}{more}.", False


def _blocks(manifest: Manifest) -> list[Block]:
    domains = domain_shards(manifest.domains)
    text, exact = exactness(manifest.domains, manifest.budget_tokens)
    shown = largest(domains, lambda row: row.delivered)
    columns = (
        Column("Domain", "left"),
        Column("Asked"),
        Column("Delivered"),
        Column("Unique"),
        Column("Repeated"),
        Column("", "bar"),
        Column("Times seen"),
    )
    most = max((row.delivered for row in domains), default=0)
    rows = [
        Row(
            (
                row.domain,
                whole(row.asked),
                Cell(whole(row.delivered), tone="" if row.asked == row.delivered else "bad"),
                whole(row.unique),
                whole(row.repeated),
                Cell(bar=Bar(((ratio(row.unique, most) or 0, "accent"), (ratio(row.repeated, most) or 0, "held")))),
                times(ratio(row.delivered, row.available)),
            )
        )
        for row in shown
    ]
    sums = DomainShards("all", *(sum(getattr(row, key) for row in domains) for key in _KEYS))
    rows.append(
        Row(
            (
                "all",
                whole(sums.asked),
                whole(sums.delivered),
                whole(sums.unique),
                whole(sums.repeated),
                "",
                times(ratio(sums.delivered, sums.available)),
            ),
            "total",
        )
    )
    share = percent(ratio(sums.repeated, sums.delivered)) if sums.repeated else "none"
    caption = f"Tokens of each domain; {share} of them a repetition"
    blocks: list[Block] = [
        Paragraph(text, "plain" if exact else "warning"),
        Table(columns, tuple(rows), caption, (Swatch("accent", "unique"), Swatch("held", "repeated"))),
    ]
    note = cut_note(len(shown), len(domains), "domains are shown, the largest", "the last row counts all")
    return [*blocks, Paragraph(note, "note")] if note else blocks


_KEYS = ("asked", "delivered", "unique", "available")
