"""How far a mixture can be from the best one: the Frank-Wolfe duality gap, and the prices of the caps.

For a convex loss f, any p of the set and g = grad f(p),

    F(p) - F* <= G(p) = <g, p> + kl KL(p||q) - min_x { <g, x> + kl KL(x||q) }

with the minimum over the same set, which has a closed form. It needs no trust in the solver: it is computed from the
answer. At the optimum of a capped domain the price mu_i = nu - (g_i + kl (log(p_i/q_i) + 1)) >= 0 says by how much F
falls for a unit more of its cap: the KKT multiplier. Reference: Jaggi 2013, "Revisiting Frank-Wolfe", section 2.
"""

from __future__ import annotations

import numpy as np

from mixing.regress.base import Array
from mixing.solver.problem import Problem, cheapest, divergence, tilted


def duality_gap(problem: Problem, p_D: Array) -> float:
    """An upper bound on F(p) - F*, never below 0; valid for a convex loss only."""
    g_D = problem.gradient(p_D)
    if problem.kl > 0:
        x_D = tilted(g_D, problem.kl, problem.prior_D, problem.caps_D)
    else:
        x_D = cheapest(g_D, problem.caps_D)
    here = float(g_D @ p_D) + problem.kl * divergence(p_D, problem.prior_D)
    best = float(g_D @ x_D) + problem.kl * divergence(x_D, problem.prior_D)
    return max(0.0, here - best)


def cap_prices(problem: Problem, p_D: Array, *, slack: float = 1e-7) -> Array:
    """How much F falls for one unit more of each cap, shape (D,); 0 where the cap is not reached."""
    slope_D = problem.gradient(p_D)
    if problem.kl > 0:
        with np.errstate(divide="ignore"):
            pull_D = np.log(np.maximum(p_D, 1e-300) / problem.prior_D) + 1
        slope_D = slope_D + problem.kl * pull_D
    capped = p_D >= problem.caps_D - slack
    inside = ~capped & (p_D > slack)
    if not inside.any():
        # only caps and zeros: the cheapest domain that could take more sets the price, if there is one
        outside = ~capped
        level = float(slope_D[outside].min()) if outside.any() else float(slope_D.max())
    else:
        level = float(np.average(slope_D[inside], weights=p_D[inside]))
    prices: Array = np.where(capped & (problem.caps_D < 1), np.maximum(0.0, level - slope_D), 0.0)
    return prices
