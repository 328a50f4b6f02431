"""`mix init` and `mix recipes`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobs.starting import _COMMENTS, _first_sentence, starting_recipe
from recipes.loading.packaged import packaged
from recipes.recipe import load


def test_the_recipe_that_is_written_can_be_run(mix: Any, tmp_path: Path) -> None:
    ended = mix("init", tmp_path / "My project")
    file = tmp_path / "My project" / "recipe.yaml"
    assert ended.code == 0
    assert ended.out == f"wrote {file}\nnext: mix check {file}\n"
    assert mix("check", file, "-q", "--out", tmp_path / "runs").code == 0
    assert load(file).name == "My-project"
    assert load(file).stages == load("quickstart").stages


def test_it_goes_where_one_is_by_default(mix: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert mix("init", "--json").document == {"schema": 1, "kind": "init", "path": "recipe.yaml"}
    assert load("recipe.yaml").name == "here"


def test_nothing_is_overwritten(mix: Any, tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("mine")
    ended = mix("init", tmp_path)
    assert ended.code == 2
    assert f"{tmp_path / 'recipe.yaml'}: there is a file already" in ended.err
    assert (tmp_path / "recipe.yaml").read_text() == "mine"
    ended = mix("init", tmp_path / "recipe.yaml")
    assert ended.code == 2
    assert (tmp_path / "recipe.yaml").read_text() == "mine"


def test_every_kind_of_stage_is_explained_once() -> None:
    text = starting_recipe("x")
    kinds = {stage.kind for stage in load("quickstart").stages.values()}
    assert kinds <= set(_COMMENTS)
    for kind in kinds:
        assert text.count("  # " + " ".join(_COMMENTS[kind].split()[:5])) == 1
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("name", ["", "...", "日本"])
def test_a_folder_whose_name_is_none_for_a_recipe(name: str, tmp_path: Path, mix: Any) -> None:
    folder = tmp_path / "x" / name if name != "..." else tmp_path / "..."
    assert mix("init", folder).code == 0
    assert load(folder / "recipe.yaml").name


def test_packaged_recipes_are_listed_with_what_they_are(mix: Any) -> None:
    document = mix("recipes", "--json").document
    assert [recipe["name"] for recipe in document["recipes"]] == packaged()
    assert all(recipe["about"].endswith(".") for recipe in document["recipes"])
    lines = mix("recipes").out.splitlines()
    assert [line.split()[0] for line in lines] == packaged()


def test_a_sentence_of_a_comment_ends_at_its_full_stop() -> None:
    assert _first_sentence("# One of 0.5\n# lines. Two.\nname: x\n# no") == "One of 0.5 lines."
    assert _first_sentence("name: x\n") == ""
