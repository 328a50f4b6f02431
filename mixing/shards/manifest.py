"""The manifest of a shard directory: what was asked for, what was delivered, and every file's size and checksum."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from curation.core.errors import BadInput, nearest


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class ShardFile(_Strict):
    """A file of the directory."""

    path: str
    size_bytes: int = Field(ge=0)
    xxh3_128: str


class CellTokens(_Strict):
    """What a (domain, bucket) contributes, in tokens with their EOS.

    `unique_tokens` counts each token of the pool once, however often it was repeated. `bytes` is UTF-8 bytes of text;
    of a cut document it is the share of its tokens. `cut_document` names the document that was cut, if one was.
    """

    domain: str
    bucket: int
    asked_tokens: int = Field(ge=0)
    delivered_tokens: int = Field(ge=0)
    unique_tokens: int = Field(ge=0)
    available_tokens: int = Field(ge=0)
    documents: int = Field(ge=0)
    bytes: int = Field(ge=0)
    cut_document: str | None = None


class Manifest(_Strict):
    """`manifest.json` of a shard directory."""

    version: Literal[1] = Field(1, alias="schema")
    kind: Literal["shards"] = "shards"
    budget_tokens: int = Field(gt=0)
    dtype: Literal["uint16", "uint32"]
    vocab_size: int = Field(gt=0)
    eos_id: int = Field(ge=0)
    pad_id: int = Field(ge=0)
    tokenizer_sha256: str
    seed: int
    part_tokens: int = Field(gt=0)
    domains: tuple[CellTokens, ...]
    files: tuple[ShardFile, ...]

    @property
    def token_files(self) -> list[ShardFile]:
        """The parts with tokens, in order."""
        return [file for file in self.files if file.path.endswith(".npy")]

    @staticmethod
    def load(directory: str | Path) -> Manifest:
        """Read the manifest of a shard directory.

        Raises:
            BadInput: there is none, or it is not a shard manifest.
        """
        path = Path(directory) / "manifest.json"
        if not path.is_file():
            raise BadInput("no manifest.json: not a finished shard directory", where=str(directory))
        try:
            return Manifest.model_validate(json.loads(path.read_bytes()))
        except ValidationError as error:
            raise BadInput(f"not a shard manifest: {_words(error)}", where=str(path)) from error
        except ValueError as error:
            raise BadInput(f"not JSON: {error}", where=str(path)) from error


def _words(error: ValidationError) -> str:
    """The first problem in words; an unknown key with the nearest known one."""
    first = error.errors()[0]
    path = ".".join(map(str, first["loc"]))
    if first["type"] != "extra_forbidden":
        return f"{path}: {first['msg']}"
    owners: dict[str, type[_Strict]] = {"files": ShardFile, "domains": CellTokens}
    owner = owners.get(str(first["loc"][0]), Manifest)
    near = nearest(str(first["loc"][-1]), (field.alias or name for name, field in owner.model_fields.items()))
    return f"unknown key {path}" + (f"; did you mean {near}?" if near else "")
