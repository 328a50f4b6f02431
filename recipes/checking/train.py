"""A train stage: one pass over its shards."""

from __future__ import annotations

from recipes.checking.models import (
    checkpoint_disk,
    config_of,
    model_plan,
    training_memory,
    training_s,
    weights_disk,
)
from recipes.checking.plan import Amount, Estimate, Facts
from recipes.checking.question import Question
from recipes.checking.rates import PROCESS_S
from recipes.schema import TrainStage


def estimate(question: Question) -> Estimate:
    stage: TrainStage = question.stage
    shards = question.of("shards")
    model = model_plan(stage.model, stage.training, shards.vocab_size, shards.budget_tokens)
    training = training_s(model, question.machine.flops, stage.training.threads)
    trained_on = model.n_steps * stage.training.batch_tokens
    return Estimate(
        tokens=Amount(trained_on, exact=True),
        kept_bytes=weights_disk(model.n_parameters),
        scratch_bytes=checkpoint_disk(model.n_parameters),
        memory_bytes=training_memory(config_of(stage.model, shards.vocab_size), stage.training.batch_tokens),
        wall_s=training + PROCESS_S if training is not None else None,
        model=model,
        facts=Facts(n_parameters=model.n_parameters, vocab_size=shards.vocab_size),
    )
