"""Shares in units of 1e-9 that sum to 1 exactly."""

from __future__ import annotations

from collections.abc import Mapping

UNIT = 10**9


def round_shares(shares: Mapping[str, float], caps: Mapping[str, float] | None = None) -> dict[str, float]:
    """Shares rounded to multiples of 1e-9 that sum to 1, by largest remainder; no share goes above its cap.

    Args:
        shares: not negative, sum to about 1.
        caps: largest shares, summing to at least 1 + 1e-9 times their number, or exactly reached by the shares.
    """
    total = sum(shares.values())
    exact = {name: share / total * UNIT for name, share in shares.items()}
    most = {name: int((caps or {}).get(name, 1.0) * UNIT + 1e-6) for name in shares}
    units = {name: min(int(value), most[name]) for name, value in exact.items()}
    left = UNIT - sum(units.values())
    by_remainder = sorted(exact, key=lambda name: (units[name] - exact[name], name))
    while left > 0:
        room = [name for name in by_remainder if units[name] < most[name]] or by_remainder
        for name in room[:left]:
            units[name] += 1
        left = UNIT - sum(units.values())
    return {name: n / UNIT for name, n in units.items()}
