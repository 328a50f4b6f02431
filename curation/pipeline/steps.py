"""The steps that a recipe can name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curation.core.errors import BadInput, nearest
from curation.decon.decontaminate import Decontaminate
from curation.dedup.exact import ExactDedup
from curation.dedup.minhash import MinhashDedup
from curation.ops.buckets import Buckets
from curation.ops.code_filter import CodeFilter
from curation.ops.gopher_quality import GopherQuality
from curation.ops.holdout import Holdout
from curation.quality.step import Quality
from curation.work.step import Step, StepConfig

_BUILT_IN: tuple[type[Step], ...] = (
    GopherQuality, CodeFilter, Quality, ExactDedup, Holdout, MinhashDedup, Decontaminate, Buckets
)  # fmt: skip
STEPS: Mapping[str, type[Step]] = {step.kind: step for step in _BUILT_IN}


def step_config(name: str) -> type[StepConfig]:
    """The configuration model of a step.

    Raises:
        BadInput: no step has that name.
    """
    if name not in STEPS:
        near = nearest(name, STEPS)
        hint = f"did you mean `{near}`?" if near else f"known steps: {', '.join(STEPS)}"
        raise BadInput(f"no step is called `{name}`", fix=hint)
    return STEPS[name].Config


def make_step(name: str, parameters: Mapping[str, Any] | StepConfig) -> Step:
    """A step from its name and parameters."""
    model = step_config(name)
    config = parameters if isinstance(parameters, StepConfig) else model.model_validate(dict(parameters))
    return STEPS[name](config)
