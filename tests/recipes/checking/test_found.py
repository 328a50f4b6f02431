"""What is done in a run directory is found without running, and its counts are exact then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from curation.core.errors import Problems
from mixing.counts import Counts
from recipes.checking.check import CheckOptions, check
from recipes.checking.plan import Amount, RecipePlan
from recipes.execute import RunOptions, run
from recipes.recipe import load_with_places

SETS = (
    "stages.pool.sources=[{name: legal, reader: installed-packages, domain: legal, limit: 100KB}, "
    "{name: prose, reader: installed-packages, domain: docs/prose, limit: 100KB}]",
    "stages.swarm.per_domain=4",
)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    run(load_with_places("tiny", SETS)[0], RunOptions(folder, until="natural"))
    return folder


def plan(out: Path, *sets: str) -> RecipePlan:
    recipe, addresses = load_with_places("tiny", (*SETS, *sets))
    return check(recipe, addresses, CheckOptions(out, 2, 2**30, timed=False))


def states(found: RecipePlan) -> dict[str, str]:
    return {stage.name: stage.state for stage in found.stages}


def test_finished_stages_are_done_and_their_numbers_exact(out: Path) -> None:
    found = plan(out)
    stages = {stage.name: stage for stage in found.stages}
    assert [name for name, state in states(found).items() if state == "done"] == ["pool", "counts", "natural"]
    counts = Counts.read(out / "tiny" / "counts")
    assert stages["counts"].estimate.tokens == Amount(sum(counts.tokens.values()), exact=True)
    assert stages["counts"].estimate.bytes_in == Amount(sum(counts.bytes.values()), exact=True)
    assert stages["counts"].path == (out / "tiny" / "counts").parent / (out / "tiny" / "counts").readlink()
    assert {stage.name for stage in found.waiting} == set(stages) - {"pool", "counts", "natural"}


def test_a_changed_parameter_leaves_what_does_not_depend_on_it(out: Path) -> None:
    changed = states(plan(out, "stages.counts.tokenizer.train.vocab_size=600"))
    assert [name for name, state in changed.items() if state == "done"] == ["pool"]


def test_an_output_without_a_manifest_was_started(out: Path) -> None:
    found = plan(out, "stages.natural.tokens=90K")
    assert states(found)["natural"] == "to run"
    from recipes.checking.found import found as find
    from recipes.run_directory import RunDirectory

    recipe, _ = load_with_places("tiny", (*SETS, "stages.natural.tokens=90K"))
    path = find(recipe, ["pool", "counts", "natural"], RunDirectory(out, "tiny"))["natural"][1]
    path.mkdir()
    try:
        assert states(plan(out, "stages.natural.tokens=90K"))["natural"] == "started"
    finally:
        path.rmdir()


def test_with_counts_a_budget_is_refused_to_the_token(out: Path) -> None:
    total = sum(Counts.read(out / "tiny" / "counts").tokens.values())
    plan(out, f"stages.mixture.tokens={4 * total}")
    with pytest.raises(Problems) as raised:
        plan(out, f"stages.mixture.tokens={4 * total + 1}")
    (problem,) = raised.value.problems
    assert f"the budget is {4 * total + 1:,}" in problem.what
    assert f"lower tokens to {4 * total:,}" in str(problem.fix)


def test_looking_changes_nothing(out: Path) -> None:
    def everything() -> list[Any]:
        return [(path, path.lstat().st_mtime_ns) for path in sorted(out.rglob("*"))]

    before = everything()
    plan(out)
    assert everything() == before
