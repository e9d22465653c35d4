"""Shares of counts and how well they are known: Wilson's score interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import polars as pl

Values = Sequence[float] | npt.NDArray[np.float64] | npt.NDArray[np.int64] | pl.Series
Floats = npt.NDArray[np.float64]


def quantile(level: float = 0.95) -> float:
    """Return the two-sided normal quantile of a confidence level.

    Examples
    --------
    >>> round(quantile(0.95), 4)
    1.96
    """
    return NormalDist().inv_cdf((1 + level) / 2)


def wilson(successes: Values, answers: Values, level: float = 0.95) -> tuple[Floats, Floats]:
    """Return Wilson's score interval of a share.

    (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n).

    Parameters
    ----------
    successes, answers : array_like of shape (k,)
        Counts; answers may be effective sizes. Both ends are NaN where there is no answer.
    level : float, default 0.95
        Confidence, between 0 and 1.

    Returns
    -------
    low, high : ndarray of shape (k,)
        Shares, 0 to 1.

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference, JASA 22.
    Brown, Cai and DasGupta (2001), Interval estimation for a binomial proportion, Statistical
    Science 16, 101-133.

    Examples
    --------
    >>> low, high = wilson([360], [400])
    >>> low.round(4), high.round(4)
    (array([0.8667]), array([0.9257]))
    """
    z = quantile(level)
    x, n = np.asarray(successes, dtype=np.float64), np.asarray(answers, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = x / n
        middle = p + z * z / (2 * n)
        half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        low, high = (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)
    return np.clip(low, 0, 1), np.clip(high, 0, 1)


def jeffreys_interval(bads: Values, subjects: Values, level: float = 0.95) -> tuple[Floats, Floats]:
    """Return Jeffreys' equal-tailed interval of a rate: Beta(D + ½, N - D + ½).

    The lower end is 0 where there is no bad, the upper end 1 where all are bad.

    Parameters
    ----------
    bads, subjects : array_like of shape (k,)
        Counts.
    level : float, default 0.95
        Confidence.

    Returns
    -------
    low, high : ndarray of shape (k,)
        0 and 1 where there is no subject.

    References
    ----------
    Brown, Cai and DasGupta (2001), Interval estimation for a binomial proportion, Statistical
    Science 16, 101-133.

    Examples
    --------
    >>> low, high = jeffreys_interval([0, 5], [10, 100])
    >>> low.round(4), high.round(4)
    (array([0.    , 0.0193]), array([0.2172, 0.1061]))
    """
    from scipy.special import betaincinv

    d, n = np.asarray(bads, dtype=np.float64), np.asarray(subjects, dtype=np.float64)
    tail = (1 - level) / 2
    low = np.where(d > 0, betaincinv(d + 0.5, n - d + 0.5, tail), 0.0)
    high = np.where(d < n, betaincinv(d + 0.5, n - d + 0.5, 1 - tail), 1.0)
    return low, high


def two_proportions(subjects: Values, bads: Values) -> tuple[Floats, Floats]:
    """Return z and two-sided p of equal bad rates in each of k places and the one after it, (k-1,).

    z = (r' - r) / sqrt(r0 (1 - r0) (1/n + 1/n')), r0 the rate of both together. Its square is the
    chi-square of the two-by-two table without continuity correction. Where both rates are 0 or both
    1, or a place is empty, z = 0 and p = 1.
    """
    n, b = np.asarray(subjects, dtype=np.float64), np.asarray(bads, dtype=np.float64)
    known = (n[:-1] > 0) & (n[1:] > 0)
    n1, n2 = np.where(known, n[:-1], 1.0), np.where(known, n[1:], 1.0)
    pooled = (b[:-1] + b[1:]) / (n1 + n2)
    variance = pooled * (1.0 - pooled) * (1.0 / n1 + 1.0 / n2)
    known &= variance > 0
    gap = b[1:] / n2 - b[:-1] / n1
    z = np.where(known, gap / np.sqrt(np.where(known, variance, 1.0)), 0.0)
    return z, np.array([math.erfc(abs(value) / math.sqrt(2.0)) for value in z], dtype=np.float64)


def stratified(
    successes: Values, answers: Values, weights: Values, level: float = 0.95
) -> tuple[float, float, float]:
    """Return a stratified share and its normal interval.

    p = Σ W_h p_h; Var(p) = Σ W_h² p_h (1 - p_h) / (n_h - 1), without finite population correction,
    which is nil here.

    Parameters
    ----------
    successes, answers : array_like of shape (h,)
        Counts by stratum; every stratum needs two answers.
    weights : array_like of shape (h,)
        Populations or shares; they are scaled to add up to one.
    level : float, default 0.95
        Confidence.

    Returns
    -------
    share, low, high : float
        0 to 1; all NaN where a stratum has fewer than two answers.

    References
    ----------
    Cochran (1977), Sampling Techniques, 3rd ed., 5.3 and 5.9.

    Examples
    --------
    >>> [round(x, 4) for x in stratified([90, 80], [100, 100], [3, 1])]
    [0.875, 0.8265, 0.9235]
    """
    x, n = np.asarray(successes, dtype=np.float64), np.asarray(answers, dtype=np.float64)
    w = np.asarray(weights, dtype=np.float64)
    if len(n) == 0 or (n < 2).any():
        return float("nan"), float("nan"), float("nan")
    w = w / w.sum()
    p = x / n
    share = float((w * p).sum())
    half = quantile(level) * float(np.sqrt((w * w * p * (1 - p) / (n - 1)).sum()))
    return share, max(share - half, 0.0), min(share + half, 1.0)
