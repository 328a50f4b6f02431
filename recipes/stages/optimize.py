"""Stage kind `optimize`: the best mixture of a study under the budget and the caps, or a baseline that needs no study.

Writes `mixture.yaml`, and for a study `predictions.csv`: every metric of every run, as measured and as predicted by a
law that was fitted without that run. A study that was skipped for its single domain gives that domain weight 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from curation.core.errors import BadInput
from curation.core.storage import Directory, commit, read_manifest
from mixing.counts import Cell, Counts, by_domain
from mixing.mixture import Mixture
from mixing.natural import baseline, only_mixture
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
        study = read_manifest(Directory(folder), "study")
        if study.get("skipped"):
            mixture = _only(context, counts, study["domains"])
        else:
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


def _only(context: StageContext, counts: Mapping[Cell, int], studied: list[str]) -> Mixture:
    """Weight 1 for the domain of a study that was skipped."""
    stage: OptimizeStage = context.stage
    counted = sorted(by_domain(counts))
    if counted != studied:
        raise BadInput(
            f"counts and study have different domains: {', '.join(counted)}; the study was skipped for "
            f"{', '.join(studied)} alone",
            where=f"stages.{context.name}",
            fix=f"name the counts that stage `{stage.study}` names",
        )
    context.events.emit("warning", text=f"one domain: {studied[0]} has weight 1, there is nothing to optimize")
    return only_mixture(counts, stage.tokens, stage.max_repetition, stage.upsample)


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
