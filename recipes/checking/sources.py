"""The sources of curate stages, listed: what there is to read, and those that cannot be read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from curation.core.errors import BadInput
from curation.engine.plan import Split
from curation.pipeline.curate import CurateJob
from curation.sources.source import SourceConfig, splits_of
from recipes.checking.rates import PACKED, TEXT_PER_STORED_BYTE, UNPACKED_PER_STORED_BYTE
from recipes.checking.refusals import Refusal
from recipes.schema import Recipe
from recipes.stages.curate import job_of

_CURATE = "curate"


@dataclass(frozen=True)
class Listed:
    """A source and its splits.

    Args:
        config: as the recipe says.
        splits: what workers read.
        size_bytes: as it is stored.
        text_bytes: about so much text will come of it.
    """

    config: SourceConfig
    splits: tuple[Split, ...]
    size_bytes: int
    text_bytes: int


def list_sources(recipe: Recipe, names: Iterable[str]) -> tuple[dict[str, tuple[Listed, ...]], list[Refusal]]:
    """The sources of the curate stages among some stages, and what is wrong with others."""
    listed: dict[str, tuple[Listed, ...]] = {}
    refusals: list[Refusal] = []
    for name in names:
        if recipe.stages[name].kind != _CURATE:
            continue
        job = job_of(recipe, name)
        found = []
        for index, source in enumerate(job.sources):
            try:
                splits = splits_of(source)
                found.append(_listed(source, splits))
            except BadInput as error:
                address = f"stages.{name}.sources.{_item(job, index)}"
                # of a source as a whole the address says it already
                place = f" ({error.where})" if error.where and not error.where.startswith("source ") else ""
                refusals.append(Refusal(address, f"{error.what}{place}", error.fix))
        listed[name] = tuple(found)
    return listed, refusals


def _listed(source: SourceConfig, splits: tuple[Split, ...]) -> Listed:
    """Sizes of the files behind splits, each counted once; of splits that are no files, their own."""
    sizes: dict[str, tuple[int, float]] = {}
    for number, split in enumerate(splits):
        files = getattr(split, "files", None)
        if files is None:
            sizes[str(number)] = (split.size_bytes, float(split.size_bytes))
        else:
            sizes |= {file.uri: (file.size_bytes, file.size_bytes * _text_share(file)) for file in files}
    text = sum(text for _, text in sizes.values())
    limit = source.limit_bytes
    return Listed(
        config=source,
        splits=splits,
        size_bytes=sum(size for size, _ in sizes.values()),
        # a limit is of what is read, before documents are chosen
        text_bytes=round((text if limit is None else min(text, limit)) * (source.sample or 1.0)),
    )


def _text_share(file: Any) -> float:
    """Bytes of text for each byte that a file of documents takes on disk."""
    packed = str(file.location).lower().endswith(PACKED)
    return TEXT_PER_STORED_BYTE.get(file.format, 1.0) * (UNPACKED_PER_STORED_BYTE if packed else 1.0)


def _item(job: CurateJob, index: int) -> str | int:
    """How the source is addressed: by its name, or by its number where the name is not its own."""
    names = [source.name for source in job.sources]
    return names[index] if names.count(names[index]) == 1 else index
