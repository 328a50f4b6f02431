"""The step in a curate stage: its signals, its rule, its model in the pool, and what it depends on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from curation.core.errors import BadInput
from curation.core.storage import Directory, damaged, listed, read_manifest
from curation.engine.local import LocalEngine
from curation.pipeline.curate import CurateJob, job_fingerprint
from curation.pipeline.fates import find_fates
from curation.pipeline.steps import make_step
from curation.quality import step as quality_step
from curation.quality.classifier import unpack
from curation.quality.signals import scores_of
from tests.quality.conftest import Readable, sentences
from tests.support.curated_texts import TextSplit, input_rows, pool_bytes, read_pool, run_curate, split_of, steps

Sources = dict[str, list[dict[str, str]]]
MODEL = "models/quality.model"
KINDS = ("positives", "negatives")
EXACT = ("exact_dedup", {})


@pytest.fixture(scope="module")
def splits() -> list[TextSplit]:
    """Good and bad documents of three domains, one of them null, some of them twice, and one without text."""
    texts = sentences("good", 20, 5) + sentences("bad", 20, 5)
    rows = [(text, ["docs", "web", None][number % 3]) for number, text in enumerate([*texts, *texts[:8], ""])]
    return [split_of(0, rows[:15]), split_of(1, []), split_of(2, rows[15:])]


def expected_signals(out: Path, texts: list[str]) -> list[tuple[float, float]]:
    classifier, _ = unpack((out / MODEL).read_bytes(), MODEL)
    margins, scores = scores_of(classifier.score_logit(pa.array(texts)))
    return list(zip(margins.tolist(), scores.tolist(), strict=True))


def test_every_document_gets_its_margin_and_score(tmp_path: Path, splits: list[TextSplit], labelled: Sources) -> None:
    run_curate(tmp_path, splits, steps(("quality", labelled)))
    pool = read_pool(tmp_path)
    found = [(row["quality.margin"], row["quality.score"]) for row in pool["signals"]]
    assert found == expected_signals(tmp_path, [row["text"] for row in input_rows(splits)])
    assert not pool["rejected"]
    for margin, score in found:
        assert score == pytest.approx(1 / (1 + np.exp(-margin)), abs=1e-6)


def test_after_a_global_step_those_who_are_alive_get_the_same(
    tmp_path: Path, splits: list[TextSplit], labelled: Sources
) -> None:
    run_curate(tmp_path / "late", splits, steps(EXACT, ("quality", {**labelled, "only": ["docs", "web"]})))
    run_curate(tmp_path / "first", splits, steps(("quality", {**labelled, "only": ["docs", "web"]}), EXACT))
    late, first = read_pool(tmp_path / "late"), read_pool(tmp_path / "first")
    dropped = {row["id"] for row in late["rejected"]}
    assert len(dropped) == 8
    columns = ("quality.margin", "quality.score")
    for after, before, row in zip(late["signals"], first["signals"], input_rows(splits), strict=True):
        measured = {name: before[name] for name in columns}
        assert (measured["quality.margin"] is None) == (row["domain"] is None)
        assert {name: after[name] for name in columns} == (dict.fromkeys(columns) if row["id"] in dropped else measured)


def test_documents_below_the_threshold_are_dropped(tmp_path: Path, splits: list[TextSplit], labelled: Sources) -> None:
    run_curate(tmp_path, splits, steps(("quality", {**labelled, "threshold": "30%"})))
    pool = read_pool(tmp_path)
    scores = {row["id"]: row["quality.score"] for row in pool["signals"]}
    rejected = {row["id"]: row for row in pool["rejected"]}
    assert 5 < len(rejected) < len(scores) - 5
    assert set(rejected) == {name for name, score in scores.items() if score < 0.3}
    for name, row in rejected.items():
        assert (row["rule"], row["value"], row["threshold"]) == ("quality.min_score", scores[name], 0.3)
    assert read_manifest(Directory(tmp_path))["notes"]["quality"]["held_out"]["threshold"] == 0.3


def test_the_pool_says_what_became_of_a_document(tmp_path: Path, splits: list[TextSplit], labelled: Sources) -> None:
    run_curate(tmp_path, splits, steps(("quality", {**labelled, "threshold": 0.3})))
    row = read_pool(tmp_path)["rejected"][0]
    (fate,) = find_fates(tmp_path, row["id"])
    (judgement,) = fate.judgements
    assert (fate.state, judgement.rule.name, judgement.value, judgement.passed) == (
        "rejected", "min_score", row["value"], False
    )  # fmt: skip


def test_the_manifest_has_the_model_and_what_is_known_of_it(
    tmp_path: Path, splits: list[TextSplit], labelled: Sources
) -> None:
    manifest = run_curate(tmp_path, splits, steps(("quality", {**labelled, "name": "like_good"})))
    assert damaged(Directory(tmp_path), manifest) == []
    assert [file.path for file in listed(manifest, "models/")] == ["models/like_good.model"]
    note = manifest["notes"]["like_good"]
    assert note["model"] == "models/like_good.model"
    assert note["documents"] == {"positives": 100, "negatives": 150}
    assert note["held_out"]["auc"] == 1.0
    header = json.loads((tmp_path / note["model"]).read_bytes().split(b"\n", 1)[0])
    assert {key: header[key] for key in note if key != "model"} == {key: note[key] for key in note if key != "model"}


def test_two_steps_share_the_columns_each_in_its_scope(
    tmp_path: Path, splits: list[TextSplit], labelled: Sources
) -> None:
    swapped = {"positives": labelled["negatives"], "negatives": labelled["positives"]}
    chain = steps(
        ("quality", {**labelled, "only": ["docs"]}), ("quality", {**swapped, "only": ["web"], "name": "swapped"})
    )
    manifest = run_curate(tmp_path, splits, chain)
    signals, rows = read_pool(tmp_path)["signals"], input_rows(splits)
    straight = expected_signals(tmp_path, [row["text"] for row in rows])
    for signal, row, (margin, _) in zip(signals, rows, straight, strict=True):
        sign = {"docs": 1, "web": -1}.get(row["domain"])
        assert signal["quality.margin"] == (None if sign is None else pytest.approx(sign * margin, abs=1e-4))
    assert sorted(manifest["notes"]) == ["quality", "swapped"]


def test_the_same_bytes_on_two_workers_and_with_other_batches(
    tmp_path: Path, splits: list[TextSplit], labelled: Sources, two_workers: None
) -> None:
    chain = steps(("quality", {**labelled, "threshold": 0.3}), EXACT, ("buckets", {"count": 4}))
    run_curate(tmp_path / "one", splits, chain)
    run_curate(tmp_path / "two", splits, chain, engine=LocalEngine(workers=2), partitions=5)
    assert pool_bytes(tmp_path / "two") == pool_bytes(tmp_path / "one")
    rows = [(row["text"], row["domain"]) for row in input_rows(splits)]
    run_curate(tmp_path / "cut", [split_of(n, [row]) for n, row in enumerate(rows)], chain)
    margins = [[row["quality.margin"] for row in read_pool(tmp_path / run)["signals"]] for run in ("one", "cut")]
    assert margins[0] == margins[1]


def test_the_fingerprint_covers_what_the_model_is_made_from(readable: Readable) -> None:
    def mark(good: list[list[str]], bad: list[list[str]], **parameters: Any) -> str:
        labelled = {"positives": [readable("good", good)], "negatives": [readable("bad", bad)]}
        return job_fingerprint(CurateJob("pool", (), steps(("quality", {**labelled, **parameters})), 1), ())

    good, bad = sentences("good", 30), sentences("bad", 30)
    first = mark([good], [bad])
    assert mark([good], [bad]) == first
    marks = [mark([good[:-1]], [bad]), mark([good], [[*bad, "x"]]), mark([bad], [good]), mark([good], [bad], l2=1)]
    assert len({first, *marks}) == 5


def test_positives_and_negatives_can_be_files(tmp_path: Path, splits: list[TextSplit], readable: Readable) -> None:
    texts = {"good": sentences("good", 30), "bad": sentences("bad", 40)}
    for name, lines in texts.items():
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps({"text": line}) + "\n" for line in lines))
    files = {
        kind: [{"paths": [str(tmp_path / f"{name}.jsonl")]}] for kind, name in zip(KINDS, ("good", "bad"), strict=True)
    }
    given = {kind: [readable(name, [texts[name]])] for kind, name in zip(KINDS, ("good", "bad"), strict=True)}
    run_curate(tmp_path / "files", splits, steps(("quality", files)))
    run_curate(tmp_path / "given", splits, steps(("quality", given)))
    assert read_pool(tmp_path / "files")["signals"] == read_pool(tmp_path / "given")["signals"]


def test_a_source_that_changes_sides_is_another_input(readable: Readable) -> None:
    good, bad, between = (readable(name, [sentences(name, 5)]) for name in ("good", "bad", "between"))
    first = make_step("quality", {"positives": [good, between], "negatives": [bad]})
    second = make_step("quality", {"positives": [good], "negatives": [between, bad]})
    assert first.inputs() != second.inputs()


def test_a_model_of_another_pool_scores_alike(tmp_path: Path, splits: list[TextSplit], labelled: Sources) -> None:
    run_curate(tmp_path / "first", splits, steps(("quality", labelled)))
    file = str(tmp_path / "first" / MODEL)
    manifest = run_curate(tmp_path / "second", splits, steps(("quality", {"model": file})))
    assert read_pool(tmp_path / "second")["signals"] == read_pool(tmp_path / "first")["signals"]
    assert (tmp_path / "second" / MODEL).read_bytes() == Path(file).read_bytes()
    assert manifest["notes"] == read_manifest(Directory(tmp_path / "first"))["notes"]

    def mark() -> str:
        return job_fingerprint(CurateJob("pool", (), steps(("quality", {"model": file})), 1), ())

    before = mark()
    Path(file).write_bytes(Path(file).read_bytes() + b"x")
    assert mark() != before
    with pytest.raises(BadInput, match="bytes of weights") as refused:
        run_curate(tmp_path / "third", splits, steps(("quality", {"model": file})))
    assert refused.value.where == file


def test_a_model_file_that_is_missing_is_told_before_anything_runs(tmp_path: Path) -> None:
    job = CurateJob("pool", (), steps(("quality", {"model": str(tmp_path / "no.model")})), 1)
    with pytest.raises(BadInput, match="no such file"):
        job_fingerprint(job, ())


def test_a_run_that_goes_on_keeps_the_model_and_another_one_does_not(
    tmp_path: Path, splits: list[TextSplit], labelled: Sources, readable: Readable, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[str] = []
    train = quality_step.train

    def counted(documents: Any, *arguments: Any) -> Any:
        trained.append(documents.label)
        return train(documents, *arguments)

    monkeypatch.setattr(quality_step, "train", counted)
    run_curate(tmp_path, splits, steps(("quality", labelled)))
    run_curate(tmp_path, splits, steps(("quality", labelled)))
    assert len(trained) == 1
    readable("bad", [sentences("bad", 151)])
    run_curate(tmp_path, splits, steps(("quality", labelled)))
    assert len(trained) == 2
    run_curate(tmp_path, splits, steps(("quality", {**labelled, "l2": 1})))
    assert len(trained) == 3
