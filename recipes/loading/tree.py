"""A document as a tree in which every value knows where it was written.

A value has two names. Its key path is what a program follows: `("stages", "pool", "steps", 3, "exact_dedup", "only")`.
Its address is what a person reads and writes: `stages.pool.steps.exact_dedup.only`. Items of a list are addressed by
name where they have one that no other item has, else by index:

- an item of a list called `steps` is a step: its name is its `name:` parameter, else the step's own name, and its
  address is that of its parameters;
- an item of any other list is named by its key `name`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from curation.core.errors import BadInput

STAGES = "stages"
STEPS = "steps"
NAME = "name"
_SHOWN = 60

Scalar = str | int | float | bool | None
KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Place:
    """A place in a file, from line 1 and column 1; without a line, what `file` says is all."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True)
class Node:
    """A value with its place, and the place of the key in front of it."""

    value: Scalar | list[Node] | dict[str, Node]
    place: Place
    key_place: Place | None = None

    @property
    def entries(self) -> dict[str, Node]:
        """The entries of a mapping; none of anything else."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> list[Node]:
        """The items of a list; none of anything else."""
        return self.value if isinstance(self.value, list) else []

    @property
    def head(self) -> Place:
        """Where a reader looks for the value: its key, or itself in a list."""
        return self.key_place or self.place


@dataclass(frozen=True)
class Finding:
    """Something wrong at a place; findings become one `Problems`, in the order of the file."""

    place: Place
    what: str
    fix: str | None = None

    def error(self) -> BadInput:
        return BadInput(self.what, where=str(self.place), fix=self.fix)


def plain(node: Node) -> Any:
    """The value without its places."""
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [plain(child) for child in node.value]
    return node.value


def shown(value: Any) -> str:
    """A plain value as it is written in a recipe, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def node_at(node: Node, path: KeyPath) -> Node | None:
    """The value at a key path, if there is one."""
    found: Node | None = node
    for part in path:
        if found is None:
            return None
        if isinstance(part, int):
            found = found.items[part] if 0 <= part < len(found.items) else None
        else:
            found = found.entries.get(part)
    return found


def walk(node: Node, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Node]]:
    """All values, each with its key path, in order."""
    yield path, node
    for key, child in node.entries.items():
        yield from walk(child, (*path, key))
    for index, child in enumerate(node.items):
        yield from walk(child, (*path, index))


def item_name(item: Node, *, is_step: bool) -> str | None:
    """The name of an item of a list, if it has one."""
    own = _text(item.entries.get(NAME))
    if own is not None or not is_step:
        return own
    if isinstance(item.value, str):
        return item.value
    if len(item.entries) == 1:
        key, parameters = next(iter(item.entries.items()))
        return _text(parameters.entries.get(NAME)) or key
    return None


def join(address: str, part: str | int) -> str:
    """One part more."""
    return f"{address}.{part}" if address else str(part)


class Addresses:
    """The addresses of all values of a tree, and their places.

    Args:
        root: the tree.
    """

    def __init__(self, root: Node) -> None:
        self._of_path: dict[KeyPath, str] = {}
        self._places: dict[str, Place] = {}
        for path, address, node in _addressed(root, (), "", is_step_list=False):
            self._of_path[path] = address
            compound = isinstance(node.value, (dict, list))
            self._places.setdefault(address, node.head if compound else node.place)

    def of(self, path: KeyPath) -> str:
        """The address of a key path, also of a key that is not there."""
        known = path
        while known not in self._of_path:
            known = known[:-1]
        address = self._of_path[known]
        for part in path[len(known) :]:
            address = join(address, part)
        return address

    def place(self, address: str) -> Place:
        """Where the value with this address is, or the innermost mapping that would hold it."""
        while address not in self._places:
            address = address.rpartition(".")[0]
        return self._places[address]


def _addressed(node: Node, path: KeyPath, address: str, *, is_step_list: bool) -> Iterator[tuple[KeyPath, str, Node]]:
    yield path, address, node
    for key, child in node.entries.items():
        yield from _addressed(child, (*path, key), join(address, key), is_step_list=key == STEPS)
    names = [item_name(item, is_step=is_step_list) for item in node.items]
    count = Counter(names)
    for index, (item, name) in enumerate(zip(node.items, names, strict=True)):
        part = name if name is not None and count[name] == 1 else index
        here = join(address, part)
        if is_step_list and len(item.entries) == 1:
            yield (*path, index), here, item
            key, parameters = next(iter(item.entries.items()))
            yield from _addressed(parameters, (*path, index, key), here, is_step_list=False)
        else:
            yield from _addressed(item, (*path, index), here, is_step_list=False)


def _text(node: Node | None) -> str | None:
    return node.value if node is not None and isinstance(node.value, str) else None
