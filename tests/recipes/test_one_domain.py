"""With one domain there is nothing to mix: swarm and optimize are skipped, say so, and the rest of the flow runs."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curation.core.errors import BadInput, Infeasible
from curation.core.events import read_events
from mixing.mixture import Mixture
from mixing.natural import only_mixture
from mixing.shards import Manifest
from recipes.checking.check import CheckOptions, check
from recipes.execute import RunOptions, run
from recipes.recipe import load, load_with_places
from recipes.report.page import write_page
from recipes.run_directory import RunDirectory

WORDS = ("river", "stone", "bridge", "where", "boats", "wait", "for", "rain", "and", "people", "talk", "of", "grain")
RECIPE = """
schema: 1
kind: recipe
name: alone
stages:
  pool:
    kind: curate
    sources: [{name: first, paths: ["first.jsonl"], domain: web}]
    steps: [holdout: {per_domain: 4KB}]
  counts: {kind: count, pool: pool, tokenizer: {train: {vocab_size: 300}}}
  swarm:
    kind: swarm
    pool: pool
    counts: counts
    per_domain: 1
    proxy: {depth: 1, sequence_length: 64, batch_tokens: 512, tokens: 8K, learning_rate: 1e-2}
  mixture:
    kind: optimize
    study: swarm
    counts: counts
    tokens: 20_001
    max_repetition: 3
    upsample: {max_rate: 2, discard: 0}
  shards: {kind: emit, pool: pool, counts: counts, mixture: mixture}
"""


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run directory of the recipe, with its report."""
    home = tmp_path_factory.mktemp("alone")
    stream = random.Random(5)
    texts = (" ".join(stream.choices(WORDS, k=40)) + f" {number}" for number in range(200))
    (home / "first.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    (home / "alone.yaml").write_text(RECIPE)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        recipe = load("alone.yaml")
        run(recipe, RunOptions("runs", workers=1))
        write_page(recipe, RunDirectory("runs", recipe.name))
    return home / "runs" / "alone"


def test_the_study_is_empty_and_says_why(flow: Path) -> None:
    manifest = json.loads((flow / "swarm" / "manifest.json").read_bytes())
    assert manifest["kind"] == "study"
    assert manifest["skipped"] is True
    assert manifest["reason"] == "one domain: nothing to mix, the swarm is skipped"
    assert (flow / "swarm" / "ratios.csv").read_text() == "run,web\n"
    assert (flow / "swarm" / "metrics.csv").read_text() == "run\n"


def test_both_stages_warn(flow: Path) -> None:
    warnings = {e["stage"]: e["text"] for e in read_events(flow / "events.jsonl") if e["event"] == "warning"}
    assert warnings == {
        "swarm": "one domain: nothing to mix, the swarm is skipped",
        "mixture": "one domain: web has weight 1, there is nothing to optimize",
    }


def test_the_mixture_is_the_domain(flow: Path) -> None:
    mixture = Mixture.load(flow / "mixture" / "mixture.yaml")
    assert mixture.weights == {"web": 1.0}
    assert mixture.certificate is not None
    assert mixture.certificate.gap == 0
    assert mixture.certificate.solver == "one domain"
    assert mixture.baseline is None
    assert mixture.upsampling is not None
    assert mixture.upsampling.max_rate == 2
    assert not (flow / "mixture" / "predictions.csv").exists()


def test_shards_hold_the_budget(flow: Path) -> None:
    manifest = Manifest.load(flow / "shards")
    assert [(cell.domain, cell.delivered_tokens) for cell in manifest.domains] == [("web", 20_001)]
    files = sorted((flow / "shards" / "tokens").glob("*.npy"))
    assert sum(len(np.fromfile(file, dtype=manifest.dtype)) for file in files) == 20_001


def test_the_report_tells_it(flow: Path) -> None:
    page = (flow / "report.html").read_text()
    assert "Skipped: one domain: nothing to mix, the swarm is skipped." in page
    assert "There is one domain, and so one mixture" in page
    assert "could not be made" not in page
    assert "optimality gap" not in page


@pytest.mark.parametrize("out", ["runs", "elsewhere"])
def test_a_check_copes_before_and_after(out: str, flow: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = flow.parent.parent
    monkeypatch.chdir(home)
    recipe, addresses = load_with_places("alone.yaml")
    plan = check(recipe, addresses, CheckOptions(Path(out), 1, 2**30, timed=False))
    stages: dict[str, Any] = {stage.name: stage for stage in plan.stages}
    assert {stage.state for stage in plan.stages} == {"done" if out == "runs" else "to run"}
    assert stages["swarm"].estimate.model is None
    assert stages["swarm"].estimate.notes == ("one domain: nothing to mix, the swarm is skipped",)
    assert stages["mixture"].estimate.notes[0] == "one domain: it has weight 1, there is nothing to optimize"


def test_the_cap_still_binds(flow: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(flow.parent.parent)
    with pytest.raises(Infeasible, match="the budget is 1,000,000"):
        run(load("alone.yaml", ["stages.mixture.tokens=1M", "name=capped"]), until="mixture")
    with pytest.raises(Infeasible, match="100 tokens seen 3 times are 300; the budget is 301"):
        only_mixture({("web", 0): 60, ("web", 1): 40}, 301, 3.0)
    assert only_mixture({("web", 0): 60, ("web", 1): 40}, 300, 3.0).repetition == {"web": 3.0}


def test_counts_of_other_domains_are_refused(flow: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(flow.parent.parent)
    more = [
        "name=two",
        "stages.pool2={kind: curate, sources: [{name: a, paths: [first.jsonl], domain: a}, "
        "{name: b, paths: [first.jsonl], domain: b}]}",
        "stages.counts2={kind: count, pool: pool2, tokenizer: {train: {vocab_size: 300}}}",
        "stages.mixture.counts=counts2",
        "stages.shards=null",
    ]
    with pytest.raises(BadInput, match="different domains: a, b; the study was skipped for web alone"):
        run(load("alone.yaml", more), until="mixture")
