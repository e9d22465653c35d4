"""Revenue of credit services (indicator 8): the sum in fen, nominal and deflated, small cells hidden."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Final

import polars as pl

from lishui_credit.errors import Problem, refuse
from lishui_credit.language import tr
from lishui_credit.plan.divisions import CITY
from lishui_credit.plan.records.computed import Computed, by_area, left_out
from lishui_credit.plan.records.raw_tables import AREA, RawTable, raw_column, take
from lishui_credit.plan.records.record_checks import below_one, wrong_rows
from lishui_credit.points import half_away

INDICATOR: Final = "service_revenue"
CLASSES: Final = ("7295",)
"""信用服务 in GB/T 4754-2017 (from memory)."""
FEWEST: Final = 3
"""Firms a published cell needs."""

FIRMS: Final = RawTable(
    id="credit_services",
    title_zh="信用服务机构收入",
    columns=(
        raw_column("firm", "机构编号", aliases=("统一社会信用代码",)),
        AREA,
        raw_column("year", "年度", "integer"),
        raw_column("industry_class", "行业代码"),
        raw_column("revenue", "营业收入", "money"),
        raw_column("financial_income", "利息和担保收入", "money"),
        raw_column("reported_elsewhere", "已在他处申报", "flag"),
    ),
    optional=("financial_income", "reported_elsewhere"),
)
"""Revenue, one row a firm and year; money in yuan, or the unit the header states."""


def service_revenue(
    firms: Any,
    *,
    classes: Collection[str] = CLASSES,
    price_index: Mapping[int, int] | None = None,
    fewest: int = FEWEST,
    source: str = "",
) -> Computed:
    """Return the revenue of credit services by county and for the city, year by year.

    Numerator = sum of revenue less interest and guarantee income, in fen, nominal. A county of
    fewer than `fewest` firms is hidden; and where the hidden ones could be told from the city's sum,
    the smallest county left is hidden too, until at least `fewest` firms are.

    Parameters
    ----------
    firms : path-like or frame
        See `FIRMS`.
    classes : collection of str, default {"7295"}
        Classes of GB/T 4754 that count.
    price_index : mapping of int to int, optional
        By year: price level in basis points of the base year's (10 000); gives ``.deflated``.
    fewest : int, default 3
        Firms a published cell needs, 1 or more.
    source : str
        Where the figures came from.

    Returns
    -------
    Computed
        Companion ``.deflated`` where a price index is given. Detail, one row an area and year:
        ``firms``, ``revenue`` (fen; null where hidden), ``hidden``.

    Raises
    ------
    SubjectError
        If the table is wrong, a firm stands twice in a year, financial income exceeds revenue, the
        sum leaves 64 bits, or the price index lacks a year.

    References
    ----------
    The plan, 二(三) 8 (no definition: this one is proposed). GB/T 4754-2017, class 7295 (from memory).
    Hundepool et al. (2012), Statistical Disclosure Control, Wiley, chapter 4 (cell suppression).

    Examples
    --------
    >>> rows = pl.DataFrame({"firm": list("abc"), "adcode": ["莲都区"] * 3, "year": [2018] * 3,
    ...     "industry_class": ["7295"] * 3, "营业收入(万元)": [100, 50, 25]})
    >>> service_revenue(rows).of("service_revenue")["numerator"]
    175000000
    """
    frame = take(firms, FIRMS)
    refuse(_problems(frame, price_index, fewest))
    counted = frame.filter(
        pl.col("industry_class").is_in(list(classes))
        & ~pl.col("reported_elsewhere").fill_null(False)
    ).with_columns((pl.col("revenue") - pl.col("financial_income").fill_null(0)).alias("revenue"))
    table = (
        by_area(counted)
        .group_by("adcode", "year")
        .agg(pl.len().cast(pl.Int64).alias("firms"), pl.col("revenue").sum())
        .sort("adcode", "year")
    )
    hidden = {
        (adcode, year)
        for (year,), part in table.group_by("year")
        for adcode in _hidden(part, fewest)
    }
    marks = [key in hidden for key in table.select("adcode", "year").iter_rows()]
    table = table.with_columns(pl.Series("hidden", marks, dtype=pl.Boolean))
    detail = table.with_columns(
        pl.when(~pl.col("hidden")).then("revenue").alias("revenue"),
        pl.when(~pl.col("hidden")).then("firms").alias("firms"),
    )
    return Computed.of_rows(
        _cells(table.filter(~pl.col("hidden")), price_index),
        frame,
        frequency="year",
        source=source,
        detail=detail,
        notes=_notes(frame, classes, len(hidden), fewest),
    )


def _cells(shown: pl.DataFrame, price_index: Mapping[int, int] | None) -> list[dict[str, Any]]:
    rows = []
    for row in shown.iter_rows(named=True):
        same = {"adcode": row["adcode"], "period": date(row["year"], 12, 31)}
        note = tr(f"{row['firms']} firms, nominal", f"{row['firms']} 家机构,现价")
        value = row["revenue"] / 100
        rows.append(
            {"indicator": INDICATOR, "numerator": row["revenue"], "value": value, "note": note}
            | same
        )
        if price_index is not None:
            level = price_index[row["year"]]
            fen = half_away(row["revenue"] * 10_000, level)
            rows.append(
                {"indicator": f"{INDICATOR}.deflated", "numerator": fen, "value": fen / 100} | same
            )
    return rows


def _notes(
    frame: pl.DataFrame, classes: Collection[str], hidden: int, fewest: int
) -> tuple[str, ...]:
    return (
        *left_out(
            frame.filter(~pl.col("industry_class").is_in(list(classes))).height,
            "rows of other classes are left out",
            "行属其他行业,不计入",
        ),
        *left_out(
            frame.filter(pl.col("reported_elsewhere").fill_null(False)).height,
            "rows are reported elsewhere and left out",
            "行已在他处申报,不计入",
        ),
        *left_out(
            hidden,
            f"cells are hidden: fewer than {fewest} firms, or such a cell could be derived from them",
            f"个单元格不公布:机构少于 {fewest} 家,或可由此推出",
        ),
    )


def _hidden(part: pl.DataFrame, fewest: int) -> list[str]:
    """Return areas of one year to hide, so that city less the shown counties tells of no few firms."""
    firms = dict(part.select("adcode", "firms").iter_rows())
    whole = firms.pop(CITY)
    if whole < fewest:
        return [CITY, *firms]
    smallest = sorted(firms, key=lambda code: (firms[code], code))
    out = [code for code in smallest if firms[code] < fewest]
    rest = [code for code in smallest if code not in out]
    own = whole - sum(firms.values())  # the city's own firms stand in no county's cell
    while rest and 0 < own + sum(firms[code] for code in out) < fewest:
        out.append(rest.pop(0))
    return out


def _problems(
    frame: pl.DataFrame, price_index: Mapping[int, int] | None, fewest: int
) -> list[Problem]:
    twice = frame.filter(pl.struct("firm", "year").is_duplicated()).height
    more = frame.filter(pl.col("financial_income") > pl.col("revenue")).height
    odd = frame.filter(~pl.col("year").is_between(1990, 2100)).height
    above = tr("interest and guarantee income above all revenue", "利息和担保收入大于营业收入")
    problems = [
        *wrong_rows(
            twice,
            tr("a firm is listed more than once in a year", "同一机构同一年度重复"),
            "firm",
            tr("add up its branches, or mark those reported elsewhere", "请合并或标明已在他处申报"),
        ),
        *wrong_rows(more, above, "financial_income"),
        *wrong_rows(odd, tr("an unlikely year", "年份不合理"), "year"),
        *below_one(fewest=fewest),
    ]
    if frame["revenue"].cast(pl.Float64).sum() > 2**62:
        problems.append(Problem(tr("revenue too large to add up", "收入合计过大"), where="revenue"))
    if price_index is not None:
        lacking = sorted(set(frame["year"].to_list()) - set(price_index))
        wrong = sorted(year for year, level in price_index.items() if level < 1)
        if lacking or wrong:
            problems.append(
                Problem(
                    tr(
                        "the price index lacks a year, or is not above 0",
                        "价格指数缺少年份或不为正",
                    ),
                    ", ".join(map(str, (*lacking, *wrong))),
                    tr("basis points of the base year: 10000 is no change", "以基期为 10000"),
                    "price_index",
                )
            )
    return problems
