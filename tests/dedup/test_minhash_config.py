"""What a recipe may say of the step."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from curation.dedup.minhash import MinhashDedup, MinhashDedupConfig, VerifyConfig


def config(**parameters: Any) -> MinhashDedupConfig:
    return MinhashDedupConfig.model_validate(parameters)


def test_defaults_are_those_of_olmo_3() -> None:
    found = config()
    assert (found.ngram, found.bands, found.rows, found.seed) == (5, 26, 11, 42)
    assert found.verify == VerifyConfig(jaccard=0.8)
    assert found.survivor == ("newest", "longest", "id")


@pytest.mark.parametrize("verify", [0.9, "0.9", "90%", {"jaccard": 0.9}, {"jaccard": "90%", "ngram": None}])
def test_verify_may_be_a_number(verify: Any) -> None:
    assert config(verify=verify).verify == VerifyConfig(jaccard=0.9)


def test_verify_may_be_null() -> None:
    assert config(verify=None).verify is None


def test_what_is_written_to_a_manifest_is_read_back() -> None:
    for found in (config(verify=0.7), config(verify=None, survivor=["longest"])):
        assert MinhashDedupConfig.model_validate(found.model_dump(mode="json")) == found


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"verify": 0}, "greater than 0"),
        ({"verify": 1.5}, "not a share"),
        ({"verify": True}, "dictionary"),
        ({"verify": {"threshold": 0.8}}, "Extra inputs"),
        ({"rows": 0}, "greater than or equal to 1"),
        ({"survivor": ["oldest"]}, "newest"),
        ({"survivor": ["id", "newest"]}, "put id last"),
        ({"survivor": ["newest", "newest"]}, "twice"),
        ({"band": 3}, "Extra inputs"),
    ],
)
def test_mistakes(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        config(**wrong)


def test_other_parameters_measure_other_columns() -> None:
    variants = [config(), config(bands=14, rows=8), config(ngram=3), config(seed=1)]
    assert len({MinhashDedup(variant).signature.column for variant in variants}) == len(variants)
    assert MinhashDedup(config(verify=0.9)).features == MinhashDedup(config(only=["web"])).features
