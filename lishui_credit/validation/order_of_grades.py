"""Does a published order of grades order bad rates: works on rubric grades, no score needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from lishui_credit.statistics.outcomes import (
    Estimate,
    Values,
    checked,
    grade_places,
    ranked,
)
from lishui_credit.statistics.proportions import jeffreys_interval
from lishui_credit.validation.discrimination import auc_of


@dataclass(frozen=True, slots=True)
class GradeOrder:
    """Whether worse grades hold more bads."""

    table: pl.DataFrame
    inversions: int
    auc: Estimate
    somers_d: float
    trend: float
    trend_p: float


def grade_order(
    y: Values, grades: Values, *, order: Sequence[str] | None = None, level: float = 0.95
) -> GradeOrder:
    """Return whether a grade scale orders bad rates, with tests of neighbours and of the trend.

    Neighbours are compared by the two-proportion z-test with pooled variance, one-sided; grades
    without subjects are shown but not compared. The trend scores grades by their place.

    Parameters
    ----------
    y : array_like of shape (n,)
        1 bad, 0 good.
    grades : array_like of shape (n,)
        Labels, none missing.
    order : sequence of str, optional
        Grades best first; sorted by name without it.
    level : float, default 0.95
        Confidence of the intervals.

    Returns
    -------
    GradeOrder
        ``table``: per grade, best first, ``grade``, ``subjects``, ``bads``, ``bad_rate``, ``low``,
        ``high`` (Jeffreys), ``inverted`` (a lower bad rate than the grade before it), ``p`` (a small p
        says that this grade is truly worse than the one before, as published; a p near 1 says that
        the order is wrong). ``inversions``: neighbours in the wrong order. ``auc`` of the grades'
        places with DeLong's interval; ``somers_d``, 2 AUC - 1. ``trend``: Cochran-Armitage z, above 0
        if bad rates rise with worse grades; ``trend_p``, one-sided, of no rise.

    Raises
    ------
    SubjectError
        If columns do not pass `checked`, a grade is missing or not in the order.

    References
    ----------
    Cochran (1954), Biometrics 10, 417-451. Armitage (1955), Biometrics 11, 375-386. Somers (1962),
    American Sociological Review 27, 799-811. BCBS Working Paper 14 (2005).

    Examples
    --------
    >>> found = grade_order([0, 0, 0, 1, 1, 1], list("AABBCC"))
    >>> found.table["bad_rate"].to_list(), found.inversions
    ([0.0, 0.5, 1.0], 0)
    """
    from scipy.special import ndtr

    good = checked(y)
    scale, place = grade_places(grades, order, len(good.y))
    n = np.bincount(place, minlength=len(scale))
    d = np.bincount(place, weights=good.y, minlength=len(scale)).astype(np.int64)
    low, high = jeffreys_interval(d, n, level)
    rates = [float(d[i] / n[i]) if n[i] else None for i in range(len(scale))]
    inverted: list[bool | None] = [None] * len(scale)
    p: list[float | None] = [None] * len(scale)
    held = np.flatnonzero(n)
    for before, here in pairwise(held):
        gap = d[here] / n[here] - d[before] / n[before]
        pooled = (d[here] + d[before]) / (n[here] + n[before])
        error = np.sqrt(pooled * (1 - pooled) * (1 / n[here] + 1 / n[before]))
        inverted[here] = bool(gap < 0)
        p[here] = float(ndtr(-gap / error)) if error > 0 else None
    base = float(good.y.mean())
    away = np.arange(len(scale)) - place.mean()
    spread = base * (1 - base) * float(n @ away**2)
    trend = float(away @ (d - n * base) / np.sqrt(spread)) if spread > 0 else 0.0
    area = auc_of(ranked(good.y, place.astype(np.float64)), level)
    return GradeOrder(
        table=pl.DataFrame(
            {
                "grade": scale,
                "subjects": n,
                "bads": d,
                "bad_rate": rates,
                "low": low,
                "high": high,
                "inverted": inverted,
                "p": p,
            },
            schema_overrides={"bad_rate": pl.Float64, "inverted": pl.Boolean, "p": pl.Float64},
        ),
        inversions=sum(flag is True for flag in inverted),
        auc=area,
        somers_d=2 * area.value - 1,
        trend=trend,
        trend_p=float(ndtr(-trend)),
    )
