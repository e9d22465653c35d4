"""Neighbouring pieces of a characteristic in few groups: of about equal rows, or of about equal points."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from lishui_credit.statistics.outcomes import Floats


def even_groups(rows: Floats, most: int) -> list[int]:
    """Return where groups of about equal rows begin, at most so many.

    Exact: no other groups have a smaller sum of squared rows. A piece of many rows stands alone.

    Examples
    --------
    >>> even_groups(np.array([10.0, 10.0, 60.0, 10.0, 10.0]), 3)
    [0, 2, 3]
    """
    ends = np.concatenate([[0.0], np.cumsum(rows)])
    return _groups((ends[None, 1:] - ends[:-1, None]) ** 2, most, ())


def like_groups(values: Floats, weight: Floats, most: int, kept: Collection[int] = ()) -> list[int]:
    """Return where groups of about equal values (pieces,) begin, at most so many.

    Exact: no other groups have a smaller weighted sum of squares around their means. A group begins at
    each of `kept`, which count among the most unless they are more.

    Examples
    --------
    >>> like_groups(np.array([0.0, 0.1, 2.0, 2.0]), np.ones(4), 2)
    [0, 2]
    """
    sums = [np.concatenate([[0.0], np.cumsum(weight * values**power)]) for power in (0, 1, 2)]
    whole, first, second = (part[None, 1:] - part[:-1, None] for part in sums)
    with np.errstate(invalid="ignore", divide="ignore"):
        around = np.where(whole > 0, second - first**2 / whole, 0.0)
    return _groups(np.maximum(around, 0.0), most, kept)


def numbered(starts: Sequence[int], lined: int, pieces: int) -> NDArray[np.intp]:
    """Return the group of every piece: groups of the first `lined`, then every other piece alone.

    >>> numbered([0, 2], 3, 5).tolist()
    [0, 0, 1, 2, 3]
    """
    found = np.zeros(pieces, dtype=np.intp)
    found[[*(start for start in starts if start), *range(lined, pieces)]] = 1
    if not lined and pieces:
        found[0] = 0
    return np.cumsum(found)


def _groups(costs: Floats, most: int, kept: Collection[int]) -> list[int]:
    """Return the starts of the cheapest groups; `costs` (pieces, pieces) is of the first to the last."""
    pieces = len(costs)
    for start in kept:
        costs[:start, start:] = np.inf
    most = min(max(most, len({0, *kept})), pieces)
    # cheapest[e]: of the pieces before e in so many groups as there were rounds.
    cheapest = np.full(pieces + 1, np.inf)
    cheapest[0] = 0.0
    origins, worth = [], []
    costs = np.where(np.tri(pieces, dtype=bool).T, costs, np.inf)
    for _ in range(most):
        ways = cheapest[:-1, None] + costs
        origins.append(np.argmin(ways, axis=0))
        cheapest = np.concatenate([[np.inf], ways.min(axis=0)])
        worth.append(cheapest[-1])
    end, starts = pieces, []
    for origin in reversed(origins[: int(np.argmin(worth)) + 1]):
        end = int(origin[end - 1])
        starts.append(end)
    return starts[::-1]
