"""Plug-ins: implementations of the plug points, found by name among the entry points of installed packages.

A group is a plug point (`mixwright.trainers`, `mixwright.regressors`, ...); the project's own implementations are
registered the same way, in pyproject.toml. A plug-in is imported when it is asked for.
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from curation.core.errors import BadEnvironment, BadInput, nearest


def plugin_names(group: str) -> list[str]:
    """The names that a group offers, sorted."""
    return sorted({point.name for point in entry_points(group=group)})


def load_plugin(group: str, name: str) -> Any:
    """The object behind a name.

    Args:
        group: a plug point, such as `mixwright.trainers`.
        name: the entry point's name.

    Raises:
        BadInput: the group has no such name.
        BadEnvironment: a package that the plug-in needs cannot be imported.
    """
    found: list[EntryPoint] = [point for point in entry_points(group=group) if point.name == name]
    if not found:
        known = plugin_names(group)
        near = nearest(name, known)
        hint = f"did you mean `{near}`?" if near else f"known: {', '.join(known) or 'none'}"
        raise BadInput(f"no plug-in `{name}` in group {group}", fix=hint)
    try:
        return found[0].load()
    except ImportError as error:
        raise BadEnvironment(
            f"plug-in `{name}` of {group} cannot be imported: {error}", fix="install the extra that it needs"
        ) from error
