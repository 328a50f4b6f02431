"""The model: `ModelConfig` and `Transformer`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from trainer.model.config import ModelConfig
    from trainer.model.transformer import Transformer

__all__ = ["ModelConfig", "Transformer"]


def __getattr__(name: str) -> Any:
    if name == "ModelConfig":
        from trainer.model.config import ModelConfig

        return ModelConfig
    if name == "Transformer":
        from trainer.model.transformer import Transformer

        return Transformer
    raise AttributeError(name)
