"""How a recipe says it, and what is refused with the line where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from curation.core.errors import BadInput
from recipes import load
from recipes.stages.curate import job_of

HEAD = """schema: 1
kind: recipe
name: r
stages:
  pool:
    kind: curate
    sources: [{name: a, reader: installed-packages, domain: legal}]
    steps:
"""
GOOD = "{reader: installed-packages, domain: docs/prose, limit: 1MB}"
BAD = "{name: headers, reader: installed-packages, domain: code/cpp}"


def write(folder: Path, *entries: str) -> Path:
    path = folder / "recipe.yaml"
    path.write_text(HEAD + "".join(f"      - {entry}\n" for entry in entries))
    return path


def test_sources_are_said_as_those_of_a_stage(tmp_path: Path) -> None:
    recipe = load(write(tmp_path, f"quality: {{positives: [{GOOD}], negatives: [{BAD}], threshold: 5%}}", "buckets:"))
    quality, buckets = job_of(recipe, "pool").steps
    config = quality.config.model_dump()
    assert [(s["name"], s["domain"], s["limit_bytes"]) for s in config["positives"]] == [
        ("source 0", "docs/prose", 10**6)
    ]
    assert [(s["name"], s["domain"], s["limit_bytes"]) for s in config["negatives"]] == [("headers", "code/cpp", None)]
    assert (config["threshold"], config["model"]) == (0.05, None)
    assert (buckets.config.model_dump()["count"], buckets.config.model_dump()["by"]) == (20, "quality.margin")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("quality: {}", "no `positives`"),
        (f"quality: {{negatives: [{BAD}]}}", "no `positives`"),
        (f"quality: {{positives: [{GOOD}]}}", "no `negatives`"),
        (f"quality: {{positives: [{GOOD}], negatives: [{BAD}], model: x}}", "leave out"),
        (f"quality: {{positives: [{GOOD}], negatives: [{{limit: much}}]}}", "much"),
        (f"quality: {{positives: [{GOOD}], negatives: [{{reader: x, limits: 1}}]}}", "did you mean `limit`"),
        (f"quality: {{positives: {GOOD}, negatives: [{BAD}]}}", "positives"),
        ("quality: {model: x, threshold: 2}", "threshold"),
        ("quality: {model: x, l2: 0}", "l2"),
        ("buckets: {count: 0}", "count"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, entry: str, said: str) -> None:
    with pytest.raises(BadInput, match=said) as refused:
        load(write(tmp_path, entry))
    assert "recipe.yaml:9" in str(refused.value)
