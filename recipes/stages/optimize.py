"""Stage kind `optimize`: the best mixture of a study under the budget and the caps, or a baseline that needs no study.

Writes `mixture.yaml`, and for a study `predictions.csv`: every metric of every run, as measured and as predicted by a
law that was fitted without that run.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from curation.core.errors import BadInput
from curation.core.storage import Directory, commit
from mixing.counts import Counts
from mixing.natural import baseline
from mixing.regress.surrogate import Surrogate, fit
from mixing.solver.solution import solve
from mixing.study import Study
from recipes.schema import OptimizeStage, Recipe
from recipes.stages.base import StageContext

code: tuple[str, ...] = (
    "mixing.budget", "mixing.counts", "mixing.mixture", "mixing.natural", "mixing.regress", "mixing.solver",
    "mixing.study", "mixing.upsample", "mixing.weights", "recipes.stages.optimize",
)  # fmt: skip
side_by_side = False


def needs(recipe: Recipe, name: str) -> dict[str, str]:
    return {}


def depends_on(context: StageContext) -> Any:
    return None


def run(context: StageContext) -> None:
    stage: OptimizeStage = context.stage
    counts = Counts.read(context.inputs["counts"]).tokens
    directory = Directory(context.out)
    files = []
    if stage.baseline is not None:
        mixture = baseline(stage.baseline, counts, stage.tokens, stage.max_repetition, stage.upsample)
    else:
        if "study" not in context.inputs:
            raise BadInput(
                "an optimize stage needs a study or a baseline",
                where=f"stages.{context.name}",
                fix="add `study: <name of a swarm stage>` or `baseline: natural`",
            )
        folder = context.inputs["study"]
        surrogate = fit(Study.from_csv(folder / "ratios.csv", folder / "metrics.csv"), stage.regressor)
        solution = solve(
            surrogate,
            counts=counts,
            tokens=stage.tokens,
            max_repetition=stage.max_repetition,
            kl=stage.kl,
            upsample=stage.upsample,
        )
        mixture = solution.mixture
        files.append(directory.write_bytes("predictions.csv", _predictions(surrogate).write_csv().encode()))
    files.append(directory.write_bytes("mixture.yaml", mixture.to_yaml().encode()))
    commit(directory, "mixture", files)


def _predictions(surrogate: Surrogate) -> pl.DataFrame:
    study = surrogate.study
    return pl.concat(
        pl.DataFrame(
            {
                "run": study.runs,
                "metric": [metric] * len(study.runs),
                "measured": study.metrics[metric],
                "predicted": surrogate.left_out[metric].round(6),
            }
        )
        for metric in surrogate.metrics
    )
