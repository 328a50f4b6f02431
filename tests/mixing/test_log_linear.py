"""The log-linear law: recovered from its own values, and as good on real swarms as measured before."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from curation.core.hashing import random_stream
from mixing.regress.log_linear import LogLinear
from mixing.study import Study


def simplex(n: int, d: int, seed: int) -> np.ndarray:
    return random_stream(seed, "test").dirichlet(np.ones(d), size=n)


@pytest.mark.parametrize("floor", [0.5, 0.0, -2.0])
def test_a_noiseless_law_is_recovered(floor: float) -> None:
    ratios = simplex(40, 4, 0)
    a = np.array([0.2, -1.0, 0.5, -0.3])
    metric = floor + np.exp(ratios @ a)
    law = LogLinear().fit(ratios, metric)
    fresh = simplex(200, 4, 1)
    truth = floor + np.exp(fresh @ a)
    assert np.abs(law.values(fresh) - truth).max() < 0.03 * np.ptp(truth)


def test_one_wild_run_does_not_carry_the_fit_away() -> None:
    ratios = simplex(40, 4, 0)
    metric = 1 + np.exp(ratios @ np.array([0.2, -1.0, 0.5, -0.3]))
    wild = metric.copy()
    wild[7] += 3
    fresh = simplex(100, 4, 1)
    calm, disturbed = (LogLinear().fit(ratios, y).values(fresh) for y in (metric, wild))
    assert np.abs(disturbed - calm).mean() < 0.15


def test_the_gradient_is_that_of_the_values() -> None:
    ratios = simplex(30, 3, 2)
    law = LogLinear().fit(ratios, 2 + np.exp(ratios @ np.array([0.1, -0.4, -1.0])))
    p, step = ratios[0], 1e-6
    numeric = [
        (law.values((p + step * e)[None])[0] - law.values((p - step * e)[None])[0]) / (2 * step) for e in np.eye(3)
    ]
    assert law.gradient(p) == pytest.approx(numeric, rel=1e-5)


def test_a_constant_metric_gives_a_constant_law() -> None:
    ratios = simplex(10, 3, 3)
    law = LogLinear().fit(ratios, np.full(10, 1.25))
    assert law.values(simplex(50, 3, 4)) == pytest.approx(1.25, abs=1e-6)


def test_the_ranking_of_regmix_test_runs(shared_data: Path) -> None:
    folder = shared_data / "regmix_swarm"
    train = Study.from_csv(folder / "train_mixture_1m.csv", folder / "train_pile_loss_1m.csv")
    test = Study.from_csv(folder / "test_mixture_1m.csv", folder / "test_pile_loss_1m.csv")
    name = next(metric for metric in train.metrics.columns if "pile_cc" in metric)
    law = LogLinear().fit(train.ratios_RD[:128], train.metrics[name].to_numpy()[:128])
    order = [test.domains.index(domain) for domain in train.domains]
    rank = spearmanr(law.values(test.ratios_RD[:, order]), test.metrics[name].to_numpy()).statistic
    assert rank > 0.93  # 0.957 by an independent fit of the same form
