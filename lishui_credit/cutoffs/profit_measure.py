"""The expected maximum profit of a score (期望最大利润): models compared by money, not by AUC.

A loan of one unit earns `roi` when good and loses a share λ of itself when bad. λ is not known
before; it is 0 with chance `p0`, 1 with chance `p1` and else spread evenly between. For every λ the
bank takes the cut-off that suits it best; the measure averages the profit this adds to lending to
everybody. What it assumes: one return for all good loans, losses that do not depend on the score,
amounts alike, a cut-off chosen knowing λ (so it is an upper bound), and a bad rate that stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lishui_credit.errors import Problem, refuse
from lishui_credit.language import tr
from lishui_credit.statistics.bootstrap import corrected, merged
from lishui_credit.statistics.outcomes import Estimate, Floats, Values, checked, ranked

ROI, P0, P1 = 0.2644, 0.55, 0.10
"""The defaults of the measure's authors; a bank puts its own."""

_LEAST_REPEATS = 20


@dataclass(frozen=True, slots=True)
class Emp:
    """The expected maximum profit and the share of applicants it declines.

    Parameters
    ----------
    emp : Estimate
        Profit added to lending to everybody, as a share of the amount applied for, 0 or more.
    fraction : float
        Share declined at the best cut-off, averaged over λ, 0 to 1.
    perfect : float
        What a score without error would reach: π (p1 + (1 - p0 - p1) / 2), π the bad rate.
    """

    emp: Estimate
    fraction: float
    perfect: float


def emp_of(
    bads: Floats, goods: Floats, roi: float = ROI, p0: float = P0, p1: float = P1
) -> tuple[float, float]:
    """Return expected maximum profit and share declined; levels from the riskiest on.

    Declining the riskiest levels saves λ·B and forgoes roi·G, with B and G the shares of all
    applicants so declined: a line in λ for each vertex of the convex hull of the ROC curve. The
    best of the lines is piecewise linear, and its integral over λ a sum of closed forms.

    Half are bad and the score is perfect: 0.5 x (0.10 + 0.35 / 2), and 45% of bads declined.

    >>> emp, fraction = emp_of(np.array([1.0, 0.0]), np.array([0.0, 1.0]))
    >>> round(emp, 6), round(fraction, 6)
    (0.1375, 0.225)
    """
    from scipy.optimize import isotonic_regression

    held = bads + goods > 0
    b, g = bads[held], goods[held]
    b, g = b / (b + g).sum(), g / (b + g).sum()
    blocks = isotonic_regression(b / (b + g), weights=b + g, increasing=False).blocks[:-1]
    found, missed = np.add.reduceat(b, blocks), np.add.reduceat(g, blocks)
    with np.errstate(divide="ignore"):
        worth = np.where(found > 0, np.minimum(roi * missed / found, 1.0), 1.0)
    edges = np.concatenate(([0.0], worth, [1.0]))  # the λ from which declining the next block pays
    declined = np.concatenate(([0.0], np.cumsum(found)))
    forgone = np.concatenate(([0.0], np.cumsum(missed)))
    width, moment = np.diff(edges), np.diff(edges**2) / 2
    even = 1 - p0 - p1
    at_one = declined - roi * forgone
    last = int(np.argmax(at_one))
    emp = even * float(declined @ moment - roi * (forgone @ width)) + p1 * float(at_one[last])
    share = declined + forgone
    return emp, even * float(share @ width) + p1 * float(share[last])


def expected_maximum_profit(
    y: Values,
    score: Values,
    *,
    roi: float = ROI,
    p0: float = P0,
    p1: float = P1,
    repeats: int = 0,
    seed: int = 0,
    level: float = 0.95,
) -> Emp:
    """Return the expected maximum profit of a score.

    Parameters
    ----------
    y : array_like of shape (n,)
        1 bad, 0 good.
    score : array_like of shape (n,)
        Higher is better (minus a PD does).
    roi : float, default 0.2644
        Return on a good loan over its life, share of the amount, positive.
    p0, p1 : float, default 0.55, 0.10
        Chance that a bad loan loses nothing, and that it loses everything; their sum at most 1.
    repeats : int, default 0
        Bootstrap draws for the interval, 20 or more; loans are drawn regardless of outcome, since
        the bad rate is part of the measure. Above 5,000 distinct scores neighbours are merged for
        the draws, not for the value.
    seed : int, default 0
        The same seed gives the same interval.
    level : float, default 0.95
        Confidence of the (bias-corrected) interval.

    Returns
    -------
    Emp

    Raises
    ------
    SubjectError
        If the columns do not pass `checked` or a parameter is out of its range: all at once.

    References
    ----------
    Verbraken, Bravo, Weber and Baesens (2014), Development and application of consumer credit
    scoring models using profit-based classification measures, European Journal of Operational
    Research 238, 505-513.

    Examples
    --------
    >>> found = expected_maximum_profit([1, 0, 1, 0, 0], [480, 520, 560, 600, 640])
    >>> round(found.emp.value, 6), round(found.fraction, 6), round(found.perfect, 6)
    (0.088651, 0.232984, 0.11)
    """
    _sensible(roi, p0, p1, repeats)
    good = checked(y, score=score)
    levels = ranked(good.y, -good.columns["score"])
    value, fraction = emp_of(levels.bads, levels.goods, roi, p0, p1)
    estimate = Estimate(value, level=level)
    if repeats:
        bads, goods = merged(levels)
        n = len(good.y)
        shares = np.stack((bads, goods)).ravel() / n
        drawn = np.random.default_rng(seed).multinomial(n, shares / shares.sum(), size=repeats)
        draws = np.array(
            [
                emp_of(b, g, roi, p0, p1)[0] if b.any() else 0.0
                for b, g in drawn.reshape(repeats, 2, -1).astype(np.float64)
            ]
        )
        estimate = corrected(draws, value, level, (0.0, np.inf))
    perfect = float(good.y.mean()) * (p1 + (1 - p0 - p1) / 2)
    return Emp(estimate, fraction, perfect)


def emp_difference(
    y: Values,
    score: Values,
    other: Values,
    *,
    roi: float = ROI,
    p0: float = P0,
    p1: float = P1,
    repeats: int = 200,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """Return EMP(score) - EMP(other) on the same loans, with interval and two-sided p.

    Every draw takes the same loans for both scores, so what they share cancels.

    Parameters
    ----------
    y, score, other : array_like of shape (n,)
        Outcomes and two scores, higher better.
    roi, p0, p1, seed, level
        As in `expected_maximum_profit`.
    repeats : int, default 200
        Draws, 20 or more. Cost: repeats x n.

    Returns
    -------
    Estimate
        Positive where `score` earns more, as a share of the amount applied for; p is that of a
        normal with the spread of the draws.

    Raises
    ------
    SubjectError
        As in `expected_maximum_profit`.

    References
    ----------
    Davison and Hinkley (1997), Bootstrap Methods and Their Application, Cambridge, chapter 5.

    Examples
    --------
    >>> y = [1, 0, 1, 0, 0] * 20
    >>> found = emp_difference(y, [1, 2, 3, 4, 5] * 20, [1, 3, 2, 4, 5] * 20, repeats=50)
    >>> round(found.value, 6)
    -0.021349
    """
    from scipy.special import ndtr

    _sensible(roi, p0, p1, repeats, least=_LEAST_REPEATS)
    good = checked(y, score=score, other=other)
    both = [ranked(good.y, -good.columns[name]) for name in ("score", "other")]

    def gap(weights: Floats) -> float:
        values = []
        for levels in both:
            k = len(levels.risk)
            bads, goods = (
                np.bincount(levels.level_of, weights=weights * of, minlength=k).astype(np.float64)
                for of in (good.y, 1 - good.y)
            )
            values.append(emp_of(bads, goods, roi, p0, p1)[0] if bads.any() else 0.0)
        return values[0] - values[1]

    n = len(good.y)
    rng = np.random.default_rng(seed)
    draws = np.array(
        [
            gap(np.bincount(rng.integers(0, n, n), minlength=n).astype(np.float64))
            for _ in range(repeats)
        ]
    )
    value = gap(np.ones(n))
    found = corrected(draws, value, level, (-np.inf, np.inf))
    error = float(draws.std(ddof=1))
    p = float(2 * ndtr(-abs(value) / error)) if error > 0 else float(value == 0)
    return Estimate(value, found.low, found.high, level, p)


def _sensible(roi: float, p0: float, p1: float, repeats: int, *, least: int = 0) -> None:
    problems = []
    if not 0 < roi < np.inf:
        what = tr("the return on a good loan must be positive", "好贷款的回报率必须为正")
        problems.append(
            Problem(what, str(roi), tr("26.44% is 0.2644", "26.44% 记为 0.2644"), "roi")
        )
    if not (p0 >= 0 and p1 >= 0 and p0 + p1 <= 1):
        what = tr(
            "p0 and p1 must be 0 or more and sum to at most 1", "p0 与 p1 不得为负,其和不得超过 1"
        )
        problems.append(Problem(what, f"{p0} + {p1}", where="p0, p1"))
    if repeats != least and repeats < _LEAST_REPEATS:
        what = tr("an interval needs 20 repeats or more", "区间至少重复 20 次")
        problems.append(Problem(what, str(repeats), where="repeats"))
    refuse(problems)
