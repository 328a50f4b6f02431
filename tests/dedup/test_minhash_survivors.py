"""Who stays of a cluster: by the order of preferences, whatever the order of the input."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.core.hashing import random_stream
from curation.dedup.minhash_survivors import RankByPreference
from tests.support.curated_texts import Row, input_rows, run_curate, split_of, steps
from tests.support.near_duplicates import fates_of, planted, with_fields

DATES = [None, "2024-05-01", "2024-05-01T10:00:00Z", "2023-12-31", "2024-05-02", "2024"]
STEM = planted(1, 1, 5, (60, 61))[0]


def best(rows: list[Row], preferences: list[str]) -> str:
    """By stable sorts, the least important first."""
    ordered = sorted(rows, key=lambda row: row["id"])
    for preference in reversed(preferences):
        if preference == "newest":
            ordered.sort(key=lambda row: row["date"] or "", reverse=True)
        elif preference == "longest":
            ordered.sort(key=lambda row: len(row["text"].encode()), reverse=True)
    return str(ordered[0]["id"])


@pytest.mark.parametrize(
    "preferences",
    [["newest", "longest", "id"], ["longest", "newest"], ["newest"], ["longest", "id"], ["id"], []],
)
def test_the_best_of_every_cluster_stays(tmp_path: Path, preferences: list[str]) -> None:
    stream = random_stream(3, "survivors test", *preferences)
    texts, fields = [], []
    for cluster in range(12):
        for _ in range(int(stream.integers(2, 9))):
            tail = " longer" * int(stream.integers(0, 3))
            texts.append((f"{STEM.replace('w', f'{cluster}v')}{tail}", "web"))
            fields.append({"date": DATES[stream.integers(len(DATES))]})
    split = with_fields(split_of(0, texts), fields)
    run_curate(tmp_path, [split], steps(("minhash_dedup", {"survivor": preferences})))
    fates = fates_of(tmp_path)
    clusters: dict[str, list[Row]] = {}
    for row in input_rows([split]):
        clusters.setdefault(row["text"].split()[0], []).append(row)
    for rows in clusters.values():
        survivor = best(rows, preferences)
        assert fates[survivor] == {"kept": True, "dup_count": len(rows)}
        assert {fates[row["id"]].get("duplicate_of") for row in rows} == {None, survivor}


def test_counts_of_exact_duplicates_add_up(tmp_path: Path) -> None:
    texts = [STEM] * 3 + [f"{STEM} end"] * 2 + [f"{STEM} the end"] + ["something else entirely"] * 2
    splits = [split_of(0, [(text, "web") for text in texts])]
    run_curate(tmp_path, splits, steps(("exact_dedup", {}), ("minhash_dedup", {})))
    fates = fates_of(tmp_path)
    assert sorted(fate["dup_count"] for fate in fates.values() if fate["kept"]) == [2, 6]
    assert sorted(fate["rule"] for fate in fates.values() if not fate["kept"]) == [
        *["exact_dedup.duplicate_text"] * 4,
        *["minhash_dedup.near_duplicate"] * 2,
    ]


def test_of_one_id_twice_the_first_in_the_input_stays(tmp_path: Path) -> None:
    repeated = split_of(0, [(STEM, "web")])
    run_curate(tmp_path, [repeated, repeated, repeated], steps(("minhash_dedup", {})))
    [name] = {row["id"] for row in input_rows([repeated])}
    assert fates_of(tmp_path)[name]["duplicate_of"] == name  # one id: the rows that were dropped come last here


@given(st.lists(st.none() | st.text(alphabet="12-Tz", max_size=4), min_size=1, max_size=8))
def test_dates_in_reverse(dates: list[str | None]) -> None:
    n = len(dates)
    columns: dict[str, Any] = {
        "id": [str(i) for i in range(n)],
        "date": pa.array(dates, pa.string()),
        "n_bytes": pa.array([1] * n, pa.int64()),
        "minhash_cluster": pa.array([0] * n, pa.int64()),
        "minhash_similarity": pa.array([0.9] * n, pa.float64()),
        "part": pa.array([0] * n, pa.int32()),
        "part_row": pa.array(range(n), pa.int64()),
    }
    ranks = RankByPreference(("newest",))(pa.record_batch(columns)).column("newest").to_pylist()
    found = [date for _, date in sorted(zip(ranks, dates, strict=True), key=lambda pair: pair[0])]
    present = sorted((date for date in dates if date is not None), reverse=True)
    assert found == present + [None] * (n - len(present))
