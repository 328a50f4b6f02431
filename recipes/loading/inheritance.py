"""Inheritance: `base: other.yaml` names the recipe that a recipe changes.

1. The base is a path relative to the file that names it, or the name of a packaged recipe; it may have a base itself.
2. From the bottom of the chain upwards maps merge key by key; lists and single values replace what is below.
3. `null` deletes what is below. Where nothing is below, it is a value like any other.

Every value keeps the place where it was written; a merged mapping has the place of the file that changes it.
"""

from __future__ import annotations

from pathlib import Path

from curation.core.errors import BadInput, Problems
from recipes.loading.packaged import find_base
from recipes.loading.tree import Finding, Node
from recipes.loading.yaml_reader import read_yaml

BASE = "base"


def read_with_bases(file: Path) -> Node:
    """The tree of a file, merged with its bases; the key `base` is gone.

    Raises:
        Problems: a file is no mapping of strict YAML, a base is missing, or bases form a circle.
    """
    return _read(file, ())


def merge(below: Node, above: Node) -> Node:
    """What is above changes what is below."""
    if not (isinstance(below.value, dict) and isinstance(above.value, dict)):
        return above
    merged = dict(below.value)
    for key, node in above.value.items():
        if key not in merged:
            merged[key] = node
        elif node.value is None:
            del merged[key]
        else:
            merged[key] = merge(merged[key], node)
    return Node(merged, above.place, above.key_place)


def _read(file: Path, chain: tuple[Path, ...]) -> Node:
    tree = read_yaml(file)
    base = tree.entries.get(BASE)
    if base is None:
        return tree
    chain = (*chain, file)
    above = Node({key: node for key, node in tree.entries.items() if key != BASE}, tree.place)
    return merge(_read(_base_file(base, chain), chain), above)


def _base_file(base: Node, chain: tuple[Path, ...]) -> Path:
    if not isinstance(base.value, str) or not base.value:
        finding = Finding(base.place, "base: it must be the path of a recipe, or the name of a packaged one")
        raise Problems([finding.error()])
    try:
        file = find_base(base.value, chain[-1])
    except BadInput as error:
        raise Problems([Finding(base.place, error.what, error.fix).error()]) from None
    seen = [path.resolve() for path in chain]
    if file.resolve() in seen:
        circle = " -> ".join([*(path.name for path in chain[seen.index(file.resolve()) :]), file.name])
        packaged = "a packaged recipe of the same name is meant by its name without `.yaml`"
        raise Problems([Finding(base.place, f"bases form a circle: {circle}", packaged).error()])
    return file
