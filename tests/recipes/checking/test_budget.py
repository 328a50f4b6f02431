"""Budgets against sources and counts: refused when certain, warned of when likely."""

from __future__ import annotations

from typing import Any

import pytest

from mixing.solver.problem import share_caps
from recipes.checking.budget import doubt_budget, refuse_budget
from recipes.checking.plan import Facts
from recipes.checking.refusals import Refusal
from recipes.schema import OptimizeStage


def stage(**fields: Any) -> OptimizeStage:
    return OptimizeStage.model_validate({"kind": "optimize", "counts": "counts", "baseline": "natural", **fields})


def refusals(tokens: int, counts: Facts, **fields: Any) -> list[Refusal]:
    return list(refuse_budget("mixture", stage(tokens=tokens, **fields), counts))


COUNTED = Facts(cells={("a", 0): 600, ("b", 0): 400}, exact=True)


def test_counts_give_the_exact_limit_and_the_smallest_relaxation() -> None:
    assert refusals(4000, COUNTED) == []
    (refusal,) = refusals(4001, COUNTED)
    assert refusal.address == "stages.mixture.tokens"
    assert refusal.infeasible
    assert "1,000 tokens seen 4 times are 4,000; the budget is 4,001" in refusal.what
    assert refusal.fix is not None
    relaxed = float(refusal.fix.split("max_repetition to ")[1].split(",")[0])
    assert share_caps({"a": 600, "b": 400}, 4001, relaxed)


def test_counts_are_held_against_the_stricter_limit_of_an_upsampling_curve() -> None:
    upsample = {"family": "flat", "max_rate": 2, "discard": 0}
    assert refusals(2000, COUNTED, upsample=upsample) == []
    assert "max_rate" in str(refusals(2001, COUNTED, upsample=upsample)[0].fix)


def test_limits_of_sources_bound_what_any_tokenizer_could_make_of_them() -> None:
    counts = Facts(domain_bytes={"a": 100}, at_most_bytes=100)
    assert refusals(800, counts) == []  # 100 documents of one byte are 200 tokens, with their ends; seen 4 times
    (refusal,) = refusals(801, counts)
    assert refusal.infeasible
    assert refusal.fix is not None
    assert refusal.fix.startswith("lower it to about 100,")


def test_sources_without_limits_refuse_nothing() -> None:
    assert refusals(10**15, Facts(domain_bytes={"a": 100})) == []


@pytest.mark.parametrize(("tokens", "doubted"), [(200, False), (201, True)])
def test_a_budget_of_twice_what_bytes_give_is_doubted(tokens: int, doubted: bool) -> None:
    counts = Facts(domain_bytes={"a": 60, "b": 40})  # 25 tokens, seen 4 times: 100
    told = list(doubt_budget("mixture", stage(tokens=tokens), counts))
    assert bool(told) is doubted
    assert not told or told[0].startswith("stages.mixture.tokens: the budget is 201; 100 B of text are about 25 tokens")


def test_nothing_is_doubted_once_tokens_are_counted() -> None:
    counts = Facts(domain_bytes={"a": 1}, cells={("a", 0): 10**6}, exact=True)
    assert list(doubt_budget("mixture", stage(tokens=10**6), counts)) == []


def test_a_plan_warns_and_a_certain_miss_is_refused(checked: Any, refused: Any) -> None:
    assert checked().warnings == ()
    assert len(checked("stages.mixture.tokens=60M").warnings) == 1
    (told,) = refused("stages.mixture.tokens=1G")
    assert "--set stages.mixture.tokens=1G: stages.mixture.tokens: the limits of the sources allow 18.0 MB" in told
