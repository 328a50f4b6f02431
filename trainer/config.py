"""How a model is trained. Defaults are Olmo 3's where they do not depend on size (report, table 33)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from trainer.schedule import ScheduleName


class TrainConfig(BaseModel):
    """Everything but the model and the data."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sequence_length: int = Field(256, gt=1)
    batch_tokens: int = Field(2048, gt=0, description="tokens a step; a multiple of sequence_length")
    n_tokens: int | None = Field(None, gt=0, description="None: one pass over the shards")
    learning_rate: float = Field(gt=0)
    warmup_fraction: float = Field(0.05, ge=0, le=1)
    schedule: ScheduleName = "cosine"
    final_fraction: float = Field(0.1, ge=0, le=1)
    weight_decay: float = Field(0.1, ge=0, description="none on embeddings and norms")
    betas: tuple[float, float] = (0.9, 0.95)
    eps: float = 1e-8
    clip_norm: float = Field(1.0, gt=0)
    z_loss: float = Field(1e-5, ge=0)
    seed: int = 17
    threads: int = Field(1, ge=1, description="part of the result: another number rounds differently")
    checkpoint_every: int = Field(200, gt=0, description="steps")
    log_every: int = Field(10, gt=0, description="steps")
