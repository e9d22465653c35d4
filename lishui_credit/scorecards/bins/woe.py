"""Weight of evidence and information value of counted bins, and how counts are smoothed.

WoE is ``ln(share of goods in the bin / share of bads in the bin)``: positive is better than
average. A bin of `smoothing` imaginary rows with the population's own odds is added to every bin, so
that a pure bin keeps a finite WoE, an empty bin has WoE 0, and smoothing 0 is the textbook formula.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from lishui_credit.statistics.chi_square import tail
from lishui_credit.statistics.outcomes import Floats

SIGN: Final = "ln(good%/bad%)"
"""The sign convention, printed in the header of every table that shows a WoE."""


def smoothed(
    goods: ArrayLike, bads: ArrayLike, total_goods: float, total_bads: float, smoothing: float
) -> tuple[Floats, Floats]:
    """Return the counts of bins with `smoothing` imaginary rows of the population's odds added."""
    whole = total_goods + total_bads
    return (
        np.asarray(goods, dtype=np.float64) + smoothing * (total_goods / whole),
        np.asarray(bads, dtype=np.float64) + smoothing * (total_bads / whole),
    )


def woe(
    goods: ArrayLike,
    bads: ArrayLike,
    total_goods: float,
    total_bads: float,
    smoothing: float = 1.0,
) -> Floats:
    """Return the weight of evidence of bins, ``ln((g / G) / (b / B))`` of smoothed counts.

    Infinite for a pure bin at smoothing 0; 0 for an empty one.
    """
    # Good, I. J. (1950). Probability and the Weighing of Evidence. Siddiqi, N. (2006). Credit Risk
    # Scorecards, ch. 6.
    good, bad = smoothed(goods, bads, total_goods, total_bads, smoothing)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.log(good / total_goods) - np.log(bad / total_bads)
    return np.where((good == 0) & (bad == 0), 0.0, found)


def iv_part(
    goods: ArrayLike,
    bads: ArrayLike,
    total_goods: float,
    total_bads: float,
    smoothing: float = 1.0,
) -> Floats:
    """Return what each bin adds to the information value, ``(g / G - b / B) * WoE``.

    Shares are of the counts as they are, WoE of smoothed ones, so that parts add up over bins
    whatever their number.
    """
    spread = np.asarray(goods, dtype=np.float64) / total_goods
    spread = spread - np.asarray(bads, dtype=np.float64) / total_bads
    weight = woe(goods, bads, total_goods, total_bads, smoothing)
    return np.where(spread == 0, 0.0, spread * weight)


def woe_error(goods: ArrayLike, bads: ArrayLike, total_goods: float, total_bads: float) -> Floats:
    """Return the standard error of each bin's WoE (delta method); infinite for a pure bin.

    ``var = 1/g - 1/G + 1/b - 1/B``: the counts of a bin are multinomial parts of their totals.
    """
    good, bad = np.asarray(goods, dtype=np.float64), np.asarray(bads, dtype=np.float64)
    with np.errstate(divide="ignore"):
        variance = 1 / good - 1 / total_goods + 1 / bad - 1 / total_bads
    return np.sqrt(np.maximum(variance, 0.0))


def shrunk(goods: ArrayLike, bads: ArrayLike, *, gate: float = 0.01) -> tuple[Floats, Floats]:
    """Return the goods and bads of many levels with each bad rate drawn towards the mean of all.

    The spread of true rates between levels is estimated by moments of the beta-binomial; a level's
    rate becomes ``(b + m * p) / (n + m)``, where m is the number of rows at which a level's own rate
    and the mean weigh the same. Levels that do not differ beyond chance (chi-square test at level
    `gate`; at 1 there is no test) all get the mean: a column of noise then separates nothing,
    however many levels it has. Rows per level and bads of all levels are unchanged.
    """
    # Kleinman, J. C. (1973). Proportions with extraneous variance. JASA 68, 46-54. Efron, B. and
    # Morris, C. (1975). Data analysis using Stein's estimator. JASA 70, 311-319.
    good, bad = np.asarray(goods, dtype=np.float64), np.asarray(bads, dtype=np.float64)
    rows = good + bad
    whole = rows.sum()
    mean = bad.sum() / whole
    levels = len(rows)
    flat = rows * mean
    if levels < 2 or mean in (0.0, 1.0):
        return good, bad
    noise = mean * (1 - mean)
    statistic = float(((bad - flat) ** 2 / (rows * noise)).sum())
    if not _exceeds(statistic, levels - 1, gate):
        return rows - flat, flat
    # Moments: E[sum n (r - p)^2] = (k - 1) noise + (N - sum n^2 / N - (k - 1)) spread.
    between = float((rows * (bad / rows - mean) ** 2).sum())
    room = whole - float((rows**2).sum()) / whole - (levels - 1)
    spread = (between - (levels - 1) * noise) / room if room > 0 else 0.0
    if spread <= 0:
        return rows - flat, flat
    strength = max(noise / spread - 1, 0.0)
    drawn = rows * (bad + strength * mean) / (rows + strength)
    drawn *= bad.sum() / drawn.sum()  # as many bads as before
    return rows - drawn, drawn


def _exceeds(statistic: float, freedom: int, gate: float) -> bool:
    """Tell whether a chi-square statistic is significant at a level; at level 1 all are."""
    return gate >= 1 or tail(statistic, freedom) < gate
