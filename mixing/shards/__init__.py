"""Shards: the format, its manifest, the order of training, the reader.

`from mixing.shards import ShardReader, Manifest` is enough to read them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mixing.shards.manifest import Manifest
    from mixing.shards.reader import ShardReader

__all__ = ["Manifest", "ShardReader"]


def __getattr__(name: str) -> Any:
    if name == "Manifest":
        from mixing.shards.manifest import Manifest

        return Manifest
    if name == "ShardReader":
        from mixing.shards.reader import ShardReader

        return ShardReader
    raise AttributeError(name)
