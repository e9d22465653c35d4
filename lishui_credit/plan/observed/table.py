"""Observations of the plan's indicators: the shared columns, and what makes a row complete.

One row is one indicator in one area at the end of one period, as known at one time. Numerator and
denominator are the truth; a value stands alone only where they are not known.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Final

import narwhals as nw
import polars as pl

from lishui_credit.errors import Problem, SubjectError, refuse
from lishui_credit.language import tr
from lishui_credit.plan.definitions import BASE, END, indicators
from lishui_credit.plan.divisions import CITY, areas
from lishui_credit.statistics.refusals import lacking
from lishui_credit.tables.conform import Rule

SCHEMA: Final = pl.Schema(
    {
        "indicator": pl.String(),
        "adcode": pl.String(),
        "period": pl.Date(),
        "frequency": pl.String(),
        "numerator": pl.Int64(),
        "denominator": pl.Int64(),
        "value": pl.Float64(),
        "low": pl.Float64(),
        "high": pl.Float64(),
        "source": pl.String(),
        "synthetic": pl.Boolean(),
        "note": pl.String(),
        "revision": pl.Int64(),
        "recorded_at": pl.Datetime("us", "UTC"),
        "recorded_by": pl.String(),
        "reason": pl.String(),
    }
)
"""Columns of an observation frame, in order.

``indicator`` is a key of `indicators`; ``adcode`` one of the ten divisions; ``period`` the last day
observed; ``frequency`` year, quarter or month. ``value``, ``low`` and ``high`` are in the
indicator's unit: percent 0 to 100, queries, yuan. For queries ``numerator`` is the count, for yuan
it counts fen; both have no denominator. ``revision`` counts from 1; the last one is in force."""

KEY: Final = ("indicator", "adcode", "period", "frequency")
"""What an observation is of; its revisions share it."""

CONTENT: Final = ("numerator", "denominator", "value", "low", "high", "source", "synthetic", "note")
"""What an observation says; a change of any of it is a revision."""


def empty() -> pl.DataFrame:
    """Return an observation frame without rows."""
    return pl.DataFrame(schema=SCHEMA)


def only_county(frame: pl.DataFrame) -> str | None:
    """Return the one county that observations are of; None for several areas, and for the city."""
    codes = frame["adcode"].unique().to_list()
    return codes[0] if len(codes) == 1 and codes != [CITY] else None


def keys_of(unit: str) -> list[str]:
    """Return the keys of the indicators counted in a unit."""
    return [key for key, row in indicators().items() if row.unit == unit]


def computed(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame with the value of each row computed from its numerator and denominator."""
    # 100 n / d for percent, the count for queries, fen / 100 for money; a value that stands
    # alone is kept, and gives the numerator where it is a whole count or a whole number of
    # fen.
    n, d, value = pl.col("numerator"), pl.col("denominator"), pl.col("value")
    name = pl.col("indicator")
    queries, money = name.is_in(keys_of("queries")), name.is_in(keys_of("yuan"))
    scaled = pl.when(money).then(value * 100).when(queries).then(value)
    whole = pl.when((scaled - scaled.round()).abs() < 1e-6).then(scaled.round()).cast(pl.Int64)
    return frame.with_columns(pl.coalesce(n, whole).alias("numerator")).with_columns(
        pl.when(money)
        .then(pl.coalesce((n / 100).round(2), value))
        .when(queries)
        .then(pl.coalesce(n.cast(pl.Float64), value))
        .otherwise(pl.coalesce(n * 100 / d, value))
        .alias("value")
    )


def observations(frame: Any) -> pl.DataFrame:
    """Return any frame of observations with the columns of `SCHEMA`, in order.

    Parameters
    ----------
    frame : polars DataFrame or LazyFrame, pandas DataFrame, pyarrow Table, any narwhals frame
        Columns of `SCHEMA`; those an observation can do without may be absent.

    Returns
    -------
    polars.DataFrame

    Raises
    ------
    SubjectError
        With every column that is missing or cannot be read, every key or area that is unknown.

    Examples
    --------
    >>> rows = {"indicator": ["website_rate"], "adcode": ["331100"], "period": [date(2018, 6, 30)],
    ...         "frequency": ["quarter"], "numerator": [7], "denominator": [10]}
    >>> observations(pl.DataFrame(rows)).select("value", "revision", "synthetic").rows()
    [(70.0, 1, False)]
    """
    try:
        table: pl.DataFrame = nw.from_native(frame).lazy().collect("polars").to_native()
    except TypeError:
        raise SubjectError(tr("not a dataframe", "不是数据框"), type(frame).__name__) from None
    problems: list[Problem] = []
    missing = [name for name in KEY if name not in table.columns]
    if not {"value", "numerator"} & set(table.columns):
        missing.append("value")
    problems += lacking(missing, table.columns)
    made: list[pl.Expr | pl.Series] = []
    filled = {"revision": 1, "synthetic": False, "source": "", "note": "", "reason": ""}
    for name, kind in SCHEMA.items():
        if name not in table.columns:
            made.append(pl.lit(filled.get(name), dtype=kind).alias(name))
            continue
        try:
            column = table[name].cast(kind)
        except pl.exceptions.PolarsError:
            told = tr(f"cannot be read as {kind}", f"无法读作 {kind}")
            problems.append(Problem(told, str(table[name].dtype), where=name))
            continue
        if kind.is_float() and not column.drop_nulls().is_finite().all():
            problems.append(Problem(tr("not a finite number", "不是有限的数"), where=name))
        made.append(column.fill_null(filled[name]) if name in filled else column)
    refuse(problems)
    whole = computed(table.select(made))
    for name, known in (
        ("indicator", set(indicators())),
        ("adcode", {row.adcode for row in areas()}),
        ("frequency", set(FREQUENCIES)),
        ("period", None),
    ):
        found = whole[name].unique().sort().to_list()
        strange = [str(x) for x in found if x is None or (known is not None and x not in known)]
        if strange:
            problems.append(Problem(tr("unknown", "未知"), ", ".join(strange[:8]), where=name))
    refuse(problems)
    return whole


def latest(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the last revision of every observation, by indicator, area and period.

    Examples
    --------
    >>> rows = {"indicator": ["website_rate"] * 2, "adcode": ["331100"] * 2, "revision": [1, 2],
    ...         "period": [date(2018, 6, 30)] * 2, "frequency": ["quarter"] * 2, "value": [70, 80]}
    >>> latest(observations(pl.DataFrame(rows)))["value"].to_list()
    [80.0]
    """
    last = frame.sort(*KEY, "revision").unique(list(KEY), keep="last", maintain_order=True)
    return last


FREQUENCIES: Final[dict[str, tuple[str, ...]]] = {
    "year": ("年", "年度", "每年", "yearly", "annual"),
    "quarter": ("季", "季度", "每季", "quarterly"),
    "month": ("月", "月度", "每月", "monthly"),
}
"""Frequencies, and the words a file may use for them."""

MONTHS: Final[dict[str, int]] = {"year": 12, "quarter": 3, "month": 1}
"""Months in a period."""


def period_ends(months: int, at: date = END) -> list[date]:
    """Return the ends of the periods of so many months from the base day to a day."""
    span = pl.date_range(date(BASE.year, BASE.month, 1), at, "1mo", eager=True).dt.month_end()
    return [day for day in span if day <= at and day.month % months == 0]


_ROUNDED: Final = 0.05  # percentage points by which a printed bound may be off


def rules(today: date, scale: int = 1) -> tuple[Rule, ...]:
    """Return what makes an observation wrong, as tests between its columns."""
    rows = (*_counts_rules(), *_period_rules(today))
    return tuple(
        Rule(reason, tuple(names.split()), _in_units(tuple(names.split()), test, scale))
        for reason, names, test in rows
    )


def _counts_rules() -> tuple[tuple[str, str, Callable[..., pl.Expr]], ...]:
    """Return what can be wrong with value, numerator and denominator, and in which columns."""
    percent, money, queries = (keys_of(unit) for unit in ("percent", "yuan", "queries"))
    return (
        (
            tr("neither value nor numerator", "数值和分子均为空"),
            "value numerator",
            lambda v, n: v.is_null() & n.is_null(),
        ),
        (
            tr("numerator and denominator must both be filled, or neither", "分子、分母须同时填写"),
            "indicator numerator denominator",
            lambda i, n, d: i.is_in(percent) & (n.is_null() != d.is_null()),
        ),
        (
            tr("a count or an amount has no denominator", "数量或金额类指标没有分母"),
            "indicator denominator",
            lambda i, d: ~i.is_in(percent) & d.is_not_null(),
        ),
        (tr("denominator is zero", "分母为零"), "denominator", lambda d: d == 0),
        (
            tr("numerator above denominator", "分子大于分母"),
            "indicator numerator denominator",
            lambda i, n, d: i.is_in(percent) & (n > d),
        ),
        (
            tr("below zero", "小于零"),
            "value numerator denominator",
            lambda v, n, d: (v < 0) | (n < 0) | (d < 0),
        ),
        (
            tr("above 100%", "大于 100%"),
            "indicator value",
            lambda i, v: i.is_in(percent) & (v > 100),
        ),
        (
            tr("value is not numerator / denominator", "数值与分子、分母不符"),
            "indicator value numerator denominator",
            lambda i, v, n, d: (
                (i.is_in(percent) & ((v - n * 100 / d).abs() > 0.05))
                | (i.is_in(money) & ((v - n / 100).abs() > 0.05))
                | (i.is_in(queries) & ((v - n).abs() > 0.5))
            ),
        ),
    )


def _period_rules(today: date) -> tuple[tuple[str, str, Callable[..., pl.Expr]], ...]:
    """Return what can be wrong with an interval and a period, and in which columns."""
    return (
        (
            tr("low and high must both be filled, or neither", "下限、上限须同时填写"),
            "low high",
            lambda low, high: low.is_null() != high.is_null(),
        ),
        (tr("low is above high", "下限大于上限"), "low high", lambda low, high: low > high),
        (
            tr("value outside low and high", "数值不在上下限之间"),
            "value low high",
            lambda v, low, high: (low <= high) & ((v < low) | (v > high)),
        ),
        (
            tr("numerator / denominator outside low and high", "分子与分母之比不在上下限之间"),
            "indicator value numerator denominator low high",
            lambda i, v, n, d, low, high: (
                i.is_in(keys_of("percent"))
                & v.is_null()
                & (low <= high)
                & ((n * 100 / d < low - _ROUNDED) | (n * 100 / d > high + _ROUNDED))
            ),
        ),
        (
            tr("low or high is below zero", "下限或上限小于零"),
            "low high",
            lambda low, high: (low < 0) | (high < 0),
        ),
        (
            tr("low or high is above 100%", "下限或上限大于 100%"),
            "indicator low high",
            lambda i, low, high: i.is_in(keys_of("percent")) & ((low > 100) | (high > 100)),
        ),
        (
            tr(
                "not the last day of its period (write the period: 2018-04, 2018Q2, 2018)",
                "不是该期的最后一日(请写期间:2018年4月、2018Q2、2018年)",
            ),
            "period frequency",
            lambda p, f: (
                (p != p.dt.month_end())
                | ((f == "quarter") & (p.dt.month() % 3 != 0))
                | ((f == "year") & (p.dt.month() != 12))
            ),
        ),
        (tr("the period is not over", "该期尚未结束"), "period", lambda p: p > today),
    )


def _in_units(
    names: tuple[str, ...], test: Callable[..., pl.Expr], scale: int
) -> Callable[..., pl.Expr]:
    held = {"value", "low", "high"}

    def scaled(*cells: pl.Expr) -> pl.Expr:
        pairs = zip(names, cells, strict=True)
        return test(*(cell / scale if name in held else cell for name, cell in pairs))

    return scaled
