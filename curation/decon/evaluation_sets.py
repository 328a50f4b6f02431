"""Evaluation sets in JSON lines: one object a line, plain or compressed, with a map from fields to question and answer.

Paths are files, folders and patterns, as of sources. A field is a name, or a path with dots into nested objects
(`doc.question`). A role may join several fields, line by line (`question: [question, choices]`). Texts are taken as
they are, numbers and booleans as JSON writes them, lists line by line. Rows whose question is empty are left out and
counted; a row that has not got a field is an error.

An item's key is `set:id` where `fields.id` names a field, else `set:file:line`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any

import xxhash
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from curation.core.errors import BadInput, nearest
from curation.core.hashing import digest
from curation.decon.items import EvaluationItem, EvaluationSet, check_size
from curation.sources.listing import InputFile, list_files
from curation.sources.streams import Damaged, open_content

Names = Annotated[tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)]


class FieldMap(BaseModel):
    """Which fields of a row are what."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: Names = Field(min_length=1, description="a field, or several that are joined")
    answer: Names = ()
    id: str | None = Field(None, description="names the item in reports; by default its file and line do")


class EvaluationSetConfig(BaseModel):
    """A set of evaluation items on disk."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    paths: tuple[str, ...] = Field(min_length=1, description="JSON lines: files, folders, patterns; local or URIs")
    fields: FieldMap


def read_evaluation_set(config: EvaluationSetConfig) -> EvaluationSet:
    """All items of a set.

    Raises:
        BadInput: a file is missing or unreadable, a line is no JSON object, a field is missing, or no item is left.
    """
    items, empty, contents = [], [], [config.model_dump_json(exclude={"paths"})]
    n_bytes = 0
    for name, file in _named(list_files(config.paths)):
        content = xxhash.xxh3_128()
        for line, text in _lines(file):
            content.update(text)
            place = f"{file.uri}:{line}"
            if not text.strip():
                continue
            row = _object(text, place)
            question, answer = (_joined(row, names, place) for names in (config.fields.question, config.fields.answer))
            if not question.strip():
                empty.append(place)
                continue
            key = _joined(row, (config.fields.id,), place) if config.fields.id else f"{name}:{line}"
            n_bytes += len(question.encode()) + len(answer.encode())
            check_size(
                n_bytes, f"evaluation set `{config.name}`", "give a part of it, or several steps with parts of it"
            )
            items.append(EvaluationItem(f"{config.name}:{key}", question, answer))
        contents += [name, content.hexdigest()]
    if not items:
        raise BadInput(
            f"no items in {', '.join(config.paths)}; {len(empty)} rows have an empty question",
            where=f"evaluation set `{config.name}`",
            fix="correct `paths`, or the field that `fields.question` names",
        )
    return EvaluationSet(config.name, tuple(items), tuple(empty), digest(*contents))


def _named(files: tuple[InputFile, ...]) -> Iterator[tuple[str, InputFile]]:
    """The files with names that tell them apart: their locations; with a number in front where two are the same."""
    times = Counter(file.location for file in files)
    for number, file in enumerate(files, 1):
        if file.format != "jsonl":
            what = f"is no JSON lines, but {file.format} by its name"
            raise BadInput(what, where=file.uri, fix="name the .jsonl files of the evaluation set in `paths`")
        yield (f"{number}/{file.location}" if times[file.location] > 1 else file.location), file


def _lines(file: InputFile) -> Iterator[tuple[int, bytes]]:
    line = 0
    try:
        with open_content(file.uri) as stream:
            for text in stream:
                line += 1
                yield line, text
    except Damaged as error:
        where = f"{file.uri}:{line + 1}"
        raise BadInput(error.what, where=where, fix=error.fix or "replace the file") from error


def _object(text: bytes, where: str) -> dict[str, Any]:
    fix = "an evaluation set has one JSON object on every line"
    try:
        row = json.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadInput(f"byte {error.start + 1} is no UTF-8", where=where, fix=fix) from error
    except json.JSONDecodeError as error:
        raise BadInput(f"no JSON: {error.msg} at column {error.colno}", where=where, fix=fix) from error
    if not isinstance(row, dict):
        raise BadInput(f"no object: {text[:40].decode(errors='replace').strip()}", where=where, fix=fix)
    return row


def _joined(row: dict[str, Any], names: tuple[str, ...], where: str) -> str:
    return "\n".join(_text(_value(row, name, where), name, where) for name in names)


def _value(row: dict[str, Any], name: str, where: str) -> Any:
    if name in row:
        return row[name]
    value: Any = row
    for part in name.split("."):
        if not isinstance(value, dict) or part not in value:
            known = value if isinstance(value, dict) else {}
            near = nearest(part, known)
            hint = f"did you mean `{near}`?" if near else f"fields there: {', '.join(known) or 'none'}"
            raise BadInput(f"no field `{name}`", where=where, fix=hint)
        value = value[part]
    return value


def _text(value: Any, name: str, where: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return "\n".join(_text(one, name, where) for one in value)
    if isinstance(value, dict):
        raise BadInput(
            f"field `{name}` holds an object with {', '.join(value) or 'nothing'}",
            where=where,
            fix=f"name a text in it, as {name}.{next(iter(value), 'text')}",
        )
    return json.dumps(value)
