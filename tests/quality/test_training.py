"""The training set: one document in ten is held out by its text, and classes that are too small are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from curation.core.errors import BadInput
from curation.core.hashing import hash64
from curation.quality.hashed_logistic import HashedLogistic
from curation.quality.training import TrainingSet, train
from tests.quality.conftest import sentences
from tests.support.curated_texts import split_of


class Told:
    """Keeps the events."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def emit(self, event: str, /, **fields: Any) -> None:
        self.events.append({"event": event, **fields})


def training_set(good: list[list[str]], bad: list[list[str]], told: Told | None = None) -> TrainingSet:
    parts = {True: good, False: bad}
    splits = {
        kind: tuple(split_of(n, [(text, None) for text in part]) for n, part in enumerate(of))
        for kind, of in parts.items()
    }
    return TrainingSet("quality", splits, told or Told())


def is_held_out(text: str) -> bool:
    return hash64(text.encode()) % 10 == 0


def test_one_in_ten_is_held_out_by_its_text() -> None:
    good, bad = sentences("good", 200), sentences("bad", 300)
    documents = training_set([good[:50], [], good[50:]], [bad, good[:20]])
    seen = [
        (text, bool(p))
        for texts, positive in documents.training()
        for text, p in zip(texts.to_pylist(), positive, strict=True)
    ]
    aside = [
        (text, bool(p))
        for texts, positive in documents.held_out
        for text, p in zip(texts.to_pylist(), positive, strict=True)
    ]
    labelled = [(text, True) for text in good] + [(text, False) for text in [*bad, *good[:20]]]
    assert seen == [row for row in labelled if not is_held_out(row[0])]
    assert aside == [row for row in labelled if is_held_out(row[0])]
    assert 20 < len(aside) < 80
    assert documents.documents == {True: 200, False: 320}


def test_the_report_counts_documents_and_judges_those_held_out() -> None:
    good, bad = sentences("good", 200), sentences("bad", 300)
    classifier, report = train(training_set([good], [bad]), HashedLogistic.fit, 0.5)
    assert report["documents"] == {"positives": 200, "negatives": 300}
    assert report["bytes"]["positives"] == sum(len(text.encode()) for text in good)
    held_out = report["held_out"]
    assert held_out["positives"] == sum(map(is_held_out, good))
    assert min(held_out["auc"], held_out["precision"], held_out["recall"]) > 0.9
    without = training_set([[t for t in good if not is_held_out(t)]], [[t for t in bad if not is_held_out(t)]])
    assert train(without, HashedLogistic.fit, 0.5)[0].to_bytes() == classifier.to_bytes()


def test_nothing_held_out_leaves_the_report_empty() -> None:
    good, bad = ([text for text in sentences(kind, 60) if not is_held_out(text)] for kind in ("good", "bad"))
    held_out = train(training_set([good], [bad]), HashedLogistic.fit, 0.5)[1]["held_out"]
    assert (held_out["positives"], held_out["auc"], held_out["precision"], held_out["negatives_pass"]) == (
        0,
        None,
        None,
        [],
    )


@pytest.mark.parametrize(("n_good", "n_bad", "said"), [(19, 40, "`positives` have 19"), (40, 3, "`negatives` have 3")])
def test_classes_of_less_than_twenty_documents_are_refused(n_good: int, n_bad: int, said: str) -> None:
    with pytest.raises(BadInput, match=said) as refused:
        train(training_set([sentences("good", n_good)], [sentences("bad", n_bad)]), HashedLogistic.fit, 0.5)
    assert "add sources" in (refused.value.fix or "")


def test_twenty_are_enough() -> None:
    train(training_set([sentences("good", 20)], [sentences("bad", 20)]), HashedLogistic.fit, 0.5)


def test_copies_of_one_text_are_no_class() -> None:
    text = next(text for text in sentences("good", 100) if is_held_out(text))
    with pytest.raises(BadInput, match="same text"):
        train(training_set([[text] * 30], [sentences("bad", 30)]), HashedLogistic.fit, 0.5)


def test_progress_goes_up_to_the_total() -> None:
    told = Told()
    train(training_set([sentences("good", 20)] * 2, [sentences("bad", 20)] * 3, told), HashedLogistic.fit, 0.5)
    assert [(event["done"], event["total"]) for event in told.events] == [(n, 6) for n in range(1, 7)]
    assert np.all([event["label"] == "quality: train" for event in told.events])
