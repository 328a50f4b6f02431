"""Twins: a model trained on an optimised mixture, beside the model trained on the natural one.

Two eval stages are twins if following model -> shards -> mixture leads to an optimize stage with a study on one side,
and to one with `baseline: natural` on the other. Metrics that both have are compared, as long as less of them is better
(bits per byte, loss, perplexity): a metric of another direction cannot be averaged with these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mixing.mixture import Mixture, Prediction
from mixing.study import minimised_by_name
from recipes.report.on_disk import Finished, RunOnDisk
from recipes.report.words import decimal, known, percent, plural, ratio

_BITS_PER_BYTE = "bpb/"


@dataclass(frozen=True)
class MetricPair:
    """A metric of both models, or the mean of several; a lower value is better.

    Args:
        metric: its name.
        natural: of the model on the natural mixture.
        optimised: of the other.
        predicted_natural: what the study's laws say of a proxy on the natural mixture; None where they say nothing.
        predicted: what they say of a proxy on the optimised mixture.
    """

    metric: str
    natural: float
    optimised: float
    predicted_natural: float | None = None
    predicted: float | None = None

    @property
    def difference(self) -> float:
        return self.optimised - self.natural

    @property
    def relative(self) -> float | None:
        return ratio(self.difference, self.natural)

    @property
    def predicted_relative(self) -> float | None:
        if self.predicted is None or self.predicted_natural is None:
            return None
        return ratio(self.predicted - self.predicted_natural, self.predicted_natural)


@dataclass(frozen=True)
class Twins:
    """Two evaluations that differ in the mixture.

    Args:
        optimised: name of the eval stage behind the optimised mixture.
        natural: of the other.
        mixture: name of the optimize stage with the study.
        pairs: a metric each.
        remarks: what else differs between the two, or is missing.
    """

    optimised: str
    natural: str
    mixture: str
    pairs: tuple[MetricPair, ...]
    remarks: tuple[str, ...]

    @property
    def mean(self) -> MetricPair:
        """The mean over the metrics."""
        n = len(self.pairs)
        predictions = [(p.predicted_natural, p.predicted) for p in self.pairs]
        told = [(a, b) for a, b in predictions if a is not None and b is not None and known(a) and known(b)]
        complete = len(told) == n
        return MetricPair(
            "mean",
            sum(p.natural for p in self.pairs) / n,
            sum(p.optimised for p in self.pairs) / n,
            sum(a for a, _ in told) / n if complete else None,
            sum(b for _, b in told) / n if complete else None,
        )

    @property
    def unit(self) -> str:
        return "bits per byte" if all(p.metric.startswith(_BITS_PER_BYTE) for p in self.pairs) else "points"


def twins_of(run: RunOnDisk) -> tuple[Twins, ...]:
    """All twins of a run, in the order of the recipe."""
    evaluations = run.of_kind("eval")
    behind = {stage.name: _mixture_behind(run, stage.name) for stage in evaluations}
    found = []
    for optimised in evaluations:
        for natural in evaluations:
            ours, theirs = behind[optimised.name], behind[natural.name]
            if ours is None or theirs is None or not ours.stage.study or theirs.stage.baseline != "natural":
                continue
            predicted = Mixture.load(ours.path / "mixture.yaml").predicted
            pairs = metric_pairs(optimised.manifest.get("metrics"), natural.manifest.get("metrics"), predicted)
            if pairs:
                remarks = tuple(_remarks(run, optimised, natural))
                found.append(Twins(optimised.name, natural.name, ours.name, pairs, remarks))
    return tuple(found)


def metric_pairs(
    optimised: Mapping[str, Any] | None, natural: Mapping[str, Any] | None, predicted: Mapping[str, Prediction]
) -> tuple[MetricPair, ...]:
    """The metrics that both sides have as a number, and that are better when lower; by name."""
    ours, theirs = optimised or {}, natural or {}
    pairs = []
    for metric in sorted({*ours} & {*theirs}):
        if minimised_by_name(metric) and known(ours[metric]) and known(theirs[metric]):
            told = predicted.get(metric)
            pairs.append(
                MetricPair(
                    metric,
                    theirs[metric],
                    ours[metric],
                    told.natural if told else None,
                    told.value if told else None,
                )
            )
    return tuple(pairs)


def metric_label(metric: str) -> str:
    """`bpb/code/python` is told as `code/python`: the unit stands elsewhere."""
    return metric.removeprefix(_BITS_PER_BYTE) or metric


def verdict(twins: Twins) -> str:
    """What came out, in plain words, whatever it is; and what had been predicted."""
    n, mean = len(twins.pairs), twins.mean
    better = sum(pair.difference < 0 for pair in twins.pairs)
    worse = sum(pair.difference > 0 for pair in twins.pairs)
    count = f"{better or 'none'} of {plural(n, 'metric')}"
    size = f"{decimal(abs(mean.difference))} {twins.unit} ({percent(abs(mean.relative or 0), 2)})"
    if mean.difference == 0:
        on_mean = "and the same on their mean"
    else:
        way = "better" if mean.difference < 0 else "worse"
        agrees = (better > worse) == (mean.difference < 0)
        on_mean = f"{'and' if agrees else 'but'} {way} on their mean, by {size}"
    text = f"The model on the optimised mixture is better than its natural twin on {count}, {on_mean}."
    return f"{text} {_prediction(twins)}".strip()


def _prediction(twins: Twins) -> str:
    told = [pair.predicted_relative for pair in twins.pairs]
    changes = [change for change in told if change is not None and known(change)]
    change = twins.mean.predicted_relative
    if not changes or change is None:
        return ""
    better = sum(value < 0 for value in changes)
    way = "better" if change < 0 else "worse"
    return (
        f"The swarm had predicted better on {better or 'none'} of {len(changes)}, and a mean that is "
        f"{percent(abs(change), 2)} {way}."
    )


def _mixture_behind(run: RunOnDisk, name: str) -> Finished | None:
    """The finished optimize stage that an eval stage descends from."""
    for key in ("model", "shards", "mixture"):
        found = run.input_of(name, key)
        if found is None:
            return None
        name = found
    return run.finished.get(name)


def _remarks(run: RunOnDisk, optimised: Finished, natural: Finished) -> list[str]:
    ours, theirs = run.finished.get(optimised.stage.model), run.finished.get(natural.stage.model)
    if ours is None or theirs is None:
        return []
    remarks = []
    for key in ("model", "training", "trainer"):
        if getattr(ours.stage, key, None) != getattr(theirs.stage, key, None):
            remarks.append(f"The two models also differ in `{key}`.")
    if ours.manifest.get("tokens") != theirs.manifest.get("tokens"):
        remarks.append("The two models saw different numbers of tokens.")
    return remarks
