"""A pool that Spark curates is the local engine's, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from curation.engine.spark import SparkEngine
from tests.support.curated_texts import pool_bytes, run_curate, split_of, steps

TEXTS = [
    ("short", "web"),
    ("the same text in two places", "web"),
    ("und noch ein Satz \u00e9\U0001f600", "books"),
    ("", None),
]


@pytest.mark.spark
def test_a_pool_is_byte_identical(spark: SparkEngine, tmp_path: Path) -> None:
    splits = [split_of(0, TEXTS), split_of(1, [(f"{text} {i}", domain) for i in range(9) for text, domain in TEXTS])]
    splits.append(split_of(2, TEXTS[1:]))
    chain = steps(("exact_dedup", {}), ("holdout", {"per_domain": "40B"}))
    run_curate(tmp_path / "local", splits, chain)
    run_curate(tmp_path / "spark", splits, chain, engine=spark)
    assert pool_bytes(tmp_path / "spark") == pool_bytes(tmp_path / "local")
