"""A tree against a pydantic model: everything that is wrong with it, in plain words, where it is written.

1. pydantic validates the plain value; each of its errors names a location, which is a key path with labels of
   alternatives in between. Labels are left out by walking the tree beside it.
2. Where alternatives were tried and one of them got further than the type of the value, the others are not told; where
   none did, the value is said to be none of them.
3. Unknown keys come with the nearest key that the model has there. A key that is missing is not told if an unknown one
   is likely meant.
4. pydantic takes true for 1; here true and false are no numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from curation.core.errors import nearest
from recipes.loading.annotations import KIND, keys_at, kinds_at, types_at
from recipes.loading.tree import Addresses, Finding, KeyPath, Node, Place, node_at, plain, walk
from recipes.loading.wording import not_a, noun, pick, words

Model = TypeVar("Model", bound=BaseModel)


def check(
    model: type[Model], node: Node, path: KeyPath, addresses: Addresses, *, also: tuple[str, ...] = ()
) -> tuple[Model | None, list[Finding]]:
    """The model's instance, or what is wrong.

    Args:
        model: what the value should be.
        node: the value.
        path: where it is in the whole tree.
        addresses: of the whole tree.
        also: keys of the value that were used before, known but not told here.
    """
    try:
        instance, errors = model.model_validate(plain(node)), []
    except ValidationError as error:
        instance, errors = None, [_located(details, node) for details in error.errors(include_url=False)]
    findings = list(_Telling(model, node, path, addresses, also).findings(errors))
    return (None if findings else instance), findings


@dataclass(frozen=True)
class _Located:
    """An error of pydantic's at a key path of the tree."""

    path: KeyPath
    details: ErrorDetails
    alternatives: set[KeyPath] = field(default_factory=set)
    """Where along the path one of several types was tried."""

    @property
    def kind(self) -> str:
        return self.details["type"]


class _Telling:
    """Turns the errors of one value into findings."""

    def __init__(
        self, model: type[BaseModel], root: Node, path: KeyPath, addresses: Addresses, also: tuple[str, ...]
    ) -> None:
        self._model = model
        self._root = root
        self._path = path
        self._addresses = addresses
        self._also = also

    def findings(self, errors: list[_Located]) -> Iterator[Finding]:
        meant = {path for error in errors if error.kind == "extra_forbidden" for path in [self._meant(error.path)]}
        by_path: dict[KeyPath, list[_Located]] = {}
        for error in errors:
            if not (_goes_deeper(errors, error.path) or _is_consequence(error) or self._is_meant(error, meant)):
                by_path.setdefault(error.path, []).append(error)
        for path, found in by_path.items():
            yield self._finding(path, found)
        for path, node in walk(self._root):
            if isinstance(node.value, bool) and path not in by_path and self._wants_number(path):
                yield self._at(path, *not_a(node.value, ["a number"]))

    def _finding(self, path: KeyPath, found: list[_Located]) -> Finding:
        first = found[0]
        if first.kind == "extra_forbidden":
            return self._unknown_key(path)
        if first.kind == "missing":
            return self._missing(path, "write it, for it has no default")
        if first.kind == "union_tag_invalid" and node_at(self._root, (*path, KIND)) is not None:
            return self._unknown_kind(path)
        if first.kind == "union_tag_not_found":
            return self._no_kind(path)
        nouns = list(dict.fromkeys(name for error in found if (name := noun(error.details)) is not None))
        if len(found) > 1 and nouns:
            return self._at(path, *not_a(first.details["input"], nouns))
        return self._at(path, *words(first.details))

    def _at(self, path: KeyPath, what: str, fix: str | None) -> Finding:
        node = node_at(self._root, path)
        assert node is not None
        place = node.head if isinstance(node.value, (dict, list)) or node.value is None else node.place
        return Finding(place, self._said(path, what), fix)

    def _said(self, path: KeyPath, what: str) -> str:
        address = self._addresses.of((*self._path, *path))
        return f"{address}: {what}" if address else what

    def _parent_place(self, path: KeyPath) -> Place:
        parent = node_at(self._root, path[:-1])
        assert parent is not None
        return parent.head

    def _missing(self, path: KeyPath, fix: str) -> Finding:
        what = self._said(path[:-1], f"the key `{path[-1]}` is missing")
        return Finding(self._parent_place(path), what, fix)

    def _unknown_key(self, path: KeyPath) -> Finding:
        node = node_at(self._root, path)
        assert node is not None
        known = self._known(path[:-1])
        what = self._said(path[:-1], f"unknown key `{path[-1]}`")
        return Finding(node.head, what, pick(path[-1], known))

    def _unknown_kind(self, path: KeyPath) -> Finding:
        node = node_at(self._root, (*path, KIND))
        assert node is not None
        kind = plain(node)
        name = f"`{kind}`" if isinstance(kind, str) else str(kind)
        return self._at((*path, KIND), f"no kind is called {name}", pick(kind, self._kinds(path)))

    def _no_kind(self, path: KeyPath) -> Finding:
        node = node_at(self._root, path)
        near = nearest(KIND, node.entries if node is not None else ())
        one_of = f"add `{KIND}:` with one of {', '.join(self._kinds(path))}"
        return self._missing((*path, KIND), f"did you mean `{KIND}` by `{near}`?" if near else one_of)

    def _kinds(self, path: KeyPath) -> list[str]:
        return kinds_at(self._model, self._root, path)

    def _meant(self, path: KeyPath) -> KeyPath:
        """The key path that an unknown key likely means."""
        return (*path[:-1], nearest(str(path[-1]), self._known(path[:-1])) or path[-1])

    def _known(self, path: KeyPath) -> list[str]:
        return [*keys_at(self._model, self._root, path), *(self._also if not path else ())]

    def _is_meant(self, error: _Located, meant: set[KeyPath]) -> bool:
        return error.kind == "missing" and error.path in meant

    def _wants_number(self, path: KeyPath) -> bool:
        allowed = types_at(self._model, self._root, path)
        return bool({int, float} & set(_hashable(allowed))) and not any(one in (bool, Any) for one in allowed)


def _located(details: ErrorDetails, root: Node) -> _Located:
    """Leaves out of pydantic's location what is no key and no index."""
    path: KeyPath = ()
    here, alternatives, tag_seen = root, set(), False
    for index, part in enumerate(details["loc"]):
        kind = here.entries.get(KIND)
        if not tag_seen and path and kind is not None and kind.value == part:
            tag_seen = True  # the tag of a union stands in front of the keys of the model that it chose
            continue
        below = node_at(here, (part,))
        if below is not None:
            path, here, tag_seen = (*path, part), below, False
        elif details["type"] == "missing" and index == len(details["loc"]) - 1:
            path = (*path, part)
        else:
            alternatives.add(path)
    return _Located(path, details, alternatives)


def _goes_deeper(errors: list[_Located], path: KeyPath) -> bool:
    """Whether an alternative was tried at the path whose own values are told to be wrong."""
    return any(path in error.alternatives and len(error.path) > len(path) for error in errors)


def _is_consequence(error: _Located) -> bool:
    """Items with errors do not count for pydantic: it then says of a list that is long enough that it is too short."""
    value = error.details["input"]
    return error.kind == "too_short" and len(value) >= error.details.get("ctx", {}).get("min_length", 0)


def _hashable(types: Iterable[Any]) -> list[type]:
    return [one for one in types if isinstance(one, type)]
