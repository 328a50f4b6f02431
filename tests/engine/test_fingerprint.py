"""Fingerprints: equal for equal values in every process, different for different ones."""

from __future__ import annotations

import importlib
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from curation.engine.fingerprint import _module_code, code_fingerprint, fingerprint
from curation.ops.gopher_quality import GopherQuality, GopherQualityConfig
from curation.pipeline.steps import STEPS, make_step

scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, -0.0, 1e300]) | st.text(max_size=2)
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3)
)


def kinds(value: Any) -> Any:
    """A value that is equal where value and type are, all through: 1, 1.0 and True differ."""
    if isinstance(value, list):
        return tuple(kinds(item) for item in value)
    if isinstance(value, dict):
        return frozenset((key, kinds(item)) for key, item in value.items())
    return (type(value).__name__, str(value))


@given(json_values, json_values)
def test_equal_exactly_where_values_are(one: Any, other: Any) -> None:
    assert (fingerprint(one) == fingerprint(other)) == (kinds(one) == kinds(other))


def test_the_order_of_keys_and_of_sets_does_not_matter() -> None:
    assert fingerprint({"a": 1, "b": {"x", "y", "z"}}) == fingerprint({"b": {"z", "y", "x"}, "a": 1})
    assert fingerprint([1, 2]) != fingerprint([2, 1])


def test_parts_are_kept_apart() -> None:
    assert len({fingerprint("a", "b"), fingerprint("ab"), fingerprint(["a", "b"]), fingerprint("a", "b", [])}) == 4


@dataclass(frozen=True)
class Operator:
    name: str
    raw: bytes = b""
    nested: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Other:
    name: str
    raw: bytes = b""
    nested: tuple[Any, ...] = ()


class Config(BaseModel):
    limit: int = 3
    only: tuple[str, ...] = ("*",)


def test_dataclasses_and_models_count_by_class_and_by_every_field() -> None:
    base = Operator("a", b"\x00\xff", (Config(),))
    different = [
        base,
        Other("a", b"\x00\xff", (Config(),)),
        replace(base, name="b"),
        replace(base, raw=b"\x00"),
        replace(base, nested=(Config(limit=4),)),
        replace(base, nested=(Config(only=("x",)),)),
        replace(base, nested=(base,)),
    ]
    assert len({fingerprint(value) for value in different}) == len(different)
    assert fingerprint(base) == fingerprint(Operator("a", b"\x00\xff", (Config(),)))


@pytest.mark.parametrize("name", STEPS)
def test_every_step_has_one(name: str) -> None:
    required = {"quality": {"model": "quality.model"}, "decontaminate": {"against": ["heldout"]}}
    defaults = required.get(name, {})
    step = make_step(name, defaults)
    assert fingerprint(step) == fingerprint(make_step(name, defaults))
    assert fingerprint(step) != fingerprint(make_step(name, {**defaults, "only": ("code/*",)}))


def test_what_cannot_be_written_down_is_refused() -> None:
    with pytest.raises(TypeError, match="Path cannot be fingerprinted"):
        fingerprint(Path("x"))


def test_another_process_finds_the_same() -> None:
    """Hashes of strings differ between processes; fingerprints do not."""
    code = (
        "from curation.engine.fingerprint import fingerprint\n"
        "from curation.ops.gopher_quality import GopherQuality, GopherQualityConfig\n"
        "print(fingerprint({'a', 'b', 'c'}, GopherQuality(GopherQualityConfig(min_words=7))))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    step = GopherQuality(GopherQualityConfig(min_words=7))
    assert found.stdout.strip() == fingerprint({"c", "b", "a"}, step)


def test_an_operator_counts_with_the_code_of_its_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    source = "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Add:\n    n: int\n    step = {step}\n"
    found = []
    for step in (1, 2, 1):
        (tmp_path / "fingerprinted_module.py").write_text(source.format(step=step))
        _module_code.cache_clear()
        found.append(fingerprint(importlib.import_module("fingerprinted_module").Add(3)))
    sys.modules.pop("fingerprinted_module")
    assert found[0] == found[2] != found[1]


def test_code_counts_by_name_and_bytes_and_not_by_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for place, text, file in [
        ("one", "x = 1", "a"),
        ("two", "x = 1", "a"),
        ("three", "x = 2", "a"),
        ("four", "x = 1", "b"),
    ]:
        package = tmp_path / place / "fingerprinted_package"
        (package / "inner").mkdir(parents=True)
        (package / "__init__.py").write_text("")
        (package / "inner" / f"{file}.py").write_text(text)
        (package / "notes.txt").write_text(place)
        monkeypatch.setattr(sys, "path", [str(tmp_path / place), *sys.path])
        sys.modules.pop("fingerprinted_package", None)
        code_fingerprint.cache_clear()
        found.append(code_fingerprint("fingerprinted_package"))
    sys.modules.pop("fingerprinted_package", None)
    assert found[0] == found[1]
    assert len(set(found)) == 3
