"""Upsampling: how often the tokens of each quality bucket are seen."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from typing import NamedTuple

from mixing.counts import Cell as Bucket
from mixing.counts import Counts
from mixing.mixture import DomainCurve, Mixture, Upsampling
from mixing.shards.manifest import Manifest
from mixing.upsample.curve import Curve, curve_values
from recipes.report.blocks import Block, Column, Figure, Heading, Paragraph, Row, Section, Swatch, Table
from recipes.report.figures import rates
from recipes.report.figures.multiples import MOST_PANELS
from recipes.report.figures.rates import Rates, has_cap
from recipes.report.limits import MOST_ROWS, cut_note, largest
from recipes.report.on_disk import RunOnDisk
from recipes.report.words import joined, percent, plural, ratio, short, times, whole

NEAR = 1e-6
_POINTS = 60
_FAMILIES = {
    "flat": "Flat: what is not discarded is seen equally often.",
    "step": "Step: the best text is seen as often as the cap allows, the rest not at all.",
    "exponential": "Exponential: the rate grows with the percentile by a constant factor.",
    "power-exponential": "Power-exponential: the rate rises from the discard on, as a power times an exponential.",
    "water-filling": "Water-filling: tokens go where one more repetition is worth most.",
}


class BucketRate(NamedTuple):
    """A bucket of a domain: its tokens, and how often one is seen."""

    bucket: int
    tokens: int
    rate: float


def section(run: RunOnDisk) -> Section | None:
    """Every mixture with curves."""
    blocks: list[Block] = []
    told = []
    for stage in run.of_kind("optimize"):
        if stage.stage.upsample is not None:
            upsampling = Mixture.load(stage.path / "mixture.yaml").upsampling
            if upsampling is not None and upsampling.curves:
                told.append((stage.name, upsampling))
    for name, upsampling in told:
        if len(told) > 1:
            blocks.append(Heading(name))
        blocks += _blocks(run, name, upsampling)
    return Section("upsampling", "Upsampling", tuple(blocks)) if blocks else None


def bucket_rates(curve: DomainCurve, domain: str, tokens: Mapping[Bucket, int]) -> tuple[BucketRate, ...]:
    """The buckets of a domain that have tokens, the worst first."""
    rows = (BucketRate(b, tokens.get((domain, b), 0), rate) for b, rate in sorted(curve.rates.items()))
    return tuple(row for row in rows if row.tokens)


def rates_of(curve: DomainCurve, domain: str, buckets: tuple[BucketRate, ...], max_rate: float) -> Rates:
    """The figure's numbers for a domain."""
    total = sum(row.tokens for row in buckets)
    edges = tuple(n / total for n in accumulate((row.tokens for row in buckets), initial=0))
    steps = tuple(row.rate for row in buckets)
    note = f"{times(min(steps)) if min(steps) else '0'} to {times(max(steps))}"
    return Rates(domain, note, edges, steps, _line(curve, max_rate))


def sentences(upsampling: Upsampling, domains: Mapping[str, tuple[BucketRate, ...]]) -> str:
    """What the curves do: their family, what is discarded, and where the cap binds."""
    config, cap = upsampling.config, upsampling.max_rate
    discarded = {name: sum(row.tokens for row in rows if row.rate == 0) for name, rows in domains.items()}
    some = [name for name, n in discarded.items() if n]
    total = sum(row.tokens for rows in domains.values() for row in rows)
    if not config.discard:
        lost = "No text is discarded."
    else:
        lost = (
            f"At most {percent(config.discard, 0)} of a domain, its worst whole buckets, are never seen: "
            f"{short(sum(discarded.values()))} tokens ({percent(ratio(sum(discarded.values()), total))}) of "
            f"{plural(len(some), 'domain')}."
        )
        if some and len(some) < len(domains) <= MOST_PANELS:
            lost += f" In {joined([name for name in domains if name not in some])} every bucket is seen."
    bound = [name for name, rows in domains.items() if any(row.rate >= cap * (1 - NEAR) for row in rows)]
    more = [f"{len(bound) - 8:,} more"] if len(bound) > 8 else []
    binds = f"it binds in {joined([*bound[:8], *more])}" if bound else "no bucket comes to it"
    stricter = " (from max_repetition, which is stricter)" if cap < config.max_rate else ""
    return f"{_FAMILIES.get(config.family, config.family)} {lost} The cap is {cap:g} times{stricter}; {binds}."


def _line(curve: DomainCurve, max_rate: float) -> tuple[tuple[float, float], ...]:
    """The curve behind the steps, from where it starts; none for families that have no curve but the steps."""
    parameters = curve.parameters
    if not {"a", "C"} <= {*parameters} or not {"p", "lambda"} & {*parameters}:
        return ()
    behind = Curve("", (), parameters, (0.0, 0.0), (), 0.0, max_rate, 0)
    start = min(1.0, max(0.0, parameters["a"]))
    xs = [start + (1 - start) * place / _POINTS for place in range(_POINTS + 1)]
    return tuple(zip(xs, (min(max_rate, float(y)) for y in curve_values(behind, xs)), strict=True))


def _blocks(run: RunOnDisk, name: str, upsampling: Upsampling) -> list[Block]:
    counts = run.finished.get(run.input_of(name, "counts") or "")
    tokens = Counts.read(counts.path).tokens if counts else {}
    found = {domain: bucket_rates(curve, domain, tokens) for domain, curve in upsampling.curves.items()}
    domains = {domain: rows for domain, rows in found.items() if rows}
    if not domains:
        return [Paragraph("The counts that these curves are over are not on disk.", "warning")]
    mass = {domain: sum(row.tokens for row in rows) for domain, rows in domains.items()}
    shown = largest([*domains], lambda domain: mass[domain], MOST_PANELS)
    cap = upsampling.max_rate
    panels = tuple(rates_of(upsampling.curves[domain], domain, domains[domain], cap) for domain in shown)
    legend = [Swatch("accent", "rate of a bucket")]
    if any(panel.curve for panel in panels):
        legend.append(Swatch("ink", "curve behind it", "line"))
    capped = [panel for panel in panels if has_cap(panel, cap)]
    if capped:
        legend.append(Swatch("loss", f"cap: seen {cap:g} times", "dashes"))
    above = f" The cap of {cap:g} lies above the panels without a dashed line." if len(capped) < len(panels) else ""
    note = cut_note(len(shown), len(domains), "domains are shown, those with most tokens")
    caption = (
        "How often a token is seen, over the percentile of its domain's tokens by quality, the best at the right. Each "
        f"panel has its own scale.{above} {note}"
    )
    return [
        Paragraph(sentences(upsampling, domains)),
        Figure(rates.draw(f"rates-{name}", panels, cap), caption.strip(), tuple(legend)),
        *_table_blocks(domains, mass, seen_in_shards(run, name)),
    ]


def seen_in_shards(run: RunOnDisk, mixture: str) -> dict[Bucket, float]:
    """How often a token of each bucket is in the shards of this mixture; empty without shards."""
    for stage in run.of_kind("emit"):
        if run.input_of(stage.name, "mixture") == mixture:
            cells = Manifest.load(stage.path).domains
            return {
                (c.domain, c.bucket): c.delivered_tokens / c.available_tokens for c in cells if c.available_tokens
            }  # fmt: skip
    return {}


def _table_blocks(
    domains: Mapping[str, tuple[BucketRate, ...]], mass: Mapping[str, int], seen: Mapping[Bucket, float]
) -> list[Block]:
    shown = largest([*domains], lambda domain: mass[domain])
    columns = (
        Column("Domain", "left"),
        Column("Tokens"),
        Column("Never seen"),
        Column("Mean rate"),
        Column("Rate of the worst kept"),
        Column("Rate of the best"),
        *((Column("Best, in the shards"),) if seen else ()),
    )
    rows = []
    for domain in shown:
        buckets = domains[domain]
        kept = [row for row in buckets if row.rate > 0] or list(buckets)
        taken = sum(row.tokens * row.rate for row in buckets)
        lost = sum(row.tokens for row in buckets if row.rate == 0)
        cells = [domain, whole(mass[domain]), percent(ratio(lost, mass[domain]))]
        cells += [times(ratio(taken, mass[domain])), times(kept[0].rate), times(kept[-1].rate)]
        rows.append(Row((*cells, *([times(seen.get((domain, kept[-1].bucket)))] if seen else ()))))
    blocks: list[Block] = [Table(columns, tuple(rows), "How often tokens of each domain are seen")]
    gaps = [abs(seen.get((d, row.bucket), 0.0) - row.rate) for d, rows in domains.items() for row in rows]
    note = (
        cut_note(len(shown), len(domains), "domains are shown, those with most tokens")
        if len(domains) > MOST_ROWS
        else ""
    )
    if seen:
        note = f"Over all buckets, the shards and the curve differ by {max(gaps):.2g} times at most. {note}"
    return [*blocks, Paragraph(note.strip(), "note")] if note else blocks
