"""Hand's H-measure: how much avoidable loss a risk avoids, over a stated spread of costs."""

from __future__ import annotations

import numpy as np

from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.statistics.outcomes import Floats, Values, ranked_risks


def h_of(bads: Floats, goods: Floats, severity_ratio: float | None = None) -> float:
    """Return the H-measure of bads and goods per level, riskiest first; see `h_measure`."""
    from scipy.optimize import isotonic_regression
    from scipy.special import betainc

    held = bads + goods > 0
    b, g = bads[held] / (bads.sum() + goods.sum()), goods[held] / (bads.sum() + goods.sum())
    prior = float(b.sum())
    if severity_ratio is None:
        first, second = 1 + prior, 2 - prior
    else:
        first, second = 2.0, 1 + 1 / severity_ratio
    blocks = isotonic_regression(b / (b + g), weights=b + g, increasing=False).blocks
    found, missed = np.add.reduceat(b, blocks[:-1]), np.add.reduceat(g, blocks[:-1])
    rate = found / (found + missed)  # the cost at which the next block stops paying
    refused = np.concatenate(([0.0], np.cumsum(missed)))  # share of all: goods called bad
    passed = prior - np.concatenate(([0.0], np.cumsum(found)))  # share of all: bads called good
    high, low = np.concatenate(([1.0], rate)), np.concatenate((rate, [0.0]))

    def mass(cost: Floats | float) -> Floats:
        return np.asarray(betainc(first, second, cost), dtype=np.float64)

    def moment(cost: Floats | float) -> Floats:
        part = betainc(first + 1, second, cost) * first / (first + second)
        return np.asarray(part, dtype=np.float64)

    costs = moment(high) - moment(low)
    loss = float(refused @ costs + passed @ (mass(high) - mass(low) - costs))
    below = float(moment(prior))
    worst = (1 - prior) * below + prior * float(1 - mass(prior) - (moment(1.0) - below))
    return 1 - loss / worst


def h_measure(
    y: Values,
    risk: Values,
    *,
    severity_ratio: float | None = None,
    weights: Values | None = None,
) -> float:
    """Return Hand's H-measure: the share of avoidable loss a risk avoids, 0 to 1.

    Loss at relative cost c of refusing a good (1 - c of passing a bad) is minimised over cut-offs
    on the convex hull of the ROC curve, averaged over a stated distribution of c that is the same
    for every model, and set against the better of refusing all and passing all. By default
    c ~ Beta(1 + π, 2 - π), π the bad rate (Hand and Anagnostopoulos 2014, mode at π). Given a
    severity ratio r, cost of refusing a good over cost of passing a bad, c ~ Beta(2, 1 + 1/r); the
    R package hmeasure takes r = bads / goods when told nothing.

    Parameters
    ----------
    y, risk : array_like of shape (n,)
        Outcomes and risk.
    severity_ratio : float, optional
        Positive; see above.
    weights : array_like of shape (n,), optional
        Row weights.

    Returns
    -------
    float
        0 (useless) to 1 (perfect). Depends on the bad rate: compare on one sample only.

    Raises
    ------
    SubjectError
        If the columns do not pass `checked` or the ratio is not positive.

    References
    ----------
    Hand (2009), Machine Learning 77, 103-123. Hand and Anagnostopoulos (2014), A better Beta for
    the H measure of classification performance, Pattern Recognition Letters 40, 41-46.

    Examples
    --------
    >>> round(h_measure([0, 0, 1, 0, 1, 1], [1, 2, 3, 4, 5, 6]), 4)
    0.6667
    >>> h_measure([0, 0, 1, 1], [1, 2, 3, 4])
    1.0
    """
    if severity_ratio is not None and not severity_ratio > 0:
        raise SubjectError(
            tr("a severity ratio must be positive", "严重性比必须为正"),
            str(severity_ratio),
            "",
            "severity_ratio",
        )
    levels = ranked_risks(y, risk, weights)
    return h_of(levels.bads, levels.goods, severity_ratio)
