"""Logistic regression with an L2 penalty, by Newton's method with conjugate gradients.

    minimise over w, b   sum_i c_i log(1 + exp(-y_i (x_i w + b))) + l2/2 |w|^2

with y_i = +1 or -1, and c_i such that each class weighs half of the documents (sum c_i = n). The bias is not penalised.

1. At (w, b) take the gradient g and, for every row, the curvature d_i of its loss.
2. Solve (X^T D X + l2 I) s = -g by conjugate gradients, the more exactly the smaller the gradient has become.
3. Halve the step until the objective falls (Armijo), and go on until |g| is 1e-9 of what it was.

About 50 products with X and as many with its transpose. Memory: 9 vectors as wide as X, besides X. The solver exists in
libraries, but there the sums depend on the number of threads and on the processor; these run in one fixed order.

Reference: C.-J. Lin, R. Weng, S. Keerthi, Trust region Newton method for large-scale logistic regression, JMLR 9, 2008
(with a line search here in place of the trust region).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from curation.quality.features import Features
from curation.quality.kernels import SLOTS, Floats, dot, logistic

TOLERANCE = 1e-9
MAX_NEWTON_STEPS = 100
MAX_CG_STEPS = 500
_ARMIJO = 1e-4
_MAX_HALVINGS = 30
_VISIBLE = 1e-11


def fit_logistic(features: Features, positive: npt.NDArray[np.bool_], l2: float) -> tuple[Floats, float]:
    """The weights of the slots, and the bias.

    Args:
        features: a row for each document.
        positive: the class of each; both must be there.
        l2: penalty, greater than 0; n times as many documents outweigh it n times.
    """
    problem = _Problem(features, positive, l2)
    point = _Point(problem, np.zeros(SLOTS + 1))  # the last coordinate is the bias
    target = TOLERANCE * _norm(point.gradient)
    for _ in range(MAX_NEWTON_STEPS):
        if _norm(point.gradient) <= target:
            break
        following = _descend(problem, point, _newton_step(problem, point))
        if following is None:  # as good as rounding lets it be
            break
        point = following
    return point.place[:-1], float(point.place[-1])


class _Problem:
    def __init__(self, features: Features, positive: npt.NDArray[np.bool_], l2: float) -> None:
        n, n_positive = len(positive), int(positive.sum())
        self.features = features
        self.signs = np.where(positive, 1.0, -1.0)
        self.weights = np.where(positive, n / (2 * n_positive), n / (2 * (n - n_positive)))
        self.l2 = l2

    def margins(self, place: Floats) -> Floats:
        """(X, 1) (w, b)."""
        margins: Floats = self.features.times(place[:-1]) + place[-1]
        return margins

    def pulled_back(self, rows: Floats, place: Floats) -> Floats:
        """(X, 1)^T rows + l2 (w, 0): a gradient, or a product with the Hessian."""
        below: Floats = self.l2 * place
        below[:-1] += self.features.transposed_times(rows)
        below[-1] = dot(rows, np.ones(len(rows)))
        return below


@dataclass
class _Point:
    """The objective at a place, with its first and second derivatives."""

    problem: _Problem
    place: Floats

    def __post_init__(self) -> None:
        problem, n = self.problem, len(self.problem.signs)
        residuals, self.curvatures = np.empty(n), np.empty(n)
        margins = problem.margins(self.place)
        loss = logistic(margins, problem.signs, problem.weights, residuals, self.curvatures)
        self.objective = loss + problem.l2 / 2 * dot(self.place[:-1], self.place[:-1])
        self.gradient = problem.pulled_back(residuals, self.place)


def _newton_step(problem: _Problem, point: _Point) -> Floats:
    """Conjugate gradients from 0 until the residual is a fraction of the gradient."""
    norm = _norm(point.gradient)
    enough = norm * min(0.1, norm**0.5)
    step: Floats = np.zeros(len(point.gradient))
    residual = -point.gradient
    direction = residual.copy()
    squared = dot(residual, residual)
    for _ in range(MAX_CG_STEPS):
        if squared**0.5 <= enough:
            break
        curved = problem.pulled_back(point.curvatures * problem.margins(direction), direction)
        length = squared / dot(direction, curved)
        step += length * direction
        residual -= length * curved
        before, squared = squared, dot(residual, residual)
        direction = residual + squared / before * direction
    return step


def _descend(problem: _Problem, point: _Point, step: Floats) -> _Point | None:
    slope = dot(point.gradient, step)
    candidate = _Point(problem, point.place + step)
    if -slope <= _VISIBLE * point.objective:  # the objective falls by less than it is rounded by: the gradient tells
        return candidate if _norm(candidate.gradient) < _norm(point.gradient) else None
    length = 1.0
    for _ in range(_MAX_HALVINGS):
        if candidate.objective <= point.objective + _ARMIJO * length * slope:
            return candidate
        length /= 2
        candidate = _Point(problem, point.place + length * step)
    return None


def _norm(vector: Floats) -> float:
    return float(dot(vector, vector) ** 0.5)
