"""What a model costs: parameters, steps, memory, disk and time. From its shape alone, without torch.

Memory = 16 bytes a parameter (float32 weights, gradients, two moments of AdamW) + the activations of one step. Time =
6 floating-point operations for each parameter and token, at the speed of this machine, and a constant for each step.
"""

from __future__ import annotations

from recipes.checking.plan import ModelPlan
from recipes.checking.rates import (
    CHECKPOINT_BYTES,
    CHECKPOINTS,
    EVALUATION_FLOPS_PER_PARAMETER_TOKEN,
    FLOPS_PER_PARAMETER_TOKEN,
    KEPT_NUMBERS_PER_FEED_FORWARD,
    KEPT_NUMBERS_PER_WIDTH,
    PARAMETER_BYTES,
    STEP_S,
    TRAINER_BYTES,
    TRAINING_EFFICIENCY,
    WEIGHT_BYTES,
)
from recipes.schema import ModelShape, TrainingOptions
from trainer.model.config import ModelConfig

_FLOAT_BYTES = 4


def config_of(shape: ModelShape, vocab_size: int) -> ModelConfig:
    """The model that a shape means, as `trainer.torch_trainer.model_shape` makes it.

    Raises:
        BadInput: the ladder has no such size.
    """
    if shape.size is not None:
        return ModelConfig.olmo3(shape.size, vocab_size=vocab_size, max_seq_len=shape.sequence_length)
    return ModelConfig.from_depth(shape.depth or 1, vocab_size, shape.sequence_length)


def steps(n_tokens: int, sequence_length: int, batch_tokens: int) -> int:
    """Steps of one pass over shards, as the trainer counts them: whole sequences, whole batches."""
    return (n_tokens - 1) // sequence_length * sequence_length // batch_tokens


def model_plan(
    shape: ModelShape, options: TrainingOptions, vocab_size: int, n_tokens: int, n_runs: int | None = 1
) -> ModelPlan:
    """A model, or the proxies of a swarm, in numbers."""
    config = config_of(shape, vocab_size)
    dial = f"size {shape.size}" if shape.size is not None else f"depth {shape.depth}"
    return ModelPlan(
        n_parameters=config.n_parameters,
        n_runs=n_runs,
        n_tokens=n_tokens,
        n_steps=steps(n_tokens, shape.sequence_length, options.batch_tokens),
        shape=f"{dial}, {vocab_size:,} words, sequences of {shape.sequence_length:,}",
    )


def training_memory(config: ModelConfig, batch_tokens: int) -> int:
    """Bytes of memory of a process that trains a model."""
    per_layer = KEPT_NUMBERS_PER_WIDTH * config.d_model + KEPT_NUMBERS_PER_FEED_FORWARD * config.d_ff
    activations = batch_tokens * config.n_layers * per_layer * _FLOAT_BYTES
    return TRAINER_BYTES + PARAMETER_BYTES * config.n_parameters + activations


def checkpoint_disk(n_parameters: int) -> int:
    """Bytes of disk that checkpoints take while a model is trained."""
    return CHECKPOINTS * CHECKPOINT_BYTES * n_parameters


def weights_disk(n_parameters: int) -> int:
    """Bytes of disk of the final weights."""
    return WEIGHT_BYTES * n_parameters


def training_s(model: ModelPlan, flops: float | None, threads: int) -> float | None:
    """Seconds that one training run takes; None if the machine's speed is not known."""
    if flops is None:
        return None
    work = FLOPS_PER_PARAMETER_TOKEN * model.n_parameters * model.n_tokens
    return work / (flops * threads * TRAINING_EFFICIENCY) + model.n_steps * STEP_S


def evaluation_s(n_parameters: int, n_tokens: int, flops: float | None) -> float | None:
    """Seconds that scoring a model takes, on one thread."""
    if flops is None:
        return None
    return EVALUATION_FLOPS_PER_PARAMETER_TOKEN * n_parameters * n_tokens / (flops * TRAINING_EFFICIENCY)
