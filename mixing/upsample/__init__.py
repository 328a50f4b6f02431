"""Quality-aware upsampling: how often a token of each quality bucket is seen.

from mixing.upsample import solve_curve
curve = solve_curve(masses, target)             # one domain: rates of its buckets, worst first
rates = rates_for(masses, weights, budget, config)  # every (domain, bucket) of a mixture
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mixing.upsample.config import UpsampleConfig
    from mixing.upsample.curve import Curve, curve_values, solve_curve
    from mixing.upsample.domains import curves_for, domain_caps, rates_for
    from mixing.upsample.tokens import bucket_tokens

__all__ = [
    "Curve",
    "UpsampleConfig",
    "bucket_tokens",
    "curve_values",
    "curves_for",
    "domain_caps",
    "rates_for",
    "solve_curve",
]

_HOMES = {
    "Curve": "mixing.upsample.curve",
    "UpsampleConfig": "mixing.upsample.config",
    "bucket_tokens": "mixing.upsample.tokens",
    "curve_values": "mixing.upsample.curve",
    "curves_for": "mixing.upsample.domains",
    "domain_caps": "mixing.upsample.domains",
    "rates_for": "mixing.upsample.domains",
    "solve_curve": "mixing.upsample.curve",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(name)
