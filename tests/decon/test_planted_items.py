"""Real benchmark items, planted in real documents: all are found, and documents without them are left alone."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import zstandard

from curation.core.hashing import random_stream
from tests.support.curated_texts import read_pool, run_curate, split_of, steps

SETS = {
    "gsm8k": ("gsm8k/test.jsonl.zst", {"question": "question", "answer": "answer", "id": "id"}),
    "humaneval": ("humaneval/test.jsonl.zst", {"question": "prompt", "answer": "canonical_solution", "id": "task_id"}),
}


def rows_of(path: Path, most: int) -> list[dict[str, str]]:
    with path.open("rb") as stored:
        lines = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(stored), encoding="utf-8")
        return [json.loads(line) for line, _ in zip(lines, range(most), strict=False)]


@pytest.fixture(scope="module")
def documents(shared_data: Path) -> list[str]:
    paths = ("books_gutenberg/books.jsonl.zst", "tech_docs/docs.jsonl.zst", "source_code/code.jsonl.zst")
    return [row["text"] for path in paths for row in rows_of(shared_data / path, 120)]


def test_planted_items_are_found_and_nothing_else(tmp_path: Path, shared_data: Path, documents: list[str]) -> None:
    stream = random_stream(7, "planted items")
    planted: dict[str, str] = {}
    for name, (path, fields) in SETS.items():
        for row in rows_of(shared_data / path, 150):
            host = documents[int(stream.integers(len(documents)))]
            cut = host.find(" ", int(stream.integers(len(host))))
            item = row[fields["question"]] + "\n" + row[fields["answer"]] * int(stream.integers(2))
            planted[f"{host[:cut]}\n{item}\n{host[cut:]}"] = f"{name}:{row[fields['id']]}"
    against = [
        {"name": name, "paths": [str(shared_data / path)], "fields": fields} for name, (path, fields) in SETS.items()
    ]
    texts = [(text, "planted") for text in planted] + [(text, "clean") for text in documents]
    manifest = run_curate(tmp_path, [split_of(0, texts)], steps(("decontaminate", {"against": against})))
    pool = read_pool(tmp_path)
    assert {row["text"]: row["duplicate_of"] for row in pool["rejected"]} == planted
    assert {row["domain"] for row in pool["documents"]} == {"clean"}
    assert [(one["too_short"], one["only_common"]) for one in manifest["notes"]["decontaminate"]["sets"]] == [
        ([], [])
    ] * 2


def test_changed_symbols_are_other_items(tmp_path: Path, shared_data: Path) -> None:
    """Code and mathematics that differ from an item in nothing but their operators are no copies of it."""
    rows = rows_of(shared_data / "humaneval/test.jsonl.zst", 200)
    solutions = [row["canonical_solution"] for row in rows]
    swapped = str.maketrans("+-*/<>=[]().:,", "*+-<=/>(){},;:")
    texts = [(text.translate(swapped), "swapped") for text in solutions] + [(text, "copies") for text in solutions]
    fields = {"question": "canonical_solution", "id": "task_id"}
    against = [{"name": "humaneval", "paths": [str(shared_data / "humaneval/test.jsonl.zst")], "fields": fields}]
    manifest = run_curate(tmp_path, [split_of(0, texts)], steps(("decontaminate", {"against": against})))
    lost = manifest["notes"]["decontaminate"]["sets"][0]["too_short"]
    dropped = [row["text"] for row in read_pool(tmp_path)["rejected"]]
    assert len(set(dropped)) == len(solutions) - len(lost)
    assert set(dropped) <= set(solutions)
