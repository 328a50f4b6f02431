"""AdamW over two groups: matrices decay, embeddings and norms do not."""

from __future__ import annotations

import torch

from trainer.config import TrainConfig
from trainer.model.transformer import Transformer


def make_optimizer(model: Transformer, config: TrainConfig) -> torch.optim.AdamW:
    """The optimizer of a run; its learning rate is set at every step."""
    decayed = [p for name, p in model.named_parameters() if p.dim() == 2 and not name.startswith("embed_tokens")]
    plain = [p for name, p in model.named_parameters() if p.dim() != 2 or name.startswith("embed_tokens")]
    groups = [
        {"params": decayed, "weight_decay": config.weight_decay},
        {"params": plain, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=config.betas, eps=config.eps, fused=True)
