"""Twins: who is compared with whom, and that the verdict says what the numbers say."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from recipes.report.comparison import MetricPair, Twins, metric_pairs, twins_of, verdict
from recipes.report.sections.comparison import differences_of, extremes


def twins(*pairs: tuple[float, float], predicted: tuple[float, float] | None = None) -> Twins:
    told = predicted or (None, None)
    rows = tuple(MetricPair(f"bpb/{i}", natural, ours, *told) for i, (natural, ours) in enumerate(pairs))
    return Twins("scores", "natural_scores", "mixture", rows, ())


def test_twins_are_found_through_the_recipe(by_hand: Callable) -> None:
    (found,) = twins_of(by_hand().finish().on_disk)
    assert (found.optimised, found.natural, found.mixture) == ("scores", "natural_scores", "mixture")
    assert [pair.metric for pair in found.pairs] == ["bpb/code/python", "bpb/docs", "bpb/legal"]
    assert [round(pair.difference, 6) for pair in found.pairs] == [-0.1, -0.1, 0.04]
    assert found.mean.difference == pytest.approx(-0.16 / 3)
    assert found.mean.relative == pytest.approx(-0.16 / 6)
    assert found.mean.predicted_relative == pytest.approx(-0.1)
    assert found.remarks == ()


def test_no_twins_before_both_are_evaluated(by_hand: Callable) -> None:
    run = by_hand().finish("mixture", "natural", "model", "natural_model", "scores")
    assert twins_of(run.on_disk) == ()


def test_models_that_differ_otherwise_are_remarked_on(by_hand: Callable) -> None:
    run = by_hand().finish()
    stages = run.recipe.stages
    other = stages["model"].model_copy(update={"training": stages["model"].training.model_copy(update={"threads": 2})})
    recipe = run.recipe.model_copy(update={"stages": {**stages, "model": other}})
    (found,) = twins_of(type(run.on_disk)(recipe, run.directory))
    assert found.remarks == ("The two models also differ in `training`.",)


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([(2.0, 1.9), (2.0, 1.9)], "on 2 of 2 metrics, and better on their mean, by 0.1000 bits per byte"),
        ([(2.0, 1.7), (2.0, 2.1), (2.0, 2.1)], "on 1 of 3 metrics, but better on their mean, by 0.0333"),
        ([(2.0, 2.5), (2.0, 1.9), (2.0, 1.9)], "on 2 of 3 metrics, but worse on their mean, by 0.1000"),
        ([(2.0, 2.1)], "on none of 1 metric, and worse on their mean"),
        ([(2.0, 2.0)], "on none of 1 metric, and the same on their mean."),
    ],
)
def test_the_verdict_is_what_the_numbers_say(pairs: list[tuple[float, float]], said: str) -> None:
    assert said in verdict(twins(*pairs))


def test_the_verdict_tells_what_was_predicted() -> None:
    assert verdict(twins((2.0, 2.1), predicted=(2.0, 1.9))).endswith(
        "The swarm had predicted better on 1 of 1, and a mean that is 5.00\u202f% better."
    )
    assert "predicted" not in verdict(twins((2.0, 2.1)))


def test_only_metrics_that_both_have_and_that_are_minimised() -> None:
    ours = {"bpb/a": 1.0, "bpb/b": float("nan"), "bpb/c": 1.0, "accuracy": 0.5}
    theirs = {"bpb/a": 2.0, "bpb/b": 1.0, "bpb/d": 1.0, "accuracy": 0.4}
    assert metric_pairs(ours, theirs, {}) == (MetricPair("bpb/a", 2.0, 1.0),)
    assert metric_pairs(None, theirs, {}) == ()


def test_the_figure_has_the_best_first_and_the_mean_last() -> None:
    rows = differences_of(twins((2.0, 2.1), (2.0, 1.0), (2.0, 1.9)))
    assert [row.label for row in rows] == ["1", "2", "0", "mean"]
    assert [round(row.measured, 3) for row in rows] == [-0.5, -0.05, 0.05, -0.167]


def test_a_mean_hides_no_gain_and_no_loss() -> None:
    assert extremes(twins((2.0, 2.1), (2.0, 1.0), (2.0, 1.9))) == (
        "Largest gain: 1, \u221250.00\u202f%. Largest loss: 0, +5.00\u202f%."
    )
    assert extremes(twins((2.0, 1.0))) == "Largest gain: 0, \u221250.00\u202f%. No metric got worse."
    assert extremes(twins((2.0, 2.0))) == "No metric got better. No metric got worse."
