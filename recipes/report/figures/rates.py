"""How often a token is seen, over the percentiles of its domain's tokens: a step for every quality bucket."""

from __future__ import annotations

from typing import NamedTuple

from recipes.report.figures.canvas import Canvas, Drawing, colour, drawing
from recipes.report.figures.multiples import multiples, multiples_height

CAP_IN_SIGHT = 2.0


class Rates(NamedTuple):
    """One domain.

    Args:
        label: its name.
        note: a few words on it.
        edges: percentiles from 0 (worst) to 1 between which the buckets lie; one more than there are rates.
        rates: of every bucket.
        curve: percentiles and values of the curve behind the steps; empty where it has none.
    """

    label: str
    note: str
    edges: tuple[float, ...]
    rates: tuple[float, ...]
    curve: tuple[tuple[float, float], ...]


def draw(name: str, domains: tuple[Rates, ...], max_rate: float) -> Drawing:
    """A panel for each domain on its own scale; the cap where it is not far above the rates."""

    def paint(canvas: Canvas) -> None:
        panels = multiples(canvas, [(one.label, one.note) for one in domains])
        for axes, one in zip(panels, domains, strict=True):
            axes.stairs(one.rates, one.edges, color=colour("accent"), alpha=0.3, fill=True)
            axes.stairs(one.rates, one.edges, color=colour("accent"), linewidth=1.6, baseline=None)
            if one.curve:
                axes.plot(*zip(*one.curve, strict=True), color=colour("ink"), linewidth=0.9)
            top = max([*one.rates, *(value for _, value in one.curve)], default=0.0)
            if has_cap(one, max_rate):
                axes.axhline(max_rate, color=colour("loss"), linewidth=1.2, dashes=(4, 3))
                top = max(top, max_rate)
            axes.set_xlim(0, 1)
            axes.set_ylim(0, 1.12 * top or 1)
            axes.set_xticks([0, 0.5, 1], ["0", "50", "100"])
            axes.locator_params(axis="y", nbins=3)

    title = "How often tokens are seen over the percentiles of their domain"
    return drawing(name, title, lambda width: multiples_height(width, len(domains)), paint)


def has_cap(domain: Rates, max_rate: float) -> bool:
    """Whether the cap is drawn: where it is far above all rates it would flatten them."""
    return 0 < max_rate <= CAP_IN_SIGHT * max(domain.rates, default=0.0)
