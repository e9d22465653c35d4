"""Curves and tables of a ranking: ROC, CAP, gains and lift, and the two classes apart.

All are polars frames, read from the levels of `ranked`; subjects who share a risk are never
split. Cost: one sort, O(n log n).
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.statistics.outcomes import Floats, Values, bands, checked, ranked_risks


def _thinned(size: int, at_most: int | None) -> NDArray[np.int64]:
    if at_most is None or size <= at_most:
        return np.arange(size)
    return np.unique(np.linspace(0, size - 1, at_most).round().astype(np.int64))


def _corners(x: Floats, y: Floats) -> NDArray[np.int64]:
    """Return the places where a rising path turns, with both ends; all others lie on straight lines."""
    if len(x) < 3:
        return np.arange(len(x))
    dx, dy = np.diff(x), np.diff(y)
    turn = np.abs(dx[:-1] * dy[1:] - dx[1:] * dy[:-1]) > 1e-15 * (np.hypot(dx[:-1], dy[:-1]).max())
    return np.flatnonzero(np.concatenate(([True], turn, [True])))


def roc_points(
    y: Values,
    risk: Values,
    *,
    weights: Values | None = None,
    hull: bool = False,
    at_most: int | None = None,
) -> pl.DataFrame:
    """Return the points of the ROC curve that are needed to draw it.

    Parameters
    ----------
    y, risk : array_like of shape (n,)
        Outcomes (1 bad) and risk.
    weights : array_like of shape (n,), optional
        Row weights.
    hull : bool, default False
        Keep only the points of the upper convex hull: the cut-offs that are best at some cost.
    at_most : int, optional
        Thin to about so many points, for drawing.

    Returns
    -------
    pl.DataFrame
        ``risk`` (called bad at or above it; null at the start), ``goods_refused`` (false positive
        rate), ``bads_refused`` (true positive rate); from (0, 0) to (1, 1).

    References
    ----------
    Fawcett (2006), Pattern Recognition Letters 27, 861-874.

    Examples
    --------
    >>> roc_points([0, 1, 0, 1], [1, 2, 3, 4]).rows()[:2]
    [(None, 0.0, 0.0), (4.0, 0.0, 0.5)]
    """
    levels = ranked_risks(y, risk, weights)
    found = np.concatenate(([0.0], np.cumsum(levels.bads) / levels.bads.sum()))
    false = np.concatenate(([0.0], np.cumsum(levels.goods) / levels.goods.sum()))
    cut = np.concatenate(([np.nan], levels.risk))
    if hull:
        from scipy.optimize import isotonic_regression

        both = levels.bads + levels.goods
        held = both > 0
        rate = levels.bads[held] / both[held]
        blocks = isotonic_regression(rate, weights=both[held], increasing=False).blocks
        ends = np.concatenate(([0], np.flatnonzero(held) + 1))
        keep = ends[blocks]
    else:
        keep = _corners(false, found)
    keep = keep[_thinned(len(keep), at_most)]
    return pl.DataFrame(
        {"risk": cut[keep], "goods_refused": false[keep], "bads_refused": found[keep]}
    ).with_columns(pl.col("risk").fill_nan(None))


def cap_points(
    y: Values, risk: Values, *, weights: Values | None = None, at_most: int | None = None
) -> pl.DataFrame:
    """Return the cumulative accuracy profile (CAP): share of bads among the riskiest share.

    Parameters
    ----------
    y, risk, weights, at_most
        As in `roc_points`.

    Returns
    -------
    pl.DataFrame
        ``subjects`` and ``bads``, shares from (0, 0) to (1, 1); ``perfect``, the share of bads a
        perfect order would reach. (Area under the curve - ½) over (area of the perfect one - ½) is
        the accuracy ratio, Gini.

    References
    ----------
    Engelmann, Hayden and Tasche (2003), Risk 16, 82-86.

    Examples
    --------
    >>> cap_points([0, 1, 0, 1], [1, 2, 3, 4]).row(1)
    (0.25, 0.5, 0.5)
    """
    levels = ranked_risks(y, risk, weights)
    both = levels.bads + levels.goods
    subjects = np.concatenate(([0.0], np.cumsum(both) / both.sum()))
    bads = np.concatenate(([0.0], np.cumsum(levels.bads) / levels.bads.sum()))
    keep = _corners(subjects, bads)
    keep = keep[_thinned(len(keep), at_most)]
    rate = levels.bads.sum() / both.sum()
    return pl.DataFrame(
        {
            "subjects": subjects[keep],
            "bads": bads[keep],
            "perfect": np.minimum(subjects[keep] / rate, 1.0),
        }
    )


def gains(
    y: Values, risk: Values, *, count: int = 10, weights: Values | None = None
) -> pl.DataFrame:
    """Return gains and lift by bands of equal size, riskiest first, ties kept together.

    Parameters
    ----------
    y, risk, weights
        As in `roc_points`.
    count : int, default 10
        Bands asked for (10 are deciles); fewer come back where ties are heavy.

    Returns
    -------
    pl.DataFrame
        One row per band: ``band``, ``risk_from``, ``risk_to``, ``subjects``, ``bads`` (weights),
        ``bad_rate``, ``lift`` (bad rate over the average), and cumulative ``subjects_share``,
        ``bads_share`` (gain), ``lift_so_far``, ``gap`` (bads less goods; its peak is about KS).

    References
    ----------
    Siddiqi (2006), Credit Risk Scorecards, Wiley.

    Examples
    --------
    >>> gains([0, 1, 0, 1], [1, 2, 3, 4], count=2).select("bads", "lift", "bads_share").rows()
    [(1.0, 1.0, 0.5), (1.0, 1.0, 1.0)]
    """
    levels = ranked_risks(y, risk, weights)
    both = levels.bads + levels.goods
    rate = levels.bads.sum() / both.sum()
    rows = pl.DataFrame(
        {"band": bands(both, count), "risk": levels.risk, "subjects": both, "bads": levels.bads}
    )
    table = (
        rows.group_by("band", maintain_order=True)
        .agg(
            pl.col("risk").min().alias("risk_from"),
            pl.col("risk").max().alias("risk_to"),
            pl.col("subjects").sum(),
            pl.col("bads").sum(),
        )
        .filter(pl.col("subjects") > 0)
    )
    so_far = pl.col("bads").cum_sum() / pl.col("bads").sum()
    goods = pl.col("subjects") - pl.col("bads")
    return table.with_columns(
        pl.int_range(1, pl.len() + 1).alias("band"),
        (pl.col("bads") / pl.col("subjects")).alias("bad_rate"),
        (pl.col("bads") / pl.col("subjects") / rate).alias("lift"),
        (pl.col("subjects").cum_sum() / pl.col("subjects").sum()).alias("subjects_share"),
        so_far.alias("bads_share"),
        (pl.col("bads").cum_sum() / pl.col("subjects").cum_sum() / rate).alias("lift_so_far"),
        (so_far - goods.cum_sum() / goods.sum()).alias("gap"),
    )


def separation(
    y: Values, risk: Values, *, weights: Values | None = None, at_most: int = 200
) -> pl.DataFrame:
    """Return the shares of ``bads`` and ``goods`` at or above each ``risk``, falling: the curves of KS."""
    levels = ranked_risks(y, risk, weights)
    bads = np.cumsum(levels.bads) / levels.bads.sum()
    goods = np.cumsum(levels.goods) / levels.goods.sum()
    keep = np.union1d(_thinned(len(bads), at_most), [int(np.argmax(np.abs(bads - goods)))])
    return pl.DataFrame({"risk": levels.risk[keep], "bads": bads[keep], "goods": goods[keep]})


def distribution(
    y: Values, score: Values, *, count: int = 20, weights: Values | None = None
) -> pl.DataFrame:
    """Return the shares of ``goods`` and ``bads`` in steps of equal width, ``score_from`` to ``score_to``."""
    good = checked(y, weights=weights, score=score)
    values = good.columns["score"]
    edges = np.histogram_bin_edges(values, bins=count)
    bad = good.y == 1
    goods, bads = (
        np.histogram(values[members], bins=edges, weights=good.w[members])[0]
        for members in (~bad, bad)
    )
    return pl.DataFrame(
        {
            "score_from": edges[:-1],
            "score_to": edges[1:],
            "goods": goods / goods.sum(),
            "bads": bads / bads.sum(),
        }
    )
