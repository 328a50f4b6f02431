"""Shapes: the ladder, the dial, and what does not fit."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError

from curation.core.errors import BadInput
from trainer.model.config import LADDER, ModelConfig
from trainer.model.transformer import Transformer

# millions of parameters with a vocabulary of 100,352, as OLMo-core counts them
MILLIONS = {
    "1M": "2.4", "14M": "26.7", "30M": "54.8", "60M": "96.0", "100M": "153.1", "190M": "267.4", "370M": "474.0",
    "600M": "676.4", "760M": "912.4", "1B": "1484.9", "3B": "3503.5", "7B": "7298.6", "13B": "13716", "32B": "32234",
}  # fmt: skip


def real_parameters(config: ModelConfig) -> int:
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in Transformer(config).parameters())


def test_every_size_is_checked() -> None:
    assert MILLIONS.keys() == LADDER.keys()


@pytest.mark.parametrize("size", MILLIONS)
def test_sizes_have_the_parameters_of_the_published_table(size: str) -> None:
    config = ModelConfig.olmo3(size, vocab_size=100_352)
    digits = len(MILLIONS[size].partition(".")[2])
    assert f"{config.n_parameters / 1e6:.{digits}f}" == MILLIONS[size]


@pytest.mark.parametrize("size", [size for size in LADDER if size not in ("13B", "32B")])
def test_the_counted_parameters_are_the_real_ones(size: str) -> None:
    config = ModelConfig.olmo3(size, vocab_size=5000, max_seq_len=16)
    assert config.n_parameters == real_parameters(config)


@pytest.mark.parametrize("depth", [1, 2, 4, 7])
def test_the_dial_gives_models_that_exist(depth: int) -> None:
    config = ModelConfig.from_depth(depth, 300, 16)
    assert config.n_parameters == real_parameters(config)
    assert (config.n_layers, config.d_model, config.head_dim) == (depth, 20 * depth, 20)


def test_grouped_heads_and_head_widths_are_counted() -> None:
    config = ModelConfig.olmo3(
        vocab_size=300, d_model=24, n_layers=2, n_heads=4, n_kv_heads=2, head_dim=10, max_seq_len=16
    )
    assert config.n_parameters == real_parameters(config)


def test_fields_replace_those_of_a_size() -> None:
    assert ModelConfig.olmo3("1M", vocab_size=300).head_dim == 4
    changed = ModelConfig.olmo3("14M", vocab_size=300, n_heads=4, n_kv_heads=2, sliding_window=None)
    assert (changed.head_dim, changed.n_kv_heads, changed.sliding_window) == (32, 2, None)


def test_a_shape_survives_being_written_and_read() -> None:
    config = ModelConfig.olmo3("1M", vocab_size=300)
    assert ModelConfig(**config.model_dump()) == config


def test_every_fourth_layer_and_the_last_see_everything() -> None:
    config = ModelConfig.olmo3(vocab_size=300, d_model=8, n_layers=6, n_heads=2, sliding_window=4)
    full = [i for i, kind in enumerate(config.layer_types) if kind == "full_attention"]
    assert full == [3, 5]
    unlimited = ModelConfig.olmo3(vocab_size=300, d_model=8, n_layers=6, n_heads=2)
    assert set(unlimited.layer_types) == {"full_attention"}


def test_a_size_that_is_none_is_refused_with_the_nearest() -> None:
    with pytest.raises(BadInput, match="no size '30m'") as raised:
        ModelConfig.olmo3("30m", vocab_size=300)
    assert raised.value.fix == "did you mean 30M?"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"n_heads": 5}, "d_model 24 does not split into 5 heads"),
        ({"n_heads": 8}, "heads are 3 wide"),
        ({"n_heads": 4, "n_kv_heads": 3}, "4 heads do not share 3 key-value heads"),
        ({"n_heads": 4, "head_dim": 5}, "heads are 5 wide"),
    ],
)
def test_heads_that_do_not_fit_are_refused(fields: dict[str, int], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        ModelConfig.olmo3(vocab_size=300, d_model=24, n_layers=1, **fields)
