"""Fingerprints: what a result depends on, as 32 hex digits.

A fingerprint covers the code (the source of the modules), the parameters and the inputs, and nothing else: no engine,
worker count, host, path of the checkout, or time.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from curation.core.hashing import digest


def fingerprint(*parts: Any) -> str:
    """A hash of values: operators, dataclasses, pydantic models, and JSON values in any nesting."""
    return digest(*(json.dumps(_plain(part), sort_keys=True, ensure_ascii=False) for part in parts))


@functools.cache
def code_fingerprint(*packages: str) -> str:
    """A hash of the Python sources of packages or modules, by their path inside the package and their bytes."""
    parts: list[str | bytes] = []
    for package in packages:
        module = importlib.import_module(package)
        if module.__file__ is None:
            continue
        file = Path(module.__file__)
        files = sorted(file.parent.rglob("*.py")) if file.name == "__init__.py" else [file]
        root = file.parent
        for source in files:
            parts += [f"{package}:{source.relative_to(root).as_posix()}", source.read_bytes()]
    return digest(*parts)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        kind = type(value)
        return {"class": f"{kind.__module__}.{kind.__qualname__}", "code": _module_code(kind.__module__), **fields}
    if hasattr(value, "model_dump"):
        return _plain(value.model_dump(mode="json"))
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        items = [_plain(item) for item in value]
        return sorted(items, key=json.dumps) if isinstance(value, (set, frozenset)) else items
    if isinstance(value, bytes):
        return digest(value)
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    raise TypeError(f"{type(value).__name__} cannot be fingerprinted")


@functools.cache
def _module_code(module: str) -> str:
    file = getattr(sys.modules.get(module), "__file__", None)
    return digest(Path(file).read_bytes()) if file else ""
