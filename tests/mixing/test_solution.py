"""From a study to a mixture file: the whole way, with its proof."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from curation.core.errors import BadInput, Infeasible
from curation.core.hashing import random_stream
from mixing import Mixture, Study, fit, solve
from mixing.natural import baseline

DOMAINS = ["code", "legal", "prose"]
COUNTS = {"code": 600, "legal": 100, "prose": 300}
CELLS = {(name, 0): n for name, n in COUNTS.items()}


@pytest.fixture(scope="module")
def study() -> Study:
    stream = random_stream(5, "study")
    ratios = stream.dirichlet([2, 1, 2], size=20)
    pulls = np.array([[-1.0, 0.2, 0.1], [0.1, -2.0, 0.0], [0.0, 0.3, -0.6]])
    metrics = 0.7 + np.exp(ratios @ pulls.T) + stream.normal(scale=0.003, size=(20, 3))
    return Study(
        tuple(f"run-{i}" for i in range(20)),
        pl.DataFrame(ratios, schema=DOMAINS),
        pl.DataFrame(metrics, schema=[f"bpb/{name}" for name in DOMAINS]),
    )


def test_the_mixture_is_exact_capped_and_certified(study: Study) -> None:
    solution = solve(fit(study), counts=COUNTS, tokens=1000, max_repetition=2)
    weights = solution.mixture.weights
    assert round(sum(weights.values()) * 1e9) == 10**9
    assert all(weights[name] * 1000 <= COUNTS[name] * 2 + 1e-3 for name in DOMAINS)
    assert solution.gap is not None
    assert solution.gap < 1e-6
    certificate = solution.mixture.certificate
    assert certificate is not None
    assert certificate.lower_bound == pytest.approx(certificate.objective - solution.gap, abs=1e-8)


def test_a_binding_cap_has_a_price_and_a_free_domain_has_none(study: Study) -> None:
    solution = solve(fit(study), counts=COUNTS, tokens=1000, max_repetition=1.2)
    capped = {name for name in DOMAINS if solution.mixture.weights[name] * 1000 >= COUNTS[name] * 1.2 - 1e-3}
    assert capped == {name for name, price in solution.shadow_prices.items() if price > 0} == {"legal"}


def test_the_objective_is_the_mean_of_predictions(study: Study) -> None:
    surrogate = fit(study)
    solution = solve(surrogate, counts=COUNTS, tokens=1000)
    row = pl.DataFrame([solution.mixture.weights])
    assert solution.mixture.certificate is not None
    mean = float(np.mean(surrogate.predict(row).row(0)))
    assert solution.mixture.certificate.objective == pytest.approx(mean, abs=1e-8)


def test_columns_in_another_order_give_the_same_mixture(study: Study) -> None:
    turned = Study(study.runs, study.ratios.select(DOMAINS[::-1]), study.metrics)
    first, second = (solve(fit(s), counts=COUNTS, tokens=1000).mixture.weights for s in (study, turned))
    assert second == pytest.approx(first, abs=1e-5)


def test_a_metric_to_maximise_is_the_mirror_of_one_to_minimise(study: Study) -> None:
    mirrored = study.metrics.select((-pl.col(name)).alias(f"gain {name[4:]}") for name in study.metrics.columns)
    up = Study(study.runs, study.ratios, mirrored, dict.fromkeys(mirrored.columns, "maximize"))
    first, second = (solve(fit(s), counts=COUNTS, tokens=1000).mixture for s in (study, up))
    assert second.weights == pytest.approx(first.weights, abs=1e-6)
    assert second.predicted["gain code"].value == pytest.approx(-first.predicted["bpb/code"].value)


def test_left_out_predictions_do_not_know_their_run(study: Study) -> None:
    surrogate = fit(study)
    spoiled = study.metrics.with_columns(
        pl.when(pl.int_range(pl.len()) == 4).then(9.0).otherwise(pl.col("bpb/code")).alias("bpb/code")
    )
    other = fit(Study(study.runs, study.ratios, spoiled))
    assert other.left_out["bpb/code"][4] == pytest.approx(surrogate.left_out["bpb/code"][4], abs=1e-5)
    assert abs(other.left_out["bpb/code"][5] - surrogate.left_out["bpb/code"][5]) > 1e-3


def test_a_divergence_pulls_to_the_prior(study: Study) -> None:
    surrogate = fit(study)
    natural = np.array([0.6, 0.1, 0.3])
    distances = [
        np.abs(
            np.array(list(solve(surrogate, counts=COUNTS, tokens=1000, kl=kl).mixture.weights.values())) - natural
        ).sum()
        for kl in (0.0, 0.1, 10.0)
    ]
    assert distances[0] > distances[1] > distances[2]
    assert distances[2] < 0.03


def test_impossible_requests_are_refused_with_numbers(study: Study) -> None:
    with pytest.raises(Infeasible, match="4,000"):
        solve(fit(study), counts=COUNTS, tokens=5000, max_repetition=4)
    with pytest.raises(BadInput, match="legal"):
        solve(fit(study), counts={"code": 1, "prose": 1}, tokens=10)
    few = Study(study.runs[:4], study.ratios[:4], study.metrics[:4])
    with pytest.raises(BadInput, match="4 runs"):
        fit(few)


def test_a_mixture_file_reads_back_and_refuses_strangers(study: Study, tmp_path: Path) -> None:
    mixture = solve(fit(study), counts=COUNTS, tokens=1000).mixture
    path = tmp_path / "mixture.yaml"
    path.write_text(mixture.to_yaml())
    assert Mixture.load(path) == mixture
    path.write_text(mixture.to_yaml() + "weihgts: {}\n")
    with pytest.raises(BadInput, match="weihgts"):
        Mixture.load(path)
    path.write_text("schema: 1\nkind: mixture\nweights: {a: 0.5, b: 0.4}\n")
    with pytest.raises(BadInput, match=r"0\.9"):
        Mixture.load(path)


def test_baselines_need_no_study() -> None:
    assert baseline("natural", CELLS, 1000, 4).weights == pytest.approx({"code": 0.6, "legal": 0.1, "prose": 0.3})
    uniform = baseline("uniform", CELLS, 1000, 2).weights
    assert uniform == pytest.approx({"code": 0.4, "legal": 0.2, "prose": 0.4})
