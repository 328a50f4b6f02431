"""The page: whole runs, partial runs, names that are code, numbers that are missing, and equal bytes for equal runs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from recipes.report.on_disk import RunOnDisk
from recipes.report.page import SECTIONS, page, write_page
from recipes.report.sections import mixture, stages, summary
from recipes.report.words import MISSING


@pytest.fixture(scope="module")
def whole_page(whole_run) -> str:
    return page(whole_run.on_disk)


OF_THE_POOL = ("Near-duplicates", "Decontamination", "Quality")
VOID = {"meta", "br", "link", "path", "use", "rect"}


class Page(HTMLParser):
    """Checks that tags nest, and collects tags, ids, anchors and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.told = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attributes)
        self.ids += [given["id"]] if given.get("id") else []
        self.links += [given["href"]] if given.get("href") else []
        assert not [name for name in given if name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.told += data


def test_a_whole_run_has_every_section(whole_page: str) -> None:
    assert re.findall(r"<h2[^>]*>([^<]*)</h2>", whole_page) == [title for title, _ in SECTIONS]
    assert "could not be made" not in whole_page
    assert "11 of 11 stages done" in whole_page


def test_it_needs_nothing_from_outside(whole_page: str) -> None:
    read = Page(whole_page)
    assert not {"script", "link", "img", "iframe"} & set(read.tags)
    assert all(link.startswith("#") and link[1:] in read.ids for link in read.links)
    assert len(read.ids) == len(set(read.ids))
    assert "http" not in whole_page


def test_a_partial_run_says_what_is_missing(by_hand: Callable) -> None:
    html = page(by_hand().finish("pool", "counts").on_disk)
    titles = re.findall(r"<h2[^>]*>([^<]*)</h2>", html)
    assert titles == ["Summary", "Curation", *OF_THE_POOL, "Tokens", "Stages", "Recipe"]
    assert "2 of 11 stages done" in html
    assert "Not done yet, and so left out of this page: swarm (swarm), mixture (optimize)" in html


@pytest.mark.parametrize("log", [None, "", '{"event": "stage"}\nnot json\n', '{"time": 1}\n[]\n'])
def test_a_run_without_a_usable_log_has_no_times(by_hand: Callable, log: str | None) -> None:
    run = by_hand().finish()
    run.directory.events_file.unlink()
    if log is not None:
        run.directory.events_file.write_text(log)
    (tiles,) = [block for block in summary.section(run.on_disk).blocks if block.block == "tiles"]
    assert "wall time" not in [tile.label for tile in tiles.tiles]
    table = stages.section(run.on_disk).blocks[0]
    assert [row.cells[2] for row in table.rows] == [MISSING] * 11


def test_times_are_those_of_the_last_run_of_each_stage(by_hand: Callable) -> None:
    run = by_hand().finish("pool", "counts", "counts")
    assert {name: interval.wall_s for name, interval in run.on_disk.intervals.items()} == {"pool": 2.5, "counts": 2.5}


def test_nothing_finished_at_all(by_hand: Callable) -> None:
    run = by_hand()
    html = write_page(run.recipe, run.directory).read_text(encoding="utf-8")
    assert "0 of 11 stages done" in html
    assert "left out of this page" in html


def test_names_are_text_not_code(by_hand: Callable) -> None:
    names = (
        '<script>alert("x")</script>',
        'a & b\' "c" $x$ _under',
        "\u7f51\u9875/\u79d1\u5b66",
        "{{ 7 * 7 }}",
        "line\nbreak\x07",
    )
    html = page(by_hand(*names).finish().on_disk)
    read = Page(html)
    assert "script" not in read.tags
    assert names[0] in read.told
    assert "could not be made" not in html
    assert "49" not in re.findall(r"<th[^>]*>([^<]*)</th>", html)


@pytest.mark.parametrize("n_domains", [1, 60])
def test_few_and_many_domains(by_hand: Callable, n_domains: int) -> None:
    names = [f"web/{'very-long-topic-name-' * 4}{number}" for number in range(n_domains)]
    html = page(by_hand(*names).finish().on_disk)
    Page(html)
    assert "could not be made" not in html
    assert html.count("24 of 60 domains are shown") == (0 if n_domains == 1 else 8)


def test_missing_and_unreal_numbers_are_dashes(by_hand: Callable) -> None:
    run = by_hand().finish()
    model = run.out("model") / "manifest.json"
    manifest = json.loads(model.read_text())
    del manifest["parameters"]
    model.write_text(json.dumps({**manifest, "steps": None, "final_loss": float("nan")}))
    mixture = run.out("mixture") / "mixture.yaml"
    text = (
        mixture.read_text().replace("se: 0.05", "se: .nan").replace("rank_correlation: 0.91", "rank_correlation: .nan")
    )
    mixture.write_text(text)
    html = page(run.on_disk)
    Page(html)
    assert "could not be made" not in html
    assert not re.search(r">\s*(nan|None|inf)\b", html)


def test_a_damaged_file_costs_its_section_only(by_hand: Callable) -> None:
    run = by_hand().finish()
    (run.out("mixture") / "mixture.yaml").write_text("weights: {a: 2}")
    (run.out("counts") / "counts.parquet").write_bytes(b"no parquet")
    html = page(run.on_disk)
    assert (
        html.count("This section could not be made from what is on disk") == 5
    )  # result, quality, tokens, mixture, upsampling
    assert "documents kept" in html


def test_equal_runs_give_equal_bytes(whole_run, whole_page: str) -> None:
    written = write_page(whole_run.recipe, whole_run.directory)
    assert written == whole_run.directory.report_file
    assert written.read_text(encoding="utf-8") == whole_page


def test_a_uniform_baseline_is_a_mixture_without_a_certificate(by_hand: Callable) -> None:
    run = by_hand()
    uniform = run.recipe.stages["natural"].model_copy(update={"baseline": "uniform"})
    recipe = run.recipe.model_copy(update={"stages": {"counts": run.recipe.stages["counts"], "natural": uniform}})
    run.finish("natural")
    found = mixture.section(RunOnDisk(recipe, run.directory))
    assert [block.block for block in found.blocks] == ["figure", "table"]
    assert mixture.section(run.on_disk) is None  # the natural one is told by the tokens


def test_drawings_follow_the_page(whole_page: str) -> None:
    drawings = re.findall(r"<svg.*?</svg>", whole_page, re.DOTALL)
    assert len(drawings) == 20
    told = "".join(drawings)
    assert not re.search(r"#0000[0-9a-f]{2}|font-family|<style|<metadata", told)
    assert "var(--accent)" in told
    assert told.count('role="img"') == 20
