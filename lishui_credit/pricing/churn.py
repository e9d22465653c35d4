"""What customers do with a rate: the published share that leaves, by rate and grade.

Rates are integers in basis points a year, shares integers in millionths, so that choosing a rate
never depends on the rounding of a float. Default rates by grade, as prices need them, stand here
too: counts, a stated smoothing, and an interval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import Problem, refuse
from lishui_credit.language import plural, tr
from lishui_credit.statistics.outcomes import Values, checked, grade_places, labels
from lishui_credit.statistics.proportions import jeffreys_interval
from lishui_credit.statistics.refusals import lacking, rows, unequal
from lishui_credit.tables.frames import as_polars

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame

MILLION: Final = 1_000_000
_BASIS: Final = 10_000


@dataclass(frozen=True, slots=True)
class RateTable:
    """Rates a bank may ask, and the share of each grade's customers that leaves at each.

    Parameters
    ----------
    rates_bp : tuple of int
        Rates a year in basis points, rising.
    churn_ppm : dict of str to tuple of int
        By grade: share that leaves at each rate, in millionths, 0 to 1,000,000.
    """

    rates_bp: tuple[int, ...]
    churn_ppm: Mapping[str, tuple[int, ...]]

    def frame(self) -> pl.DataFrame:
        """Return one row per rate: ``rate_bp`` and ``churn_ppm__<grade>``."""
        return pl.DataFrame(
            {
                "rate_bp": self.rates_bp,
                **{f"churn_ppm__{grade}": share for grade, share in self.churn_ppm.items()},
            }
        )


def rate_table(
    frame: IntoFrame, churn: Mapping[str, str], *, rate: str = "annual_rate"
) -> RateTable:
    """Return the table of customers lost by rate and grade, checked.

    Parameters
    ----------
    frame : polars frame, or any frame narwhals accepts
        One row per rate. Rates as fractions of one a year (0.0425), shares 0 to 1.
    churn : mapping of str to str
        Grade to its column of shares.
    rate : str, default "annual_rate"
        Column of rates.

    Returns
    -------
    RateTable
        Shares rounded to the millionth.

    Raises
    ------
    SubjectError
        If a column is missing, a rate is no whole basis point, is not positive or stands twice, or
        a share is missing or lies outside 0 to 1: every problem at once.

    Notes
    -----
    Shares need not rise with the rate: the published ones fall in places, and stay as they are.

    References
    ----------
    全国大学生数学建模竞赛 2020 C 题《中小微企业的信贷决策》, 附件3 银行贷款年利率与客户流失率关系的
    2019 年统计数据.

    Examples
    --------
    >>> made_up = pl.DataFrame({"annual_rate": [0.04, 0.0425], "a": [0.0, 0.09]})
    >>> rate_table(made_up, {"A": "a"})
    RateTable(rates_bp=(400, 425), churn_ppm={'A': (0, 90000)})
    """
    given = as_polars(frame)
    problems = lacking((rate, *churn.values()), given.columns)
    if not churn:
        problems.append(Problem(tr("no grade has a churn column", "没有任何等级给出流失率列")))
    refuse(problems)
    found = given[rate].cast(pl.Float64, strict=False).to_numpy()
    whole = np.rint(found * _BASIS)
    odd = ~(np.isfinite(found) & (found > 0) & (np.abs(found * _BASIS - whole) < 1e-6))
    if odd.any() or not len(found):
        problems.append(
            Problem(
                tr(
                    "rates must be positive and whole basis points",
                    "利率必须为正数且为整数基点",
                ),
                ", ".join(str(value) for value in given[rate].filter(pl.Series(odd)).head(5)),
                tr(
                    "give yearly rates as fractions: 4.25% is 0.0425",
                    "请用年利率小数:4.25% 记为 0.0425",
                ),
                rate,
            )
        )
    elif len(set(whole)) < len(whole):
        problems.append(Problem(tr("a rate is repeated", "利率重复"), where=rate))
    shares: dict[str, NDArray[np.float64]] = {}
    for grade, column in churn.items():
        share = given[column].cast(pl.Float64, strict=False).to_numpy()
        wrong = ~((share >= 0) & (share <= 1))
        if wrong.any():
            problems.append(
                Problem(
                    tr(
                        "a churn share is missing or outside 0 to 1",
                        "流失率缺失或不在 0 到 1 之间",
                    ),
                    tr(plural(int(wrong.sum()), "rate"), f"{int(wrong.sum())} 档利率"),
                    where=column,
                )
            )
        shares[grade] = share
    refuse(problems)
    order = np.argsort(whole)
    return RateTable(
        tuple(int(value) for value in whole[order]),
        {
            grade: tuple(int(value) for value in np.rint(share[order] * MILLION))
            for grade, share in shares.items()
        },
    )


def ungraded(names: pl.Series, where: str = "") -> list[Problem]:
    """Return the problem of rows without a grade, if there are any."""
    if not (missing := names.null_count()):
        return []
    return [Problem(tr("a grade is missing", "存在缺失的等级"), rows(missing), where=where)]


def default_rates(
    grade: Values, bad: Values, *, order: Sequence[str] | None = None, prior: float = 0.5
) -> pl.DataFrame:
    """Return the default rate of each grade: raw, smoothed, and with its interval.

    Smoothed: ``(bads + prior) / (subjects + 2 prior)``, the mean of Jeffreys' posterior at the
    default. A grade in which nobody defaulted gets a small rate above zero: 27 firms without a
    default do not prove that none ever will.

    Parameters
    ----------
    grade : array_like of shape (n,)
        Labels, none missing.
    bad : array_like of shape (n,)
        1 bad, 0 good.
    order : sequence of str, optional
        Grades best first; sorted by name without it.
    prior : float, default 0.5
        Imaginary bads, and imaginary goods, added to each grade. Zero takes the counts as they are.

    Returns
    -------
    polars.DataFrame
        Best first: ``grade``, ``subjects``, ``bads``, ``rate``, ``low``, ``high`` (95%,
        Jeffreys), ``pd_ppm`` (smoothed, in millionths, Int64).

    Raises
    ------
    SubjectError
        If outcomes are not 0 and 1, lengths differ, a label is missing or not in the order, or the
        prior is negative.

    References
    ----------
    Brown, Cai and DasGupta (2001), Interval estimation for a binomial proportion, Statistical
    Science 16, 101-133.

    Examples
    --------
    >>> default_rates(["A"] * 9 + ["B"] * 9, [0] * 17 + [1]).select("grade", "bads", "pd_ppm").rows()
    [('A', 0, 50000), ('B', 1, 150000)]
    """
    names = labels(grade)
    outcomes = checked(bad, classes=False).y
    problems = [*unequal(names, outcomes), *ungraded(names)]
    if not prior >= 0:
        problems.append(Problem(tr("the prior is negative", "先验为负"), str(prior), where="prior"))
    refuse(problems)
    grades, place = grade_places(names, order, len(outcomes))
    subjects = np.bincount(place, minlength=len(grades))
    bads = np.bincount(place, weights=outcomes, minlength=len(grades)).astype(np.int64)
    counts = pl.DataFrame({"grade": grades, "subjects": subjects, "bads": bads})
    low, high = jeffreys_interval(bads, subjects)
    whole = subjects + 2 * prior
    with np.errstate(invalid="ignore"):
        smoothed = np.where(whole > 0, (bads + prior) / np.where(whole > 0, whole, 1), 1.0)
        rate = np.where(subjects > 0, bads / np.where(subjects > 0, subjects, 1), np.nan)
    return counts.with_columns(
        pl.Series("rate", rate).fill_nan(None),
        pl.Series("low", low),
        pl.Series("high", high),
        pl.Series("pd_ppm", np.rint(smoothed * MILLION).astype(np.int64)),
    )
