"""The numbers behind the other figures and tables."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mixing.counts import Counts
from mixing.mixture import Certificate, Mixture
from mixing.shards.manifest import CellTokens
from recipes.report.certificate import certificate_sentences
from recipes.report.limits import cut_note, largest
from recipes.report.on_disk import Interval, wall_seconds
from recipes.report.predictions import left_out_of
from recipes.report.rejected import examples_of
from recipes.report.sections.mixture import shares_of
from recipes.report.sections.shards import domain_shards, exactness
from recipes.report.sections.swarm import design_of, loss_curves
from recipes.report.sections.tokens import DomainTokens, domain_tokens
from recipes.report.sections.training import running_mean, training_curve


def test_domains_are_summed_over_buckets() -> None:
    cells = [("a", 0), ("a", 1), ("b", 0)]
    counts = Counts(*(dict(zip(cells, numbers, strict=True)) for numbers in ([1, 2, 9], [1, 1, 1], [4, 5, 6])))
    assert domain_tokens(counts) == (DomainTokens("b", 1, 6, 9), DomainTokens("a", 2, 9, 3))


def test_the_design_stands_in_natural_order() -> None:
    rows = [{"run": "0", "a": "0.25", "b": "0.75"}, {"run": "1", "a": "", "b": "1"}]
    design = design_of(rows, {"a": 0.1, "b": 0.9})
    assert [(strip.label, strip.values, strip.natural) for strip in design] == [
        ("b", (0.75, 1.0), 0.9),
        ("a", (0.25,), 0.1),
    ]


def test_loss_curves_keep_their_end_and_leave_out_what_is_no_number() -> None:
    (curve,) = loss_curves([{"losses": [[n, 0.5 * n] for n in range(1, 1001)] + [[1001, None]]}])
    assert len(curve.x) == 200
    assert (curve.x[-1], curve.y[-1]) == (1000, 500.0)


def test_the_running_mean_looks_back_only() -> None:
    assert running_mean([1, 2, 3, 4], 2) == [1, 1.5, 2.5, 3.5]
    assert running_mean([], 3) == []


def test_a_training_curve_smooths_over_a_twentieth() -> None:
    curve = training_curve([{"tokens": n, "loss": float(n)} for n in range(1, 41)], "accent")
    assert curve.haze[-1] == 40
    assert curve.y[-1] == 39.5


def test_shares_are_those_that_change_most() -> None:
    weights = {f"d{n:02}": 0.0 for n in range(30)} | {"d29": 1.0}
    natural = dict.fromkeys(weights, 1 / 30)
    natural["d00"] = 0.0
    found = shares_of(Mixture(weights=weights, natural=natural))
    assert len(found.rows) == 24
    names = [row.label for row in found.rows]
    assert "d29" in names
    assert "d00" not in names


def test_shards_tell_unique_from_repeated() -> None:
    shared = {"documents": 1, "bytes": 1}
    cells = [
        CellTokens(
            domain="a", bucket=b, asked_tokens=10, delivered_tokens=10, unique_tokens=4, available_tokens=4, **shared
        )
        for b in (0, 1)
    ]
    (row,) = domain_shards(cells)
    assert (row.asked, row.delivered, row.unique, row.repeated, row.available) == (20, 20, 8, 12, 8)
    assert exactness(cells, 20)[1]
    text, exact = exactness([cells[0].model_copy(update={"delivered_tokens": 9})], 10)
    assert not exact
    assert "not as asked: a (bucket 0)" in text


def test_predictions_are_centred_on_the_measured_mean() -> None:
    rows = [
        {"run": "0", "metric": "m", "measured": "1", "predicted": "1.5"},
        {"run": "1", "metric": "m", "measured": "3", "predicted": "2.5"},
        {"run": "2", "metric": "m", "measured": "", "predicted": "2"},
    ]
    (points,) = left_out_of(rows)
    assert points.measured == (-1, 1)
    assert points.predicted == (-0.5, 0.5)


def test_side_by_side_stages_count_once() -> None:
    spans = {"a": Interval(10, 10), "b": Interval(30, 10), "c": Interval(29, 8), "d": Interval(31, 2)}
    assert wall_seconds(spans) == 21
    assert wall_seconds({}) == 0


def test_the_certificate_is_told_whatever_it_is() -> None:
    def told(gap: float | None, **fields: object) -> str:
        proof = Certificate(
            objective=1.5, lower_bound=None if gap is None else 1.5 - gap, gap=gap, solver="s", iterations=1,
            active=fields.get("active", []), shadow_prices=fields.get("prices", {}),
        )  # fmt: skip
        return " ".join(certificate_sentences(Mixture(weights={"a": 1}, max_repetition=4.0, certificate=proof)))

    assert "the optimality gap is 1.0\u202f\u00d7\u202f10\u207b\u2076" in told(1e-6)
    assert "not convex" in told(None)
    assert "binds 1 domain: a: at its cap" in told(0.0, active=["a: at its cap"])
    assert "of a by 0.002" in told(0.0, prices={"a": 2e-9})
    assert certificate_sentences(Mixture(weights={"a": 1})) == ()


def test_examples_are_the_first_three_of_every_rule(by_hand: Callable) -> None:
    run = by_hand().finish("pool")
    stage = run.on_disk.finished["pool"]
    found = examples_of(stage.path, stage.manifest)
    assert {rule: len(documents) for rule, documents in found.items()} == {
        "code_filter.min_bytes": 3,
        "exact_dedup.duplicate_text": 1,
        "minhash_dedup.near_duplicate": 2,
        "decontaminate.contaminated": 1,
    }
    first = found["code_filter.min_bytes"][0]
    assert (int(first.id, 16), first.value, first.threshold) == (0, 75.0, 100.0)
    assert first.is_cut
    assert len(first.text) == 160


@pytest.mark.parametrize("most", [0, 2, 5])
def test_the_largest_keep_their_order(most: int) -> None:
    expected = {0: (), 2: (5, 4), 5: (1, 5, 2, 4)}
    assert largest([1, 5, 2, 4], lambda item: item, most) == expected[most]


def test_a_cut_is_told() -> None:
    assert cut_note(3, 3, "domains are shown") == ""
    assert cut_note(24, 60, "domains are shown", "the rest is small") == (
        "24 of 60 domains are shown; the rest is small."
    )
