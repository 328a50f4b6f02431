"""Step `quality`: how much a document is like the good ones.

1. Before the first pass a classifier learns to tell the documents of `positives` from those of `negatives`; or it comes
   from a file. It is written to `models/` of the pool, and the manifest says how it does on held-out documents.
2. While the text is read, every document gets `quality.margin`, the log of the odds that it is a positive one, and
   `quality.score`, the probability. Both classes count as equally likely, however many documents they have.
3. With `threshold`, documents of a lower score are dropped (rule `min_score`).

Scores of many documents meet at 0 and 1; margins keep their order, so buckets go by those. Documents that the
classifier has learned from score a little better than they would otherwise.

Reference: DCLM (Li et al. 2024, section 4.4) and Olmo 3 (technical report, section 3.4.1): fastText there.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
from pydantic import Field, field_validator, model_validator

from curation.core.errors import BadInput
from curation.core.events import Events
from curation.core.hashing import digest
from curation.core.quantities import Fraction
from curation.core.storage import Directory
from curation.engine.fingerprint import fingerprint
from curation.engine.plan import Split
from curation.quality.classifier import Classifier, pack, unpack
from curation.quality.hashed_logistic import L2, HashedLogistic
from curation.quality.signals import scores_of
from curation.quality.training import CLASSES, TrainingSet, train
from curation.sources.source import SourceConfig, splits_of
from curation.work.learned import Learned, LearnedStep, ModelFile
from curation.work.rule import Rule
from curation.work.step import Columns, StepConfig

SCORE, MARGIN = "quality.score", "quality.margin"


class QualityConfig(StepConfig):
    """What the model is made from, and what it is used for."""

    positives: tuple[SourceConfig, ...] = Field((), description="sources of good documents, as in `sources:`")
    negatives: tuple[SourceConfig, ...] = Field((), description="sources of documents to tell them from")
    model: str | None = Field(None, description="a model file, instead of positives and negatives")
    threshold: Fraction | None = Field(None, ge=0, le=1, description="documents of a lower score are dropped")
    l2: float = Field(L2, gt=0, description="penalty of large weights, in documents")

    @field_validator("positives", "negatives", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        """A source of a training set needs no name: its documents are in no pool."""
        if not isinstance(value, (list, tuple)):
            return value
        return [{"name": f"source {n}", **item} if isinstance(item, Mapping) else item for n, item in enumerate(value)]

    @model_validator(mode="after")
    def _one_origin(self) -> QualityConfig:
        if self.model is not None and (self.positives or self.negatives):
            raise ValueError("`model` is there already; leave out `positives` and `negatives`, or `model`")
        for name in ("positives", "negatives"):
            if self.model is None and not getattr(self, name):
                raise ValueError(f"no `{name}`; list their sources, or give a `model`")
        return self


@dataclass(frozen=True)
class Quality(LearnedStep):
    """See the module."""

    config: QualityConfig
    kind = "quality"
    Config = QualityConfig

    @property
    def columns(self) -> Mapping[str, pa.DataType]:
        return {SCORE: pa.float64(), MARGIN: pa.float64()}

    @property
    def rules(self) -> tuple[Rule, ...]:
        threshold = self.config.threshold
        return () if threshold is None else (Rule("min_score", SCORE, "below", threshold),)

    def setup(self) -> None:
        self._classifier()

    def measure(self, batch: pa.RecordBatch) -> Columns:
        margins, scores = scores_of(self._classifier().score_logit(batch.column("text")))
        return {SCORE: pa.array(scores), MARGIN: pa.array(margins)}

    def inputs(self) -> list[str]:
        if self.config.model is not None:
            return [digest(_read(self.config.model))]
        return [f"{CLASSES[positive]} {split.key}" for positive, splits in self._splits.items() for split in splits]

    def learn(self, directory: Directory, events: Events) -> Learned:
        name = f"models/{self.label}.model"
        data = self._trained(directory, name, events) if self.config.model is None else _read(self.config.model)
        report = unpack(data, self.config.model or name)[1]
        ready = replace(self, model=ModelFile(str(directory), directory.write_bytes(name, data)))
        return Learned(ready, {"model": name, **report})

    def _trained(self, directory: Directory, name: str, events: Events) -> bytes:
        threshold = 0.5 if self.config.threshold is None else self.config.threshold
        inputs = fingerprint(self.inputs(), self.config.l2, threshold)
        if directory.exists(name):
            known = directory.read_bytes(name)
            if unpack(known, f"{directory}/{name}")[1].get("inputs") == inputs:
                return known  # an interrupted attempt got as far as that
        documents = TrainingSet(self.label, self._splits, events)
        classifier, report = train(documents, functools.partial(HashedLogistic.fit, l2=self.config.l2), threshold)
        return pack(classifier, {"inputs": inputs, **report})

    @functools.cached_property
    def _splits(self) -> dict[bool, tuple[Split, ...]]:
        sources = {True: self.config.positives, False: self.config.negatives}
        return {key: tuple(split for source in found for split in splits_of(source)) for key, found in sources.items()}

    def _classifier(self) -> Classifier:
        assert self.model is not None, f"{self.label} measures before it has learned"
        return _loaded(self.model)


@functools.lru_cache(maxsize=4)
def _loaded(model: ModelFile) -> Classifier:
    return unpack(model.read(), model.entry.path)[0]


def _read(path: str) -> bytes:
    folder, _, name = path.rpartition("/")
    directory = Directory(folder or ".")
    if not directory.exists(name):
        raise BadInput("no such file", where=path, fix="give the path of a model file in `model`")
    return directory.read_bytes(name)
