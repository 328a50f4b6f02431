"""The solver: mirror descent with the divergence term treated exactly, and a polish by SLSQP.

1. Start at the prior, moved into the caps.
2. x = argmin <g, x> + kl KL(x||q) + (1/eta) KL(x||p): a closed form, since both divergences join into one tilt of the
   weighted geometric mean of q and p.
3. The step eta is halved until f(x) <= f(p) + <g, x - p> + (1/eta) KL(x||p), and grows by a quarter after every step.
4. Stop when the duality gap is below the tolerance.
5. Where it is not after 1,000 steps and D <= 128, SLSQP goes on from there; the better point of the two is returned.

A domain that would get less than 1e-12 is kept at 1e-12 of its base, so that it may come back. Memory O(D); each step
costs one gradient and a sort of D numbers.
Reference: Beck and Teboulle 2003 (mirror descent); Lu, Freund and Nesterov 2018 (relative smoothness).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from mixing.regress.base import Array
from mixing.solver.certificate import duality_gap
from mixing.solver.problem import Problem, divergence, tilted

TOLERANCE = 1e-8
_MAX_STEPS = 20_000
_STEPS_BEFORE_POLISH = 1_000
_POLISH_DOMAINS = 128
_FLOOR = 1e-12


@dataclass(frozen=True)
class Optimum:
    """A point, its certificate, and how it was found."""

    p_D: Array
    gap: float
    solver: str
    iterations: int


def minimise(problem: Problem, tolerance: float = TOLERANCE) -> Optimum:
    """The mixture that minimises the problem, to a duality gap of `tolerance` where that can be reached."""
    p_D, gap, steps = _descend(problem, tolerance)
    if gap <= tolerance or len(p_D) > _POLISH_DOMAINS:
        return Optimum(p_D, gap, "mirror descent", steps)
    polished_D, more = _polish(problem, p_D)
    better = duality_gap(problem, polished_D)
    if better < gap:
        return Optimum(polished_D, better, "mirror descent, SLSQP", steps + more)
    return Optimum(p_D, gap, "mirror descent", steps)


def _descend(problem: Problem, tolerance: float) -> tuple[Array, float, int]:
    p_D = problem.start_D
    value, eta = problem.loss(p_D), 1.0
    best_D, best_gap = p_D, duality_gap(problem, p_D)
    most = _MAX_STEPS if len(p_D) > _POLISH_DOMAINS else _STEPS_BEFORE_POLISH
    for step in range(1, most + 1):
        if best_gap <= tolerance:
            return best_D, best_gap, step - 1
        g_D = problem.gradient(p_D)
        while True:
            x_D = _step(problem, p_D, g_D, eta)
            new = problem.loss(x_D)
            bound = value + float(g_D @ (x_D - p_D)) + divergence(x_D, np.maximum(p_D, _FLOOR)) / eta
            if new <= bound + 1e-15 * max(1.0, abs(value)) or eta < 1e-12:
                break
            eta /= 2
        moved = float(np.abs(x_D - p_D).max())
        p_D, value = x_D, new
        eta *= 1.25
        if step % 10 == 0 or moved < 1e-12:
            gap = duality_gap(problem, p_D)
            if gap < best_gap:
                best_D, best_gap = p_D, gap
            if moved < 1e-15:
                return best_D, best_gap, step
    return best_D, best_gap, most


def _step(problem: Problem, p_D: Array, g_D: Array, eta: float) -> Array:
    weight = problem.kl + 1 / eta
    logs_D = (problem.kl * np.log(problem.prior_D) + np.log(np.maximum(p_D, _FLOOR)) / eta) / weight
    return tilted(g_D, weight, np.exp(logs_D), problem.caps_D)


def _polish(problem: Problem, start_D: Array) -> tuple[Array, int]:
    def slope(p_D: Array) -> Array:
        inside_D = np.maximum(p_D, _FLOOR)
        return problem.gradient(inside_D) + problem.kl * (np.log(inside_D / problem.prior_D) + 1)

    found = minimize(
        lambda p_D: problem.objective(np.maximum(p_D, _FLOOR)),
        start_D,
        jac=slope,
        method="SLSQP",
        bounds=[(0.0, float(cap)) for cap in problem.caps_D],
        constraints={"type": "eq", "fun": lambda p_D: p_D.sum() - 1, "jac": lambda p_D: np.ones_like(p_D)},
        options={"maxiter": 500, "ftol": 1e-15},
    )
    # back onto the set, exactly: SLSQP keeps constraints to rounding only
    clipped_D = np.clip(found.x, _FLOOR**2, problem.caps_D)
    return tilted(np.zeros_like(clipped_D), 1.0, clipped_D, problem.caps_D), int(found.nit)
