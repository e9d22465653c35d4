"""The few published rules no table can hold, each a named and cited function.

A formula takes the expression namespace, its parameters and the day of grading, and returns an
integer expression: points in the edition's unit, or fen for amounts of money. `FORMULAS` maps the
names edition files use.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any, Final

import polars as pl

from lishui_credit.expressions import Expr, Namespace
from lishui_credit.points import rounded


def day_number(ns: Namespace, name: str) -> Expr:
    """Return a date column as a count of days, from its year, month and day.

    Engines disagree on what subtracting two dates gives; year, month and day they share. Civil
    calendar arithmetic on years counted from March.

    Parameters
    ----------
    ns : module
        polars or narwhals.
    name : str
        A date column.
    """
    if ns is pl:  # polars holds a date as a count of days, and casting it is fifty times quicker
        return ns.col(name).cast(ns.Int32).cast(ns.Int64) + day_count(date(1970, 1, 1))
    cell = ns.col(name).dt
    month = cell.month().cast(ns.Int64)
    early = ns.when(month <= 2).then(ns.lit(1, dtype=ns.Int64)).otherwise(ns.lit(0, dtype=ns.Int64))
    year = cell.year().cast(ns.Int64) - early
    shifted = month + early * 12 - 3
    return (
        year * 365
        + year // 4
        - year // 100
        + year // 400
        + (shifted * 153 + 2) // 5
        + cell.day().cast(ns.Int64)
    )


def day_count(day: date) -> int:
    """Return the number `day_number` gives for one date.

    Examples
    --------
    >>> day_count(date(2020, 3, 1)) - day_count(date(2020, 2, 28))
    2
    """
    early = 1 if day.month <= 2 else 0
    year, shifted = day.year - early, day.month + 12 * early - 3
    return year * 365 + year // 4 - year // 100 + year // 400 + (shifted * 153 + 2) // 5 + day.day


def _ladder(ns: Namespace, value: Expr, steps: list[tuple[int, int]], otherwise: int) -> Expr:
    """First step whose upper end `value` does not pass."""
    chain = ns
    for upper, result in steps:
        chain = chain.when(value <= upper).then(ns.lit(result, dtype=ns.Int64))
    return chain.otherwise(ns.lit(otherwise, dtype=ns.Int64))


def hunan_default_record(
    ns: Namespace, params: dict[str, Any], point_unit: int, as_of: date
) -> Expr:
    """Points of the performance row, with the default deduction in place of the row's points.

    normal 10, no business 5; a default at most 15 days late 8, any other
    ``-6 * item * lateness * recency * measure`` to one decimal, half away from zero. Lateness
    runs from the default to its settlement, or to the day of grading while it is open.

    Parameters
    ----------
    ns : module
        polars or narwhals.
    params : dict
        Unused; the printed factors are the rule.
    point_unit : int
        Integers per point, a multiple of 10.
    as_of : date
        Day of grading (评级日).

    Returns
    -------
    expression
        Int32 points in `point_unit`; null where an input needed is missing.

    References
    ----------
    湖南省农村信用社 农户信用等级测评计分及额度授信测算表, items 8 and 8a.
    """

    def points(value: int) -> Expr:
        return ns.lit(value * point_unit, dtype=ns.Int64)

    status, item, measure = (
        ns.col(name) for name in ("performance_record", "default_item", "default_measure")
    )
    open_default = ns.col("repaid_on").is_null()
    end = ns.when(open_default).then(ns.lit(day_count(as_of), dtype=ns.Int64))
    late = end.otherwise(day_number(ns, "repaid_on")) - day_number(ns, "defaulted_on")
    lateness = _ladder(ns, late, [(30, 0), (90, 1), (180, 2), (360, 3), (720, 4)], 8)
    years = ns.lit(as_of.year, dtype=ns.Int64) - ns.col("repaid_on").dt.year().cast(ns.Int64)
    recency = (
        ns.when(open_default)
        .then(ns.lit(110, dtype=ns.Int64))
        .otherwise(_ladder(ns, years, [(0, 110), (1, 75), (2, 50), (3, 25)], 0))
    )
    factor = (
        ns.when(item == ns.lit("interest"))
        .then(ns.lit(5, dtype=ns.Int64))
        .otherwise(
            ns.when(item == ns.lit("principal_and_interest"))
            .then(ns.lit(13, dtype=ns.Int64))
            .otherwise(ns.lit(10, dtype=ns.Int64))
        )
    )
    force = (
        ns.when(measure == ns.lit("administrative"))
        .then(ns.lit(2, dtype=ns.Int64))
        .otherwise(
            ns.when(measure == ns.lit("judicial"))
            .then(ns.lit(3, dtype=ns.Int64))
            .otherwise(ns.lit(1, dtype=ns.Int64))
        )
    )
    # item in tenths, recency in hundredths: thousandths of a point, rounded to tenths.
    tenths = rounded(ns, lateness * recency * factor * force * (-6), 100)
    unknown = item.is_null() | measure.is_null() | late.is_null()
    record = (
        ns.when(unknown)
        .then(ns.lit(None, dtype=ns.Int64))
        .otherwise(ns.when(late <= 15).then(points(8)).otherwise(tenths * (point_unit // 10)))
    )
    return (
        ns.when(status.is_null())
        .then(ns.lit(None, dtype=ns.Int64))
        .otherwise(
            ns.when(status == ns.lit("normal"))
            .then(points(10))
            .otherwise(ns.when(status == ns.lit("no_business")).then(points(5)).otherwise(record))
        )
        .cast(ns.Int32)
    )


def _by_grade(ns: Namespace, factors: dict[str, Any], scale: int) -> Expr:
    """Return a factor of the grade that counts: the adjusted one where there is one."""
    chain = ns
    for grade, factor in factors.items():
        exact = int(Fraction(str(factor)) * scale)
        chain = chain.when(ns.col("_grade_in_use") == ns.lit(grade)).then(
            ns.lit(exact, dtype=ns.Int64)
        )
    return chain.otherwise(ns.lit(None, dtype=ns.Int64))


def _money(ns: Namespace, name: str) -> Expr:
    return ns.col(name).cast(ns.Int64)


def hunan_credit_line(ns: Namespace, params: dict[str, Any], point_unit: int, as_of: date) -> Expr:
    """Largest credit line: ``(assets + net + disposable)/3*v1 + (income + 1.5*base)/3*v2``.

    In 万元 to one decimal, half away from zero; returned in fen.

    Parameters
    ----------
    ns : module
        polars or narwhals.
    params : dict
        ``v1`` and ``v2``: grade id to factor, at most one decimal.
    point_unit, as_of
        Unused.

    References
    ----------
    湖南省农村信用社 农户信用等级测评计分及额度授信测算表, 最高授信额度.
    """
    v1, v2 = _by_grade(ns, params["v1"], 10), _by_grade(ns, params["v2"], 10)
    assets = _money(ns, "total_assets") + _money(ns, "net_assets") + _money(ns, "disposable_assets")
    income = _money(ns, "net_income") * 2 + _money(ns, "base_net_income") * 3
    # both terms over 60 fen: /3/10 = 2/60 and /2/3/10 = 1/60
    return rounded(ns, assets * v1 * 2 + income * v2, 60 * 100_000) * 100_000


def hunan_microcredit_line(
    ns: Namespace, params: dict[str, Any], point_unit: int, as_of: date
) -> Expr:
    """Microcredit line: ``(net + disposable)/2*v1*0.05 + (income + 1.5*base)/3*v2*0.4 + …``.

    … ``+ shares*k + labour*0.1``, in 万元 to two decimals, half away from zero; in fen. Zero for a
    grade whose factors are zero.

    Parameters
    ----------
    ns : module
        polars or narwhals.
    params : dict
        ``v1``, ``v2``: grade id to factor; ``share_weight``: k, 0.3 in the live formula and 0.2
        in the printed text.
    point_unit, as_of
        Unused.

    References
    ----------
    湖南省农村信用社 农户信用等级测评计分及额度授信测算表, 小额信用贷款额度.
    """
    v1, v2 = _by_grade(ns, params["v1"], 10), _by_grade(ns, params["v2"], 10)
    k = int(Fraction(str(params["share_weight"])) * 10)
    # every term over 1200 fen: /2*0.05/10 = 3/1200; /3/2*0.4/10 = 8/1200; k/10 = 120/1200
    top = (
        (_money(ns, "net_assets") + _money(ns, "disposable_assets")) * v1 * 3
        + (_money(ns, "net_income") * 2 + _money(ns, "base_net_income") * 3) * v2 * 8
        + _money(ns, "coop_shares") * (k * 120)
        + _money(ns, "labourers") * (100_000 * 1200)
    )
    line = rounded(ns, top, 1200 * 10_000) * 10_000
    # 四级 has no credit: the sheet gives zero whatever shares and labour would add.
    return ns.when((v1 == 0) & (v2 == 0)).then(ns.lit(0, dtype=ns.Int64)).otherwise(line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """A formula, the columns it reads, the columns that must not be missing, its parameters."""

    function: Callable[[Namespace, dict[str, Any], int, date], Expr]
    columns: tuple[str, ...]
    params: tuple[str, ...] = field(default=())


FORMULAS: Final[dict[str, Formula]] = {
    "hunan_default_record": Formula(
        function=hunan_default_record,
        columns=(
            "performance_record",
            "default_item",
            "defaulted_on",
            "repaid_on",
            "default_measure",
        ),
    ),
    "hunan_credit_line": Formula(
        function=hunan_credit_line,
        columns=(
            "total_assets",
            "net_assets",
            "disposable_assets",
            "net_income",
            "base_net_income",
        ),
        params=("v1", "v2"),
    ),
    "hunan_microcredit_line": Formula(
        function=hunan_microcredit_line,
        columns=(
            "net_assets",
            "disposable_assets",
            "net_income",
            "base_net_income",
            "coop_shares",
            "labourers",
        ),
        params=("v1", "v2", "share_weight"),
    ),
}
"""Every formula an edition file may name."""
