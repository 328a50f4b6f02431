"""Random corpora, as they never should be: nothing is lost, and engines agree byte for byte."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curation.core.events import NoEvents
from curation.engine.base import Engine
from curation.engine.local import LocalEngine
from curation.pipeline.curate import CurateJob, curate, splits_of_job
from curation.pipeline.steps import make_step
from curation.sources.config import SourceConfig
from tests.support.curated_texts import pool_bytes, read_pool

STEPS = (
    ("code_filter", {"min_bytes": 3, "max_bytes": 100_000}),
    ("exact_dedup", {}),
    ("holdout", {"per_domain": "1KB"}),
    ("minhash_dedup", {"bands": 10, "rows": 3, "verify": 0.5}),
    ("decontaminate", {"against": ["heldout"], "ngram": 3}),
)
WORDS = ("alpha", "beta", "gamma", "delta", "\u00e9t\u00e9", "\u6f22", "x1", "##")
words = st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join)
huge = st.builds(lambda word, n: word * n, st.sampled_from(["a", "word ", "\U0001f600"]), st.integers(1000, 60_000))
document = st.one_of(words, words, st.text(max_size=30), huge).map(lambda text: json.dumps({"text": text}).encode())
broken = [
    b'{"text": "\xff\xfe broken"}',
    b'{"text": "\\ud800 alone"}',
    b'{"text": null}',
    b"{no json",
    b"[]",
    b"null",
    b"\0",
]
odd = st.sampled_from(broken)
line = st.one_of(document, document, document, odd, st.binary(max_size=20).map(lambda raw: raw.replace(b"\n", b" ")))
corpus = st.lists(st.lists(line, max_size=12), min_size=1, max_size=4)


def write(folder: Path, files: list[list[bytes]]) -> None:
    for number, lines in enumerate(files):
        (folder / f"{number}.jsonl").write_bytes(b"\n".join(lines))


def curated(folder: Path, out: Path, engine: Engine) -> dict[str, bytes]:
    source = {"name": "web", "paths": [f"{folder}/*.jsonl"], "domain": "web", "max_document_bytes": 150_000}
    steps = tuple(make_step(name, parameters) for name, parameters in STEPS)
    job = CurateJob("pool", (SourceConfig.model_validate(source),), steps, 17, partitions=3)
    curate(job, splits_of_job(job), out, engine, NoEvents())
    return pool_bytes(out)


@given(corpus)
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_nothing_is_lost_whatever_the_memory(files: list[list[bytes]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, files)
        expected = curated(folder, folder / "roomy", LocalEngine())
        assert curated(folder, folder / "cramped", LocalEngine(memory_bytes=3000)) == expected
        pool = read_pool(folder / "roomy")
    found = sorted(
        (row["location"], row["row"]) for table in ("documents", "rejected", "heldout") for row in pool[table]
    )
    # a line is what stands between newlines and is more than white space
    lines = [
        (f"{number}.jsonl", row)
        for number, lines in enumerate(files)
        for row, text in enumerate(b"\n".join(lines).split(b"\n"))
        if text.strip()
    ]
    assert found == sorted(lines)


@pytest.mark.spark
@given(files=corpus)
@settings(max_examples=3, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_spark_agrees(spark: Engine, files: list[list[bytes]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, files)
        expected = curated(folder, folder / "local", LocalEngine())
        assert curated(folder, folder / "spark", spark) == expected
