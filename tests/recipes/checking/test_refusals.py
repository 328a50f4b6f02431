"""What is refused before anything runs: where it stands, the numbers, the way out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from curation.core.errors import BadInput, Infeasible, Problems

COUNTS = "stages.{name}={{kind: count, pool: pool, tokenizer: {{train: {{vocab_size: {size}}}}}}}"

CASES = [
    (
        ["stages.mixture.study=null"],
        "stages.mixture: an optimize stage needs a study or a baseline",
        "add `study: <name of a swarm stage>` or `baseline: natural`",
    ),
    (
        ["stages.mixture.baseline=uniform"],
        "stages.mixture.baseline: it has a study (`swarm`) and a baseline (`uniform`), and can follow one only",
        "remove one; a second optimize stage can have the other",
    ),
    (
        ["stages.swarm.proxy.batch_tokens=500"],
        "stages.swarm.proxy.batch_tokens: 500 tokens a step are not whole sequences of 128 "
        "(stages.swarm.proxy.sequence_length)",
        "write 384 or 512",
    ),
    (
        ["stages.model.training.batch_tokens=100"],
        "stages.model.training.batch_tokens: 100 tokens a step are not whole sequences of 128 "
        "(stages.model.model.sequence_length)",
        "write 128 or 256",
    ),
    (
        ["stages.model.model.depth=null"],
        "stages.model.model: a model needs either `size` or `depth`; neither is given",
        "write size: 30M or depth: 4",
    ),
    (
        ["stages.model.model.size=30M"],
        "stages.model.model: a model needs either `size` or `depth`; both are given: size 30M, depth 4",
        "write size: 30M or depth: 4",
    ),
    (
        ["stages.swarm.proxy.depth=null", "stages.swarm.proxy.size=31M"],
        "stages.swarm.proxy.size: there is no size '31M'",
        "did you mean 1M?",
    ),
    (
        ["stages.natural.tokens=100"],
        "stages.natural_model.model.sequence_length: 100 tokens do not fill one sequence of 128",
        "lower it, or raise the tokens above 1.0K",
    ),
    (
        ["stages.swarm.proxy.tokens=512"],
        "stages.swarm.proxy.batch_tokens: 512 tokens do not fill one step of 512 (and the token before it)",
        "lower it, or raise the tokens above 512",
    ),
    (
        ["stages.model.trainer=torhc"],
        "stages.model.trainer: no trainer is called `torhc`",
        "did you mean `torch`?",
    ),
    (
        ["stages.mixture.regressor=log-liner"],
        "stages.mixture.regressor: no regressor is called `log-liner`",
        "did you mean `log-linear`?",
    ),
    (
        ["stages.swarm.per_domain=1"],
        "stages.swarm.per_domain: 5 runs are too few for a study of 5 domains; 7 are needed",
        "write 2 or more",
    ),
    (
        [
            "stages.other={kind: count, pool: pool, tokenizer: {train: {vocab_size: 4096}}}",
            "stages.shards.counts=other",
        ],
        "stages.shards.counts: the budget of `mixture` is in tokens of `counts` (a vocabulary of 2,048), the shards "
        "would be in tokens of `other` (a vocabulary of 4,096)",
        "write `counts: counts`",
    ),
    (
        [
            "stages.pool2={kind: curate, sources: [{name: a, reader: x, domain: legal}], steps: [holdout]}",
            "stages.shards.pool=pool2",
        ],
        "stages.shards.counts: `counts` counts the pool `pool`, and this stage reads the pool `pool2`",
        "write `pool: pool`, or the name of counts of `pool2`",
    ),
]


@pytest.mark.parametrize(("sets", "what", "fix"), CASES, ids=[case[0][0] for case in CASES])
def test_a_recipe_that_cannot_be(sets: list[str], what: str, fix: str, refused: Any) -> None:
    (told,) = refused(*sets)
    assert told.endswith(f"{what}\n  fix: {fix}")


def test_a_pool_without_held_out_documents_cannot_be_evaluated_on(refused: Any) -> None:
    told = refused("stages.pool.steps.holdout=null")
    addresses = {line.split(": ")[1] for line in told}
    assert addresses == {"stages.swarm.evaluate", "stages.scores.suites", "stages.natural_scores.suites"}
    assert all("sets none aside\n  fix: add the step `- holdout: {per_domain: 200KB}`" in line for line in told)


def test_counts_that_differ_by_their_name_alone_are_the_same_tokens(checked: Any) -> None:
    checked(
        "stages.same={kind: count, pool: pool, tokenizer: {train: {vocab_size: 2048}}}", "stages.shards.counts=same"
    )


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("report.html", "a run has a file of this name"),
        ("a/b", "the stage's name 'a/b' cannot be the name of a directory"),
        (".outputs", "the stage's name '.outputs' cannot be the name of a directory"),
    ],
)
def test_names_of_stages_are_names_of_directories(name: str, what: str, refused: Any, tmp_path: Path) -> None:
    recipe = tmp_path / "mine.yaml"
    recipe.write_text(f"base: tiny\nname: mine\nstages:\n  {name}: {{kind: eval, model: model}}\n")
    (told,) = refused(recipe=recipe)
    assert told.startswith(f"{recipe}:4:3: stages.{name}: {what}")


def test_everything_is_told_at_once_in_the_order_of_the_file(refused: Any, world: Any, tmp_path: Path) -> None:
    world.sizes = {"here": -1}
    recipe = tmp_path / "mine.yaml"
    recipe.write_text(
        "base: quickstart\n"
        "name: mine\n"
        "stages:\n"
        "  model: {model: {depth: null}}\n"
        "  pool:\n"
        "    sources:\n"
        "      - {name: there, reader: installed-packages, domain: a}\n"
        "      - {name: other, reader: installed-packages, domain: b}\n"
        "      - {name: here, reader: installed-packages, domain: c}\n"
        "  mixture:\n"
        "    baseline: natural\n"
    )
    told = refused(recipe=recipe)
    places = [line.removeprefix(str(tmp_path)).split(": ")[0] for line in told]
    assert places == ["/mine.yaml:4:11", "/mine.yaml:9:9", "/mine.yaml:11:15"]
    assert "stages.pool.sources.here: source 'here' is not there\n  fix: bring it" in told[1]


def test_what_is_well_said_and_cannot_be_is_infeasible(checked: Any) -> None:
    for sets, kind in ((["stages.swarm.per_domain=1"], Infeasible), (["stages.mixture.study=null"], BadInput)):
        with pytest.raises(Problems) as raised:
            checked(*sets)
        assert type(raised.value.problems[0]) is kind
