"""One recipe, every step, every engine: the same bytes.

A step that is written joins `STEPS_OF_THE_RECIPE`; a test fails until it has. Expected is what the local engine writes
with one worker; that its steps are right is for the tests of each step to say.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from curation.core.events import NoEvents
from curation.engine.base import Engine
from curation.engine.local import LocalEngine
from curation.engine.workers import kept_workers
from curation.pipeline.curate import CurateJob, curate, splits_of_job
from curation.pipeline.steps import STEPS, make_step
from curation.sources.config import SourceConfig
from tests.support.curated_texts import pool_bytes, read_pool

WORDS = (
    "the",
    "quick",
    "brown",
    "fox",
    "and",
    "a",
    "dog",
    "have",
    "gone",
    "to",
    "sea",
    "\u00e9t\u00e9",
    "\u6f22\u5b57",
)


def texts(seed: int, n: int) -> list[str]:
    """Texts of very different length: copies, near copies, quotations of each other, odd ones."""
    chance = random.Random(seed)
    made = ["", " ", "\0", "\U0001f600" * 30, "x " * 3000]
    while len(made) < n:
        words = [
            chance.choice(WORDS) + str(chance.randrange(40)) * chance.randrange(2)
            for _ in range(chance.randrange(4, 400))
        ]
        if chance.random() < 0.2:
            words = chance.choice(made).split()[:300]
            for _ in range(chance.randrange(3)):
                words.insert(chance.randrange(len(words) + 1), chance.choice(WORDS))
        made.append(" ".join(words) + chance.choice(["", "\n", " ...", "\r\n- end"]))
    return made


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for name, seed in (("web-0", 1), ("web-1", 2), ("code-0", 3), ("good", 4), ("bad", 5)):
        rows = [{"text": text, "url": f"http://{name}/{i}"} for i, text in enumerate(texts(seed, 120))]
        lines = [json.dumps(row) for row in rows] + (["{no json"] if name == "web-1" else [])
        (folder / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


def steps_of_the_recipe(data: Path) -> list[tuple[str, dict[str, Any]]]:
    positives, negatives = ([{"paths": [f"{data}/{name}.jsonl"]}] for name in ("good", "bad"))
    return [
        ("gopher_quality", {"only": ["web"], "min_words": 3, "min_alpha_words": 0.1, "min_stop_words": 0}),
        ("code_filter", {"only": ["code"], "min_bytes": 20, "max_line_length": 10_000, "max_mean_line_length": 9000}),
        ("quality", {"positives": positives, "negatives": negatives}),
        ("exact_dedup", {}),
        ("holdout", {"per_domain": "3KB"}),
        ("minhash_dedup", {"bands": 20, "rows": 5, "verify": 0.6}),
        ("decontaminate", {"against": ["heldout"], "threshold": 0.3}),
        ("buckets", {"count": 7}),
    ]


def curated(data: Path, out: Path, engine: Engine) -> dict[str, bytes]:
    sources = [
        {"name": "web", "paths": [f"{data}/web-*.jsonl"], "domain": "web"},
        {"name": "code", "paths": [f"{data}/code-*.jsonl"], "domain": "code"},
    ]
    job = CurateJob(
        stage="pool",
        sources=tuple(SourceConfig.model_validate(source) for source in sources),
        steps=tuple(make_step(name, parameters) for name, parameters in steps_of_the_recipe(data)),
        seed=17,
        partitions=3,
    )
    curate(job, splits_of_job(job), out, engine, NoEvents())
    return pool_bytes(out)


@pytest.fixture(scope="module")
def expected(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("expected")
    found = curated(data, out, LocalEngine())
    pool = read_pool(out)
    rules = {row["rule"] for row in pool["rejected"]}
    # the recipe is worth comparing only if every step has something to do
    assert rules >= {"exact_dedup.duplicate_text", "minhash_dedup.near_duplicate", "decontaminate.contaminated"}
    assert pool["heldout"]
    assert {row["bucket"] for row in pool["documents"]} == set(range(7))
    return found


def test_every_step_takes_part(data: Path) -> None:
    assert {name for name, _ in steps_of_the_recipe(data)} == set(STEPS)


@pytest.mark.parametrize("engine", [LocalEngine(workers=2), LocalEngine(memory_bytes=20_000)], ids=["two", "little"])
def test_the_local_engine_agrees_with_itself(
    data: Path, expected: dict[str, bytes], tmp_path: Path, engine: Engine
) -> None:
    with kept_workers(2):
        assert curated(data, tmp_path, engine) == expected


@pytest.mark.spark
def test_spark_agrees(data: Path, expected: dict[str, bytes], tmp_path: Path, spark: Engine) -> None:
    assert curated(data, tmp_path, spark) == expected
