"""Does a risk separate bads from goods: AUC with DeLong's interval, Gini, KS.

Every function takes outcomes (1 bad) and a risk that rises with badness (a PD, or minus points).
Ties count half, in the value and in the variance. Cost: one sort each, O(n log n).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.statistics.outcomes import (
    Estimate,
    Floats,
    Ranked,
    Values,
    checked,
    ranked,
    ranked_risks,
    roc_area,
)
from lishui_credit.statistics.proportions import quantile


def placements(levels: Ranked) -> tuple[float, Floats, Floats]:
    """Return the AUC and, per level, the share of goods below (ties half) and of bads above.

    These are DeLong's placement values; midranks give the same (Sun and Xu 2014).
    """
    bads, goods = levels.bads, levels.goods
    all_bads, all_goods = bads.sum(), goods.sum()
    below = (all_goods - np.cumsum(goods) + goods / 2) / all_goods
    above = (np.cumsum(bads) - bads / 2) / all_bads
    return roc_area(bads, goods), below, above


def _variance(levels: Ranked, value: float, below: Floats, above: Floats) -> float:
    m, n = levels.n_bads, levels.n_goods
    if m < 2 or n < 2:
        return float("nan")
    of_bads = levels.bads_squared @ (below - value) ** 2 / levels.bads.sum() ** 2
    of_goods = levels.goods_squared @ (above - value) ** 2 / levels.goods.sum() ** 2
    return float(of_bads * m / (m - 1) + of_goods * n / (n - 1))


def auc_of(levels: Ranked, level: float = 0.95) -> Estimate:
    """Return the AUC of ranked levels with DeLong's interval."""
    value, below, above = placements(levels)
    variance = _variance(levels, value, below, above)
    if not variance > 0:
        return Estimate(value, None, None, level)
    reach = quantile(level) * sqrt(variance)
    return Estimate(value, max(0.0, value - reach), min(1.0, value + reach), level)


def auc(y: Values, risk: Values, *, weights: Values | None = None, level: float = 0.95) -> Estimate:
    """Return the area under the ROC curve (曲线下面积) with DeLong's interval.

    The chance that a bad drawn at random has a higher risk than a good, ties counting half. The
    interval is value ± z · standard error, cut off at 0 and 1; it is absent (None) where the
    variance is zero or unknown: perfect separation, or fewer than two rows of a class.
    With weights the variance is that of independent rows drawn with unequal weight.

    Parameters
    ----------
    y : array_like of shape (n,)
        1 bad, 0 good.
    risk : array_like of shape (n,)
        Rises with badness.
    weights : array_like of shape (n,), optional
        Row weights.
    level : float, default 0.95
        Confidence of the interval.

    Returns
    -------
    Estimate
        Value 0 to 1; 0.5 is chance.

    Raises
    ------
    SubjectError
        If the columns do not pass `checked`.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44, 837-845. Sun and Xu (2014), IEEE
    Signal Processing Letters 21, 1389-1393. ECB, Instructions for reporting the validation
    results of internal models (2019), section 2.5.4.

    Examples
    --------
    >>> found = auc([0, 0, 1, 0, 1, 1], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    >>> round(found.value, 4)
    0.8889
    """
    return auc_of(ranked_risks(y, risk, weights), level)


def gini(
    y: Values, risk: Values, *, weights: Values | None = None, level: float = 0.95
) -> Estimate:
    """Return Gini's coefficient, the accuracy ratio of the CAP curve: 2 AUC - 1.

    Parameters
    ----------
    y, risk, weights, level
        As in `auc`.

    Returns
    -------
    Estimate
        -1 to 1, with the interval of `auc` on that scale.

    References
    ----------
    Engelmann, Hayden and Tasche (2003), Testing rating accuracy, Risk 16, 82-86.

    Examples
    --------
    >>> gini([0, 1, 0, 1], [1, 2, 3, 4]).value
    0.5
    """
    return as_gini(auc(y, risk, weights=weights, level=level))


def as_gini(area: Estimate) -> Estimate:
    """Return an AUC and its interval on the scale of Gini."""
    low, high = (None if end is None else 2 * end - 1 for end in (area.low, area.high))
    return Estimate(2 * area.value - 1, low, high, area.level)


def auc_difference(
    y: Values,
    risk: Values,
    other: Values,
    *,
    weights: Values | None = None,
    level: float = 0.95,
) -> Estimate:
    """Return AUC(risk) - AUC(other) on the same subjects, with interval and two-sided p.

    The two areas are correlated, since the same subjects are ranked twice; DeLong's covariance
    takes that into account. Where both order every pair alike the difference is exactly 0 and p 1.

    Parameters
    ----------
    y, risk, other : array_like of shape (n,)
        Outcomes and two risks.
    weights : array_like of shape (n,), optional
        Row weights.
    level : float, default 0.95
        Confidence of the interval.

    Returns
    -------
    Estimate
        Difference, -1 to 1, positive where `risk` is better.

    References
    ----------
    DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44, 837-845.

    Examples
    --------
    >>> y = [0, 0, 0, 0, 1, 1, 1, 1]
    >>> found = auc_difference(y, [1, 2, 3, 5, 4, 6, 7, 8], [1, 5, 3, 6, 4, 2, 7, 8])
    >>> found.value, round(found.p, 3)
    (0.25, 0.221)
    """
    from scipy.special import ndtr

    good = checked(y, weights=weights, risk=risk, other=other)
    w, bad = good.w, good.y == 1
    if bad.sum() < 2 or (~bad).sum() < 2:
        raise SubjectError(
            tr("a comparison needs two bads and two goods", "比较至少需要两个坏样本和两个好样本")
        )
    values, spread = [], np.zeros(len(bad))
    for sign, name in ((1.0, "risk"), (-1.0, "other")):
        levels = ranked(good.y, good.columns[name], good.weights)
        value, below, above = placements(levels)
        values.append(value)
        spread += sign * (np.where(bad, below[levels.level_of], above[levels.level_of]) - value)
    variance = 0.0
    for members in (bad, ~bad):
        m = int(members.sum())
        share = w[members] / w[members].sum()
        variance += float((share**2) @ spread[members] ** 2) * m / (m - 1)
    difference = values[0] - values[1]
    if variance < 1e-24:
        p = 1.0 if abs(difference) < 1e-12 else 0.0
        return Estimate(difference, difference, difference, level, p)
    error = sqrt(variance)
    reach = quantile(level) * error
    low, high = max(-1.0, difference - reach), min(1.0, difference + reach)
    return Estimate(difference, low, high, level, float(2 * ndtr(-abs(difference) / error)))


def auc_fall(y: Values, risk: Values, initial: float) -> Estimate:
    """Return the fall of AUC since development, with the ECB's one-sided p.

    S = (initial - current) / standard error of the current AUC; p = 1 - Φ(S). A small p says that
    the model separates worse than when it was first validated.

    Parameters
    ----------
    y, risk : array_like of shape (n,)
        Current outcomes and risk.
    initial : float
        AUC at initial validation, 0 to 1, taken as known.

    Returns
    -------
    Estimate
        initial - current, without interval; p as above, None where the variance is zero.

    References
    ----------
    ECB, Instructions for reporting the validation results of internal models (2019), 2.5.4.

    Examples
    --------
    >>> found = auc_fall([0, 0, 1, 0, 1, 1], [1, 2, 3, 4, 5, 6], initial=0.95)
    >>> round(found.value, 4), round(found.p, 3)
    (0.0611, 0.349)
    """
    from scipy.special import ndtr

    if not 0 <= initial <= 1:
        raise SubjectError(
            tr("an AUC must lie between 0 and 1", "AUC 应在 0 到 1 之间"),
            str(initial),
            "",
            "initial",
        )
    levels = ranked_risks(y, risk)
    value, below, above = placements(levels)
    variance = _variance(levels, value, below, above)
    fall = initial - value
    return Estimate(fall, p=float(ndtr(-fall / sqrt(variance))) if variance > 0 else None)


@dataclass(frozen=True, slots=True)
class Ks:
    """The largest gap between the distributions of bads and goods, and where it is."""

    value: float
    risk: float
    bads_above: float
    goods_above: float
    p: float


def ks_of(levels: Ranked) -> Ks:
    """Return the KS statistic of ranked levels."""
    from scipy.special import kolmogorov

    bads = np.cumsum(levels.bads) / levels.bads.sum()
    goods = np.cumsum(levels.goods) / levels.goods.sum()
    gaps = np.abs(bads - goods)
    place = int(np.argmax(gaps > gaps.max() - 1e-12))  # the first of equals, whatever the rounding
    value = float(gaps[place])
    m, n = levels.n_bads, levels.n_goods
    return Ks(
        value,
        float(levels.risk[place]),
        float(bads[place]),
        float(goods[place]),
        float(kolmogorov(sqrt(m * n / (m + n)) * value)),
    )


def ks(y: Values, risk: Values, *, weights: Values | None = None) -> Ks:
    """Return the Kolmogorov-Smirnov statistic and the risk at which it is reached.

    Exact with ties: gaps are read only after a whole level.

    Parameters
    ----------
    y, risk : array_like of shape (n,)
        Outcomes (1 bad) and risk.
    weights : array_like of shape (n,), optional
        Row weights; p then ignores them.

    Returns
    -------
    Ks
        ``value``, 0 to 1; ``risk``: calling bad every subject with at least this risk reaches the
        gap; ``bads_above``, ``goods_above``: share of each class at or above it; ``p``: asymptotic p
        of one common distribution, too large if ties are many.

    References
    ----------
    Smirnov (1948), Annals of Mathematical Statistics 19, 279-281. BCBS, Studies on the validation
    of internal rating systems, Working Paper 14 (2005).

    Examples
    --------
    >>> found = ks([0, 0, 1, 0, 1, 1], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    >>> round(found.value, 4), found.risk
    (0.6667, 0.5)
    """
    return ks_of(ranked_risks(y, risk, weights))
