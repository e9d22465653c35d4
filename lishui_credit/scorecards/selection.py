"""Which characteristics a card keeps: correlation, variance inflation, forward steps, L1 path.

Every function takes the WoE of the candidates (n, k) and returns the ones to leave out, each with
its reason in words, or the ones to keep in order.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lishui_credit.language import tr
from lishui_credit.statistics.chi_square import tail
from lishui_credit.statistics.logistic import Logistic, expit, fit_logistic

Floats = NDArray[np.float64]


def correlated(
    x: Floats, names: Sequence[str], ivs: Sequence[float], most: float
) -> dict[str, str]:
    """Leave out, of every pair that is correlated beyond `most`, the one of lower IV.

    Parameters
    ----------
    x : ndarray of float, shape (n, k)
        WoE.
    names, ivs : sequence, length k
        Characteristics and their information values.
    most : float
        Largest absolute Pearson correlation, 0 to 1.

    Returns
    -------
    dict of str to str
        Left out, and why.

    Examples
    --------
    >>> x = np.array([[0.0, 0.1], [1.0, 1.1], [2.0, 2.0]])
    >>> list(correlated(x, ["a", "b"], [0.3, 0.2], 0.9))
    ['b']
    """
    order = sorted(range(len(names)), key=lambda place: (-ivs[place], names[place]))
    steady = x.std(axis=0) == 0
    whole = np.zeros((len(names), len(names)))
    moving = np.flatnonzero(~steady)
    if len(moving) > 1:
        whole[np.ix_(moving, moving)] = np.corrcoef(x[:, moving], rowvar=False)
    kept: list[int] = []
    left: dict[str, str] = {}
    for place in order:
        close = [other for other in kept if abs(whole[place, other]) > most]
        if close:
            other = max(close, key=lambda row: abs(whole[place, row]))
            by = f"{whole[place, other]:.2f}"
            left[names[place]] = tr(
                f"correlated {by} with {names[other]}, which has the higher IV",
                f"与信息值更高的 {names[other]} 相关系数 {by}",
            )
        else:
            kept.append(place)
    return left


def inflated(x: Floats, names: Sequence[str], most: float) -> dict[str, str]:
    """Leave out the most inflated characteristic again and again until none is beyond `most`.

    Parameters
    ----------
    x : ndarray of float, shape (n, k)
        WoE.
    names : sequence of str, length k
        Characteristics.
    most : float
        Largest variance inflation factor, above 1.

    References
    ----------
    Belsley, D., Kuh, E. and Welsch, R. (1980). Regression Diagnostics, ch. 3.
    """
    kept = [place for place in range(len(names)) if x[:, place].std() > 0]
    left: dict[str, str] = {}
    while len(kept) > 1:
        # The ridge keeps exact copies from being singular: their factor is then about 1e9.
        close = np.corrcoef(x[:, kept], rowvar=False) + 1e-9 * np.eye(len(kept))
        factors = np.diag(np.linalg.inv(close))
        top = int(np.argmax(factors))
        if factors[top] <= most:
            break
        name = names[kept.pop(top)]
        left[name] = tr(
            f"variance inflation factor {factors[top]:.1f}", f"方差膨胀因子 {factors[top]:.1f}"
        )
    return left


def forward(
    x: Floats,
    names: Sequence[str],
    bad: NDArray[np.bool_],
    weight: Floats | None,
    *,
    ridge: float,
    stop_p: float,
) -> tuple[list[int], dict[str, str]]:
    """Take the characteristic that raises the likelihood most, until none does significantly.

    Parameters
    ----------
    x : ndarray of float, shape (n, k)
        WoE.
    names : sequence of str
        Characteristics.
    bad, weight : ndarray, shape (n,)
        The outcome, and weights or None.
    ridge : float
        Penalty of the regression.
    stop_p : float
        Stop where the likelihood ratio test of the best newcomer has a larger p-value.

    Returns
    -------
    kept : list of int
        Columns in the order they came in.
    left : dict of str to str
        Left out, and why.

    Notes
    -----
    The newcomer is found by the score test, which needs no fit: O(n k) per step, one fit per
    characteristic kept.
    """
    heavy = np.ones(len(bad)) if weight is None else weight
    kept: list[int] = []
    fit: Logistic = fit_logistic(x[:, kept], bad, weight, ridge=ridge)
    stopped = 1.0
    while len(kept) < len(names):
        p = expit(fit.log_odds(x[:, kept]))
        miss, curve = heavy * (~bad - p), heavy * p * (1 - p)
        inside = np.column_stack([np.ones(len(bad)), x[:, kept]])
        cross = inside.T @ (x * curve[:, None])
        solved = np.linalg.pinv(inside.T @ (inside * curve[:, None])) @ cross
        room = (x**2 * curve[:, None]).sum(axis=0) - (cross * solved).sum(axis=0)
        slope = x.T @ miss
        # A coefficient that would come in negative is no candidate.
        fits = (slope > 0) & (room > 1e-9 * len(bad))
        fits[kept] = False
        if not fits.any():
            break
        worth = np.where(fits, slope**2 / np.where(fits, room, 1.0), -np.inf)
        newcomer = int(np.argmax(worth))
        tried = fit_logistic(x[:, [*kept, newcomer]], bad, weight, ridge=ridge)
        gain = 2 * (tried.log_likelihood - fit.log_likelihood)
        stopped = tail(gain, 1)
        if stopped > stop_p:
            break
        kept.append(newcomer)
        fit = tried
    reason = tr(
        f"adds nothing significant to those kept (stops at p {stop_p:g})",
        f"对已选特征无显著增益(p {stop_p:g} 停止)",
    )
    return kept, {name: reason for place, name in enumerate(names) if place not in kept}


def l1_path(
    x: Floats,
    names: Sequence[str],
    bad: NDArray[np.bool_],
    weight: Floats | None,
    *,
    ridge: float,
) -> tuple[list[int], dict[str, str]]:
    """Take the set on the L1 path whose refit has the lowest BIC.

    Parameters and returns as in `forward`; the path is scikit-learn's, twenty penalties.

    References
    ----------
    Tibshirani, R. (1996). Regression shrinkage and selection via the lasso. JRSS B 58, 267-288.
    """
    from sklearn.linear_model import LogisticRegression

    spread = x.std(axis=0)
    ready = x / np.where(spread > 0, spread, 1.0)
    best: tuple[float, list[int]] = (np.inf, [])
    tried: set[tuple[int, ...]] = set()
    for strength in np.logspace(-4, 0, 20):
        model = LogisticRegression(
            l1_ratio=1.0, C=strength, solver="liblinear", max_iter=1000, random_state=0
        )
        model.fit(ready, (~bad).astype(int), sample_weight=weight)
        kept = [int(place) for place in np.flatnonzero(model.coef_[0] > 0)]
        if not kept or tuple(kept) in tried:
            continue
        tried.add(tuple(kept))
        refit = fit_logistic(x[:, kept], bad, weight, ridge=ridge, positive=True)
        bic = -2 * refit.log_likelihood + np.log(len(bad)) * (len(kept) + 1)
        best = min(best, (float(bic), kept), key=lambda pair: pair[0])
    reason = tr("not in the set of lowest BIC on the L1 path", "不在 L1 路径上 BIC 最小的集合中")
    return best[1], {name: reason for place, name in enumerate(names) if place not in best[1]}
