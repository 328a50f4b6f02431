"""`base:` merges maps, replaces lists, deletes by null; values keep the file that they came from."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.core.errors import Problems
from recipes.loading.inheritance import merge, read_with_bases
from recipes.loading.packaged import PACKAGED, packaged
from recipes.loading.tree import Node, Place, node_at, plain


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "bottom.yaml").write_text("a: 1\nb: {c: 2, d: 3}\nl: [1, 2]\ngone: {x: 1}\n")
    (tmp_path / "shared" / "middle.yaml").write_text("base: bottom.yaml\nb:\n  d: 30\n  e: 4\nl: [3]\n")
    (tmp_path / "top.yaml").write_text("base: shared/middle.yaml\na: null\nb: {c: null, f: null}\ngone:\nnew: {n: ~}\n")
    return tmp_path


def test_a_chain_of_bases(folder: Path) -> None:
    tree = read_with_bases(folder / "top.yaml")
    assert plain(tree) == {"b": {"d": 30, "e": 4, "f": None}, "l": [3], "new": {"n": None}}
    assert list(tree.entries) == ["b", "l", "new"]


def test_every_value_keeps_its_place(folder: Path) -> None:
    tree = read_with_bases(folder / "shared" / "middle.yaml")
    places = {path: str(node_at(tree, path).place) for path in [("a",), ("b", "c"), ("b", "d"), ("l",)]}  # type: ignore[union-attr]
    shared = folder / "shared"
    assert str(tree.entries["b"].head) == f"{folder}/shared/middle.yaml:2:1"
    assert places == {
        ("a",): f"{shared}/bottom.yaml:1:4",
        ("b", "c"): f"{shared}/bottom.yaml:2:8",
        ("b", "d"): f"{shared}/middle.yaml:3:6",
        ("l",): f"{shared}/middle.yaml:5:4",
    }


@pytest.mark.parametrize("name", ["quickstart", "quickstart.yaml", "recipes/quickstart.yaml"])
def test_a_packaged_recipe_is_a_base_by_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "mine.yaml").write_text(f"base: {name}\nseed: 5\n")
    tree = read_with_bases(tmp_path / "mine.yaml")
    assert tree.entries["seed"].value == 5
    assert tree.entries["name"].place.file == str(PACKAGED / "quickstart.yaml")


def test_a_file_beside_goes_before_a_packaged_recipe(tmp_path: Path) -> None:
    (tmp_path / "quickstart.yaml").write_text("a: 1\n")
    (tmp_path / "mine.yaml").write_text("base: quickstart.yaml\n")
    assert plain(read_with_bases(tmp_path / "mine.yaml")) == {"a": 1}


@pytest.mark.parametrize(
    ("base", "words"),
    [("botom.yaml", r"(?s):1:7: the base `botom.yaml` is neither.*packaged recipes: .*quickstart"),
     ("quickstrat", r"(?s):1:7: .*did you mean `quickstart`"),
     ("[a, b]", ":1:7: base: it must be the path"),
     ("null", ":1:7: base: it must be the path"),
     ("me.yaml", "(?s):1:7: bases form a circle: me.yaml -> me.yaml")],
)  # fmt: skip
def test_a_base_that_cannot_be_used(tmp_path: Path, base: str, words: str) -> None:
    assert "quickstart" in packaged()
    (tmp_path / "me.yaml").write_text(f"base: {base}\n")
    with pytest.raises(Problems, match=words):
        read_with_bases(tmp_path / "me.yaml")


def test_a_longer_circle_is_told_where_it_closes(tmp_path: Path) -> None:
    for name, base in [("a", "b"), ("b", "c"), ("c", "b")]:
        (tmp_path / f"{name}.yaml").write_text(f"x: 1\nbase: {base}.yaml\n")
    with pytest.raises(Problems, match=r"c\.yaml:2:7: bases form a circle: b.yaml -> c.yaml -> b.yaml"):
        read_with_bases(tmp_path / "a.yaml")


def test_a_circle_is_seen_whatever_the_path_is_called(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "a.yaml").write_text("base: inside/b.yaml\n")
    (tmp_path / "inside" / "b.yaml").write_text("base: ../inside/../a.yaml\n")
    with pytest.raises(Problems, match=r"b\.yaml:1:7: bases form a circle: a.yaml -> b.yaml -> a.yaml"):
        read_with_bases(tmp_path / "a.yaml")


def test_a_base_with_an_error_is_told_with_its_own_place(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("base: b.yaml\n")
    (tmp_path / "b.yaml").write_text("x: 1\nx: 2\n")
    with pytest.raises(Problems, match=r"b\.yaml:2:1: the key `x` is repeated"):
        read_with_bases(tmp_path / "a.yaml")


_TREES = st.recursive(
    st.integers() | st.booleans() | st.lists(st.integers(), max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=8,
)
_MAPPINGS = st.dictionaries(st.sampled_from("abcd"), _TREES, max_size=4)


@given(_MAPPINGS, _MAPPINGS)
def test_the_difference_of_two_recipes_leads_from_one_to_the_other(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert plain(merge(_node(old), _node(_difference(old, new)))) == new


@given(_MAPPINGS)
def test_nothing_changes_nothing(tree: dict[str, Any]) -> None:
    assert plain(merge(_node(tree), _node({}))) == plain(merge(_node({}), _node(tree))) == tree


def _difference(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """What to write above `old` to get `new`."""
    changes: dict[str, Any] = {key: None for key in old if key not in new}
    for key, value in new.items():
        if isinstance(value, dict) and isinstance(old.get(key), dict):
            changes[key] = _difference(old[key], value)
        elif key not in old or old[key] != value or type(old[key]) is not type(value):  # 0 is not False
            changes[key] = value
    return changes


def _node(value: Any) -> Node:
    if isinstance(value, dict):
        return Node({key: _node(inner) for key, inner in value.items()}, Place("f"))
    return Node([_node(inner) for inner in value] if isinstance(value, list) else value, Place("f"))
