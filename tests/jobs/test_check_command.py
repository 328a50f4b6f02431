"""`mix check` and `--dry-run`: the plan on the terminal and as JSON; nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

RUNNING = ("run", "curate", "count", "swarm", "optimize", "emit", "train", "eval")
LAST = {"run": "natural_scores", "curate": "pool", "count": "counts", "swarm": "swarm", "optimize": "natural"} | {
    "emit": "natural_shards", "train": "natural_model", "eval": "natural_scores"
}  # fmt: skip


@dataclass(frozen=True)
class FakeSplit:
    """A piece of input with a size and nothing in it."""

    size_bytes: int
    key: str = "fake"


@pytest.fixture(autouse=True)
def _quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder of its own; without listing what is installed, and with a short look at the machine's speed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("recipes.checking.sources.splits_of", lambda config: (FakeSplit(config.limit_bytes),))
    monkeypatch.setattr("recipes.checking.machine.PROBE_S", 0.01)


def test_a_row_for_every_stage_in_order(mix: Any) -> None:
    ended = mix("check", "tiny")
    assert ended.code == 0
    rows = ended.out.split("\n\n")[1].splitlines()
    assert rows[0].split() == ["stage", "kind", "reads", "in", "tokens", "disk", "memory", "time"]
    assert [row.split()[0] for row in rows[1:5]] == ["pool", "counts", "swarm", "mixture"]
    assert len(rows) == 12
    assert "6 proxies of 26,020 parameters (depth 1, 512 words, sequences of 64)" in ended.out


def test_columns_are_aligned_where_there_is_no_terminal(mix: Any) -> None:
    rows = mix("check", "tiny").out.split("\n\n")[1].splitlines()
    ends = rows[0].index("memory") + len("memory")
    assert all(row[ends - 2 : ends + 1] in ("KB ", "MB ", "GB ", "ry ") for row in rows)
    assert all("\x1b" not in row for row in rows)


def test_the_plan_as_json(mix: Any) -> None:
    document = mix("check", "quickstart", "--json", "--out", "elsewhere").document
    assert document["kind"] == "plan"
    stages = {stage["name"]: stage for stage in document["stages"]}
    assert stages["pool"]["state"] == "to run"
    assert len(stages["pool"]["sources"]) == 5
    assert stages["counts"]["tokens"]["exact"] is False
    assert stages["shards"]["inputs"] == {"pool": "pool", "counts": "counts", "mixture": "mixture"}
    assert stages["swarm"]["model"]["n_runs"] == 25
    assert stages["model"]["model"]["n_parameters"] == 646_480
    assert stages["model"]["wall_s"] > 0
    assert document["totals"]["memory_bytes"] >= max(stage["memory_bytes"] for stage in stages.values())
    assert document["machine"]["free_disk_bytes"] > 0


def test_which_limit_binds_is_told(mix: Any) -> None:
    told = mix("check", "tiny", "--set", "stages.mixture.upsample={max_rate: 7}").out
    assert "limits\n  mixture  max_repetition 4 binds: it is stricter than upsample.max_rate 7\n" in told


def test_steps_are_told_to_those_who_ask(mix: Any) -> None:
    assert "exchange  exact_dedup" not in mix("check", "tiny").out
    assert "exchange  exact_dedup" in mix("check", "tiny", "-v").out


@pytest.mark.parametrize("verb", RUNNING)
def test_a_dry_run_shows_the_plan_and_writes_nothing(verb: str, mix: Any, tmp_path: Path) -> None:
    ended = mix(verb, "tiny", "--dry-run", "--json")
    assert ended.code == 0
    assert ended.document["kind"] == "plan"
    assert ended.document["stages"][-1]["name"] == LAST[verb]
    assert list(tmp_path.iterdir()) == []


def test_a_recipe_with_three_mistakes_shows_all_three(mix: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "base: tiny\n"
        "name: mine\n"
        "stages:\n"
        "  pool: {stps: []}\n"
        "  swarm:\n"
        "    proxy: {dept: 4}\n"
        "  mixture: {tokens: many}\n"
    )
    for verb in ("check", "run"):
        ended = mix(verb, "mine.yaml")
        assert ended.code == 2
        assert ended.out == ""
        lines = ended.err.splitlines()
        assert lines[0] == "error: mine.yaml:4:10: stages.pool: unknown key `stps`"
        assert lines[1] == "  fix: did you mean `steps`?"
        assert lines[2] == "error: mine.yaml:6:13: stages.swarm.proxy: unknown key `dept`"
        assert lines[3] == "  fix: did you mean `depth`?"
        assert lines[4].startswith("error: mine.yaml:7:21: stages.mixture.tokens: ")
        assert len(lines) == 6
    assert [path.name for path in tmp_path.iterdir()] == ["mine.yaml"]


def test_a_run_is_refused_for_what_a_check_refuses(mix: Any, tmp_path: Path) -> None:
    sets = ("--set", "stages.mixture.tokens=10G")
    checked, run = mix("check", "tiny", *sets), mix("run", "tiny", *sets)
    assert checked.code == run.code == 2
    assert checked.err == run.err
    assert "10,000,000,000 tokens" in run.err
    assert list(tmp_path.iterdir()) == []


def test_a_verb_without_stages_of_its_kind(mix: Any) -> None:
    sets = [f"--set=stages.{name}=null" for name in ("scores", "natural_scores")]
    ended = mix("eval", "tiny", *sets, "--dry-run")
    assert ended.code == 2
    assert ended.err == "error: tiny: the recipe has no stage of kind eval\n"
