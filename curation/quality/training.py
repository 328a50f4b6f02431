"""Training a quality classifier from two kinds of sources, on the driver.

1. Documents are read split by split, positives first. One in ten is held out: by the hash of its text, so that copies
   stay on one side, and a larger source keeps the choices of a smaller one.
2. The classifier is fitted on the rest, in one go.
3. The held-out documents are scored; the file says how well.

Memory: what the classifier keeps of its documents, and the held-out texts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from curation.core.errors import BadInput
from curation.core.events import Events
from curation.core.hashing import hash64
from curation.engine.plan import Split
from curation.quality.classifier import Classifier, Labelled
from curation.quality.evaluation import evaluate
from curation.quality.signals import scores_of

MIN_DOCUMENTS = 20
HELD_OUT = 10  # one in so many
CLASSES = {True: "positives", False: "negatives"}


@dataclass
class TrainingSet:
    """Labelled documents, read once; `held_out` fills up while the rest is handed out.

    Args:
        label: the step's name, for errors and progress.
        splits: of every class.
        events: where progress goes.
    """

    label: str
    splits: dict[bool, tuple[Split, ...]]
    events: Events
    documents: Counter[bool] = field(default_factory=Counter)
    n_bytes: Counter[bool] = field(default_factory=Counter)
    trained: Counter[bool] = field(default_factory=Counter)
    held_out: list[Labelled] = field(default_factory=list)
    _done: int = 0

    def tell_progress(self) -> None:
        """One more split was read, or the classifier is fitted."""
        self._done += 1
        total = sum(map(len, self.splits.values())) + 1
        self.events.emit("progress", label=f"{self.label}: train", done=self._done, total=total)

    def training(self) -> Iterator[Labelled]:
        """What the classifier may see.

        Raises:
            BadInput: a class has too few documents; after the last one.
        """
        for positive, splits in self.splits.items():
            for split in splits:
                for batch in split.read():
                    yield self._without_held_out(batch.column("text"), positive)
                self.tell_progress()
            self._check(positive)

    def _without_held_out(self, texts: pa.Array, positive: bool) -> Labelled:
        raw = texts.cast(pa.binary()).to_pylist()
        aside = np.array([hash64(text) % HELD_OUT == 0 for text in raw], dtype=bool)
        self.documents[positive] += len(raw)
        self.n_bytes[positive] += sum(map(len, raw))
        self.trained[positive] += int((~aside).sum())
        self.held_out.append(_labelled(texts.filter(pa.array(aside)), positive))
        return _labelled(texts.filter(pa.array(~aside)), positive)

    def _check(self, positive: bool) -> None:
        found, name = self.documents[positive], CLASSES[positive]
        if found < MIN_DOCUMENTS:
            raise BadInput(
                f"{self.label}: `{name}` have {found} documents, at least {MIN_DOCUMENTS} are needed",
                fix=f"add sources to `{name}`, or raise their limits",
            )
        if not self.trained[positive]:
            raise BadInput(
                f"{self.label}: all {found} documents of `{name}` have the same text", fix="give documents that differ"
            )


def train(
    documents: TrainingSet, fit: Callable[[Iterable[Labelled]], Classifier], threshold: float
) -> tuple[Classifier, dict[str, Any]]:
    """A classifier, and what is known of it: the numbers of documents, and how it does on those held out.

    Raises:
        BadInput: a class has too few documents.
    """
    classifier = fit(documents.training())
    documents.tell_progress()
    scores = [scores_of(classifier.score_logit(texts))[1] for texts, _ in documents.held_out]
    positive = [classes for _, classes in documents.held_out]
    return classifier, {
        "documents": {name: documents.documents[key] for key, name in CLASSES.items()},
        "bytes": {name: documents.n_bytes[key] for key, name in CLASSES.items()},
        "held_out": evaluate(np.concatenate(scores), np.concatenate(positive), threshold),
    }


def _labelled(texts: pa.Array, positive: bool) -> tuple[pa.Array, npt.NDArray[np.bool_]]:
    return texts, np.full(len(texts), positive)
