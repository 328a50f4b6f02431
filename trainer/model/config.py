"""The shape of a model: Olmo 3's ladder of sizes, explicit numbers, or one dial for proxies.

Sizes are OLMo-core's table (`TransformerConfig.olmo3_*`, read at 3.0.0); every fourth layer and the last attend to the
whole sequence, the others to a window. A head is d_model / n_heads wide, unless `head_dim` says otherwise.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from curation.core.errors import BadInput, nearest

# name: d_model, layers, heads, key-value heads, width of a head, feed-forward width
LADDER: dict[str, tuple[int, int, int, int, int, int]] = {
    "1M": (12, 4, 4, 4, 4, 256),
    "14M": (128, 4, 8, 8, 16, 512),
    "30M": (256, 4, 8, 8, 32, 768),
    "60M": (384, 8, 8, 8, 48, 1536),
    "100M": (512, 12, 8, 8, 64, 2048),
    "190M": (768, 12, 12, 12, 64, 3072),
    "370M": (1024, 16, 16, 16, 64, 4096),
    "600M": (1280, 16, 16, 16, 80, 5120),
    "760M": (1536, 16, 16, 16, 96, 6144),
    "1B": (2048, 16, 16, 16, 128, 8192),
    "3B": (3328, 16, 16, 16, 208, 13312),
    "7B": (4096, 32, 32, 32, 128, 11008),
    "13B": (5120, 40, 40, 40, 128, 13824),
    "32B": (5120, 64, 40, 8, 128, 27648),
}
_HEAD_WIDTH = 20
_FULL_EVERY = 4

LayerType = Literal["full_attention", "sliding_attention"]


class ModelConfig(BaseModel):
    """A decoder of the Olmo 3 family."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    vocab_size: int = Field(gt=0)
    d_model: int = Field(gt=0)
    n_layers: int = Field(gt=0)
    n_heads: int = Field(gt=0)
    n_kv_heads: int = Field(gt=0)
    head_dim: int = Field(0, ge=0, description="width of a head; 0: d_model / n_heads, and that is what it then says")
    d_ff: int = Field(gt=0)
    max_seq_len: int = Field(8192, gt=0)
    sliding_window: int | None = Field(None, gt=0, description="tokens that a layer sees, itself included; None: all")
    rope_theta: float = Field(500_000.0, gt=0)
    norm_eps: float = Field(1e-6, gt=0)
    init_std: float = Field(0.02, gt=0)

    @model_validator(mode="after")
    def _heads_fit(self) -> ModelConfig:
        if not self.head_dim:
            if self.d_model % self.n_heads:
                raise ValueError(f"d_model {self.d_model} does not split into {self.n_heads} heads")
            object.__setattr__(self, "head_dim", self.d_model // self.n_heads)
        if self.head_dim % 2:
            raise ValueError(f"heads are {self.head_dim} wide; rotation takes dimensions in pairs")
        if self.n_heads % self.n_kv_heads:
            raise ValueError(f"{self.n_heads} heads do not share {self.n_kv_heads} key-value heads evenly")
        return self

    @property
    def layer_types(self) -> tuple[LayerType, ...]:
        """Every fourth layer and the last see everything, the others the window."""
        types: list[LayerType] = ["full_attention"] * self.n_layers
        for i in range(self.n_layers - 1):
            if self.sliding_window is not None and (i + 1) % _FULL_EVERY:
                types[i] = "sliding_attention"
        return tuple(types)

    @property
    def n_parameters(self) -> int:
        """Of the whole model, embeddings included."""
        d, q, kv = self.d_model, self.n_heads * self.head_dim, self.n_kv_heads * self.head_dim
        attention = 2 * d * q + 2 * d * kv + q + kv
        layer = attention + 3 * d * self.d_ff + 2 * d
        return 2 * self.vocab_size * d + self.n_layers * layer + d

    @staticmethod
    def olmo3(size: str | None = None, **fields: Any) -> ModelConfig:
        """A row of the ladder, with fields changed at will, or all fields given.

        Args:
            size: "1M" to "32B"; then only `vocab_size` is needed besides.
            fields: of this class; `d_ff` is 8/3 of d_model, rounded up to a multiple of 256, if it is not given.

        Raises:
            BadInput: no such size.
        """
        if size is not None:
            if size not in LADDER:
                near = nearest(size, LADDER)
                raise BadInput(
                    f"no size {size!r}", fix=f"did you mean {near}?" if near else f"sizes: {', '.join(LADDER)}"
                )
            names = ("d_model", "n_layers", "n_heads", "n_kv_heads", "head_dim", "d_ff")
            row: dict[str, Any] = {"sliding_window": 4096, **dict(zip(names, LADDER[size], strict=True))}
            if fields.keys() & {"d_model", "n_heads"}:
                del row["head_dim"]  # it follows from what is given
            fields = row | fields
        fields.setdefault("n_kv_heads", fields.get("n_heads"))
        fields.setdefault("d_ff", _round_up(int(8 * fields.get("d_model", 0) / 3), 256))
        return ModelConfig(**fields)

    @staticmethod
    def from_depth(depth: int, vocab_size: int, max_seq_len: int) -> ModelConfig:
        """The project's dial for proxies: width 20 a layer, one head a layer, feed-forward 8/3 of the width.

        Depth 4 with 2,048 words has 0.65 M parameters, half of them in the embeddings.
        """
        d_model = _HEAD_WIDTH * depth
        return ModelConfig(
            vocab_size=vocab_size,
            d_model=d_model,
            n_layers=depth,
            n_heads=depth,
            n_kv_heads=depth,
            d_ff=_round_up(int(8 * d_model / 3), 32),
            max_seq_len=max_seq_len,
        )


def _round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple
