"""Published mixtures of the Olmo 3 web pool: weights of 24 topics by quality vigintile.

`mayee.json` gives each topic its natural split over its best buckets, `alex.json` weighs the same tokens by quality
alone, with one rate for the middle buckets of all topics; together they are the tokens of every bucket, to one scale.
`snazzy1.json` is a truncated exponential for each topic over these and worse buckets: the best bucket of 12 topics has
one rate, the cap, and its weights must be ours. An exponential is still one where it is cut off, so the tokens of the
worse buckets, which nothing tells, are not needed.
"""

import json
from collections import defaultdict
from pathlib import Path

import pytest

from mixing.upsample import solve_curve

# in alex.json the bucket has the middle rate, in all topics
MIDDLE = 16


@pytest.fixture(scope="module")
def published(shared_data: Path) -> dict[str, dict[str, dict[int, float]]]:
    folder = shared_data / "olmo3_mix_configs" / "all-dressed" / "vigintiles"
    mixtures = {}
    for name in ("mayee", "alex", "snazzy1"):
        topics: dict[str, dict[int, float]] = defaultdict(dict)
        for key, weight in json.loads((folder / f"{name}.json").read_text()).items():
            topic, bucket = key.split("/vigintile_")
            topics[topic][int(bucket)] = weight
        mixtures[name] = dict(topics)
    return mixtures


@pytest.fixture(scope="module")
def masses(published: dict[str, dict[str, dict[int, float]]]) -> dict[str, dict[int, float]]:
    natural, quality = published["mayee"], published["alex"]
    return {
        topic: {
            bucket: weight * quality[topic][MIDDLE] / buckets[MIDDLE]
            # the worst of them was cut: a part of its tokens
            for bucket, weight in sorted(buckets.items())[1:]
        }
        for topic, buckets in natural.items()
    }


def test_one_cap_binds_in_most_topics(
    published: dict[str, dict[str, dict[int, float]]], masses: dict[str, dict[int, float]]
) -> None:
    best = [published["snazzy1"][topic][20] / buckets[20] for topic, buckets in masses.items()]
    assert len(best) == 24
    assert sum(rate == pytest.approx(max(best), rel=1e-9) for rate in best) == 12


def test_the_exponential_has_the_published_weights(
    published: dict[str, dict[str, dict[int, float]]], masses: dict[str, dict[int, float]]
) -> None:
    for topic, buckets in masses.items():
        weights = [published["snazzy1"][topic][bucket] for bucket in buckets]
        # the cap in the unit of the masses; where it does not bind, the rate of the best bucket is what is published
        cap = published["snazzy1"][topic][20] / buckets[20]
        curve = solve_curve(list(buckets.values()), sum(weights), cap, discard=0, family="exponential", max_lambda=100)
        ours = [rate * mass for rate, mass in zip(curve.rates, buckets.values(), strict=True)]
        assert ours == pytest.approx(weights, rel=1e-7), topic
