"""Do probabilities mean what they say: Brier score and its parts, reliability table, ECE.

Every function takes outcomes (1 bad) and a probability of bad, 0 to 1. Bins hold equal weight and
never split subjects of equal PD. Cost: one sort each, O(n log n).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.statistics.bootstrap import percentiles
from lishui_credit.statistics.outcomes import (
    Checked,
    Estimate,
    Floats,
    Values,
    bands,
    checked,
    ranked,
)
from lishui_credit.statistics.proportions import jeffreys_interval

EXACT_UP_TO = 20_000
"""Rows up to which the noise of ECE is simulated row by row; above, sums per bin are normal."""


def pd_bins(good: Checked, bins: int) -> NDArray[np.int64]:
    """Return each row's bin of equal weight, 0 the lowest PD, numbered without holes."""
    levels = ranked(good.y, -good.columns["pd"], good.weights)
    found = np.unique(bands(levels.bads + levels.goods, bins), return_inverse=True)[1]
    rows: NDArray[np.int64] = found.astype(np.int64)[levels.level_of]
    return rows


@dataclass(frozen=True, slots=True)
class Brier:
    """The Brier score and its parts: reliability - resolution + uncertainty + within_variance - within_covariance."""

    value: float
    reliability: float  # squared gap between mean PD and bad rate of a bin
    resolution: float  # spread of the bins' bad rates
    uncertainty: float  # bad rate x good rate
    within_variance: float  # of the PDs inside bins
    within_covariance: float  # twice that of PDs and outcomes inside bins
    skill: float  # 1 - value / uncertainty
    bins: int


def brier(y: Values, pd: Values, *, bins: int = 10, weights: Values | None = None) -> Brier:
    """Return the Brier score with Murphy's decomposition and the two within-bin terms.

    Parameters
    ----------
    y : array_like of shape (n,)
        1 bad, 0 good.
    pd : array_like of shape (n,)
        Probability of bad, 0 to 1.
    bins : int, default 10
        Bins of equal weight asked for.
    weights : array_like of shape (n,), optional
        Row weights.

    Returns
    -------
    Brier
        ``value`` (mean squared error of the PD, 0 is perfect), which is exactly ``reliability`` -
        ``resolution`` + ``uncertainty`` + ``within_variance`` - ``within_covariance``; ``skill``
        (1 - value / uncertainty: 0 for a constant at the bad rate, 1 for a perfect PD); ``bins`` used.

    References
    ----------
    Brier (1950), Monthly Weather Review 78, 1-3. Murphy (1973), Journal of Applied Meteorology
    12, 595-600. Stephenson, Coelho and Jolliffe (2008), Two extra components in the Brier score
    decomposition, Weather and Forecasting 23, 752-757.

    Examples
    --------
    >>> found = brier([0, 0, 0, 1], [0.1, 0.1, 0.3, 0.5], bins=2)
    >>> round(found.value, 3), round(found.skill, 3)
    (0.09, 0.52)
    """
    good = checked(y, weights=weights, pd=pd)
    p, w = good.columns["pd"], good.w
    bin_of = pd_bins(good, bins)
    whole = w.sum()
    size, rate, mean = bin_means(bin_of, w, good.y, p)
    share, base = size / whole, float(w @ good.y / whole)
    off_p, off_y = p - mean[bin_of], good.y - rate[bin_of]
    value, uncertainty = float(w @ (p - good.y) ** 2 / whole), base * (1 - base)
    return Brier(
        value=value,
        reliability=float(share @ (mean - rate) ** 2),
        resolution=float(share @ (rate - base) ** 2),
        uncertainty=uncertainty,
        within_variance=float(w @ off_p**2 / whole),
        within_covariance=float(2 * (w @ (off_p * off_y)) / whole),
        skill=1 - value / uncertainty,
        bins=len(size),
    )


def bin_means(
    bin_of: NDArray[np.int64], w: Floats, *columns: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return weight and weighted means of two columns per bin."""
    size = np.bincount(bin_of, weights=w).astype(np.float64)
    safe = np.where(size > 0, size, 1.0)
    first, second = (np.bincount(bin_of, weights=w * column) / safe for column in columns)
    return size, first, second


def reliability(
    y: Values,
    pd: Values,
    *,
    bins: int = 10,
    weights: Values | None = None,
    level: float = 0.95,
) -> pl.DataFrame:
    """Return the reliability table: mean PD against the bad rate of each bin of equal weight.

    Parameters
    ----------
    y, pd, bins, weights
        As in `brier`.
    level : float, default 0.95
        Confidence of Jeffreys' interval of the bad rate (counts of rows, without weights).

    Returns
    -------
    pl.DataFrame
        ``bin``, ``subjects``, ``bads`` (rows), ``pd`` (mean), ``bad_rate``, ``low``, ``high``.

    References
    ----------
    Bröcker and Smith (2007), Weather and Forecasting 22, 651-661. Brown, Cai and DasGupta (2001),
    Statistical Science 16, 101-133.

    Examples
    --------
    >>> reliability([0, 0, 0, 1], [0.1, 0.1, 0.3, 0.5], bins=2).select("bads", "pd").rows()
    [(0, 0.1), (1, 0.4)]
    """
    good = checked(y, weights=weights, pd=pd)
    bin_of = pd_bins(good, bins)
    _, rate, mean = bin_means(bin_of, good.w, good.y, good.columns["pd"])
    subjects = np.bincount(bin_of)
    bads = np.bincount(bin_of, weights=good.y).astype(np.int64)
    low, high = jeffreys_interval(bads, subjects, level)
    return pl.DataFrame(
        {
            "bin": np.arange(1, len(subjects) + 1),
            "subjects": subjects,
            "bads": bads,
            "pd": mean,
            "bad_rate": rate,
            "low": low,
            "high": high,
        }
    )


@dataclass(frozen=True, slots=True)
class Ece:
    """Expected calibration error with its interval, and the error that chance alone would show."""

    estimate: Estimate
    noise: float  # the error that right PDs stay below, at the interval's level, one-sided


def ece(
    y: Values,
    pd: Values,
    *,
    bins: int = 10,
    weights: Values | None = None,
    level: float = 0.95,
    repeats: int = 200,
    seed: int = 0,
) -> Ece:
    """Return the expected calibration error over bins of equal weight, with its interval and its noise.

    A finite sample shows a gap even if every PD is right. So the interval is the reflected (basic)
    bootstrap, which removes that bias, cut off at 0 and wide enough to hold the error that was found,
    with rows drawn inside bins that stay as they are; and the noise says how large the gap of right PDs would be.

    Parameters
    ----------
    y, pd, bins, weights
        As in `brier`.
    level : float, default 0.95
        Confidence, 0 to 1.
    repeats : int, default 200
        Draws. Cost: repeats x n.
    seed : int, default 0
        The same seed gives the same interval.

    Returns
    -------
    Ece
        ``estimate``: the mean absolute gap between mean PD and bad rate over bins, with its interval
        and the p of a gap at least as large if every PD is right. ``noise``: the gap that right PDs
        stay below with chance `level`.

    References
    ----------
    Naeini, Cooper and Hauskrecht (2015), AAAI 29, 2901-2907. Bröcker and Smith (2007), Weather and
    Forecasting 22, 651-661 (noise of right probabilities).

    Examples
    --------
    >>> round(ece([0, 0, 0, 1], [0.1, 0.1, 0.3, 0.5], bins=2).estimate.value, 3)
    0.1
    """
    good = checked(y, weights=weights, pd=pd)
    p, w = good.columns["pd"], good.w
    bin_of = pd_bins(good, bins)
    order = np.argsort(bin_of, kind="stable")
    starts = np.concatenate(([0], np.flatnonzero(np.diff(bin_of[order])) + 1))
    whole = float(w.sum())
    gaps = (w * (good.y - p))[order]
    blocks = np.split(gaps, starts[1:])
    value = float(sum(abs(block.sum()) for block in blocks)) / whole
    rng = np.random.default_rng(seed)
    draws, chance = np.zeros(repeats), np.zeros(repeats)
    p, w = p[order], w[order]
    spreads = np.sqrt(np.add.reduceat(w**2 * p * (1 - p), starts))
    for turn in range(repeats):
        for block in blocks:
            draws[turn] += abs(block[rng.integers(0, len(block), len(block))].sum())
        if len(p) <= EXACT_UP_TO:
            drawn = w * ((rng.random(len(p)) < p) - p)
            chance[turn] = np.abs(np.add.reduceat(drawn, starts)).sum()
        else:
            chance[turn] = np.abs(rng.normal(0, spreads)).sum()
    chance /= whole
    drawn_ends = percentiles(draws / whole, value, level)
    low, high = drawn_ends.low, drawn_ends.high
    if low is not None and high is not None:
        low, high = max(0.0, 2 * value - high), max(0.0, 2 * value - low)
        low, high = min(low, value), max(high, value)
    p_value = float((1 + (chance >= value - 1e-15).sum()) / (1 + repeats))
    return Ece(Estimate(value, low, high, level, p_value), float(np.quantile(chance, level)))
