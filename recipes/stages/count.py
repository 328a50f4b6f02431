"""Stage kind `count`: a tokenizer, and the pool's tokens by domain and bucket.

Writes `tokenizer.json`, `counts.parquet`, and `lengths/part-*.parquet` (id, n_tokens) beside the pool's parts. The
token ids themselves go to the run's cache, where emission finds them.
"""

from __future__ import annotations

from typing import Any

from mixing.counts import count_pool
from recipes.schema import CountStage, Recipe
from recipes.stages.base import StageContext

code: tuple[str, ...] = ("curation.core", "mixing.counts")
side_by_side = False


def needs(recipe: Recipe, name: str) -> dict[str, str]:
    return {}


def depends_on(context: StageContext) -> Any:
    return None


def run(context: StageContext) -> None:
    stage: CountStage = context.stage
    count_pool(
        pool=context.inputs["pool"],
        vocab_size=stage.tokenizer.train.vocab_size,
        cache=context.resources.cache / "tokens",
        out=context.out,
        workers=context.resources.workers,
        events=context.events,
    )
