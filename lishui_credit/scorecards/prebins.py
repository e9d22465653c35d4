"""Pre-bins of a number: where the candidate cut points lie, and what is counted between them.

Candidates are quantiles of the values that are quantities. Sorting the values once, and the bads
among them once, gives every count by looking up the candidates: no row is assigned to a bin.
Cost: one sort of the rows per characteristic.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Counted:
    """Cut points and what lies between them.

    Parameters
    ----------
    cuts : ndarray of float, shape (k,)
        Rising; each starts a pre-bin.
    below : ndarray of float, shape (k,)
        Largest value of the sample under each cut; NaN where there is none.
    goods, bads : ndarray of float, shape (k + 1,)
        Weighted rows per pre-bin.
    rows : ndarray of int, shape (k + 1,)
        Rows per pre-bin.
    """

    cuts: Floats
    below: Floats
    goods: Floats
    bads: Floats
    rows: NDArray[np.int64]


def candidates(ordered: Floats, most: int) -> Floats:
    """Return candidate cut points of sorted values: each starts a pre-bin.

    Parameters
    ----------
    ordered : ndarray of float, shape (n,)
        Rising, without NaN.
    most : int
        Most pre-bins, those of heavy values not counted.

    Returns
    -------
    ndarray of float, shape (k,), k < 2 * most
        Rising values of the sample; a row belongs to the pre-bin of the last candidate that it
        reaches. Every distinct value where there are at most `most`; otherwise quantiles, taken
        finer where a few values hold many rows; a value
        that fills a quantile alone has a pre-bin of its own.

    Examples
    --------
    >>> candidates(np.array([1.0, 1.0, 2.0, 5.0]), 10).tolist()
    [2.0, 5.0]
    >>> candidates(np.arange(100.0), 4).tolist()
    [25.0, 50.0, 75.0]
    """
    rows = len(ordered)
    if rows == 0:
        return np.empty(0)
    starts = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    if len(starts) < most:
        found: Floats = ordered[starts]
        return found

    def marks(pieces: int) -> Floats:
        places = (np.arange(1, pieces) * rows) // pieces
        cut: Floats = np.unique(ordered[places])
        kept: Floats = cut[cut > ordered[0]]
        return kept

    # More quantiles than pre-bins where many fall on the same value.
    fewest, most_pieces = most, 32 * most
    while most_pieces - fewest > 1:
        middle = (fewest + most_pieces) // 2
        if len(marks(middle)) < most:
            fewest = middle
        else:
            most_pieces = middle
    return _after_ties(ordered, marks(fewest), most)


def _after_ties(ordered: Floats, marks: Floats, most: int) -> Floats:
    """Add the value next to each that many rows share, so that its pre-bin holds nothing else."""
    heads = np.concatenate((ordered[:1], marks))
    starts = np.searchsorted(ordered, heads, side="left")
    ends = np.searchsorted(ordered, heads, side="right")
    heavy = (ends - starts >= len(ordered) / most) & (ends < len(ordered))
    return np.union1d(marks, ordered[ends[heavy]])


def counts(
    values: Floats,
    bad: NDArray[np.bool_],
    weight: Floats | None,
    most: int,
    cuts: Floats | None = None,
) -> Counted:
    """Count goods and bads between candidate cut points.

    Parameters
    ----------
    values : ndarray of float, shape (n,)
        NaN where missing; NaNs are not counted.
    bad : ndarray of bool, shape (n,)
        The outcome.
    weight : ndarray of float, shape (n,), or None
        Weights; None counts rows.
    most : int
        Most pre-bins.
    cuts : ndarray of float, optional
        Cut points to use in place of quantiles.

    Returns
    -------
    Counted
    """
    if weight is None:
        ordered = np.sort(values)
        known = len(ordered) - int(np.isnan(values).sum())
        ordered = ordered[:known]
        marks = candidates(ordered, most) if cuts is None else cuts
        of_bads = np.sort(values[bad])
        known_bads = len(of_bads) - int(np.isnan(of_bads).sum())
        places = np.searchsorted(ordered, marks, side="left")
        rows = np.diff(places, prepend=0, append=known)
        ends = np.searchsorted(of_bads[:known_bads], marks, side="left")
        bads = np.diff(ends, prepend=0, append=known_bads).astype(np.float64)
        return Counted(marks, _before(ordered, places), rows - bads, bads, rows)
    order = np.argsort(values, kind="stable")
    known = len(order) - int(np.isnan(values).sum())
    order = order[:known]
    ordered = values[order]
    marks = candidates(ordered, most) if cuts is None else cuts
    places = np.searchsorted(ordered, marks, side="left")
    ends = np.concatenate(([0], places, [known]))
    heavy = weight[order]

    def between(part: Any) -> Floats:
        running = np.concatenate(([0.0], np.cumsum(part)))
        found: Floats = np.maximum(np.diff(running[ends]), 0.0)
        return found

    bads = between(heavy * bad[order])
    goods = between(heavy * ~bad[order])
    return Counted(marks, _before(ordered, places), goods, bads, np.diff(ends))


def _before(ordered: Floats, places: NDArray[np.int64]) -> Floats:
    """The value just before each place, NaN at the start."""
    if len(ordered) == 0:
        return np.full(len(places), np.nan)
    found: Floats = np.where(places > 0, ordered[np.maximum(places - 1, 0)], np.nan)
    return found


def tidy(below: float, at: float) -> float:
    """Return the shortest decimal above `below` and at most `at`: the same cut, easier to say.

    Parameters
    ----------
    below, at : float
        Largest value of the sample under the cut, and the cut; below < at.

    Examples
    --------
    >>> tidy(34.78, 35.12), tidy(0.0, 3.0), tidy(1180.0, 1231.0), tidy(-7.0, -6.0)
    (35.0, 3.0, 1200.0, -6.0)
    """
    low, high = Decimal(repr(below)), Decimal(repr(at))
    if not low < high:
        return at
    gap = float(high - low)
    top = math.floor(math.log10(max(abs(at), gap))) + 1
    for power in range(top, top - 20, -1):
        step = Decimal(1).scaleb(power)
        mark = (high / step).to_integral_value(rounding=ROUND_FLOOR) * step
        if mark > low:
            found = float(mark)
            return found if below < found <= at else at
    return at
