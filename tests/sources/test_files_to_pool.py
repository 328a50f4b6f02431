"""Files through a curate stage: every row is kept or rejected with its reason, and the manifest says what was read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from curation.core.storage import Directory, read_manifest
from curation.engine.local import LocalEngine
from curation.pipeline.curate import CurateJob, curate, job_fingerprint, splits_of_job
from curation.pipeline.fates import find_fates
from curation.sources import grouping
from curation.sources.source import SourceConfig
from recipes.schema import Recipe
from recipes.stages import kinds
from recipes.stages.base import StageContext, stage_fingerprint
from tests.support.curated_texts import Row, pool_bytes, read_pool, steps
from tests.support.source_files import COMPRESS, lines, parquet, write
from tests.support.training import Recorded

LONG = "word " * 10
CHAIN = steps(("code_filter", {"min_bytes": 5, "min_alnum_ratio": 0}), ("exact_dedup", {}))


def job(*sources: dict[str, Any], chain: Any = CHAIN) -> CurateJob:
    return CurateJob("pool", tuple(SourceConfig.model_validate(source) for source in sources), chain, 17, True, 2)


def run(out: Path, *sources: dict[str, Any], chain: Any = CHAIN) -> tuple[dict[str, list[Row]], Recorded]:
    made, events = job(*sources, chain=chain), Recorded()
    curate(made, splits_of_job(made), out, LocalEngine(), events)
    return read_pool(out), events


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    write(
        folder / "a.jsonl.zst",
        lines({"text": f"{LONG} one"}, "{bad", {"id": "x"}, {"text": "tiny"}, {"text": "y" * 900}),
    )
    write(folder / "b.parquet", parquet([{"text": f"{LONG} two", "url": "u"}, {"text": None, "url": "v"}]))
    write(folder / "c.jsonl.gz", lines({"text": f"{LONG} \ud800"}))
    write(folder / "d.jsonl", b"")
    (folder / "e.jsonl.gz").write_bytes(COMPRESS[".gz"](lines({"text": f"{LONG} five"}))[:-5])
    return folder


def source(data: Path, **more: Any) -> dict[str, Any]:
    return {"name": "s", "paths": [str(data)], "max_document_bytes": 500, "on_error": "skip", "domain": "d", **more}


def test_every_row_is_kept_or_rejected_with_its_reason(tmp_path: Path, data: Path) -> None:
    pool, _ = run(tmp_path / "pool", source(data))
    assert sorted((row["location"], row["row"]) for row in pool["documents"]) == [
        ("a.jsonl.zst", 0),
        ("b.parquet", 0),
        ("c.jsonl.gz", 0),
        ("e.jsonl.gz", 0),
    ]
    rejected = {(row["location"], row["row"]): row for row in pool["rejected"]}
    assert {place: row["rule"] for place, row in rejected.items()} == {
        ("a.jsonl.zst", 1): "read.unreadable_line",
        ("a.jsonl.zst", 2): "read.no_text",
        ("a.jsonl.zst", 3): "code_filter.min_bytes",
        ("a.jsonl.zst", 4): "read.too_large",
        ("b.parquet", 1): "read.no_text",
        ("e.jsonl.gz", 1): "read.damaged_file",
    }
    assert rejected["a.jsonl.zst", 1]["text"] == "{bad\n"
    assert rejected["a.jsonl.zst", 2]["source_id"] == "x"
    assert (rejected["a.jsonl.zst", 4]["value"], rejected["a.jsonl.zst", 4]["threshold"]) == (900, 500)
    assert "ends too early" in rejected["e.jsonl.gz", 1]["text"]
    assert len(pool["signals"]) == len(pool["documents"]) + len(pool["rejected"])
    (fate,) = find_fates(tmp_path / "pool", "x")
    assert (fate.state, fate.row["rule"]) == ("rejected", "read.no_text")


def test_the_manifest_says_what_was_read(tmp_path: Path, data: Path) -> None:
    _, events = run(tmp_path / "pool", source(data), {"name": "t", "paths": [str(data / "d.jsonl")]})
    manifest = read_manifest(Directory(tmp_path / "pool"))
    entry, empty = manifest["input"]
    texts = [f"{LONG} one", "tiny", f"{LONG} two", f"{LONG} \ufffd", f"{LONG} five"]
    assert entry == {
        "source": "s",
        "files": 5,
        "empty_files": 1,
        "stored_bytes": sum(file.stat().st_size for file in data.iterdir()),
        "documents": 5,
        "bytes": sum(len(text.encode()) for text in texts),
        "replaced_characters": 1,
        "with_id": 1,
        "unread": entry["unread"],
    }
    assert {rule: unread["rows"] for rule, unread in entry["unread"].items()} == {
        "unreadable_line": 1,
        "no_text": 2,
        "too_large": 1,
        "damaged_file": 1,
    }
    assert entry["unread"]["unreadable_line"]["first"] == [{"location": "a.jsonl.zst", "row": 1}]
    assert (empty["source"], empty["files"], empty["empty_files"], empty["documents"]) == ("t", 1, 1, 0)
    told = [event["text"] for event in events.told if event["event"] == "warning"]
    assert "source s: 1 rows gave no document (unreadable_line): a.jsonl.zst row 1" in told
    counted = {(row["step"], row["rule"]): (row["documents"], row["bytes"]) for row in manifest["counts"]}
    assert counted["read", "no_text"] == (2, 0)
    assert counted[None, None][0] == 4


def test_only_a_few_places_are_kept(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", lines({"text": "t"}, *["bad"] * 20))
    _, events = run(tmp_path / "pool", {"name": "s", "paths": [str(tmp_path / "a.jsonl")]})
    (entry,) = read_manifest(Directory(tmp_path / "pool"))["input"]
    assert entry["unread"]["unreadable_line"]["rows"] == 20
    assert [place["row"] for place in entry["unread"]["unreadable_line"]["first"]] == [1, 2, 3, 4, 5]
    assert any(event.get("text", "").endswith("row 5, ...") for event in events.told)


def test_the_same_bytes_from_anywhere(tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "SMALL_BYTES", 1)  # a split for every file
    run(tmp_path / "one", source(data))
    data.rename(tmp_path / "moved")
    run(tmp_path / "two", source(tmp_path / "moved"))
    assert pool_bytes(tmp_path / "one") == pool_bytes(tmp_path / "two")


def test_the_first_of_an_id_stays(tmp_path: Path) -> None:
    write(tmp_path / "b" / "2.jsonl", lines({"text": LONG, "id": "k"}, {"text": "other " * 9, "id": "k"}))
    write(
        tmp_path / "b" / "1.jsonl",
        lines({"text": "tiny"}, {"text": LONG, "id": "k", "n": 1}, {"text": LONG, "id": "k"}),
    )
    for chain in (CHAIN, ()):
        out = tmp_path / f"pool-{len(chain)}"
        pool, _ = run(out, {"name": "s", "paths": [str(tmp_path / "b")]}, chain=chain)
        repeated = [row for row in pool["rejected"] if row["rule"] == "read.duplicate_id"]
        assert sorted((row["location"], row["row"]) for row in repeated) == [("1.jsonl", 2), ("2.jsonl", 0)]
        kept = {(row["location"], row["row"]): row for row in pool["documents"]}
        assert {("1.jsonl", 1), ("2.jsonl", 1)} <= set(kept)
        assert {row["duplicate_of"] for row in repeated} == {kept["1.jsonl", 1]["id"]}


def test_ids_of_two_sources_of_one_name_can_repeat(tmp_path: Path) -> None:
    for name in ("x", "y"):
        write(tmp_path / name / "a.jsonl", lines({"text": LONG}))
    sources = [{"name": "s", "paths": [str(tmp_path / name)]} for name in ("x", "y")]
    pool, _ = run(tmp_path / "pool", *sources, chain=())
    assert [row["rule"] for row in pool["rejected"]] == ["read.duplicate_id"]
    assert len(pool["documents"]) == 1
    pool, events = run(tmp_path / "other", sources[0], {**sources[1], "name": "t"}, chain=())
    assert len(pool["documents"]) == 2
    assert not any(event.get("label") == "read" for event in events.told)  # nothing to look for


def test_a_fingerprint_follows_contents_and_not_places(tmp_path: Path) -> None:
    write(tmp_path / "x" / "a.jsonl", lines({"text": LONG}))
    write(tmp_path / "y" / "a.jsonl", lines({"text": LONG}))
    marks, of_stage = [], []
    for folder in ("x", "y"):
        made = job({"name": "s", "paths": [str(tmp_path / folder)]})
        marks.append(job_fingerprint(made, splits_of_job(made)))
        stage = {"kind": "curate", "sources": [{"name": "s", "paths": [str(tmp_path / folder)]}]}
        content = {"schema": 1, "kind": "recipe", "name": "r", "stages": {"pool": stage}}
        context = StageContext(Recipe.model_validate(content), "pool", {}, Path(), None, None)  # type: ignore[arg-type]
        of_stage.append(stage_fingerprint(kinds.of("curate"), context))
    assert of_stage[0] == of_stage[1]
    write(tmp_path / "y" / "a.jsonl", lines({"text": LONG + "!"}))
    made = job({"name": "s", "paths": [str(tmp_path / "y")]})
    marks.append(job_fingerprint(made, splits_of_job(made)))
    assert marks[0] == marks[1] != marks[2]
