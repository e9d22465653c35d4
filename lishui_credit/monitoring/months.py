"""Periods as they are written: a month 2026-03, a quarter 2026Q1 or a year 2026, by a column or a file's name."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

import polars as pl

from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import tr
from lishui_credit.plan.observed.period_words import period_said

_INSIDE: Final = re.compile(
    r"(?<!\d)(?:19|20)\d\d"
    r"(?:[-_/.年]?(?:0[1-9]|1[0-2])月?|[-_年]?(?:[Qq][1-4]|第?[一二三四]季度)|年?)(?!\d)"
)


def period_of(text: str) -> str | None:
    """Return a period as it is kept: 2026-03, 2026Q1 or 2026; None for what is none.

    Examples
    --------
    >>> period_of("202603"), period_of("2026年3月"), period_of("2026q1"), period_of("26-3")
    ('2026-03', '2026-03', '2026Q1', None)
    """
    said = period_said(text.replace("_", "-"))
    if said.as_of or said.frequency is None:
        return None
    if said.frequency == "quarter":
        return f"{said.end[:4]}Q{int(said.end[5:7]) // 3}"
    return said.end[:7] if said.frequency == "month" else said.end[:4]


def period_in(name: str) -> str:
    """Return the one period that a file's name holds; SubjectError where it holds none, or several."""
    told = {kept for text in _INSIDE.findall(name) if (kept := period_of(text)) is not None}
    if len(told) != 1:
        raise SubjectError(
            tr("the file's name does not say one period", "文件名没有写明唯一的期间"),
            tr(", ", "、").join(sorted(told)) or name,
            tr(
                "name it like scores_2026-03.parquet, or name the column of periods with --period",
                "请命名如 scores_2026-03.parquet,或用 --period 指明期间列",
            ),
            name,
        )
    return told.pop()


def periods(column: pl.Series, where: str) -> pl.Series:
    """Return the period of every row of a column of days or of texts; SubjectError for what is none."""
    if column.dtype in (pl.Date, pl.Datetime):
        told = column.dt.strftime("%Y-%m")
        wrong = told.null_count()
        kept = told
    else:
        text = column.cast(pl.String)
        known = {value: period_of(value) for value in text.drop_nulls().unique().to_list()}
        kept = text.replace_strict(known, default=None, return_dtype=pl.String)
        wrong = kept.null_count()
    if wrong:
        odd = column.filter(kept.is_null())
        raise SubjectError(
            tr("rows without a readable period", "部分行没有可识别的期间"),
            tr(f"{wrong} rows, first: {odd[0]}", f"{wrong} 行,首个:{odd[0]}"),
            tr("write months as 2026-03, quarters as 2026Q1", "月写作 2026-03,季写作 2026Q1"),
            where,
        )
    return kept.alias("period")


def last_month(period: str) -> int:
    """Return the last month of a period, counted from the year 0.

    Examples
    --------
    >>> last_month("2026Q1") - last_month("2025-12"), last_month("2026") == last_month("2026-12")
    (3, True)
    """
    year = int(period[:4]) * 12
    if "Q" in period:
        return year + 3 * int(period[-1])
    return year + (int(period[-2:]) if "-" in period else 12)


def month_of(day: date) -> int:
    """Return the month of a day, counted from the year 0."""
    return day.year * 12 + day.month


def quarter_before(period: str) -> str:
    """Return the period a quarter earlier; of years, the year before.

    Examples
    --------
    >>> quarter_before("2026-02"), quarter_before("2026Q1"), quarter_before("2026")
    ('2025-11', '2025Q4', '2025')
    """
    if len(period) == 4:
        return str(int(period) - 1)
    month = last_month(period) - 3
    year, place = (month - 1) // 12, (month - 1) % 12 + 1
    return f"{year}Q{place // 3}" if "Q" in period else f"{year}-{place:02d}"


def of_one_length(known: list[str], where: str) -> list[Problem]:
    """Return the problem of periods that mix months, quarters and years."""
    shapes = {len(period) for period in known}
    if len(shapes) < 2:
        return []
    shown = tr(", ", "、").join(sorted({min(p for p in known if len(p) == n) for n in shapes}))
    return [
        Problem(tr("months, quarters and years are mixed", "月、季、年混用"), shown, where=where)
    ]
