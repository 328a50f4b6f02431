"""An optimize stage: seconds, whatever the budget. It hands the budget on."""

from __future__ import annotations

from recipes.checking.plan import Amount, Estimate, Facts
from recipes.checking.question import Question
from recipes.checking.rates import PROCESS_BYTES, SOLVE_S
from recipes.schema import OptimizeStage


def estimate(question: Question) -> Estimate:
    stage: OptimizeStage = question.stage
    return Estimate(
        tokens=Amount(stage.tokens, exact=True),
        memory_bytes=PROCESS_BYTES,
        wall_s=SOLVE_S if stage.baseline is None else 0.0,
        facts=Facts(budget_tokens=stage.tokens, vocab_size=question.of("counts").vocab_size),
    )
