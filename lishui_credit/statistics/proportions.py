"""Shares of counts, their intervals, and whether two of them differ."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from lishui_credit.statistics.outcomes import Floats, Values


def quantile(level: float = 0.95) -> float:
    """Return the two-sided normal quantile of a confidence level, 0 to 1.

    Examples
    --------
    >>> round(quantile(0.95), 4)
    1.96
    """
    return NormalDist().inv_cdf((1 + level) / 2)


def wilson(successes: Values, answers: Values, level: float = 0.95) -> tuple[Floats, Floats]:
    """Return Wilson's score interval of shares: low and high, NaN where there is no answer.

    (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n); answers may be effective sizes.
    """
    # Wilson (1927), Probable inference, the law of succession, and statistical inference, JASA 22.
    # Brown, Cai and DasGupta (2001), Interval estimation for a binomial proportion, Statistical Science
    # 16, 101-133.
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
