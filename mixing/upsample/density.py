"""The power-exponential density on [0, 1], g(s) ~ s^p e^(k s), and its means over intervals.

The integral has a closed form, by substitution in the integral representation of Kummer's function:

    integral of u^p e^(k u) from 0 to s  =  s^(p+1) / (p+1) * 1F1(p+1; p+2; k s)

so that the share below s is s^(p+1) 1F1(p+1; p+2; k s) / 1F1(p+1; p+2; k). The mean over an interval is the difference
of two shares by its width; where the interval is narrow that difference would lose its digits, and since g hardly
changes there, five-point Gauss-Legendre quadrature is exact to rounding. Cost: one 1F1 an edge, about a microsecond.
Reference: Abramowitz and Stegun 13.2.1. For k from 0 to 500 and p from 0 to 50; nothing overflows there.
"""

from __future__ import annotations

import numpy as np
from scipy.special import hyp1f1

from mixing.upsample.profile import Array

# up to this relative change of s and of g over an interval the quadrature is exact to rounding
_NARROW = 0.1
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(5)


def means(p: float, k: float, edges_K1: Array) -> Array:
    """Means of the density over consecutive intervals of [0, 1]; over all of [0, 1] its mean is 1.

    Args:
        p: power, from 0.
        k: slope of the logarithm, from 0.
        edges_K1: ascending from 0 or more to 1 or less.
    """
    low_K, high_K = edges_K1[:-1], edges_K1[1:]
    width_K = high_K - low_K
    norm = hyp1f1(p + 1, p + 2, k)
    share_K1 = edges_K1 ** (p + 1) * hyp1f1(p + 1, p + 2, k * edges_K1) / norm
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_K = np.diff(share_K1) / width_K
        narrow_K = width_K * (max(p, 1.0) / high_K + k) <= _NARROW
    if narrow_K.any():
        s_KN = low_K[narrow_K, None] + width_K[narrow_K, None] * (_NODES + 1) / 2
        g_KN = s_KN**p * np.exp(k * s_KN) * (p + 1) / norm
        mean_K[narrow_K] = g_KN @ _WEIGHTS / 2
    averaged: Array = mean_K
    return averaged


def scale(p: float, k: float) -> float:
    """The factor c for which c s^p e^(k s) is the density."""
    return float((p + 1) / hyp1f1(p + 1, p + 2, k))
