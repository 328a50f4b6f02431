"""The classifier: scores are sums of weights over features, and its bytes are all that it knows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from curation.quality.hashed_logistic import HashedLogistic
from curation.quality.kernels import SLOTS
from curation.quality.signals import scores_of
from tests.quality.conftest import sentences
from tests.quality.test_features import slow_features


@pytest.fixture(scope="module")
def fitted() -> HashedLogistic:
    good, bad = pa.array(sentences("good", 40)), pa.array(sentences("bad", 60))
    return HashedLogistic.fit([(good, np.ones(40, bool)), (bad, np.zeros(60, bool))])


def test_a_score_is_the_sum_of_the_weights_of_a_text(fitted: HashedLogistic) -> None:
    texts = [*sentences("good", 5, 7), *sentences("bad", 5, 7), "", "\u00e9t\u00e9 ?"]
    expected = [sum(x * fitted.weights[s] for s, x in slow_features(text).items()) + fitted.bias for text in texts]
    assert np.allclose(fitted.score_logit(pa.array(texts)), expected, atol=1e-9)


def test_it_tells_the_classes_apart(fitted: HashedLogistic) -> None:
    assert fitted.score_logit(pa.array(sentences("good", 20, 3))).min() > 0
    assert fitted.score_logit(pa.array(sentences("bad", 20, 3))).max() < 0


def test_how_documents_come_in_batches_does_not_matter(fitted: HashedLogistic) -> None:
    good, bad = sentences("good", 40), sentences("bad", 60)
    batches = [(pa.array(good[i : i + 7]), np.ones(len(good[i : i + 7]), bool)) for i in range(0, 40, 7)]
    batches += [(pa.array([], pa.string()), np.zeros(0, bool)), (pa.array(bad), np.zeros(60, bool))]
    assert HashedLogistic.fit(iter(batches)).to_bytes() == fitted.to_bytes()


def test_its_bytes_give_it_back(fitted: HashedLogistic) -> None:
    back = HashedLogistic.from_bytes(fitted.to_bytes())
    assert back.weights.tobytes() == fitted.weights.tobytes()
    assert back.bias == fitted.bias


@pytest.mark.parametrize("data", [b"", b"x" * 100, b"\xff" * (8 + 4 * SLOTS)])
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"bytes of weights|not finite"):
        HashedLogistic.from_bytes(data)


def test_scores_follow_from_margins_and_both_are_rounded() -> None:
    margins, scores = scores_of(np.array([0.0, -1e-9, 1.23456789, -1.23456789, 800.0, -800.0]))
    assert margins.tolist() == [0.0, 0.0, 1.234568, -1.234568, 800.0, -800.0]
    assert not np.signbit(margins[1])
    assert scores.tolist() == [0.5, 0.5, 0.774617, 0.225383, 1.0, 0.0]
