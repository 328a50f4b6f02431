"""A curate stage from its sources to a pool: nothing is lost, and the same bytes whatever runs it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xxhash

from curation.core.document import POOL, REJECTED
from curation.core.errors import RunFailed
from curation.core.events import NoEvents
from curation.core.hashing import partition_of, random_stream
from curation.core.storage import Directory, damaged, listed, read_manifest
from curation.engine import local
from curation.engine.local import LocalEngine
from curation.engine.workers import Workers
from curation.ops.code_filter import code_signals
from curation.ops.gopher_quality import gopher_signals
from curation.pipeline.curate import CurateJob, curate, job_fingerprint, splits_of_job
from curation.sources import source
from curation.sources.source import SourceConfig
from tests.support.curated_texts import (
    FOLDERS,
    Row,
    TextSplit,
    input_rows,
    pool_bytes,
    read_pool,
    run_curate,
    split_of,
    steps,
)

NEVER = {"min_words": 0, "min_mean_word_length": 0, "min_alpha_words": 0, "min_stop_words": 0}
CHAIN = steps(
    ("gopher_quality", {**NEVER, "min_words": 3, "only": ["docs", "web"]}),
    ("code_filter", {"min_bytes": 8, "only": ["code/*"]}),
    ("exact_dedup", {}),
    ("holdout", {"per_domain": 60}),
    ("gopher_quality", {**NEVER, "name": "late", "min_words": 4, "only": ["docs", "legal"]}),
)


def random_splits(seed: int) -> list[TextSplit]:
    """Four files, one of them empty, one with one document; texts repeat within files and between them."""
    stream = random_stream(seed, "curate test")
    words = ["the", "of", "cat", "{", "x1", "\u00e9t\u00e9"]

    def sentence() -> str:
        return " ".join(str(stream.choice(words)) for _ in range(int(stream.integers(0, 7))))

    common = [sentence() for _ in range(30)]

    def document() -> tuple[str, str | None]:
        text = sentence() if stream.random() < 0.5 else common[int(stream.integers(len(common)))]
        return text, [None, "web", "docs", "legal", "code/c"][int(stream.integers(5))]

    return [split_of(number, [document() for _ in range(n)]) for number, n in enumerate((90, 0, 1, 60))]


@pytest.fixture(scope="module")
def splits() -> list[TextSplit]:
    return random_splits(1)


@pytest.fixture(scope="module")
def undisturbed(splits: list[TextSplit], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("undisturbed")
    run_curate(out, splits, CHAIN)
    return out


def test_every_document_is_in_one_table_once(undisturbed: Path, splits: list[TextSplit]) -> None:
    pool = read_pool(undisturbed)
    ids = [row["id"] for folder in ("documents", "rejected", "heldout") for row in pool[folder]]
    assert sorted(ids) == sorted(row["id"] for row in input_rows(splits))
    assert len(set(ids)) == len(ids)
    assert all(pool[folder] for folder in FOLDERS)


def test_signals_have_a_row_for_every_input_document_in_input_order(undisturbed: Path, splits: list[TextSplit]) -> None:
    pool = read_pool(undisturbed)
    signals, rows = pool["signals"], input_rows(splits)
    assert [row["id"] for row in signals] == [row["id"] for row in rows]
    before_late = {row["id"] for row in pool["documents"]}
    before_late |= {row["id"] for row in pool["rejected"] if row["rule"].startswith("late.")}
    for signal, row in zip(signals, rows, strict=True):
        assert signal["n_bytes"] == len(row["text"].encode())
        late = row["domain"] == "legal" and row["id"] in before_late
        measured = row["domain"] in ("docs", "web") or late
        gopher = {f"gopher.{name}": value for name, value in gopher_signals(row["text"]).items()}
        code = {f"code.{name}": value for name, value in code_signals(row["text"]).items()}
        expected = {name: value if measured else None for name, value in gopher.items()}
        expected |= {name: value if row["domain"] == "code/c" else None for name, value in code.items()}
        assert {name: signal[name] for name in expected} == expected


def expected_fate(row: Row, kept_ids: dict[str, str]) -> str:
    """The rule that drops a document, or "" where only the holdout and the late step have a say."""
    n_words, domain = len(row["text"].split()), row["domain"]
    if domain in ("docs", "web") and n_words < 3:
        return "gopher_quality.min_words"
    if domain == "code/c" and len(row["text"].encode()) < 8:
        return "code_filter.min_bytes"
    return "" if kept_ids.setdefault(row["text"], row["id"]) == row["id"] else "exact_dedup.duplicate_text"


def test_fates_are_those_of_the_steps_in_recipe_order(undisturbed: Path, splits: list[TextSplit]) -> None:
    pool = read_pool(undisturbed)
    rejected = {row["id"]: row for row in pool["rejected"]}
    heldout = {row["id"] for row in pool["heldout"]}
    kept: dict[str, str] = {}
    n_late = 0
    for row in sorted(input_rows(splits), key=lambda row: row["id"]):
        fate = expected_fate(row, kept)
        if (
            not fate
            and row["id"] not in heldout
            and row["domain"] in ("docs", "legal")
            and len(row["text"].split()) < 4
        ):
            fate = "late.min_words"
            n_late += 1
        assert rejected.get(row["id"], {"rule": ""})["rule"] == fate
        assert not (fate and row["id"] in heldout)
        if fate == "exact_dedup.duplicate_text":
            assert rejected[row["id"]]["duplicate_of"] == kept[row["text"]]
        if fate:
            assert (rejected[row["id"]]["stage"], rejected[row["id"]]["text"]) == ("pool", row["text"])
    assert n_late > 3


def test_the_holdout_has_enough_of_every_domain(undisturbed: Path, splits: list[TextSplit]) -> None:
    heldout = read_pool(undisturbed)["heldout"]
    for domain in {row["domain"] for row in input_rows(splits)}:
        sizes = [row["n_bytes"] for row in heldout if row["domain"] == domain]
        assert sum(sizes) >= 60 > sum(sizes) - max(sizes)


def test_the_manifest_counts_the_rows_and_lists_the_files(undisturbed: Path) -> None:
    directory, pool = Directory(undisturbed), read_pool(undisturbed)
    manifest = read_manifest(directory, "pool")
    assert damaged(directory, manifest) == []
    assert [file.path for file in listed(manifest)] == sorted(
        f"{f}/part-{p:05d}.parquet" for f in FOLDERS for p in range(4)
    )
    assert [step["step"] for step in manifest["steps"]] == [step.label for step in CHAIN]
    counts = manifest["counts"]
    assert sum(row["documents"] for row in counts) == len(pool["signals"])
    assert sum(row["bytes"] for row in counts) == sum(row["n_bytes"] for row in pool["signals"])
    for folder, rule in [("documents", None), ("heldout", "holdout")]:
        found = [row for row in counts if row["rule"] == rule]
        assert sum(row["documents"] for row in found) == len(pool[folder])
        assert sum(row["bytes"] for row in found) == sum(row["n_bytes"] for row in pool[folder])
    for rule in {row["rule"] for row in pool["rejected"]}:
        found = [row for row in counts if f"{row['step']}.{row['rule']}" == rule]
        assert sum(row["documents"] for row in found) == sum(row["rule"] == rule for row in pool["rejected"])


def test_tables_have_the_schemas_of_a_pool(undisturbed: Path) -> None:
    for file in listed(read_manifest(Directory(undisturbed))):
        schema = pq.read_schema(undisturbed / file.path)
        folder = file.path.split("/")[0]
        if folder != "signals":
            assert schema == (REJECTED if folder == "rejected" else POOL)


def test_nothing_is_left_beside_the_pool(undisturbed: Path) -> None:
    found = {str(path.relative_to(undisturbed)) for path in undisturbed.rglob("*") if path.is_file()}
    assert found == set(pool_bytes(undisturbed))


@pytest.fixture(scope="module")
def warm_workers() -> Iterator[Workers]:
    """Two worker processes that outlast a run: they take a second to start."""
    with Workers(2) as workers:
        yield workers


def test_two_workers_write_the_same_bytes(
    tmp_path: Path, splits: list[TextSplit], undisturbed: Path, warm_workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "Workers", lambda n: contextlib.nullcontext(warm_workers))
    run_curate(tmp_path, splits, CHAIN, engine=LocalEngine(workers=2))
    assert pool_bytes(tmp_path) == pool_bytes(undisturbed)


@pytest.mark.parametrize(("partitions", "memory_bytes"), [(1, 2**30), (0, 1), (11, 3000)])
def test_partitions_and_memory_do_not_matter(
    tmp_path: Path, splits: list[TextSplit], undisturbed: Path, partitions: int, memory_bytes: int
) -> None:
    run_curate(tmp_path, splits, CHAIN, partitions=partitions, engine=LocalEngine(memory_bytes=memory_bytes))
    assert pool_bytes(tmp_path) == pool_bytes(undisturbed)


class Killed(Exception):
    """Stands for the end of the process."""


@contextlib.contextmanager
def counting_tasks(end_before: int | None = None) -> Iterator[list[str]]:
    """The tasks that run, by their directory; the run is killed before the one with the number given."""
    ran: list[str] = []
    run_task: Callable[[Any], Any] = local._run_task

    def counted(task: Any) -> Any:
        if len(ran) == end_before:
            raise Killed
        ran.append(f"{Path(task.work).parent.name}/{Path(task.work).name}/{task.index}")
        return run_task(task)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local, "_run_task", counted)
        yield ran


def test_a_run_that_is_killed_before_a_task_goes_on_to_the_same_bytes(
    tmp_path: Path, splits: list[TextSplit], undisturbed: Path
) -> None:
    with counting_tasks() as all_tasks:
        run_curate(tmp_path / "whole", splits, CHAIN)
    assert pool_bytes(tmp_path / "whole") == pool_bytes(undisturbed)
    for end_before in range(0, len(all_tasks), 7):
        out = tmp_path / str(end_before)
        with counting_tasks(end_before) as before, pytest.raises(Killed):
            run_curate(out, splits, CHAIN)
        assert not (out / "manifest.json").exists()
        with counting_tasks() as after:
            run_curate(out, splits, CHAIN)
        assert pool_bytes(out) == pool_bytes(undisturbed)
        # what had been finished was not done again; the two folds of the holdout keep no journal
        again = {task for task in set(before) & set(after) if not task.startswith("mixwright-")}
        assert not again


def test_after_a_later_step_failed_once_the_sources_are_not_read_again(
    tmp_path: Path, splits: list[TextSplit], undisturbed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = CHAIN[3]
    run, read = type(step).run, TextSplit.read
    calls = {"failed": 0, "read": 0}

    def fail_once(self: Any, context: Any) -> None:
        if not calls["failed"]:
            calls["failed"] += 1
            raise RunFailed("no space left on the device")
        run(self, context)

    def counted(self: TextSplit) -> Any:
        calls["read"] += 1
        return read(self)

    monkeypatch.setattr(type(step), "run", fail_once)
    monkeypatch.setattr(TextSplit, "read", counted)
    with pytest.raises(RunFailed, match="no space left"):
        run_curate(tmp_path, splits, CHAIN)
    run_curate(tmp_path, splits, CHAIN)
    assert calls == {"failed": 1, "read": len(splits)}
    assert pool_bytes(tmp_path) == pool_bytes(undisturbed)


def test_a_run_may_go_on_with_other_partitions(tmp_path: Path, splits: list[TextSplit], undisturbed: Path) -> None:
    """What was exchanged into four partitions must not be read as two."""
    kept = [row for row in read_pool(undisturbed)["documents"] if row["dup_count"] > 1]
    hashes = pa.array([xxhash.xxh3_128_digest(row["text"].encode()) for row in kept], pa.binary())
    assert {2, 3} <= set(partition_of([hashes], 4).tolist())  # duplicates that would get lost
    with counting_tasks() as all_tasks:
        run_curate(tmp_path / "whole", splits, CHAIN, partitions=4)
    middle_of_dedup = next(i for i, task in enumerate(all_tasks) if "exact_dedup" in task and "segment-1" in task) + 1
    with counting_tasks(middle_of_dedup), pytest.raises(Killed):
        run_curate(tmp_path / "killed", splits, CHAIN, partitions=4)
    run_curate(tmp_path / "killed", splits, CHAIN, partitions=2)
    assert pool_bytes(tmp_path / "killed") == pool_bytes(undisturbed)


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_row_step_may_stand_before_between_and_after_global_ones(tmp_path: Path, position: int) -> None:
    texts = [("a b c", "web"), ("a b c", "web"), ("d", "web"), ("e f g", "web"), ("d", "web"), ("h i j k", "web")]
    chain = list(steps(("exact_dedup", {}), ("holdout", {"per_domain": 1})))
    chain.insert(position, steps(("gopher_quality", {**NEVER, "min_words": 2}))[0])
    run_curate(tmp_path, [split_of(0, texts)], tuple(chain))
    pool = read_pool(tmp_path)
    assert sum(len(pool[folder]) for folder in ("documents", "rejected", "heldout")) == 6
    rules = sorted(row["rule"] for row in pool["rejected"])
    shorts = {0: 2, 1: 1}.get(position, 1 if not any(row["text"] == "d" for row in pool["heldout"]) else 0)
    duplicates = 1 if position == 0 else 2
    assert rules == ["exact_dedup.duplicate_text"] * duplicates + ["gopher_quality.min_words"] * shorts
    measured = [row for row in pool["signals"] if row["gopher.n_words"] is not None]
    assert len(measured) == {0: 6, 1: 4, 2: 3}[position]


@pytest.mark.parametrize(
    "texts", [[], [[]], [[("", None)]], [[("x", "docs")] * 3]], ids=["no splits", "empty", "empty text", "all rejected"]
)
def test_small_inputs(tmp_path: Path, texts: list[list[tuple[str, str | None]]]) -> None:
    splits = [split_of(number, rows) for number, rows in enumerate(texts)]
    run_curate(tmp_path, splits, CHAIN)
    pool = read_pool(tmp_path)
    assert len(pool["signals"]) == sum(map(len, texts))
    assert len(pool["documents"]) + len(pool["rejected"]) + len(pool["heldout"]) == len(pool["signals"])


def test_without_steps_everything_stays(tmp_path: Path, splits: list[TextSplit]) -> None:
    run_curate(tmp_path, splits, ())
    pool = read_pool(tmp_path)
    assert [row["text"] for row in pool["documents"]] == [row["text"] for row in input_rows(splits)]
    assert [(row["id"], row["n_bytes"]) for row in pool["signals"]] == [
        (row["id"], len(row["text"].encode())) for row in input_rows(splits)
    ]


def test_rejected_text_can_be_left_out(tmp_path: Path, splits: list[TextSplit], undisturbed: Path) -> None:
    run_curate(tmp_path, splits, CHAIN, rejected_text=False)
    expected = [{**row, "text": None} for row in read_pool(undisturbed)["rejected"]]
    assert read_pool(tmp_path)["rejected"] == expected


def test_sources_are_read_through_the_readers_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def reader(config: SourceConfig) -> tuple[TextSplit, ...]:
        return (split_of(0, [(f"text of {config.name}", config.domain)]), split_of(1, [("more", config.domain)]))

    monkeypatch.setitem(source.READERS, "fake", reader)
    sources = tuple(SourceConfig(name=name, reader="fake", domain=f"docs/{name}") for name in ("b", "a"))
    job = CurateJob("pool", sources, (), 1)
    splits = splits_of_job(job)
    manifest = curate(job, splits, tmp_path, LocalEngine(), NoEvents())
    texts = [(row["text"], row["domain"]) for row in read_pool(tmp_path)["documents"]]
    assert texts == [("text of b", "docs/b"), ("more", "docs/b"), ("text of a", "docs/a"), ("more", "docs/a")]
    assert manifest == read_manifest(Directory(tmp_path), "pool")


def test_the_fingerprint_is_of_all_that_the_pool_depends_on(splits: list[TextSplit]) -> None:
    job = CurateJob("pool", (), CHAIN, 17)

    def changed(splits: list[TextSplit] = splits, **fields: Any) -> str:
        return job_fingerprint(CurateJob(**{**job.__dict__, **fields}), splits)

    assert changed() == job_fingerprint(job, splits) == changed(partitions=9)
    others = [
        changed(seed=18),
        changed(rejected_text=False),
        changed(steps=CHAIN[:-1]),
        changed(steps=CHAIN[::-1]),
        changed(splits[:-1]),
    ]
    assert len({changed(), *others}) == 1 + len(others)
