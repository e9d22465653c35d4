"""Tests of a PD as a whole: Hosmer-Lemeshow, and Cox's recalibration (in the large, slope).

Every function takes outcomes (1 bad) and a probability of bad, 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.statistics.chi_square import tail
from lishui_credit.statistics.logistic import Summit, logit, newton
from lishui_credit.statistics.outcomes import Estimate, Floats, Values, checked
from lishui_credit.statistics.proportions import quantile
from lishui_credit.validation.calibration import bin_means, pd_bins


@dataclass(frozen=True, slots=True)
class HosmerLemeshow:
    """Chi-square of observed against expected bads over bins."""

    statistic: float
    degrees: int
    p: float


def hosmer_lemeshow(
    y: Values, pd: Values, *, bins: int = 10, fitted: bool = False
) -> HosmerLemeshow:
    """Return the Hosmer-Lemeshow test over bins of equal size.

    Parameters
    ----------
    y, pd, bins
        As in `brier`.
    fitted : bool, default False
        Whether the PDs were fitted to these very rows: then two degrees of freedom are lost.

    Returns
    -------
    HosmerLemeshow
        ``statistic``: sum of (observed - expected)² / (n p (1 - p)) over bins; ``degrees`` of
        freedom; ``p``, the upper tail: a small p says that the PDs do not fit.

    Raises
    ------
    SubjectError
        If a bin's mean PD is 0 or 1, which leaves no variance to compare with, or too few bins remain.

    References
    ----------
    Hosmer and Lemeshow (1980), Communications in Statistics A9, 1043-1069. Hosmer, Lemeshow and
    Sturdivant (2013), Applied Logistic Regression, chapter 5.

    Examples
    --------
    >>> hosmer_lemeshow([0, 1, 0, 1], [0.25, 0.25, 0.75, 0.75], bins=2).degrees
    2
    """
    good = checked(y, pd=pd)
    bin_of = pd_bins(good, bins)
    size, rate, mean = bin_means(bin_of, good.w, good.y, good.columns["pd"])
    degrees = len(size) - (2 if fitted else 0)
    if degrees < 1 or (mean <= 0).any() or (mean >= 1).any():
        raise SubjectError(
            tr(
                "Hosmer-Lemeshow needs bins whose mean PD lies strictly between 0 and 1",
                "Hosmer-Lemeshow 检验要求各箱平均违约概率严格在 0 与 1 之间",
            ),
            tr(f"{len(size)} bins", f"{len(size)} 箱"),
        )
    statistic = float((size * (rate - mean) ** 2 / (mean * (1 - mean))).sum())
    return HosmerLemeshow(statistic, degrees, tail(statistic, degrees))


@dataclass(frozen=True, slots=True)
class Recalibration:
    """Cox's recalibration: ln odds of bad = intercept + slope · logit(PD)."""

    in_the_large: Estimate
    slope: Estimate
    intercept: Estimate
    p: float
    clipped: int


def _rises_to(y: Floats, x: Floats, w: Floats, offset: Floats | None = None) -> Summit:
    """Return the logistic fit, weights read as row counts, or say that there is none."""
    # A relative tolerance would take the ever slower climb of separated classes for an end.
    top = newton(x, y, w, offset=offset, reach=1e-10, limit=1e4)
    width = len(top.coefficients)
    if top.settled and np.linalg.matrix_rank(top.information, hermitian=True) == width:
        return top
    raise SubjectError(
        tr("the recalibration has no finite solution", "重新校准没有有限解"),
        hint=tr(
            "the PD separates the classes perfectly or is constant",
            "违约概率完全分开两类,或为常数",
        ),
    )


def recalibration(
    y: Values, pd: Values, *, weights: Values | None = None, level: float = 0.95
) -> Recalibration:
    """Return calibration in the large and the calibration slope, by logistic regression.

    Parameters
    ----------
    y, pd, weights
        As in `brier`; weights are read as row counts.
    level : float, default 0.95
        Confidence of the Wald intervals.

    Returns
    -------
    Recalibration
        ``in_the_large``: the intercept with the slope held at 1; above 0 says that PDs are too low;
        its p tests 0. ``slope``, ``intercept``: of the joint fit; a slope below 1 says that PDs are
        too extreme; its p tests 1. ``p``: likelihood-ratio test of intercept 0 and slope 1 together,
        two degrees of freedom. ``clipped``: PDs nearer to 0 or 1 than 1e-9, moved there so that they
        have a logit.

    Raises
    ------
    SubjectError
        If there is no finite solution: PDs are constant or separate the classes.

    References
    ----------
    Cox (1958), Two further applications of a model for binary regression, Biometrika 45, 562-565.
    Miller, Hui and Tierney (1991), Statistics in Medicine 10, 1213-1226.

    Examples
    --------
    >>> found = recalibration([0, 1, 0, 1, 0, 1], [0.2, 0.2, 0.4, 0.4, 0.6, 0.9])
    >>> found.in_the_large.value > 0, found.slope.value < 1
    (True, True)
    """
    from scipy.special import ndtr

    good = checked(y, weights=weights, pd=pd)
    p, w = good.columns["pd"], good.w
    inside = np.clip(p, 1e-9, 1 - 1e-9)
    z = logit(inside)
    large = _rises_to(good.y, np.empty((len(z), 0)), w, offset=z)
    both = _rises_to(good.y, z[:, None], w)
    (intercept, slope), spread = both.coefficients, np.linalg.inv(both.information)
    reach = quantile(level)

    def wald(value: float, variance: float, null: float) -> Estimate:
        error = sqrt(variance)
        p = float(2 * ndtr(-abs(value - null) / error))
        return Estimate(value, value - reach * error, value + reach * error, level, p)

    as_it_is = float(w @ (good.y * z - np.logaddexp(0, z)))
    return Recalibration(
        in_the_large=wald(float(large.coefficients[0]), 1 / float(large.information[0, 0]), 0),
        slope=wald(float(slope), float(spread[1, 1]), 1),
        intercept=wald(float(intercept), float(spread[0, 0]), 0),
        p=tail(max(0.0, 2 * (both.likelihood - as_it_is)), 2),
        clipped=int((inside != p).sum()),
    )
