"""The splits of a source: of its files, or of what its reader finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from curation.core.errors import BadInput, nearest
from curation.core.hashing import digest
from curation.engine.plan import Split
from curation.sources import installed_packages
from curation.sources.batches import RawDocument, to_batches
from curation.sources.config import SourceConfig
from curation.sources.file_split import FileSplit
from curation.sources.grouping import splits_of_files
from curation.sources.limits import within_limit
from curation.sources.listing import FORMATS, list_files
from curation.sources.options import ReadOptions
from curation.sources.pages import check_extractor

__all__ = ["READERS", "InstalledPackagesSplit", "SourceConfig", "splits_of"]


def splits_of(config: SourceConfig, *, rejected: bool = False) -> tuple[Split, ...]:
    """The splits of a source, in a fixed order. Their batches have the columns of `curation.sources.batches.ROWS`.

    Args:
        rejected: whether rows that give no document come too, each with its fate.

    Raises:
        BadInput: the source is not well described, there is nothing to read, or a limited source cannot be read.
        BadEnvironment: a package that is needed to read it is missing.
    """
    where = f"source {config.name!r}"
    if config.paths:
        _check_format(config, where)
        return _of_files(config, rejected=rejected)
    if config.reader is None:
        raise BadInput("it has neither paths nor a reader", where=where, fix='add `paths: ["data/*.jsonl.zst"]`')
    if config.reader not in READERS:
        known = [*READERS, *FORMATS]
        near = nearest(config.reader, known)
        hint = f"did you mean `{near}`?" if near else f"use one of {', '.join(sorted(READERS))}"
        if config.reader in FORMATS:
            hint = f"add `paths:`; {config.reader} is the format of files"
        raise BadInput(f"source {config.name!r}: no reader {config.reader!r}", fix=hint)
    splits = READERS[config.reader](config)
    if not splits:
        raise BadInput(f"source {config.name!r}: reader {config.reader!r} found nothing to read")
    return splits


def _check_format(config: SourceConfig, where: str) -> None:
    if config.reader is None or config.reader in FORMATS:
        return
    if config.reader in READERS:
        fix = "leave out `paths`, or `reader`"
        raise BadInput(f"reader {config.reader} finds its files itself, and takes no paths", where=where, fix=fix)
    near = nearest(config.reader, FORMATS)
    hint = f"did you mean `{near}`?" if near else f"use one of {', '.join(FORMATS)}"
    raise BadInput(f"files have no format {config.reader!r}", where=where, fix=hint)


def _of_files(config: SourceConfig, *, rejected: bool) -> tuple[FileSplit, ...]:
    options = ReadOptions.of(config)
    files = list_files(config.paths, config.reader)
    if any(file.format == "html" for file in files):
        check_extractor(f"source {config.name!r}")
    if config.limit_bytes is None:
        return splits_of_files(options, files, rejected=rejected)
    whole, cut, stop_row = within_limit(options, files, config.limit_bytes)
    splits = splits_of_files(options, whole, rejected=rejected)
    if cut is not None:
        splits += (FileSplit(options, (cut,), stop_row=stop_row, rejected=rejected),)
    return splits


@dataclass(frozen=True)
class InstalledPackagesSplit:
    """All documents of one domain from what is installed; one split, since the limit runs over its files."""

    source: str
    domain: str
    limit_bytes: int | None
    sample: float | None = None

    @cached_property
    def _files(self) -> list[tuple[str, Path]]:
        return installed_packages.domain_files(self.domain)

    @cached_property
    def key(self) -> str:
        parts: list[str | bytes] = [self.source, self.domain, str(self.limit_bytes), str(self.sample)]
        for location, path in self._files:
            parts += [location, path.read_bytes()]
        return digest(*parts)

    @property
    def size_bytes(self) -> int:
        total = sum(path.stat().st_size for _, path in self._files)
        return min(total, self.limit_bytes) if self.limit_bytes else total

    def read(self) -> Iterator[pa.RecordBatch]:
        return to_batches(self.source, self._documents(), sample=self.sample)

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
    for name in ("fields", "on_error"):
        if getattr(config, name):
            raise BadInput(f"source {config.name!r}: `{name}` is for sources with paths", fix=f"leave out `{name}`")
    return (InstalledPackagesSplit(config.name, config.domain, config.limit_bytes, config.sample),)


READERS: dict[str, Callable[[SourceConfig], tuple[Split, ...]]] = {"installed-packages": _installed_packages}
