"""Changes from the command line: `--set a.b.c=value`.

1. The text in front of the first `=` is the address of a value, the text behind it is YAML.
2. Parts of the address are keys of mappings; items of lists are named as `recipes.loading.tree` says, or by index. A
   step is its parameters: `stages.pool.steps.minhash_dedup.rows=8`. A name with dots in it may be written as it is.
3. Keys that are not there are made, so that whatever the schema knows can be set; stages, steps and sources are not,
   unless the address ends there and means a stage.
4. `null` deletes what is there, as in a recipe with a base.

The place of a value that was set is the change itself, word for word.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from curation.core.errors import MixError, Problems, nearest
from recipes.loading.tree import NAME, STAGES, STEPS, Finding, Node, Place, item_name, join, shown
from recipes.loading.yaml_reader import parse_yaml


def apply_sets(tree: Node, sets: Sequence[str]) -> tuple[Node, list[MixError]]:
    """The tree after all changes that could be made, in order; and what was wrong with the others."""
    problems: list[MixError] = []
    for text in sets:
        try:
            tree = apply_set(tree, text)
        except Problems as error:
            problems += error.problems
    return tree, problems


def apply_set(tree: Node, text: str) -> Node:
    """The tree after one change.

    Raises:
        Problems: the change is not of the form a.b=value, or its address leads nowhere.
    """
    place = Place(f"--set {text}")
    address, equals, value = text.partition("=")
    parts = address.strip().split(".")
    if not equals or not all(parts):
        raise _problem(place, "a change has the form a.b.c=value", "for example --set seed=18")
    if not value.strip():
        raise _problem(place, "there is no value behind the `=`", 'write null to delete, or "" for the empty text')
    node = parse_yaml(value, str(place), one_place=True)
    return _changed(tree, parts, Node(node.value, place, place), _Way(place))


class _Way:
    """How far along the address we are."""

    def __init__(self, place: Place, address: str = "", key: str = "") -> None:
        self.place = place
        self.address = address
        self.key = key

    def along(self, part: str) -> _Way:
        return _Way(self.place, join(self.address, part), part)


def _changed(node: Node, parts: list[str], new: Node, way: _Way) -> Node:
    if not parts:
        return new
    if isinstance(node.value, list):
        return Node(_changed_items(node.value, parts, new, way), node.place, node.key_place)
    if isinstance(node.value, dict) or node.value is None:
        return Node(_changed_entries(node.entries, parts, new, way), node.place, node.key_place)
    what = f"{way.address}: {shown(node.value)} is a single value, it has no key `{parts[0]}`"
    raise _problem(way.place, what, f"set {way.address} itself")


def _changed_entries(entries: dict[str, Node], parts: list[str], new: Node, way: _Way) -> dict[str, Node]:
    length = _matching(entries, parts)
    key, rest = ".".join(parts[: max(1, length)]), parts[max(1, length) :]
    if not rest and length and new.value is None:
        return {name: node for name, node in entries.items() if name != key}
    if not length and rest and way.address == STAGES:
        raise _unknown(way, "stage", key, entries)
    below = entries.get(key, Node({}, way.place, way.place))
    return entries | {key: _changed(below, rest, new, way.along(key))}


def _changed_items(items: list[Node], parts: list[str], new: Node, way: _Way) -> list[Node]:
    is_step = way.key == STEPS
    index, length = _find_item(items, parts, way)
    item, found_by, rest = items[index], ".".join(parts[:length]), parts[length:]
    here, by_name = way.along(found_by), found_by == item_name(items[index], is_step=is_step)
    if not rest and new.value is None:
        return items[:index] + items[index + 1 :]
    if is_step and (rest or by_name):
        changed = _changed_step(item, rest, new, here, by_name=by_name)
    else:
        changed = _changed(item, rest, new, here)
        changed = _named_as_before(item, changed) if by_name else changed
    return [*items[:index], changed, *items[index + 1 :]]


def _changed_step(item: Node, rest: list[str], new: Node, way: _Way, *, by_name: bool) -> Node:
    """A step with changed parameters; `- exact_dedup` becomes `- exact_dedup: {...}`."""
    if isinstance(item.value, str):
        key, parameters = item.value, Node({}, item.place, item.place)
    elif len(item.entries) == 1:
        key, parameters = next(iter(item.entries.items()))
    else:
        return _changed(item, rest, new, way)
    if not by_name and rest[0] == key:  # steps.3.minhash_dedup.rows
        rest = rest[1:]
    changed = _named_as_before(parameters, _changed(parameters, rest, new, way))
    return Node({key: Node(changed.value, changed.place, parameters.key_place)}, item.place)


def _named_as_before(old: Node, new: Node) -> Node:
    """The new mapping with the name that the old one was found by."""
    if NAME in old.entries and isinstance(new.value, dict) and NAME not in new.value:
        return Node({NAME: old.entries[NAME]} | new.value, new.place, new.key_place)
    return new


def _find_item(items: list[Node], parts: list[str], way: _Way) -> tuple[int, int]:
    """The index of the item that the first parts mean, and how many they are."""
    is_step = way.key == STEPS
    names = [item_name(item, is_step=is_step) for item in items]
    known = [name for name in names if name is not None]
    length = _matching(known, parts)
    if length:
        name = ".".join(parts[:length])
        if names.count(name) > 1:
            indices = [str(index) for index, other in enumerate(names) if other == name]
            what = f"{way.address}: `{name}` is there {len(indices)} times"
            raise _problem(way.place, what, f"give each a `name:`, or use the index: {' or '.join(indices)}")
        return names.index(name), length
    if parts[0].isascii() and parts[0].isdigit():
        if int(parts[0]) < len(items):
            return int(parts[0]), 1
        what = f"{way.address}: there is no item {parts[0]}"
        raise _problem(way.place, what, f"use 0 to {len(items) - 1}" if items else "the list is empty: set all of it")
    raise _unknown(way, "step" if is_step else "item", parts[0], known)


def _matching(names: Iterable[str], parts: list[str]) -> int:
    """How many of the first parts make up a known name; 0 if they do not."""
    return next((length for length in range(1, len(parts) + 1) if ".".join(parts[:length]) in names), 0)


def _unknown(way: _Way, kind: str, name: str, known: Iterable[str]) -> Problems:
    known = list(known)
    near = nearest(name, known)
    listed = f"use one of {', '.join(known)}" if known else f"set all of {way.address}"
    return _problem(
        way.place, f"{way.address}: no {kind} is called `{name}`", f"did you mean `{near}`?" if near else listed
    )


def _problem(place: Place, what: str, fix: str) -> Problems:
    return Problems([Finding(place, what, fix).error()])
