"""Cross entropy with z-loss: mean over the tokens that count.

z-loss is a multiple of the squared log of the softmax's denominator (PaLM, section 5); it keeps logits from drifting.
"""

from __future__ import annotations

import torch
from torch import Tensor


def token_losses(logits_NV: Tensor, targets_N: Tensor) -> tuple[Tensor, Tensor]:
    """Negative log likelihood and log denominator of each token, in nats: two tensors of shape (N,)."""
    log_denominator_N = torch.logsumexp(logits_NV.float(), dim=-1)
    chosen_N = logits_NV.gather(-1, targets_N[:, None]).squeeze(-1).float()
    return log_denominator_N - chosen_N, log_denominator_N


def training_loss(logits_BTV: Tensor, targets_BT: Tensor, z_loss: float) -> tuple[Tensor, Tensor]:
    """What is minimised, and the cross entropy in it, both means over all tokens."""
    nll_N, log_denominator_N = token_losses(logits_BTV.flatten(0, 1), targets_BT.flatten())
    cross_entropy = nll_N.mean()
    return cross_entropy + z_loss * log_denominator_N.square().mean(), cross_entropy.detach()
