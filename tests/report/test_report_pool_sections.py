"""Sections on near-duplicates, decontamination, quality and upsampling: their numbers, and what is missing."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest

from mixing.mixture import DomainCurve, Upsampling
from mixing.upsample.config import UpsampleConfig
from recipes.report.blocks import Figure, Quote, Table, Tiles
from recipes.report.page import page
from recipes.report.sections import decontamination, dedup, quality, upsampling
from recipes.report.words import MISSING

STEP = {"step": "minhash_dedup", "ngram": 5, "bands": 26, "rows": 11, "verify": {"jaccard": 0.8}}


def blocks(section, kind: type) -> list:
    """All blocks of a type, those that are folded away among them."""
    found, waiting = [], list(section.blocks)
    while waiting:
        block = waiting.pop(0)
        found += [block] if isinstance(block, kind) else []
        waiting = [*getattr(block, "blocks", ()), *waiting]
    return found


def texts(table: Table) -> list[list[str]]:
    return [[cell if isinstance(cell, str) else cell.text for cell in row.cells] for row in table.rows]


def told(section) -> str:
    return " ".join(block.text for block in section.blocks if block.block == "paragraph")


def test_near_duplicates_are_counted(whole_run) -> None:
    section = dedup.section(whole_run.on_disk)
    (tiles,) = blocks(section, Tiles)
    assert [tile.value for tile in tiles.tiles] == ["7", "5", "2"]
    assert texts(blocks(section, Table)[0]) == [["3", "code/python", "file, row 3", "document 3 <b>"]]
    assert [quote.source for quote in blocks(section, Quote)][:2] == ["dropped: x, row 7", "stays: file, row 3"]


def test_bins_of_similarity_begin_at_the_threshold() -> None:
    data = dedup.likeness_of(STEP, np.array([0.805, 0.815, 0.816, 1.0, np.nan]))
    assert (data.edges[0], data.edges[-1], data.threshold) == (0.8, 1.0, 0.8)
    assert (data.counts[:2], data.counts[-1], sum(data.counts)) == ((1, 2), 1, 4)
    assert dedup.likeness_of({**STEP, "verify": None}, np.array([np.nan])).counts == ()


@pytest.mark.parametrize(("bands", "rows"), [(26, 11), (1, 1), (20, 5)])
def test_half_of_the_pairs_are_found_where_it_says(bands: int, rows: int) -> None:
    similarity = dedup.half_found(bands, rows)
    assert 1 - (1 - similarity**rows) ** bands == pytest.approx(0.5)


def test_pairs_without_a_log_are_dashes(by_hand: Callable) -> None:
    run = by_hand().finish("pool")
    run.directory.events_file.write_text('{"stage": "pool", "label": "minhash_dedup"}\n[]\n')
    (tiles,) = blocks(dedup.section(run.on_disk), Tiles)
    assert [tile.value for tile in tiles.tiles] == [MISSING, MISSING, "2"]


def test_items_that_cannot_be_detected_are_told(whole_run) -> None:
    section = decontamination.section(whole_run.on_disk)
    sets, documents = blocks(section, Table)
    assert texts(sets) == [
        ["quiz", "0", "0", "0", "0", MISSING, "0"],
        ["quiz: 1", "8", "1", "1", "0", "87.5\u202f%", "1"],
    ]
    assert texts(documents) == [["x, row 8", "75\u202f%", "quiz: 1:q7"]]
    assert "no document can be checked for: quiz: 1:q1." in told(section)


def test_an_item_belongs_to_the_set_of_the_longest_name() -> None:
    names = ["heldout", "a", "a:b"]
    assert [decontamination.set_of(key, names) for key in ("a:1", "a:b:1", "0f3c", None)] == [
        "a",
        "a:b",
        "heldout",
        "heldout",
    ]


def test_how_well_the_classifier_does(whole_run) -> None:
    section = quality.section(whole_run.on_disk)
    (tiles,) = blocks(section, Tiles)
    assert [tile.value for tile in tiles.tiles] == ["0.900", "75.0\u202f%", "50.0\u202f%"]
    assert "tells 200 good documents from 400 others" in told(section)
    assert "20 held-out documents in one class" in told(section)
    assert len(blocks(section, Quote)) == 4 * 3


def test_buckets_are_as_measured(whole_run) -> None:
    table = blocks(quality.section(whole_run.on_disk), Table)[-1]
    assert [column.title for column in table.columns] == ["Domain", "0, worst", "1, best", "All"]
    assert texts(table) == [
        ["legal", "3.0", "3.0", "6.0"],
        ["docs", "2.0", "2.0", "4.0"],
        ["code/python", "1.0", "1.0", "2.0"],
    ]


@pytest.mark.parametrize("n_buckets", [1, 5, 10, 11, 20, 999])
def test_columns_hold_every_bucket_once(n_buckets: int) -> None:
    columns = quality.bucket_columns(n_buckets)
    assert [bucket for column in columns for bucket in column] == list(range(n_buckets))
    assert len(columns) <= 10


def test_rates_lie_over_percentiles_of_tokens() -> None:
    curve = DomainCurve(rates={2: 3.0, 0: 0.0, 1: 1.0, 3: 4.0}, parameters={"a": 0.25, "C": 2.0, "p": 1.0, "lambda": 0})
    buckets = upsampling.bucket_rates(curve, "d", {("d", 0): 50, ("d", 1): 100, ("d", 2): 50, ("other", 3): 1})
    found = upsampling.rates_of(curve, "d", buckets, 4.0)
    assert found.edges == (0, 0.25, 0.75, 1)
    assert found.rates == (0, 1, 3)
    assert found.curve[0] == (0.25, 0)
    assert found.curve[-1] == (1, pytest.approx(1.5))


def test_upsampling_in_words(whole_run) -> None:
    section = upsampling.section(whole_run.on_disk)
    assert "6K tokens (50.0\u202f%) of 3 domains" in told(section)
    assert "The cap is 4 times (from max_repetition, which is stricter)" in told(section)
    assert "it binds in code/python, docs and legal." in told(section)
    assert texts(blocks(section, Table)[0])[0] == [
        "code/python", "2,000", "50.0\u202f%", "2.00\u00d7", "4.00\u00d7", "4.00\u00d7", "1.25\u00d7",
    ]  # fmt: skip
    (figure,) = blocks(section, Figure)
    assert [swatch.colour for swatch in figure.legend] == ["accent", "ink", "loss"]


def test_nothing_discarded_and_nothing_capped() -> None:
    curves = {"d": DomainCurve(rates={0: 0.5}, parameters={"a": 0.0, "C": 0.5})}
    told = upsampling.sentences(
        Upsampling(config=UpsampleConfig(family="flat", discard=0), max_rate=7, curves=curves),
        {"d": (upsampling.BucketRate(0, 10, 0.5),)},
    )
    assert told.startswith("Flat:")
    assert "No text is discarded. The cap is 7 times; no bucket comes to it." in told


def test_a_pool_without_these_steps_has_no_such_sections(by_hand: Callable) -> None:
    run = by_hand().finish("pool")
    file = run.out("pool") / "manifest.json"
    manifest = json.loads(file.read_text())
    file.write_text(json.dumps({**manifest, "steps": [], "notes": {}}))
    assert [one.section(run.on_disk) for one in (dedup, decontamination, quality, upsampling)] == [None] * 4


def test_notes_and_signals_may_be_missing(by_hand: Callable) -> None:
    run = by_hand().finish("pool")
    file = run.out("pool") / "manifest.json"
    manifest = json.loads(file.read_text())
    manifest["files"] = [entry for entry in manifest["files"] if not entry["path"].startswith("documents/")]
    file.write_text(json.dumps({key: value for key, value in manifest.items() if key != "notes"}))
    html = page(run.on_disk)
    assert "could not be made" not in html
    assert "part that was not read" in html


def test_a_damaged_part_is_told_in_its_place(by_hand: Callable) -> None:
    run = by_hand().finish("pool")
    (run.out("pool") / "signals" / "part-00001.parquet").write_bytes(b"no parquet")
    html = page(run.on_disk)
    assert html.count("This section could not be made from what is on disk") == 1
