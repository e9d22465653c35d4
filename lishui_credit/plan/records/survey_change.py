"""The change between two surveys, and whether it can be told from chance."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.plan.divisions import CITY
from lishui_credit.plan.records.survey import Survey
from lishui_credit.statistics.outcomes import Estimate
from lishui_credit.statistics.proportions import quantile


def change(before: Survey, after: Survey, adcode: str = CITY, level: float = 0.95) -> Estimate:
    """Return the change of the rate between two independent surveys, in points, with its p-value.

    Parameters
    ----------
    before, after : Survey
        Of the same question.
    adcode : str, default "331100"
        Area.
    level : float, default 0.95
        Confidence.

    Returns
    -------
    Estimate
        Points gained, normal interval, two-sided p; a trend is only drawn where p is small.

    Raises
    ------
    SubjectError
        If either survey has no rate, or no error of it, for the area.

    References
    ----------
    Cochran (1977), Sampling Techniques, 3rd ed., Wiley, section 2.9.

    Examples
    --------
    >>> import polars as pl
    >>> from datetime import date
    >>> from lishui_credit.plan.records.survey import satisfaction
    >>> def year(satisfied):
    ...     answers = ["很满意"] * satisfied + ["一般"] * (100 - satisfied)
    ...     frame = pl.DataFrame({"respondent": range(100), "adcode": ["331102"] * 100, "answer": answers})
    ...     return satisfaction(frame, "satisfaction_social", date(2018, 12, 31), populations={"331102": 10**6})
    >>> found = change(year(70), year(80), "331102")
    >>> round(found.value, 1), round(found.p, 3)
    (10.0, 0.102)
    """
    figures = []
    for name, survey in (("before", before), ("after", after)):
        rows = survey.detail.filter(adcode=adcode)
        value, error = rows.select("rate", "rate_error").row(0) if rows.height else (None, None)
        if value is None or error is None:
            raise SubjectError(
                tr(
                    "the survey has no rate with an error there",
                    "该调查在此地区没有带误差的数值",
                ),
                adcode,
                where=name,
            )
        figures.append((value, error))
    (old, old_error), (new, new_error) = figures
    error = sqrt(old_error**2 + new_error**2)
    z = quantile(level)
    gained = new - old
    p = (1.0 if gained == 0 else 0.0) if error == 0 else 2 * NormalDist().cdf(-abs(gained) / error)
    return Estimate(gained, gained - z * error, gained + z * error, level, p)
