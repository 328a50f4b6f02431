"""An optimize stage: seconds, whatever the budget. It hands the budget on."""

from __future__ import annotations

from collections.abc import Iterator

from recipes.checking.plan import Amount, Estimate, Facts
from recipes.checking.question import Question
from recipes.checking.rates import PROCESS_BYTES, SOLVE_S
from recipes.schema import OptimizeStage


def estimate(question: Question) -> Estimate:
    stage: OptimizeStage = question.stage
    counts = question.of("counts")
    return Estimate(
        tokens=Amount(stage.tokens, exact=True),
        memory_bytes=PROCESS_BYTES,
        wall_s=SOLVE_S if stage.baseline is None and counts.n_domains != 1 else 0.0,
        notes=tuple(_notes(stage, counts)),
        facts=Facts(budget_tokens=stage.tokens, vocab_size=counts.vocab_size),
    )


def _notes(stage: OptimizeStage, counts: Facts) -> Iterator[str]:
    """That there is nothing to choose; the stricter of two limits binds, and which one it is."""
    if stage.baseline is None and counts.n_domains == 1:
        yield "one domain: it has weight 1, there is nothing to optimize"
    if stage.upsample is None:
        return
    rate, repetition = stage.upsample.max_rate, stage.max_repetition
    if rate < repetition:
        yield f"upsample.max_rate {rate:g} binds: it is stricter than max_repetition {repetition:g}"
    elif repetition < rate:
        yield f"max_repetition {repetition:g} binds: it is stricter than upsample.max_rate {rate:g}"
