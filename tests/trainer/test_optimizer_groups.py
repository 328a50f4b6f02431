"""What decays and what does not."""

from __future__ import annotations

import torch

from trainer.config import TrainConfig
from trainer.model.config import ModelConfig
from trainer.model.transformer import Transformer
from trainer.optimizer import make_optimizer


def test_matrices_decay_embeddings_and_norms_do_not() -> None:
    model = Transformer(ModelConfig.from_depth(2, 64, 16))
    config = TrainConfig(learning_rate=0.1, weight_decay=0.5)
    optimizer = make_optimizer(model, config)
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    for name, parameter in model.named_parameters():
        plain = "norm" in name or name == "embed_tokens.weight"
        expected = before[name] if plain else before[name] * (1 - 0.1 * 0.5)
        torch.testing.assert_close(parameter.detach(), expected)


def test_every_parameter_is_in_one_group() -> None:
    model = Transformer(ModelConfig.from_depth(2, 64, 16))
    optimizer = make_optimizer(model, TrainConfig(learning_rate=0.1))
    grouped = [id(parameter) for group in optimizer.param_groups for parameter in group["params"]]
    assert sorted(grouped) == sorted(id(parameter) for parameter in model.parameters())
    assert all((group["betas"], group["eps"]) == ((0.9, 0.95), 1e-8) for group in optimizer.param_groups)
