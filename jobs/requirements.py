"""The packages that mixwright asks for, as its installed metadata says, and what is there of them.

Versions are compared by `packaging`, which comes with matplotlib; where even that is missing, only presence is told.
"""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from importlib import metadata
from typing import Literal

DISTRIBUTION = "mixwright"
BASE = "base"

State = Literal["ok", "missing", "too old", "other version", "broken"]

_NAME = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?")  # and its extras
_EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")
_MODULES = {"pyyaml": "yaml", "scikit-learn": "sklearn"}
"""Where the module is not called as the distribution is."""


@dataclass(frozen=True)
class Package:
    """A package that is asked for.

    Args:
        name: of the distribution.
        group: "base", or the extra that asks for it.
        asked: the range of versions; empty for any.
        version: that is installed; None if it is missing.
        state: whether it will do.
        why: of a broken one, what importing it says.
    """

    name: str
    group: str
    asked: str
    version: str | None
    state: State
    why: str | None = None

    @property
    def fix(self) -> str:
        """The command that mends it."""
        if self.state == "broken":
            return f"pip install --force-reinstall '{self.name}{self.asked}'"
        target = DISTRIBUTION if self.group == BASE else f"{DISTRIBUTION}[{self.group}]"
        return f"pip install --upgrade '{target}'" if self.version else f"pip install '{target}'"


def packages() -> list[Package]:
    """Every package that is asked for, those of the base install first; these are imported to see that they work."""
    found = [_package(text) for text in metadata.requires(DISTRIBUTION) or ()]
    return sorted((one for one in found if one is not None), key=lambda one: (one.group != BASE, one.group))


def _package(text: str) -> Package | None:
    """What is there of one requirement, such as `numpy<3,>=1.26` or `moto[server]>=5; extra == "dev"`."""
    matched, extra = _NAME.match(text), _EXTRA.search(text)
    assert matched is not None
    name, group = matched["name"], extra[1] if extra else BASE
    if name.lower() == DISTRIBUTION:  # an extra that holds another
        return None
    asked = text[matched.end() :].partition(";")[0].strip()
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Package(name, group, asked, None, "missing")
    state = _compared(version, asked)
    if state == "ok" and group == BASE:
        try:
            importlib.import_module(_MODULES.get(name.lower(), name.replace("-", "_")))
        except Exception as error:  # whatever a broken installation raises
            return Package(name, group, asked, version, "broken", f"{type(error).__name__}: {error}")
    return Package(name, group, asked, version, state)


def _compared(version: str, asked: str) -> State:
    try:
        from packaging.specifiers import SpecifierSet
        from packaging.version import Version
    except ImportError:
        return "ok"
    specifiers = SpecifierSet(asked)
    if specifiers.contains(version, prereleases=True):
        return "ok"
    floors = [Version(one.version) for one in specifiers if one.operator in (">=", "==", "~=", ">")]
    return "too old" if floors and Version(version) < max(floors) else "other version"
