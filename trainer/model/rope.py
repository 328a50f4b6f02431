"""Rotary position embeddings (Su et al. 2021): each pair of dimensions of a head turns with the position.

Dimension i is paired with i + head_dim / 2, as in Hugging Face's models; frequencies are theta^(-2i / head_dim).
"""

from __future__ import annotations

import torch
from torch import Tensor


def rotary_table(head_dim: int, n_positions: int, theta: float) -> tuple[Tensor, Tensor]:
    """Cosines and signed sines, each of shape (positions, head_dim), in float32.

    The sine is negative in the first half: a dimension becomes its own value times the cosine plus its partner's times
    this sine.
    """
    exponents = torch.arange(0, head_dim, 2, dtype=torch.float64) / head_dim
    angles = torch.arange(n_positions, dtype=torch.float64)[:, None] * theta**-exponents
    cos, sin = angles.cos(), angles.sin()
    return torch.cat((cos, cos), -1).float(), torch.cat((-sin, sin), -1).float()


def rotate(x_BTHK: Tensor, cos_TK: Tensor, sin_TK: Tensor) -> Tensor:
    """Turn queries or keys, heads after tokens."""
    partner_BTHK = x_BTHK.roll(x_BTHK.shape[-1] // 2, -1)
    return x_BTHK * cos_TK[:, None] + partner_BTHK * sin_TK[:, None]
