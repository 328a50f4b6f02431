"""A source of a curate stage: its configuration, and its splits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from curation.core.errors import BadInput
from curation.core.hashing import digest
from curation.engine.plan import Split
from curation.sources import installed_packages
from curation.sources.batches import RawDocument, to_batches


class SourceConfig(BaseModel):
    """Where documents come from; the name is part of every document's id."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    reader: str
    domain: str | None = None
    limit_bytes: int | None = Field(None, gt=0)


def splits_of(config: SourceConfig) -> tuple[Split, ...]:
    """The splits of a source, in a fixed order.

    Raises:
        BadInput: the reader is unknown, or has nothing to read.
    """
    if config.reader not in READERS:
        raise BadInput(
            f"source {config.name!r}: no reader {config.reader!r}", fix=f"use one of {', '.join(sorted(READERS))}"
        )
    splits = READERS[config.reader](config)
    if not splits:
        raise BadInput(f"source {config.name!r}: reader {config.reader!r} found nothing to read")
    return splits


@dataclass(frozen=True)
class InstalledPackagesSplit:
    """All documents of one domain from what is installed; one split, since the limit runs over its files."""

    source: str
    domain: str
    limit_bytes: int | None

    @cached_property
    def _files(self) -> list[tuple[str, Path]]:
        return installed_packages.domain_files(self.domain)

    @cached_property
    def key(self) -> str:
        parts: list[str | bytes] = [self.source, self.domain, str(self.limit_bytes)]
        for location, path in self._files:
            parts += [location, path.read_bytes()]
        return digest(*parts)

    @property
    def size_bytes(self) -> int:
        total = sum(path.stat().st_size for _, path in self._files)
        return min(total, self.limit_bytes) if self.limit_bytes else total

    def read(self) -> Iterator[pa.RecordBatch]:
        return to_batches(self.source, self._documents())

    def _documents(self) -> Iterator[RawDocument]:
        read_bytes = 0
        for location, path in self._files:
            for row, text in enumerate(installed_packages.extract(self.domain, location, path.read_bytes())):
                read_bytes += len(text.encode())
                if self.limit_bytes is not None and read_bytes > self.limit_bytes:
                    return
                yield RawDocument(text, location, row, domain=self.domain)


def _installed_packages(config: SourceConfig) -> tuple[Split, ...]:
    if config.domain is None:
        raise BadInput(
            f"source {config.name!r}: reader installed-packages needs a domain",
            fix=f"add `domain:` with one of {', '.join(installed_packages.DOMAINS)}",
        )
    return (InstalledPackagesSplit(config.name, config.domain, config.limit_bytes),)


READERS: dict[str, Callable[[SourceConfig], tuple[Split, ...]]] = {"installed-packages": _installed_packages}
