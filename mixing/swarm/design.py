"""The mixtures of a swarm: Dirichlet draws around a prior.

1. Strengths s are spaced evenly on a log scale, from 0.1 (rows near the corners) to 5 (rows near the prior), and dealt
   to the rows in turn.
2. Row r is drawn from Dirichlet(s * prior), by a generator of its own (seed, r, attempt).
3. Shares below `minimum_weight` become 0; the rest is scaled to sum to 1. (A tiny share costs an emitted domain and
   tells the fit nothing.)
4. A row within `near` of an earlier one, in the sum of absolute differences, is drawn again; likewise a row in which a
   domain's share is not finite (all draws underflowed).

Strengths are those of RegMix (Liu et al. 2024, appendix A) and Olmix; the minimum is Olmix's.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from curation.core.errors import Infeasible
from curation.core.hashing import random_stream

MINIMUM_STRENGTH = 0.1
MAXIMUM_STRENGTH = 5.0
_ATTEMPTS = 1000

Weights = npt.NDArray[np.float64]


def dirichlet_design(
    prior: Mapping[str, float], n_runs: int, seed: int, *, minimum_weight: float = 0.002, near: float = 0.02
) -> list[dict[str, float]]:
    """Mixtures to try, each a share for every domain of the prior, rounded to 1e-9.

    Args:
        prior: shares that sum to 1, all above 0: the natural mixture.
        n_runs: how many rows.
        seed: of the draws; a larger swarm begins with the rows of a smaller one only if strengths agree.
        minimum_weight: smaller shares become 0.
        near: rows closer than this to an earlier one are drawn again.

    Raises:
        Infeasible: so many different rows could not be found.
    """
    domains = sorted(prior)
    prior_D = np.array([prior[name] for name in domains])
    strengths = np.geomspace(MINIMUM_STRENGTH, MAXIMUM_STRENGTH, min(n_runs, 15))
    rows: list[Weights] = []
    for run in range(n_runs):
        # dealt with a stride that is prime to 15, so that neighbours differ
        strength = float(strengths[(run * 7) % len(strengths)])
        rows.append(_new_row(prior_D, strength, rows, seed, run, minimum_weight, near))
    return [dict(zip(domains, _rounded(row), strict=True)) for row in rows]


def _new_row(
    prior_D: Weights, strength: float, earlier: list[Weights], seed: int, run: int, minimum_weight: float, near: float
) -> Weights:
    for attempt in range(_ATTEMPTS):
        drawn_D = random_stream(seed, "swarm", run, attempt).dirichlet(prior_D * strength)
        if not np.isfinite(drawn_D).all():
            continue
        kept_D = np.where(drawn_D >= minimum_weight, drawn_D, 0.0)
        row_D: Weights = kept_D / kept_D.sum()
        if all(np.abs(row_D - other).sum() >= near for other in earlier):
            return row_D
        # rows of a strong pull to the prior, or at a corner, repeat: widen or narrow the search
        strength = strength * 1.1 if strength < 1 else strength / 1.1
    raise Infeasible(
        f"no mixture further than {near} from the {len(earlier)} before it was found in {_ATTEMPTS} draws",
        fix=f"ask for at most {len(earlier)} runs",
    )


def _rounded(row_D: Weights) -> list[float]:
    """The row in units of 1e-9 that sum to 1 exactly; the largest share takes what rounding leaves."""
    units = np.round(row_D * 1e9).astype(np.int64)
    units[int(np.argmax(units))] += 10**9 - int(units.sum())
    return [int(unit) / 1e9 for unit in units]
