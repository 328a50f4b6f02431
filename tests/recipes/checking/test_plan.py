"""The plan of a recipe: a row a stage, in order, with what is known of each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from recipes.checking.plan import Amount
from trainer.model.config import ModelConfig


def test_stages_stand_in_the_order_in_which_they_can_run(checked: Any) -> None:
    plan = checked()
    seen: set[str] = set()
    for stage in plan.stages:
        assert set(stage.inputs.values()) <= seen
        seen.add(stage.name)
    assert len(seen) == 11


def test_until_plans_what_is_needed_and_no_more(checked: Any) -> None:
    assert [stage.name for stage in checked(until=("counts",)).stages] == ["pool", "counts"]
    names = {stage.name for stage in checked(until=("natural", "counts")).stages}
    assert names == {"pool", "counts", "natural"}


def test_the_bytes_of_sources_stop_at_their_limits(checked: Any, world: Any) -> None:
    world.sizes = {"python": 10**9, "legal": 5}
    pool = checked().stages[0].estimate
    assert {source.name: source.size_bytes for source in pool.sources}["python"] == 6_000_000
    assert pool.bytes_in == Amount(sum(source.size_bytes for source in pool.sources))


def test_tokens_are_a_quarter_of_the_bytes_until_they_are_counted(checked: Any, world: Any) -> None:
    world.default_size = 1000
    plan = {stage.name: stage for stage in checked().stages}
    assert plan["counts"].estimate.tokens == Amount(5 * 250, exact=False)


def test_models_and_proxies_are_told_with_their_real_parameters(checked: Any) -> None:
    sets = ("stages.model.model={size: 30M, sequence_length: 128}", "stages.counts.tokenizer.train.vocab_size=32000")
    plan = {stage.name: stage.estimate.model for stage in checked(*sets).stages}
    assert plan["model"].n_parameters == ModelConfig.olmo3("30M", vocab_size=32000, max_seq_len=128).n_parameters
    assert plan["swarm"].n_parameters == ModelConfig.from_depth(3, 32000, 128).n_parameters
    assert plan["swarm"].n_runs == 25
    assert plan["natural_model"].n_runs == 1


def test_steps_are_whole_batches_of_whole_sequences(checked: Any) -> None:
    model = {stage.name: stage.estimate for stage in checked("stages.mixture.tokens=3073").stages}["model"]
    # 3,073 tokens predict 3,072: 24 sequences of 128, 3 steps of 1,024
    assert model.model.n_steps == 3
    assert model.tokens == Amount(3072, exact=True)
    model = {stage.name: stage.estimate for stage in checked("stages.mixture.tokens=3072").stages}["model"]
    assert model.model.n_steps == 2


def test_a_number_of_runs_is_not_guessed_where_domains_come_later(checked: Any) -> None:
    source = "stages.pool.sources=[{name: web, reader: installed-packages, limit: 1MB}]"
    plan = {stage.name: stage.estimate for stage in checked(source).stages}
    assert plan["swarm"].model.n_runs is None
    assert plan["swarm"].wall_s is None
    assert checked(source).wall_s is None


def test_which_of_two_limits_on_repetition_binds(checked: Any) -> None:
    def notes(*sets: str) -> tuple[str, ...]:
        notes: tuple[str, ...] = {stage.name: stage.estimate for stage in checked(*sets).stages}["mixture"].notes
        return notes

    assert notes() == ()
    assert "max_repetition 4 binds" in notes("stages.mixture.upsample={max_rate: 7}")[0]
    assert "upsample.max_rate 3 binds" in notes("stages.mixture.upsample={max_rate: 3}")[0]


def test_nothing_is_written(checked: Any, tmp_path: Path) -> None:
    checked()
    assert list(tmp_path.iterdir()) == []
