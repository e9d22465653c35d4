"""Shares of counts and how well they are known: Wilson's score interval."""

from __future__ import annotations

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
