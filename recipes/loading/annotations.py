"""What a pydantic model allows at a place of a tree: the keys of a mapping, the types of a value.

A walk through the annotations along a key path. Where several models are possible, those stay whose `kind` is the one
that is written there.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from recipes.loading.tree import KeyPath, Node

KIND = "kind"


def types_at(model: type[BaseModel], node: Node, path: KeyPath) -> list[Any]:
    """The types that may stand at a key path below a node: models, containers and plain types, without unions."""
    found, here = [model], node
    for part in path:
        found = [inner for outer in _matching(found, here) for inner in _inside(outer, part)]
        below = here.entries.get(part) if isinstance(part, str) else _item(here, part)
        here = below or Node(None, here.place)
    return _matching(found, here)


def keys_at(model: type[BaseModel], node: Node, path: KeyPath) -> list[str]:
    """The keys that the mapping at a key path may have, as they are written in a recipe."""
    found = (outer for outer in types_at(model, node, path) if _is_model(outer))
    return list(dict.fromkeys(_written(name, field) for outer in found for name, field in outer.model_fields.items()))


def kinds_at(model: type[BaseModel], node: Node, path: KeyPath) -> list[str]:
    """The kinds of the models that may stand at a key path, whatever is written there."""
    outer = types_at(model, node, path[:-1])
    found = [inner for one in outer for inner in _inside(one, path[-1])]
    return [kind for inner in found if _is_model(inner) for kind in _kinds(inner)]


def _matching(found: list[Any], node: Node) -> list[Any]:
    kind = node.entries.get(KIND)
    if kind is None or len(found) < 2:
        return found
    return [one for one in found if not _is_model(one) or not _kinds(one) or kind.value in _kinds(one)]


def _inside(outer: Any, part: str | int) -> Iterator[Any]:
    """The types of what is under a key or index."""
    origin, arguments = get_origin(outer), get_args(outer)
    if _is_model(outer):
        for name, field in outer.model_fields.items():
            if part in (name, _written(name, field)):
                yield from _alternatives(field.annotation)
    elif isinstance(part, int) and origin is tuple:
        of_all = arguments[-1:] == (...,)
        yield from _alternatives(arguments[0] if of_all else arguments[part] if part < len(arguments) else Any)
    elif arguments:
        yield from _alternatives(arguments[-1])
    elif outer is Any:
        yield Any


def _alternatives(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _alternatives(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for argument in get_args(annotation):
            yield from _alternatives(argument)
    else:
        yield annotation


def _kinds(model: type[BaseModel]) -> tuple[Any, ...]:
    field = model.model_fields.get(KIND)
    return get_args(field.annotation) if field is not None and get_origin(field.annotation) is Literal else ()


def _written(name: str, field: FieldInfo) -> str:
    return field.alias or name


def _is_model(candidate: Any) -> bool:
    return isinstance(candidate, type) and issubclass(candidate, BaseModel)


def _item(node: Node, index: int) -> Node | None:
    return node.items[index] if 0 <= index < len(node.items) else None
