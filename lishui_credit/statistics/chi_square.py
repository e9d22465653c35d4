"""The tail of the chi-square distribution, exactly: a finite sum for whole degrees of freedom.

Binning needs nothing else of scipy, whose import takes longer than binning half a million rows.
"""

from __future__ import annotations

import math


def tail(value: float, degrees: int) -> float:
    """Return the probability of a chi-square of so many degrees of freedom at least so large; O(degrees)."""
    # Abramowitz, M. and Stegun, I. (1964). Handbook of Mathematical Functions, 26.4.4 and 26.4.5.
    if degrees < 1:
        raise ValueError(f"degrees must be at least 1, found {degrees}")
    half = value / 2
    if not half > 0:  # half of the least double is none
        return 1.0
    odd = degrees % 2
    found = math.erfc(math.sqrt(half)) if odd else 0.0
    for place in range(degrees // 2):
        power = place + odd / 2
        found += math.exp(power * math.log(half) - half - math.lgamma(power + 1))
    return min(found, 1.0)
