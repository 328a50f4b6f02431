"""The model against the slow one, by logits."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.support.slow_transformer import rough, slow_logits
from trainer.model.config import ModelConfig
from trainer.model.transformer import Transformer

SHAPES = {
    "plain": {"n_heads": 3, "n_kv_heads": 3},
    "grouped": {"n_heads": 6, "n_kv_heads": 2},
    "window": {"n_heads": 3, "n_kv_heads": 1, "sliding_window": 4},
    "window of one": {"n_heads": 3, "n_kv_heads": 3, "sliding_window": 1},
    "wide heads": {"n_heads": 2, "n_kv_heads": 1, "head_dim": 14},
}


def model_of(shape: str, seed: int = 0) -> Transformer:
    sizes = {"vocab_size": 23, "d_model": 12, "n_layers": 5, "d_ff": 20, "max_seq_len": 32, "rope_theta": 100.0}
    return rough(Transformer(ModelConfig(**{**sizes, **SHAPES[shape]}), seed=seed)).eval()  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", SHAPES)
@torch.no_grad()
def test_logits_are_those_of_the_slow_model(shape: str) -> None:
    model = model_of(shape)
    tokens = np.random.default_rng(1).integers(0, 23, (2, 13))
    logits = model(torch.from_numpy(tokens))
    assert logits.shape == (2, 13, 23)
    for row in range(2):
        expected = slow_logits(model, tokens[row].tolist())
        assert np.abs(logits[row].numpy() - expected).max() < 1e-5 * max(1.0, np.abs(expected).max())


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("steps", [[13], [1] * 13, [5, 1, 4, 3]])
@torch.no_grad()
def test_decoding_with_a_cache_gives_the_logits_of_one_pass(shape: str, steps: list[int]) -> None:
    model = model_of(shape)
    tokens = torch.from_numpy(np.random.default_rng(2).integers(0, 23, (3, 13)))
    cache = [None] * model.config.n_layers
    parts = [model(part, cache) for part in tokens.split(steps, dim=1)]
    torch.testing.assert_close(torch.cat(parts, 1), model(tokens), rtol=1e-4, atol=1e-4)


@torch.no_grad()
def test_no_token_sees_a_later_one() -> None:
    model = model_of("plain")
    tokens = torch.from_numpy(np.random.default_rng(3).integers(0, 23, (1, 13)))
    changed = tokens.clone()
    changed[0, 8] = (changed[0, 8] + 1) % 23
    before, after = model(tokens), model(changed)
    assert torch.equal(before[0, :8], after[0, :8])
    assert (before[0, 8:] != after[0, 8:]).any(-1).all()


def test_more_tokens_than_the_model_takes_are_refused() -> None:
    with pytest.raises(ValueError, match="33 tokens; the model takes 32"):
        model_of("plain")(torch.zeros((1, 33), dtype=torch.int64))


def test_initial_weights_are_a_cut_normal_and_norms_are_one() -> None:
    model = Transformer(ModelConfig.from_depth(4, 2048, 64), seed=3)
    for name, parameter in model.named_parameters():
        if parameter.dim() == 1:
            assert (parameter == 1).all(), name
        else:
            assert float(parameter.detach().abs().max()) <= 0.06, name
            # a normal cut at three deviations has 0.9866 of its deviation
            assert float(parameter.detach().std()) == pytest.approx(0.02 * 0.9866, rel=0.03), name
            assert abs(float(parameter.detach().mean())) < 0.001, name


def test_initial_weights_depend_on_the_seed_alone() -> None:
    config = ModelConfig.from_depth(2, 64, 16)
    torch.manual_seed(1)
    first = Transformer(config, seed=5).state_dict()
    torch.manual_seed(2)
    second, other = Transformer(config, seed=5).state_dict(), Transformer(config, seed=6).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["lm_head.weight"], other["lm_head.weight"])


def test_parameters_have_the_names_of_the_library_that_others_load_them_with() -> None:
    names = {
        name.replace("layers.1.", "layers.N.") for name in Transformer(ModelConfig.from_depth(2, 64, 16)).state_dict()
    }
    layer = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "self_attn.q_norm"]
    layer += ["self_attn.k_norm", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]
    layer += ["post_attention_layernorm", "post_feedforward_layernorm"]
    expected = {f"layers.N.{name}.weight" for name in layer}
    assert {name for name in names if "layers.0." not in name} == expected | {
        "embed_tokens.weight",
        "norm.weight",
        "lm_head.weight",
    }
