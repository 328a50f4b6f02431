"""Result: the optimised mixture against the natural one, on held-out text."""

from __future__ import annotations

from recipes.report.blocks import Block, Cell, Column, Figure, Heading, Paragraph, Row, Section, Swatch, Table
from recipes.report.comparison import MetricPair, Twins, metric_label, twins_of
from recipes.report.figures import differences
from recipes.report.figures.differences import Difference
from recipes.report.limits import cut_note, largest
from recipes.report.on_disk import RunOnDisk
from recipes.report.words import decimal, signed, signed_percent

_LEGEND = (
    Swatch("accent", "measured, better"),
    Swatch("loss", "measured, worse"),
    Swatch("ink", "predicted by the swarm", "hollow"),
)


def section(run: RunOnDisk) -> Section | None:
    """A sentence, a figure and a table for every pair of twins."""
    pairs = twins_of(run)
    blocks: list[Block] = []
    for twins in pairs:
        if len(pairs) > 1:
            blocks.append(Heading(f"{twins.optimised} against {twins.natural}"))
        blocks += _blocks(twins)
    return Section("result", "Result", tuple(blocks)) if blocks else None


def differences_of(twins: Twins) -> tuple[Difference, ...]:
    """The figure's rows: relative changes, the best first, and the mean last."""
    rows = [*_shown(twins), twins.mean]
    return tuple(Difference(metric_label(pair.metric), pair.relative or 0.0, pair.predicted_relative) for pair in rows)


def extremes(twins: Twins) -> str:
    """The largest gain and the largest loss: a mean can hide both."""
    ranked = sorted(twins.pairs, key=lambda pair: (pair.relative or 0.0, pair.metric))
    told = []
    for name, pair in (("gain", ranked[0]), ("loss", ranked[-1])):
        wanted = pair.difference < 0 if name == "gain" else pair.difference > 0
        told.append(
            f"Largest {name}: {metric_label(pair.metric)}, {signed_percent(pair.relative)}."
            if wanted
            else f"No {'metric got better' if name == 'gain' else 'metric got worse'}."
        )
    return " ".join(told)


def _shown(twins: Twins) -> list[MetricPair]:
    shown = largest(twins.pairs, lambda pair: abs(pair.relative or 0.0))
    return sorted(shown, key=lambda pair: (pair.relative or 0.0, pair.metric))


def _blocks(twins: Twins) -> list[Block]:
    shown = _shown(twins)
    note = cut_note(len(shown), len(twins.pairs), "metrics are shown, those that change most", "the mean is of all")
    legend = _LEGEND if twins.mean.predicted_relative is not None else _LEGEND[:2]
    caption = f"Change of held-out {twins.unit} from the natural mixture to the optimised one; lower is better. {note}"
    columns = (
        Column("Held-out text", "left"),
        Column("Natural"),
        Column("Optimised"),
        Column("Difference"),
        Column("Percent"),
        Column("Predicted percent"),
    )
    rows = [_row(pair) for pair in shown]
    if len(twins.pairs) > 1:
        rows.append(_row(twins.mean, is_total=True))
    one_seed = (
        "Each model was trained once, with one seed, so these differences carry no error bars. Predictions are for "
        "proxies, which are smaller or see fewer tokens; compare them in percent."
    )
    return [
        Paragraph(extremes(twins)),
        *(Paragraph(remark, "warning") for remark in twins.remarks),
        Figure(differences.draw(f"twins-{twins.optimised}-{twins.natural}", differences_of(twins)), caption, legend),
        Table(columns, tuple(rows), f"Held-out {twins.unit} of both models"),
        Paragraph(one_seed, "note"),
    ]


def _row(pair: MetricPair, is_total: bool = False) -> Row:
    tone = "good" if pair.difference < 0 else "bad" if pair.difference > 0 else ""
    return Row(
        (
            metric_label(pair.metric),
            decimal(pair.natural),
            decimal(pair.optimised),
            Cell(signed(pair.difference), tone=tone),
            Cell(signed_percent(pair.relative), tone=tone),
            Cell(signed_percent(pair.predicted_relative), tone="muted"),
        ),
        "total" if is_total else "plain",
    )
