"""What a recipe says of a source. Steps that bring documents of their own (`quality`) take the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from curation.core.quantities import Fraction, Size

MAX_DOCUMENT_BYTES = 256 * 2**20


class SourceConfig(BaseModel):
    """Where documents come from, and how they are read: `paths`, or a `reader` that finds them itself."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: str = Field(min_length=1, description="part of the id of every document")
    paths: tuple[str, ...] = Field(
        (), description="files, directories and patterns, here (below the current directory) or on an object store"
    )
    reader: str | None = Field(
        None, description="installed-packages; with `paths` the format of all files, by default told by their names"
    )
    domain: str | None = Field(None, description="what the mixer weighs, for example code/python")
    limit_bytes: Size | None = Field(None, gt=0, alias="limit", description="read at most this much text")
    sample: Fraction | None = Field(None, gt=0, description="share of the documents to keep, by the hash of their id")
    fields: Mapping[str, str] = Field(
        {}, description="which column is text, id, url, date, licence or domain; a.b is b inside of a"
    )
    on_error: Literal["skip", "fail"] | None = Field(
        None, description="by default a bad row is skipped and a damaged file ends the run"
    )
    max_document_bytes: Size = Field(MAX_DOCUMENT_BYTES, gt=0, le=2**30, description="longer documents are rejected")
