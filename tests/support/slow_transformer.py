"""The Olmo 3 decoder once more: numpy, float64, a loop for everything, and obvious."""

from __future__ import annotations

import math

import numpy as np

from trainer.model.config import ModelConfig
from trainer.model.transformer import Transformer

Array = np.ndarray


def slow_logits(model: Transformer, tokens: list[int]) -> Array:
    """Logits for the token after each token, (T, V), by the weights of a model."""
    weights = {name: tensor.double().numpy() for name, tensor in model.state_dict().items()}
    config = model.config
    states = [weights["embed_tokens.weight"][token] for token in tokens]
    for number, kind in enumerate(config.layer_types):
        layer = {
            name.removeprefix(f"layers.{number}."): w for name, w in weights.items() if f"layers.{number}." in name
        }
        window = config.sliding_window if kind == "sliding_attention" else None
        attended = attention(config, layer, states, window)
        for position, x in enumerate(states):
            h = x + rms_norm(attended[position], layer["post_attention_layernorm.weight"], config)
            fed = feed_forward(layer, h)
            states[position] = h + rms_norm(fed, layer["post_feedforward_layernorm.weight"], config)
    return np.array([weights["lm_head.weight"] @ rms_norm(x, weights["norm.weight"], config) for x in states])


def rms_norm(x: Array, weight: Array, config: ModelConfig) -> Array:
    return x / math.sqrt(float((x * x).mean()) + config.norm_eps) * weight


def feed_forward(layer: dict[str, Array], x: Array) -> Array:
    gate = layer["mlp.gate_proj.weight"] @ x
    return layer["mlp.down_proj.weight"] @ (gate / (1 + np.exp(-gate)) * (layer["mlp.up_proj.weight"] @ x))


def attention(config: ModelConfig, layer: dict[str, Array], states: list[Array], window: int | None) -> list[Array]:
    width = config.head_dim
    queries, keys, values = [], [], []
    for position, x in enumerate(states):
        q = rms_norm(layer["self_attn.q_proj.weight"] @ x, layer["self_attn.q_norm.weight"], config)
        k = rms_norm(layer["self_attn.k_proj.weight"] @ x, layer["self_attn.k_norm.weight"], config)
        v = layer["self_attn.v_proj.weight"] @ x
        queries.append([turn(config, q[h * width : (h + 1) * width], position) for h in range(config.n_heads)])
        keys.append([turn(config, k[g * width : (g + 1) * width], position) for g in range(config.n_kv_heads)])
        values.append([v[g * width : (g + 1) * width] for g in range(config.n_kv_heads)])
    shared = config.n_heads // config.n_kv_heads
    out = []
    for position in range(len(states)):
        first = 0 if window is None else max(0, position - (window - 1))
        heads = []
        for head in range(config.n_heads):
            group = head // shared
            seen = range(first, position + 1)
            scores = np.array([queries[position][head] @ keys[j][group] / math.sqrt(width) for j in seen])
            chances = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()
            heads.append(sum(chance * values[j][group] for chance, j in zip(chances, seen, strict=True)))
        out.append(layer["self_attn.o_proj.weight"] @ np.concatenate(heads))
    return out


def turn(config: ModelConfig, head: Array, position: int) -> Array:
    """Rotate dimension i together with i + half of the width."""
    turned, half = head.copy(), config.head_dim // 2
    for i in range(half):
        angle = position * config.rope_theta ** (-2 * i / config.head_dim)
        turned[i] = head[i] * math.cos(angle) - head[i + half] * math.sin(angle)
        turned[i + half] = head[i + half] * math.cos(angle) + head[i] * math.sin(angle)
    return turned


def rough(model: Transformer, seed: int = 0) -> Transformer:
    """The model with weights far from their initial values, so that no part of it is nearly the identity."""
    rng = np.random.default_rng(seed)
    for name, parameter in model.named_parameters():
        centre = 1.0 if parameter.dim() == 1 else 0.0
        spread = 0.3 if parameter.dim() == 1 else 0.5
        noise = rng.normal(centre, spread, tuple(parameter.shape))
        parameter.data.copy_(parameter.data.new_tensor(noise.tolist()))
        assert name
    return model
