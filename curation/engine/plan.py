"""The lazy plan: a source, then maps, exchanges and streams, checked while it is built and run by an engine.

`exchange` is the one global primitive: rows move to the partition that the project's hash gives their key, and each
partition is sorted by (key, order_by), nulls first, binary and strings bytewise. Ties are broken by what `order_by`
says (document ids in the end), never by arrival. Only small values cross an exchange: ids, hashes, numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import pyarrow as pa

from curation.core.units import format_size
from curation.engine.fingerprint import fingerprint
from curation.engine.operators import Map, Stream

PARTITION_BYTES = 64 * 2**20
_KEYS = frozenset({pa.int32(), pa.int64(), pa.bool_(), pa.string(), pa.binary()})
_SCALARS = _KEYS | {pa.float64()}


class Split(Protocol):
    """A piece of the input that one worker reads whole: a file, a row group, a group of small files."""

    @property
    def key(self) -> str:
        """What its rows depend on: a content hash and the way it is read."""

    @property
    def size_bytes(self) -> int: ...

    def read(self) -> Iterator[pa.RecordBatch]: ...


@dataclass(frozen=True)
class Exchange:
    """Rows to partitions by the hash of `key`, sorted by (key, order_by)."""

    key: tuple[str, ...]
    order_by: tuple[str, ...]
    partitions: int

    @property
    def sort_columns(self) -> tuple[str, ...]:
        return self.key + self.order_by


@dataclass(frozen=True)
class Plan:
    """A source of splits that share a schema, and what happens to their rows.

    Every method returns a new plan and checks columns and types at once, so that a plan that exists can run.
    """

    splits: tuple[Split, ...]
    source_schema: pa.Schema
    nodes: tuple[Map | Exchange | Stream, ...] = ()

    @property
    def schema(self) -> pa.Schema:
        """The schema of the rows that come out."""
        schema = self.source_schema
        for node in self.nodes:
            if not isinstance(node, Exchange):
                schema = node.output_schema(schema)
        return schema

    @property
    def size_bytes(self) -> int:
        return sum(split.size_bytes for split in self.splits)

    def map(self, operator: Map) -> Plan:
        missing = [column for column in operator.reads if column not in self.schema.names]
        if missing:
            raise ValueError(f"{operator.name} reads {', '.join(missing)}; the plan has {', '.join(self.schema.names)}")
        return replace(self, nodes=(*self.nodes, operator))

    def exchange(self, key: str | tuple[str, ...], order_by: tuple[str, ...] = (), partitions: int = 0) -> Plan:
        """Group rows by key.

        Args:
            key: columns whose equal values must meet.
            order_by: further columns that the rows of a key are sorted by.
            partitions: how many; 0 for one for every 64 MiB that the source reads.
        """
        keys = (key,) if isinstance(key, str) else key
        schema = self.schema
        for name in keys + order_by:
            if name not in schema.names:
                raise ValueError(f"exchange by {name!r}; the plan has {', '.join(schema.names)}")
            kind = schema.field(name).type
            if kind not in (_KEYS if name in keys else _SCALARS):
                use = "a key" if name in keys else "sorted by"
                raise ValueError(f"exchange by {name!r}: a column of type {kind} cannot be {use}")
        for field in schema:
            if not _may_cross(field.type):
                raise ValueError(f"column {field.name!r} of type {field.type} cannot cross an exchange")
        if not keys or partitions < 0:
            raise ValueError(f"exchange by {keys} into {partitions} partitions")
        count = partitions or max(1, -(-self.size_bytes // PARTITION_BYTES))
        return replace(self, nodes=(*self.nodes, Exchange(keys, order_by, count)))

    def stream(self, operator: Stream) -> Plan:
        if not any(isinstance(node, Exchange) for node in self.nodes):
            raise ValueError(f"{operator.name} needs an exchange before it")
        operator.output_schema(self.schema)
        return replace(self, nodes=(*self.nodes, operator))

    def fingerprint(self) -> str:
        """What the rows depend on; equal for every engine, worker count and place."""
        return fingerprint([split.key for split in self.splits], str(self.source_schema), self.nodes)

    def segments(self) -> list[tuple[Exchange | None, tuple[Map | Stream, ...]]]:
        """The plan cut at its exchanges: the exchange that feeds each segment (None: the source), and its operators."""
        cut: list[tuple[Exchange | None, list[Map | Stream]]] = [(None, [])]
        for node in self.nodes:
            if isinstance(node, Exchange):
                cut.append((node, []))
            else:
                cut[-1][1].append(node)
        return [(exchange, tuple(operators)) for exchange, operators in cut]

    def explain(self) -> str:
        """The plan in lines for people."""
        lines = [f"source    {len(self.splits)} splits, {format_size(self.size_bytes)}"]
        for node in self.nodes:
            if isinstance(node, Exchange):
                order = f", order by {', '.join(node.order_by)}" if node.order_by else ""
                lines.append(f"exchange  by {', '.join(node.key)}{order}, {node.partitions} partitions")
            else:
                lines.append(f"{'map' if isinstance(node, Map) else 'stream':<9} {node.name}")
        return "\n".join(lines)


def _may_cross(kind: pa.DataType) -> bool:
    if pa.types.is_list(kind):
        return _may_cross(kind.value_type)
    if pa.types.is_struct(kind):
        return all(_may_cross(kind.field(i).type) for i in range(kind.num_fields))
    return kind in _SCALARS
