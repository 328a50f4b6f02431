"""YAML is read as version 1.2 says, values and places; every JSON document reads as itself."""

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipes.loading.tree import plain, walk
from recipes.loading.yaml_reader import parse_yaml


def read(text: str) -> Any:
    return plain(parse_yaml(text, "f.yaml"))


@pytest.mark.parametrize(
    ("text", "value"),
    [("3e-4", 0.0003), ("1e6", 1_000_000.0), (".5", 0.5), ("5.", 5.0), ("-1.5E+3", -1500.0), ("+.5e1", 5.0),
     ("0", 0), ("-17", -17), ("+3", 3), ("017", 17), ("0o17", 15), ("0x1F", 31), (".inf", math.inf),
     ("-.INF", -math.inf),
     ("true", True), ("True", True), ("FALSE", False), ("null", None), ("Null", None), ("~", None), ("", None),
     ("no", "no"), ("yes", "yes"), ("on", "on"), ("Off", "Off"), ("y", "y"), ("tRue", "tRue"), ("nULL", "nULL"),
     ("1_000", "1_000"), ("0b11", "0b11"), ("0O17", "0O17"), ("0x", "0x"), ("-0x1F", "-0x1F"), ("1:30", "1:30"),
     ("12:30:45", "12:30:45"), ("2024-01-31", "2024-01-31"), ("2024-01-31T12:00:00Z", "2024-01-31T12:00:00Z"),
     ("6T", "6T"), ("64MiB", "64MiB"), ("20%", "20%"), (".", "."), ("e5", "e5"), ("1e", "1e"), ("=", "="), ("-", "-"),
     ("\u0663", "\u0663"), ("'5'", "5"), ('"true"', "true"), ("''", ""), ("s3://a/b", "s3://a/b"), ("a#b", "a#b"),
     ("a # b", "a"), ("|\n  x\n  y\n", "x\ny\n"), (">-\n  x\n  y\n", "x y"), (r'"\u00e9\/\t"', "\u00e9/\t")],
)  # fmt: skip
def test_a_scalar(text: str, value: Any) -> None:
    found = read(f"key: {text}")["key"] if text != "-" else read("key: '-'")["key"]
    assert found == value
    assert type(found) is type(value)


def test_not_a_number() -> None:
    assert math.isnan(read("a: .nan")["a"])


@pytest.mark.parametrize("key", ["no", "1", "true", "null", "3e-4", "~", "2024-01-31", "'<<'"])
def test_a_key_is_text_as_written(key: str) -> None:
    assert read(f"{key}: 1") == {key.strip("'"): 1}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
_STYLES = [{"ensure_ascii": True}, {"ensure_ascii": False}, {"indent": 2}, {"separators": (",", ":")}]


@given(_JSON, st.sampled_from(_STYLES))
@settings(max_examples=300)
def test_json_reads_as_itself(value: Any, style: dict[str, Any]) -> None:
    found = read(json.dumps(value, **style))
    assert found == value
    assert json.dumps(found) == json.dumps(value)  # also 1 and 1.0, True and 1


@given(st.dictionaries(st.text(max_size=8), _JSON, max_size=4))
def test_every_value_stands_where_it_is_said_to_stand(value: dict[str, Any]) -> None:
    text = json.dumps(value, indent=1)
    lines = text.split("\n")
    for path, node in walk(parse_yaml(text, "f.yaml")):
        written = lines[node.place.line - 1][node.place.column - 1 :]
        start = {dict: "{", list: "["}.get(type(node.value)) or json.dumps(node.value)
        assert written.startswith(start)
        if node.key_place is not None:
            assert lines[node.key_place.line - 1][node.key_place.column - 1 :].startswith(json.dumps(path[-1]))


@pytest.mark.parametrize("character", ["\x85", "\u2028", "\u2029", "\ufeff", "\x7f", "\U000f0000", "\uffff"])
def test_a_character_that_only_yaml_1_1_breaks_lines_at_is_text(character: str) -> None:
    tree = parse_yaml(f'a: "x {character} y"\nb: x{character}y # {character}\nc: 1\n', "f.yaml")
    assert plain(tree) == {"a": f"x {character} y", "b": f"x{character}y", "c": 1}
    assert str(tree.entries["c"].place) == "f.yaml:3:4"


@pytest.mark.parametrize("break_", ["\n", "\r\n", "\r"])
def test_lines_are_counted_at_every_line_break(break_: str) -> None:
    tree = parse_yaml(break_.join(["# x", "a:", "  - 1", "  - b: 2"]), "f.yaml")
    assert str(tree.entries["a"].items[1].entries["b"].place) == "f.yaml:4:8"
    assert str(tree.entries["a"].head) == "f.yaml:2:1"
