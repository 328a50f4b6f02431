"""Mixture: before and after, its proof, and how far the laws behind it can be trusted."""

from __future__ import annotations

from mixing.mixture import Mixture
from recipes.report.blocks import Block, Cell, Column, Figure, Heading, Paragraph, Row, Section, Swatch, Table
from recipes.report.certificate import certificate_sentences
from recipes.report.comparison import metric_label
from recipes.report.figures import scatter, shares
from recipes.report.figures.scatter import Group, series_of
from recipes.report.figures.shares import Share, Shares
from recipes.report.limits import MOST_ROWS, cut_note, largest
from recipes.report.on_disk import Finished, RunOnDisk
from recipes.report.predictions import Gain, gains_of, left_out_of, mean_gain, read_left_out
from recipes.report.words import decimal, known, percent, short, signed, signed_percent, times

_SHAPES = {"o": "dot", "s": "square", "^": "triangle", "D": "diamond"}


def section(run: RunOnDisk) -> Section | None:
    """Every mixture that is not the natural one itself."""
    stages = run.of_kind("optimize")
    told = [stage for stage in stages if stage.stage.study or stage.stage.baseline != "natural"]
    blocks: list[Block] = []
    for stage in told:
        if len(told) > 1:
            blocks.append(Heading(stage.name))
        mixture = Mixture.load(stage.path / "mixture.yaml")
        blocks += [*_share_blocks(stage.name, mixture), *_prediction_blocks(stage, mixture)]
    return Section("mixture", "Mixture", tuple(blocks)) if blocks else None


def shares_of(mixture: Mixture) -> Shares:
    """The figure's rows: of more than 24 domains those that change most, the largest natural share first."""
    natural, repetition = mixture.natural or {}, mixture.repetition or {}
    rows = [
        Share(name, _finite(natural.get(name)), _finite(weight) or 0.0, _finite(repetition.get(name)))
        for name, weight in mixture.weights.items()
    ]
    shown = largest(rows, lambda row: abs(row.weight - (row.natural or 0.0)))
    ordered = sorted(shown, key=lambda row: (-(row.natural or 0.0), -row.weight, row.label))
    return Shares(tuple(ordered), mixture.max_repetition)


def _finite(value: float | None) -> float | None:
    return value if known(value) else None


def _share_blocks(name: str, mixture: Mixture) -> list[Block]:
    data = shares_of(mixture)
    note = cut_note(len(data.rows), len(mixture.weights), "domains are shown, those that change most")
    this = "optimised" if mixture.study else mixture.baseline or "this mixture"
    legend = [Swatch("accent", this)]
    if mixture.natural:
        legend.insert(0, Swatch("natural", "natural: in proportion to tokens"))
    largest_repetition = max((row.repetition or 0.0 for row in data.rows), default=0.0)
    if mixture.max_repetition is not None and mixture.max_repetition <= 4 * largest_repetition:
        legend.append(Swatch("loss", f"cap: seen {mixture.max_repetition:g} times", "dashes"))
    budget = f"For a budget of {short(mixture.budget_tokens)} tokens. " if mixture.budget_tokens else ""
    caption = f"{budget}{note}"
    rows = [
        Row(
            (
                row.label,
                percent(row.natural),
                percent(row.weight),
                _points(row),
                times(row.repetition),
            )
        )
        for row in data.rows
    ]
    columns = (
        Column("Domain", "left"),
        Column("Natural"),
        Column("Mixture"),
        Column("Change, points"),
        Column("Times seen"),
    )
    return [
        Figure(shares.draw(f"shares-{name}", data), caption, tuple(legend)),
        Table(columns, tuple(rows)),
        *([Heading("Certificate")] if mixture.certificate else []),
        *(Paragraph(text) for text in certificate_sentences(mixture)),
    ]


def _points(row: Share) -> str:
    return signed(None if row.natural is None else 100 * (row.weight - row.natural), 1)


def _prediction_blocks(stage: Finished, mixture: Mixture) -> list[Block]:
    gains = gains_of(mixture)
    if not gains:
        return []
    blocks: list[Block] = []
    file = stage.path / "predictions.csv"
    left_out = read_left_out(file) if file.exists() else left_out_of(())
    if left_out:
        fits = {metric: fit.rank_correlation for metric, fit in mixture.fit.items()}
        shown = left_out[:MOST_ROWS]
        legend = []
        for number, points in enumerate(shown):
            tone, marker = series_of(number)
            correlation = decimal(fits.get(points.metric), 2)
            legend.append(Swatch(tone, metric_label(points.metric), _SHAPES[marker], correlation))
        note = cut_note(len(shown), len(left_out), "metrics are shown")
        caption = (
            "Every run as the law predicts it without having seen it, as the difference from the metric's mean over "
            f"the runs. Beside each name: rank correlation of predicted and measured. {note}"
        )
        groups = tuple(Group(points.measured, points.predicted) for points in shown)
        blocks.append(Figure(scatter.draw(f"scatter-{stage.name}", groups), caption, tuple(legend)))
    return [*blocks, *_gain_blocks(gains, mixture.regressor)]


def _gain_blocks(gains: tuple[Gain, ...], regressor: str | None) -> list[Block]:
    shown = largest(gains, lambda gain: abs(gain.difference))
    columns = (
        Column("Metric", "left"),
        Column("Natural"),
        Column("Mixture"),
        Column("Change"),
        Column("Percent"),
        Column("Error for one run"),
        Column("Rank correlation"),
        Column("R\u00b2"),
    )
    rows = [_gain_row(gain) for gain in shown]
    mean = mean_gain(gains)
    if mean is not None and len(gains) > 1:
        rows.append(_gain_row(mean, is_total=True))
    note = cut_note(len(shown), len(gains), "metrics are shown, those that change most", "the mean is of all")
    law = f"the {regressor} law" if regressor else "the law"
    text = (
        f"Predicted by {law}. The error is the standard deviation of leave-one-out residuals; rank correlation and "
        f"R\u00b2 are of the same predictions. R\u00b2 below 0: the mean of the runs would predict better. {note}"
    )
    return [Table(columns, tuple(rows), "Predicted gain of every metric"), Paragraph(text, "note")]


def _gain_row(gain: Gain, *, is_total: bool = False) -> Row:
    tone = "good" if gain.difference < 0 else "bad" if gain.difference > 0 else ""
    doubtful = known(gain.r2) and (gain.r2 or 0.0) < 0
    return Row(
        (
            metric_label(gain.metric),
            decimal(gain.natural),
            decimal(gain.optimised),
            Cell(signed(gain.difference), tone=tone),
            Cell(signed_percent(gain.relative), tone=tone),
            decimal(gain.se) if not is_total else "",
            decimal(gain.rank_correlation, 2) if not is_total else "",
            Cell(decimal(gain.r2, 2), tone="bad" if doubtful else "") if not is_total else "",
        ),
        "total" if is_total else "plain",
    )
