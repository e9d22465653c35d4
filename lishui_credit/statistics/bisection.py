"""Where a rising function reaches a value, by halving."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_HALVINGS: Final = 60  # of any width below a thousand, to the last bit of a double


def crossing(rises: Callable[[float], float], wanted: float, low: float, high: float) -> float:
    """Return where a rising function reaches a value between two ends, or the end nearest to it.

    Examples
    --------
    >>> round(crossing(lambda x: x**2, 2.0, 0.0, 2.0), 9), crossing(abs, 9.0, 0.0, 2.0)
    (1.414213562, 2.0)
    """
    if rises(high) <= wanted:
        return high
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if rises(middle) < wanted else (low, middle)
    return (low + high) / 2
