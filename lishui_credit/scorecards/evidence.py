"""Weight of evidence, information value and the test between two bins, each defined once.

Goods are y = 0, bads y = 1. Positive WoE is better than average. Counts may be weighted.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def woe(
    goods: npt.ArrayLike,
    bads: npt.ArrayLike,
    total_goods: float,
    total_bads: float,
    smoothing: float = 0.5,
) -> Floats:
    """Weight of evidence (证据权重): ``ln(((goods + s)/total_goods) / ((bads + s)/total_bads))``.

    Positive is better than average. With smoothing 0 it is the textbook definition, infinite for a
    pure bin. The definition does not depend on the other bins. A bin without any row has WoE 0.

    Parameters
    ----------
    goods, bads : array_like of float, shape (n,) or any other
        Weight of goods and of bads in every bin, 0 or more.
    total_goods, total_bads : float
        Weight of all goods and bads, more than 0.
    smoothing : float, default 0.5
        The s of the formula, 0 or more.

    Returns
    -------
    ndarray of float, shape of `goods`

    Examples
    --------
    >>> woe([40, 5, 0], [10, 0, 0], 90, 10).round(3)
    array([-0.847,  0.201,  0.   ])
    """
    g, b = np.asarray(goods, dtype=np.float64), np.asarray(bads, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.log(((g + smoothing) / total_goods) / ((b + smoothing) / total_bads))
    return np.where((g == 0) & (b == 0), 0.0, value)


def iv_part(
    goods: npt.ArrayLike,
    bads: npt.ArrayLike,
    total_goods: float,
    total_bads: float,
    smoothing: float = 0.5,
) -> Floats:
    """Information value (信息值) of every bin: ``(goods/total_goods - bads/total_bads) * woe``.

    Only the WoE is smoothed, so the part of a small bin can be slightly negative.

    Parameters
    ----------
    goods, bads, total_goods, total_bads, smoothing
        As for `woe`.

    Returns
    -------
    ndarray of float, shape of `goods`

    Examples
    --------
    >>> iv_part([40, 50], [10, 0], 90, 10).sum().round(3)
    np.float64(1.814)
    """
    g, b = np.asarray(goods, dtype=np.float64), np.asarray(bads, dtype=np.float64)
    return (g / total_goods - b / total_bads) * woe(g, b, total_goods, total_bads, smoothing)


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
    smoothing: float = 0.5,
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
