"""The solver finds the minimum: what scikit-learn finds, and where the gradient is nought."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import scipy.sparse
from sklearn.linear_model import LogisticRegression

from curation.quality.features import Features, features_of
from curation.quality.kernels import SLOTS
from curation.quality.logistic_solver import fit_logistic
from tests.quality.conftest import sentences

N_GOOD, N_BAD = 30, 75
POSITIVE = np.arange(N_GOOD + N_BAD) < N_GOOD


@pytest.fixture(scope="module")
def features() -> Features:
    return features_of(pa.array(sentences("good", N_GOOD, mixed=0.4) + sentences("bad", N_BAD, mixed=0.4)))


def matrix(features: Features) -> scipy.sparse.csr_matrix:
    parts = (features.values.astype(np.float64), features.columns, features.offsets)
    return scipy.sparse.csr_matrix(parts, shape=(features.n_rows, SLOTS))


@pytest.mark.parametrize("l2", [10.0, 0.1, 0.001])
def test_weights_are_those_of_scikit_learn(features: Features, l2: float) -> None:
    weights, bias = fit_logistic(features, POSITIVE, l2)
    model = LogisticRegression(C=1 / l2, class_weight="balanced", tol=1e-10, max_iter=10_000)
    used = np.unique(features.columns)
    model.fit(matrix(features)[:, used].toarray(), POSITIVE)
    scale = np.abs(model.coef_).max()
    assert np.allclose(weights[used], model.coef_[0], atol=1e-5 * scale)
    assert np.count_nonzero(weights) <= len(used)
    assert bias == pytest.approx(float(model.intercept_[0]), abs=1e-5 * scale)


@pytest.mark.parametrize("l2", [1.0, 1e-6])
def test_the_gradient_is_nought_there(features: Features, l2: float) -> None:
    weights, bias = fit_logistic(features, POSITIVE, l2)
    x, n = matrix(features), len(POSITIVE)
    chances = 1 / (1 + np.exp(-(x @ weights + bias)))
    costs = np.where(POSITIVE, n / (2 * N_GOOD), n / (2 * N_BAD))
    gradient = x.T @ (costs * (chances - POSITIVE)) + l2 * weights
    start = x.T @ (costs * (0.5 - POSITIVE))
    assert np.linalg.norm(gradient) <= 1e-7 * np.linalg.norm(start)
    assert abs((costs * (chances - POSITIVE)).sum()) <= 1e-6


@pytest.mark.parametrize("seed", range(6))
def test_it_stops_where_rounding_hides_the_rest(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Near the minimum the objective no longer changes in float64, and a search by it goes round in circles."""
    products = []
    times = Features.times
    monkeypatch.setattr(Features, "times", lambda self, vector: products.append(0) or times(self, vector))
    texts = sentences("good", N_GOOD, seed, mixed=0.45) + sentences("bad", N_BAD, seed, mixed=0.45)
    fit_logistic(features_of(pa.array(texts)), POSITIVE, 0.01)
    assert len(products) < 120


def test_documents_that_cannot_be_told_apart_get_even_odds() -> None:
    features = features_of(pa.array(["same words"] * 9))
    weights, bias = fit_logistic(features, np.arange(9) < 2, 0.1)
    assert np.abs(features.times(weights) + bias).max() < 1e-9


def test_texts_without_tokens_leave_the_bias_alone() -> None:
    features = features_of(pa.array(["", " "]))
    weights, bias = fit_logistic(features, np.array([True, False]), 0.1)
    assert not weights.any()
    assert bias == 0


def test_the_same_documents_give_the_same_bytes(features: Features) -> None:
    first, second = (fit_logistic(features, POSITIVE, 0.1) for _ in range(2))
    assert first[0].tobytes() == second[0].tobytes()
    assert first[1] == second[1]
