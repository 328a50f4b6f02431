"""Rotary position embeddings (Su et al. 2021): each pair of dimensions of a head turns with the position.

Dimension i is paired with i + head_dim / 2, as in Hugging Face's models; frequencies are theta^(-2i / head_dim).
"""

from __future__ import annotations

import torch
from torch import Tensor


def rotary_table(head_dim: int, n_positions: int, theta: float) -> tuple[Tensor, Tensor]:
    """Cosines and sines, each of shape (positions, head_dim / 2), in float32."""
    exponents = torch.arange(0, head_dim, 2, dtype=torch.float64) / head_dim
    angles = torch.arange(n_positions, dtype=torch.float64)[:, None] * theta**-exponents
    return angles.cos().float(), angles.sin().float()


def rotate(x_BHTK: Tensor, cos_TK: Tensor, sin_TK: Tensor) -> Tensor:
    """Turn queries or keys; the tables have half the width of a head."""
    first, second = x_BHTK.chunk(2, dim=-1)
    return torch.cat((first * cos_TK - second * sin_TK, second * cos_TK + first * sin_TK), dim=-1)
