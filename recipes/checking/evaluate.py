"""An eval stage: the held-out text of the pool behind its model, once forward."""

from __future__ import annotations

from recipes.checking.models import evaluation_s, weights_disk
from recipes.checking.plan import Amount, Estimate, Facts
from recipes.checking.question import Question
from recipes.checking.rates import BYTES_PER_TOKEN, PROCESS_S, TRAINER_BYTES
from recipes.flow import upstream


def estimate(question: Question) -> Estimate:
    model = question.of("model")
    pool = question.known.get(upstream(question.recipe, question.name, "curate") or "", Facts())
    n_tokens = pool.heldout_bytes // BYTES_PER_TOKEN
    scoring = evaluation_s(model.n_parameters, n_tokens, question.machine.flops)
    return Estimate(
        bytes_in=Amount(pool.heldout_bytes),
        tokens=Amount(n_tokens),
        memory_bytes=TRAINER_BYTES + weights_disk(model.n_parameters),
        wall_s=scoring + PROCESS_S if scoring is not None else None,
    )
