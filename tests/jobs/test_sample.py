"""`--sample`: a share of every source, as a run of its own that says so."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.request import Request
from recipes.report.words import short
from recipes.run_directory import RunDirectory
from recipes.sample import percentage, sampled
from recipes.schema import Recipe

WORDS = ("river", "stone", "bridge", "where", "boats", "wait", "for", "rain", "and", "people", "talk", "of", "grain")
RECIPE = """
schema: 1
kind: recipe
name: mine
stages:
  pool:
    kind: curate
    sources:
      - {name: first, paths: ["first.jsonl"], domain: web}
      - {name: second, paths: ["second.jsonl"], domain: books, sample: 50%}
    steps:
      - exact_dedup: {}
      - holdout: {per_domain: 20KB}
  counts: {kind: count, pool: pool, tokenizer: {train: {vocab_size: 512}}}
  mixture: {kind: optimize, counts: counts, baseline: natural, tokens: 20K}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A recipe over 1,600 documents of two sources."""
    monkeypatch.chdir(tmp_path)
    stream = random.Random(5)
    for name in ("first", "second"):
        texts = (" ".join(stream.choices(WORDS, k=30)) + f" {name} {number}" for number in range(800))
        Path(f"{name}.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    Path("mine.yaml").write_text(RECIPE)
    return tmp_path


def ids_of(pool: Path) -> set[str]:
    """All documents that a curate stage read, whatever became of them."""
    files = [file for folder in ("documents", "heldout", "rejected") for file in (pool / folder).glob("*.parquet")]
    return {name for file in files for name in pq.read_table(file, columns=["id"]).column("id").to_pylist()}


def test_samples_are_runs_of_their_own_and_nest(here: Path, mix: Any) -> None:
    shares = {"10%": "10-percent", "0.3": "30-percent", None: None}
    found = []
    for share, name in shares.items():
        ended = mix("curate", "mine.yaml", "--workers", 1, *(["--sample", share] if share else []))
        assert ended.code == 0, ended.err
        run = here / "runs" / (f"mine.sample-{name}" if name else "mine")
        assert Path(ended.out.strip()) == (run / "pool").relative_to(here)
        assert (f"a sample of {name and name.split('-')[0]}% of every source" in ended.err) is bool(share)
        found.append(ids_of(run / "pool"))
    assert found[0] < found[1] < found[2]
    n_whole = len(found[2])
    assert 1100 <= n_whole <= 1300  # 800, and half of 800
    assert 0.05 < len(found[0]) / n_whole < 0.15
    assert 0.25 < len(found[1]) / n_whole < 0.35


def test_the_report_says_so_and_extrapolates(here: Path, mix: Any) -> None:
    ended = mix("run", "mine.yaml", "--workers", 1, "--sample", "25%", "-q")
    assert ended.code == 0, ended.err
    file = RunDirectory("runs", "mine.sample-25-percent").report_file
    page = file.read_text()
    manifest = json.loads((file.parent / "pool" / "manifest.json").read_bytes())
    kept = sum(row["documents"] for row in manifest["counts"] if row["rule"] is None)
    assert "A sample of 25% of every source, not the whole recipe" in page.partition("<main>")[0]
    assert f"would keep about {short(kept * 4)} documents" in page
    assert f"here {kept:,} of" in page
    assert "Deduplication does not extrapolate linearly" in page
    before = page
    assert mix("report", "mine.yaml", "--sample", "25%").code == 0
    assert file.read_text() == before
    assert not (here / "runs" / "mine").exists()


def test_the_report_of_a_whole_run_has_no_such_line(here: Path, mix: Any) -> None:
    assert mix("run", "mine.yaml", "--workers", 1, "--until", "pool", "-q").code == 0
    page = (here / "runs/mine/report.html").read_text()
    assert "sample of" not in page
    assert "extrapolate" not in page


def test_a_check_shows_smaller_numbers(here: Path, mix: Any) -> None:
    whole = mix("check", "mine.yaml", "--json").document
    small = mix("check", "mine.yaml", "--json", "--sample", "10%").document
    assert small["recipe"] == "mine.sample-10-percent"
    assert small["warnings"][0].startswith("a sample of 10% of every source, into a run of its own")
    assert whole["warnings"] == []
    first, second = ([stage["bytes_in"]["value"] for stage in plan["stages"][:2]] for plan in (whole, small))
    assert [round(b / a, 2) for a, b in zip(first, second, strict=True)] == [0.1, 0.1]
    assert small["stages"][2]["tokens"]["value"] == 2000
    assert "mine.sample-10-percent" in mix("check", "mine.yaml", "--sample", "10%").out


@pytest.mark.parametrize("share", ["0", "0%", "101%", "1.5", "-1%", "nan", "lots", "", "1e-30"])
def test_what_is_no_share_is_refused_with_its_value(share: str, here: Path, mix: Any) -> None:
    for verb in ("run", "check", "curate", "report"):
        ended = mix(verb, "mine.yaml", f"--sample={share}")
        assert ended.code == 2
        assert f"error: --sample: {share!r}" in ended.err
        assert "fix: write a share above 0 and up to 100%" in ended.err
    assert not (here / "runs").exists()


def test_mistakes_keep_their_places(here: Path, mix: Any) -> None:
    ended = mix("check", "mine.yaml", "--sample", "10%", "--set", "stages.pool.sources.second.paths=[none.jsonl]")
    assert ended.code == 2
    assert "stages.pool.sources.second" in ended.err
    Path("first.jsonl").unlink()
    assert "mine.yaml:9:9: stages.pool.sources.first" in mix("check", "mine.yaml", "--sample", "10%").err


def test_what_shrinks_and_what_stays() -> None:
    whole, _ = Request(Path("quickstart")).load()
    small, addresses = Request(Path("quickstart"), sample="1%").load()
    stages: dict[str, Any] = dict(small.stages)
    assert {source.sample for source in stages["pool"].sources} == {0.01}
    assert [source.limit_bytes for source in stages["pool"].sources] == [6e6, 3e6, 3e6, 3e6, 3e6]
    held_out = next(step["holdout"] for step in stages["pool"].steps if "holdout" in step)
    assert held_out == {"per_domain": 600, "max_document": "20KB"}
    assert stages["mixture"].tokens == 10_000
    assert stages["swarm"] == whole.stages["swarm"]
    assert addresses.place("stages.mixture.tokens").line
    assert [type(stage) for stage in small.stages.values()] == [type(stage) for stage in whole.stages.values()]


def test_a_budget_still_fills_a_step() -> None:
    small: Any = Request(Path("quickstart"), sample="0.01%").load()[0]
    assert small.stages["mixture"].tokens == small.stages["model"].training.batch_tokens + 1


def test_a_source_s_own_sample_counts(here: Path) -> None:
    small: Any = Request(Path("mine.yaml"), sample="10%").load()[0]
    assert [source.sample for source in small.stages["pool"].sources] == [0.1, 0.05]


def test_all_of_it_is_no_sample() -> None:
    assert Request(Path("tiny"), sample="100%").load()[0] == Request(Path("tiny")).load()[0]


@given(st.floats(1e-12, 1, exclude_max=True))
def test_every_share_gives_a_recipe_s_name(share: float) -> None:
    recipe = Recipe.model_validate(
        {"schema": 1, "kind": "recipe", "name": "a", "stages": {"c": {"kind": "train", "shards": "s", **MODEL}}}
    )
    assert sampled(recipe, share).name == f"a.sample-{percentage(share)}-percent"
    assert float(percentage(share)) == pytest.approx(share * 100, rel=1e-9)


MODEL = {"model": {"depth": 1}, "training": {"learning_rate": 1e-2}}
