"""`--set a.b=value` reaches keys, steps and sources by name, and items by index."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.core.errors import Problems
from recipes.loading.overrides import apply_set, apply_sets
from recipes.loading.tree import Addresses, Node, plain
from recipes.loading.yaml_reader import parse_yaml

RECIPE = """
seed: 1
stages:
  pool:
    kind: curate
    sources:
      - {name: web, limit: 1MB}
      - {name: wiki-2024.01, limit: 2MB}
      - {reader: plain}
    steps:
      - exact_dedup
      - gopher_quality: {min_words: 5}
      - holdout:
      - minhash: {name: coarse, rows: 2}
      - minhash: {name: fine, rows: 4}
      - pii: {}
      - pii: {}
  mixture: {kind: optimize, kl: 0.5}
"""


def after(*sets: str) -> Any:
    tree, problems = apply_sets(parse_yaml(RECIPE, "f.yaml"), sets)
    assert problems == []
    return plain(tree)


def steps(*sets: str) -> Any:
    return after(*sets)["stages"]["pool"]["steps"]


def sources(*sets: str) -> Any:
    return after(*sets)["stages"]["pool"]["sources"]


def test_a_key_gets_a_value_in_yaml() -> None:
    assert after("seed=2")["seed"] == 2
    assert after("seed=3e-4")["seed"] == 3e-4
    assert after("seed=no")["seed"] == "no"
    assert after("seed='2'")["seed"] == "2"
    assert after("seed = [a, {b: c=d}]")["seed"] == ["a", {"b": "c=d"}]
    assert after("seed=2", "seed=3")["seed"] == 3


def test_keys_that_are_not_there_are_made() -> None:
    changed = after("stages.mixture.upsample.max_rate=7", "description=x")
    assert changed["stages"]["mixture"] == {"kind": "optimize", "kl": 0.5, "upsample": {"max_rate": 7}}
    assert changed["description"] == "x"


def test_a_stage_can_be_made_whole() -> None:
    assert after("stages.more={kind: emit}")["stages"]["more"] == {"kind": "emit"}


def test_null_deletes_what_is_there() -> None:
    assert "mixture" not in after("stages.mixture=null")["stages"]
    assert after("stages.mixture.kl=null")["stages"]["mixture"] == {"kind": "optimize"}
    assert steps("stages.pool.steps.exact_dedup=null")[0] == {"gopher_quality": {"min_words": 5}}
    assert sources("stages.pool.sources.0=null", "stages.pool.sources.1=null") == [
        {"name": "wiki-2024.01", "limit": "2MB"}
    ]


def test_a_step_is_its_parameters() -> None:
    assert steps("stages.pool.steps.gopher_quality.min_words=8")[1] == {"gopher_quality": {"min_words": 8}}
    assert steps("stages.pool.steps.gopher_quality.max_words=8")[1] == {
        "gopher_quality": {"min_words": 5, "max_words": 8}
    }
    assert steps("stages.pool.steps.gopher_quality={max_words: 8}")[1] == {"gopher_quality": {"max_words": 8}}
    assert steps("stages.pool.steps.exact_dedup.only=[a]")[0] == {"exact_dedup": {"only": ["a"]}}
    assert steps("stages.pool.steps.holdout.per_domain=1KB")[2] == {"holdout": {"per_domain": "1KB"}}


def test_a_repeated_step_is_found_by_its_name() -> None:
    assert steps("stages.pool.steps.fine.rows=8")[3:5] == [
        {"minhash": {"name": "coarse", "rows": 2}},
        {"minhash": {"name": "fine", "rows": 8}},
    ]
    assert steps("stages.pool.steps.fine={rows: 8}")[4] == {"minhash": {"name": "fine", "rows": 8}}


def test_an_item_is_found_by_index() -> None:
    assert steps("stages.pool.steps.1.min_words=8")[1] == {"gopher_quality": {"min_words": 8}}
    assert steps("stages.pool.steps.1.gopher_quality.min_words=8")[1] == {"gopher_quality": {"min_words": 8}}
    assert steps("stages.pool.steps.1=exact_dedup")[1] == "exact_dedup"
    assert steps("stages.pool.steps.6.only=[a]")[5:] == [{"pii": {}}, {"pii": {"only": ["a"]}}]
    assert sources("stages.pool.sources.2.reader=other")[2] == {"reader": "other"}


def test_a_source_is_found_by_name_also_with_dots() -> None:
    assert sources("stages.pool.sources.web.limit=3MB")[0] == {"name": "web", "limit": "3MB"}
    assert sources("stages.pool.sources.wiki-2024.01.limit=3MB")[1] == {"name": "wiki-2024.01", "limit": "3MB"}
    assert sources("stages.pool.sources.web={paths: [x]}")[0] == {"name": "web", "paths": ["x"]}


@pytest.mark.parametrize(
    ("change", "words"),
    [("foo", "a change has the form"),
     ("=1", "a change has the form"),
     ("a..b=1", "a change has the form"),
     ("seed=", "no value behind"),
     ("seed=[1", r"`\[` is not closed"),
     ("seed=*", "alias"),
     ("stages.mixtur.kl=1", r"(?s)stages: no stage is called `mixtur`.*did you mean `mixture`\?"),
     ("stages.pool.steps.gopher_qualty.x=1", r"(?s)stages.pool.steps: no step is called.*mean `gopher_quality`\?"),
     ("stages.pool.steps.zzz={}", "(?s)no step is called `zzz`.*use one of exact_dedup, gopher_quality"),
     ("stages.pool.sources.wab.limit=1", r"(?s)stages.pool.sources: no item is called `wab`.*did you mean `web`\?"),
     ("stages.pool.steps.pii.only=[a]", "(?s)`pii` is there 2 times.*give each a `name:`, or use the index: 5 or 6"),
     ("stages.pool.sources.3.limit=1", "(?s)no item 3.*use 0 to 2"),
     ("seed.x=1", "seed: 1 is a single value, it has no key `x`")],
)  # fmt: skip
def test_a_change_that_leads_nowhere(change: str, words: str) -> None:
    with pytest.raises(Problems, match=words) as raised:
        apply_set(parse_yaml(RECIPE, "f.yaml"), change)
    assert [problem.where for problem in raised.value.problems] == [f"--set {change}"]


def test_all_bad_changes_are_told_and_the_good_ones_made() -> None:
    tree, problems = apply_sets(parse_yaml(RECIPE, "f.yaml"), ["foo", "seed=7", "stages.x.y=1"])
    assert [problem.where for problem in problems] == ["--set foo", "--set stages.x.y=1"]
    assert tree.entries["seed"].value == 7


def test_what_was_set_has_the_change_for_its_place() -> None:
    tree = apply_set(parse_yaml(RECIPE, "f.yaml"), "stages.mixture.upsample={max_rate: 7}")
    addresses = Addresses(tree)
    for address in ["stages.mixture.upsample", "stages.mixture.upsample.max_rate"]:
        assert str(addresses.place(address)) == "--set stages.mixture.upsample={max_rate: 7}"
    assert str(addresses.place("stages.mixture.kl")) == "f.yaml:18:33"


_VALUES = st.recursive(
    st.integers(),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, min_size=1)
    ),
    max_leaves=10,
)


@given(st.data())
def test_only_what_is_addressed_changes(data: st.DataObject) -> None:
    value = data.draw(st.dictionaries(st.text("abc", min_size=1), _VALUES, min_size=1))
    path: list[Any] = []
    here: Any = value
    while isinstance(here, (dict, list)) and (not path or data.draw(st.booleans())):
        path.append(data.draw(st.sampled_from(sorted(here) if isinstance(here, dict) else range(len(here)))))
        here = here[path[-1]]
    expected = copy.deepcopy(value)
    holder = expected
    for part in path[:-1]:
        holder = holder[part]
    holder[path[-1]] = "new"
    before = parse_yaml(repr(value), "f.yaml")
    assert plain(apply_set(before, f"{'.'.join(map(str, path))}=new")) == expected
    assert plain(before) == value


def test_addresses_lead_back_to_their_values() -> None:
    tree = parse_yaml(RECIPE, "f.yaml")
    for address in [
        "seed",
        "stages.pool.steps.fine.rows",
        "stages.pool.sources.wiki-2024.01.limit",
        "stages.mixture.kl",
    ]:
        changed = apply_set(tree, f"{address}=17")
        assert _places(changed, address) == f"--set {address}=17"


def test_items_without_a_name_of_their_own_are_addressed_by_index() -> None:
    addresses = Addresses(parse_yaml(RECIPE, "f.yaml"))
    pool = ("stages", "pool")
    assert addresses.of((*pool, "steps", 4, "minhash", "rows")) == "stages.pool.steps.fine.rows"
    assert addresses.of((*pool, "steps", 6, "pii", "missing")) == "stages.pool.steps.6.missing"
    assert addresses.of((*pool, "sources", 2, "reader")) == "stages.pool.sources.2.reader"


def _places(tree: Node, address: str) -> str:
    return str(Addresses(tree).place(address))
