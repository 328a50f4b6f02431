"""Learning rates over a run: linear warm-up, then constant, cosine or linear decay to a fraction of the peak."""

from __future__ import annotations

import math
from typing import Literal

ScheduleName = Literal["constant", "cosine", "linear"]


def learning_rate(
    step: int, n_steps: int, peak: float, warmup_steps: int, schedule: ScheduleName, final_fraction: float
) -> float:
    """The learning rate of a step.

    Args:
        step: from 0 to n_steps - 1.
        n_steps: of the whole run.
        peak: reached at the end of the warm-up.
        warmup_steps: steps of linear rise.
        schedule: what follows.
        final_fraction: of the peak, reached at the last step.
    """
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    if schedule == "constant":
        return peak
    done = (step - warmup_steps) / max(1, n_steps - 1 - warmup_steps)
    left = (1 + math.cos(math.pi * min(1.0, done))) / 2 if schedule == "cosine" else 1 - min(1.0, done)
    return peak * (final_fraction + (1 - final_fraction) * left)
