"""The interval of a stratified share."""

from __future__ import annotations

import numpy as np

from lishui_credit.statistics.proportions import Values, quantile


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
