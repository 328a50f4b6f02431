"""Attention behind one function: torch's scaled dot-product attention, causal, with an optional window."""

from __future__ import annotations

import functools

import torch
import torch.nn.functional as F
from torch import Tensor


def attend(q_BHQK: Tensor, k_BGSK: Tensor, v_BGSK: Tensor, window: int | None) -> Tensor:
    """Each query sees the keys up to its own position, at most `window` of them, itself included.

    Args:
        q_BHQK: queries of H heads; the last query stands at the position of the last key.
        k_BGSK: keys of G heads; H is a multiple of G (grouped-query attention).
        v_BGSK: values.
        window: None sees everything.

    Returns:
        (B, H, Q, K)
    """
    n_queries, n_keys = q_BHQK.shape[2], k_BGSK.shape[2]
    grouped = q_BHQK.shape[1] != k_BGSK.shape[1]
    if n_queries == n_keys and (window is None or window >= n_keys):
        return F.scaled_dot_product_attention(q_BHQK, k_BGSK, v_BGSK, is_causal=True, enable_gqa=grouped)
    mask = _mask(n_queries, n_keys, window, q_BHQK.device)
    return F.scaled_dot_product_attention(q_BHQK, k_BGSK, v_BGSK, attn_mask=mask, enable_gqa=grouped)


@functools.lru_cache(maxsize=8)
def _mask(n_queries: int, n_keys: int, window: int | None, device: torch.device) -> Tensor:
    query = torch.arange(n_keys - n_queries, n_keys, device=device)[:, None]
    key = torch.arange(n_keys, device=device)[None, :]
    seen = key <= query
    return seen if window is None else seen & (key > query - window)
