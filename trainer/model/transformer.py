"""The Olmo 3 decoder, free of parallelism.

A block norms what attention and feed-forward give, not what they get (the reordered norm of Olmo 2 and 3):

    h = x + norm(attention(x))
    y = h + norm(feed_forward(h))

Queries and keys are normed over their whole projection, before the split into heads and before rotation. SwiGLU, no
biases, input and output embeddings apart. Parameter names are those of `transformers`' Olmo3ForCausalLM.

Reference: Olmo 3 technical report (arXiv 2512.13961), section 3.2; OLMo 2 (arXiv 2501.00656), section 3.

Legend of shapes: B batch, T tokens, D model width, H heads, G key-value heads, K width of a head, V vocabulary.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from trainer.model.attention import attend
from trainer.model.config import ModelConfig
from trainer.model.rope import rotary_table, rotate

Cache = list[tuple[Tensor, Tensor] | None]
"""Keys and values of every layer, each (B, G, tokens so far, K)."""


class RMSNorm(nn.Module):
    """x / rms(x) times a weight; the weight is applied before any rounding to a narrower type."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x.float(), self.weight.shape, self.weight.float(), self.eps).to(x.dtype)


class Attention(nn.Module):
    """Grouped-query attention with normed queries and keys."""

    def __init__(self, config: ModelConfig, window: int | None) -> None:
        super().__init__()
        d, q, kv = config.d_model, config.n_heads * config.head_dim, config.n_kv_heads * config.head_dim
        self.head_dim = config.head_dim
        self.window = window
        self.q_proj = nn.Linear(d, q, bias=False)
        self.k_proj = nn.Linear(d, kv, bias=False)
        self.v_proj = nn.Linear(d, kv, bias=False)
        self.o_proj = nn.Linear(q, d, bias=False)
        self.q_norm = RMSNorm(q, config.norm_eps)
        self.k_norm = RMSNorm(kv, config.norm_eps)

    def forward(
        self, x_BTD: Tensor, cos_TK: Tensor, sin_TK: Tensor, past: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        q = rotate(self._heads(self.q_norm(self.q_proj(x_BTD))), cos_TK, sin_TK).transpose(1, 2)
        k = rotate(self._heads(self.k_norm(self.k_proj(x_BTD))), cos_TK, sin_TK).transpose(1, 2)
        v = self._heads(self.v_proj(x_BTD)).transpose(1, 2)
        if past is not None:
            k, v = torch.cat((past[0], k), dim=2), torch.cat((past[1], v), dim=2)
        y = attend(q, k, v, self.window)
        mixed_BTD: Tensor = self.o_proj(y.transpose(1, 2).flatten(2))
        return mixed_BTD, (k, v)

    def _heads(self, x_BTD: Tensor) -> Tensor:
        heads_BTHK: Tensor = x_BTD.unflatten(2, (-1, self.head_dim))
        return heads_BTHK


class FeedForward(nn.Module):
    """SwiGLU (Shazeer 2020)."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.d_model, config.d_ff, bias=False)
        self.up_proj = nn.Linear(config.d_model, config.d_ff, bias=False)
        self.down_proj = nn.Linear(config.d_ff, config.d_model, bias=False)

    def forward(self, x_BTD: Tensor) -> Tensor:
        y: Tensor = self.down_proj(F.silu(self.gate_proj(x_BTD)) * self.up_proj(x_BTD))
        return y


class Block(nn.Module):
    """One layer."""

    def __init__(self, config: ModelConfig, window: int | None) -> None:
        super().__init__()
        self.self_attn = Attention(config, window)
        self.mlp = FeedForward(config)
        self.post_attention_layernorm = RMSNorm(config.d_model, config.norm_eps)
        self.post_feedforward_layernorm = RMSNorm(config.d_model, config.norm_eps)

    def forward(
        self, x_BTD: Tensor, cos_TK: Tensor, sin_TK: Tensor, past: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        attended, present = self.self_attn(x_BTD, cos_TK, sin_TK, past)
        h = x_BTD + self.post_attention_layernorm(attended)
        return h + self.post_feedforward_layernorm(self.mlp(h)), present


class Transformer(nn.Module):
    """A decoder; `Transformer(config)(input_ids)` gives logits.

    Args:
        config: the shape.
        seed: of the initial weights.
    """

    cos_TK: Tensor
    sin_TK: Tensor

    def __init__(self, config: ModelConfig, seed: int = 0) -> None:
        super().__init__()
        self.config = config
        self.embed_tokens = nn.Embedding(config.vocab_size, config.d_model)
        windows = [config.sliding_window if kind == "sliding_attention" else None for kind in config.layer_types]
        self.layers = nn.ModuleList(Block(config, window) for window in windows)
        self.norm = RMSNorm(config.d_model, config.norm_eps)
        self.lm_head = nn.Linear(config.d_model, config.vocab_size, bias=False)
        cos_TK, sin_TK = rotary_table(config.head_dim, config.max_seq_len, config.rope_theta)
        self.register_buffer("cos_TK", cos_TK, persistent=False)
        self.register_buffer("sin_TK", sin_TK, persistent=False)
        self._initialise(seed)

    def forward(self, input_ids_BT: Tensor, cache: Cache | None = None) -> Tensor:
        """Logits for the token after each input token, (B, T, V); arguments and errors are those of `hidden`."""
        logits: Tensor = self.lm_head(self.hidden(input_ids_BT, cache))
        return logits

    def hidden(self, input_ids_BT: Tensor, cache: Cache | None = None) -> Tensor:
        """What the output layer sees: the normed state of the last layer.

        Args:
            input_ids_BT: token ids.
            cache: one entry a layer, filled by earlier calls and extended by this one; None: no cache.

        Returns:
            (B, T, D)

        Raises:
            ValueError: more tokens than `max_seq_len`.
        """
        past = 0 if cache is None or cache[0] is None else cache[0][0].shape[2]
        stop = past + input_ids_BT.shape[1]
        if stop > self.config.max_seq_len:
            raise ValueError(f"{stop} tokens; the model takes {self.config.max_seq_len}")
        cos_TK, sin_TK = self.cos_TK[past:stop], self.sin_TK[past:stop]
        x_BTD = self.embed_tokens(input_ids_BT)
        for number, layer in enumerate(self.layers):
            x_BTD, present = layer(x_BTD, cos_TK, sin_TK, None if cache is None else cache[number])
            if cache is not None:
                cache[number] = present
        normed_BTD: Tensor = self.norm(x_BTD)
        return normed_BTD

    def _initialise(self, seed: int) -> None:
        """Truncated normal, cut at three standard deviations, for every matrix; norms are 1."""
        generator = torch.Generator().manual_seed(seed)
        std = self.config.init_std
        for parameter in self.parameters():
            if parameter.dim() == 2:
                nn.init.trunc_normal_(parameter, std=std, a=-3 * std, b=3 * std, generator=generator)
