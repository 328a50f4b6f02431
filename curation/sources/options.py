"""How files are read: what readers need to know of a source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from curation.sources.config import SourceConfig
from curation.sources.fields import check_fields


@dataclass(frozen=True)
class ReadOptions:
    """What documents of a source depend on, besides the bytes of its files; see `SourceConfig`."""

    source: str
    domain: str | None
    fields: tuple[tuple[str, str], ...]
    on_error: Literal["skip", "fail"] | None
    max_document_bytes: int
    sample: float | None

    @staticmethod
    def of(config: SourceConfig) -> ReadOptions:
        """The options of a source.

        Raises:
            BadInput: `fields` names what is no column of documents.
        """
        check_fields(config.fields, f"source {config.name!r}")
        return ReadOptions(
            source=config.name,
            domain=config.domain,
            fields=tuple(sorted(config.fields.items())),
            on_error=config.on_error,
            max_document_bytes=config.max_document_bytes,
            sample=config.sample,
        )
