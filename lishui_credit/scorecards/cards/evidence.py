"""What tells two bins apart, and the way of the bad rate along bins.

Goods are y = 0, bads y = 1. Positive WoE is better than average. Counts may be weighted.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from lishui_credit.scorecards.bins.woe import woe

Floats = npt.NDArray[np.float64]


def neighbour_p_values(goods: npt.ArrayLike, bads: npt.ArrayLike) -> Floats:
    """p-values of every bin against the next: two-proportion z test, pooled variance, two-sided.

    Parameters
    ----------
    goods, bads : array_like of float, shape (k,)
        Weight of goods and bads in every bin; the test takes weights for rows.

    Returns
    -------
    ndarray of float, shape (k - 1,)
        1 where both bins hold only goods or only bads, or one holds nothing.

    Examples
    --------
    >>> neighbour_p_values([90, 70, 35], [10, 30, 15]).round(4)
    array([4.e-04, 1.e+00])
    """
    g, b = np.asarray(goods, dtype=np.float64), np.asarray(bads, dtype=np.float64)
    gap, spread = z_squared(g[:-1], b[:-1], g[1:], b[1:])
    z = np.sqrt(np.divide(gap, spread, out=np.zeros_like(gap), where=spread > 0))
    return np.array([math.erfc(value / math.sqrt(2)) for value in z], dtype=np.float64)


def z_squared(
    goods: Floats, bads: Floats, goods_next: Floats, bads_next: Floats
) -> tuple[Floats, Floats]:
    """Numerator and denominator of z squared of the pooled two-proportion z test.

    Parameters
    ----------
    goods, bads, goods_next, bads_next : ndarray of float
        Counts of the two bins, shapes that broadcast.

    Returns
    -------
    tuple of two ndarray of float
        The denominator is 0 where the test says nothing: only goods, only bads, or an empty bin.

    Examples
    --------
    >>> above, below = z_squared(*np.array([[90.0], [10.0], [70.0], [30.0]]))
    >>> above / below
    array([12.5])
    """
    n, m = goods + bads, goods_next + bads_next
    above = (bads * m - bads_next * n) ** 2 * (n + m)
    below = (goods + goods_next) * (bads + bads_next) * n * m
    return above, below


def category_order(
    goods: npt.ArrayLike,
    bads: npt.ArrayLike,
    total_goods: float,
    total_bads: float,
    smoothing: float = 1.0,
) -> npt.NDArray[np.intp]:
    """Order of the levels of a category by smoothed bad rate, lowest first.

    Levels in this order are pre-bins for `group` with direction "up". Without smoothing that is the
    best grouping among all groupings of the levels, contiguous or not.

    Parameters
    ----------
    goods, bads, total_goods, total_bads, smoothing
        As for `woe`, one entry per level.

    Returns
    -------
    ndarray of int, shape (n,)
        Indices of the levels; equal ones by index, levels without rows where WoE is 0.

    References
    ----------
    Fisher, On grouping for maximum homogeneity, JASA 53 (1958); Breiman et al., Classification and
    Regression Trees (1984), theorem 4.5.

    Examples
    --------
    >>> category_order([50, 80, 20], [50, 10, 10], 150, 70)
    array([1, 2, 0])
    """
    value = woe(goods, bads, total_goods, total_bads, smoothing)
    return np.argsort(np.round(-value, 12), kind="stable")


def direction_of(values: Floats) -> str:
    """Name the way of the bad rate along bins.

    Parameters
    ----------
    values : ndarray of float, shape (k,)
        WoE of the bins in order.

    Returns
    -------
    {"up", "down", "peak", "valley", "none"}
        "none" for one bin, for equal neighbours and for more than one turn.

    Examples
    --------
    >>> direction_of(np.array([0.4, -0.1, -0.8])), direction_of(np.array([0.4, -0.8, 0.1]))
    ('up', 'peak')
    """
    falls, rises = values[1:] < values[:-1], values[1:] > values[:-1]
    turns = int(np.count_nonzero(falls[1:] != falls[:-1]))
    if len(values) < 2 or not np.all(falls | rises) or turns > 1:
        return "none"
    if turns:
        return "peak" if falls[0] else "valley"
    return "up" if falls[0] else "down"
