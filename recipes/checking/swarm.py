"""A swarm stage: `per_domain` proxy runs for every domain, workers of them at once; none for one domain."""

from __future__ import annotations

from recipes.checking.emit import shard_bytes
from recipes.checking.models import (
    checkpoint_disk,
    config_of,
    evaluation_s,
    model_plan,
    training_memory,
    training_s,
    weights_disk,
)
from recipes.checking.plan import Amount, Estimate, Facts
from recipes.checking.question import Question
from recipes.checking.rates import BYTES_PER_TOKEN, MIB, PROCESS_S, RUN_S
from recipes.schema import SwarmStage

_KEPT_BYTES_PER_RUN = MIB // 64


def estimate(question: Question) -> Estimate:
    stage: SwarmStage = question.stage
    proxy, pool, counts = stage.proxy, question.of("pool"), question.of("counts")
    n_domains = counts.n_domains
    facts = Facts(domain_tokens=counts.domain_tokens, vocab_size=counts.vocab_size)
    if n_domains == 1:
        return Estimate(wall_s=0.0, notes=("one domain: nothing to mix, the swarm is skipped",), facts=facts)
    n_runs = stage.per_domain * n_domains if n_domains is not None else None
    model = model_plan(proxy, proxy, counts.vocab_size, proxy.tokens, n_runs)
    at_once = min(question.workers, n_runs or question.workers)
    parameters = model.n_parameters
    shards = shard_bytes(proxy.tokens, counts.vocab_size)
    training = training_s(model, question.machine.flops, proxy.threads)
    scoring = evaluation_s(parameters, pool.heldout_bytes // BYTES_PER_TOKEN, question.machine.flops)
    wall_s = None
    if n_runs is not None and training is not None and scoring is not None:
        wall_s = PROCESS_S + -(-n_runs // at_once) * (RUN_S + training + scoring)
    return Estimate(
        bytes_in=None,
        tokens=Amount(n_runs * proxy.tokens, exact=True) if n_runs is not None else None,
        kept_bytes=(n_runs or 0) * _KEPT_BYTES_PER_RUN,
        scratch_bytes=at_once * (shards + checkpoint_disk(parameters) + weights_disk(parameters)),
        memory_bytes=at_once * training_memory(config_of(proxy, counts.vocab_size), proxy.batch_tokens),
        wall_s=wall_s,
        model=model,
        facts=facts,
    )
