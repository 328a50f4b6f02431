"""The order of stages, and what is wrong with their references."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.core.errors import Problems
from recipes.flow import INPUT_KINDS, inputs_of, ordered, upstream
from recipes.schema import Recipe

TRAIN = {"model": {"depth": 1}, "training": {"learning_rate": 0.1}}
STAGES: dict[str, dict[str, Any]] = {
    "pool": {"kind": "curate", "sources": [{"name": "a", "reader": "b"}]},
    "counts": {"kind": "count", "pool": "pool", "tokenizer": {"train": {"vocab_size": 300}}},
    "natural": {"kind": "optimize", "counts": "counts", "baseline": "natural", "tokens": 5},
    "shards": {"kind": "emit", "pool": "pool", "counts": "counts", "mixture": "natural"},
    "model": {"kind": "train", "shards": "shards", **TRAIN},
    "scores": {"kind": "eval", "model": "model"},
}


def recipe(stages: dict[str, dict[str, Any]]) -> Recipe:
    return Recipe.model_validate({"schema": 1, "kind": "recipe", "name": "x", "stages": stages})


def problems(stages: dict[str, dict[str, Any]], until: str | None = None) -> list[str]:
    with pytest.raises(Problems) as raised:
        ordered(recipe(stages), until)
    return [str(problem) for problem in raised.value.problems]


@given(st.permutations(list(STAGES)))
def test_every_stage_comes_once_and_after_its_inputs(names: list[str]) -> None:
    order = ordered(recipe({name: STAGES[name] for name in names}))
    assert sorted(order) == sorted(names)
    for name, stage in STAGES.items():
        sources = [stage[key] for key in ("pool", "counts", "mixture", "shards") if key in stage]
        assert all(order.index(source) < order.index(name) for source in sources)


def test_stages_that_need_nothing_of_each_other_keep_the_order_of_the_recipe() -> None:
    for names in itertools.permutations(["p1", "p2", "p3"]):
        assert ordered(recipe(dict.fromkeys(names, STAGES["pool"]))) == list(names)


def test_until_takes_what_is_needed_and_no_more() -> None:
    assert ordered(recipe(STAGES), "natural") == ["pool", "counts", "natural"]
    assert ordered(recipe(STAGES), "pool") == ["pool"]


def test_the_stages_that_a_model_is_made_of() -> None:
    whole = recipe(STAGES)
    assert upstream(whole, "scores", "count") == "counts"
    assert upstream(whole, "scores", "curate") == "pool"
    assert upstream(whole, "pool", "curate") is None
    assert upstream(whole, "counts", "swarm") is None


def test_the_shape_of_a_model_is_no_input() -> None:
    assert inputs_of(recipe(STAGES).stages["model"]) == {"shards": "shards"}


def test_all_wrong_references_are_told_at_once() -> None:
    stages = STAGES | {
        "counts": STAGES["counts"] | {"pool": "pol"},
        "shards": STAGES["shards"] | {"mixture": "counts", "counts": "zzzzz"},
    }
    assert problems(stages, "modell") == [
        "stages.counts.pool: no stage is called `pol`\n  fix: did you mean `pool`?",
        "stages.shards.counts: no stage is called `zzzzz`\n  fix: stages of this recipe: " + ", ".join(STAGES),
        "stages.shards.mixture: stage `counts` is of kind count; `mixture` needs one of kind optimize",
        "--until: no stage is called `modell`\n  fix: did you mean `model`?",
    ]


def test_a_circle_is_told_with_all_its_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recipes.flow.INPUT_KINDS", {**INPUT_KINDS, "counts": ("optimize",)})  # as if kinds allowed it
    first, second = (STAGES["natural"] | {"counts": name} for name in ("second", "first"))
    assert problems({"pool": STAGES["pool"], "first": first, "second": second}) == [
        "stages.first: stages feed each other in a circle: first -> second -> first"
    ]
