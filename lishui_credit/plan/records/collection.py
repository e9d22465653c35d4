"""Completeness of collection (indicator 4): what the catalogue assigns against the batches received."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import polars as pl

from lishui_credit.errors import Problem, refuse
from lishui_credit.language import tr
from lishui_credit.plan.observed.table import MONTHS
from lishui_credit.plan.records.computed import (
    Computed,
    by_area,
    check_period,
    first_of,
    left_out,
    period_start,
    shares,
)
from lishui_credit.plan.records.raw_tables import AREA, RawTable, level_column, raw_column, take
from lishui_credit.plan.records.record_checks import wrong_rows
from lishui_credit.plan.records.working_days import deadlines
from lishui_credit.tables.headers import BANNED

INDICATOR: Final = "collection_completeness"

_ITEM: Final = raw_column("item", "目录事项编码", aliases=("事项编码",))
_UNIT: Final = raw_column("unit", "提供单位", aliases=("报送单位",))

CATALOGUE: Final = RawTable(
    id="catalogue",
    title_zh="归集目录",
    columns=(
        _ITEM,
        raw_column("title", "事项名称", aliases=("名称",)),
        _UNIT,
        AREA,
        level_column(
            "frequency",
            "更新周期",
            month=("每月", "月", "按月"),
            quarter=("每季度", "季", "按季"),
            year=("每年", "年", "按年"),
        ),
        raw_column(
            "working_days", "报送时限(工作日)", "integer", unit="工作日", aliases=("报送时限",)
        ),
        raw_column("valid_from", "生效日期", "date"),
        raw_column("valid_until", "失效日期", "date"),
        raw_column("not_held", "依法不产生", "flag"),
    ),
    optional=("working_days", "valid_from", "valid_until", "not_held"),
)
"""Items assigned, one row per item, unit and area; 331100 for departments of the city."""

BATCHES: Final = RawTable(
    id="batches",
    title_zh="归集批次",
    columns=(
        _ITEM,
        _UNIT,
        AREA,
        raw_column("period", "数据期末", "date"),
        raw_column("received_on", "接收日期", "date"),
        level_column(
            "status",
            "状态",
            accepted=("已接收", "接收", "合格"),
            zero_report=("零报告",),
            rejected=("退回", "不合格"),
        ),
        raw_column("records", "记录数", "integer", unit="条"),
        raw_column("wrong_records", "错误记录数", "integer", unit="条"),
    ),
    optional=("records", "wrong_records"),
)
"""Batches: the last day of the data they hold, the day they came, what became of them."""

_KEY: Final = ["item", "unit", "adcode"]


def _due(catalogue: pl.DataFrame, period: date, start: date) -> pl.DataFrame:
    """Mark items that are not due in a period, and why; null where one is."""
    # A yearly item is due in the period that holds 31 December, a quarterly one where a
    # quarter ends.
    ends = range(start.month, period.month + 1)
    falls = pl.any_horizontal(
        *(
            (pl.col("frequency") == name) & pl.lit(any(month % every == 0 for month in ends))
            for name, every in MONTHS.items()
        )
    )
    in_force = (pl.col("valid_from") <= period).fill_null(True) & (
        pl.col("valid_until") > period
    ).fill_null(True)
    banned = pl.col("title").str.contains("|".join(field.zh for field in BANNED))
    why = {
        "forbidden": banned,
        "not_held": pl.col("not_held"),
        "not_in_force": ~in_force,
        "not_due": ~falls,
    }
    return catalogue.with_columns(first_of(why).alias("excluded"))


def completeness(
    catalogue: Any,
    batches: Any,
    period: date,
    *,
    frequency: str = "month",
    at: date | None = None,
    source: str = "",
) -> Computed:
    """Return completeness, timeliness and accuracy of collection, by county and for the city.

    Completeness = items with an accepted batch or zero report of the period / items due in it.
    Timeliness = items first delivered within their working days after the end of the period /
    items due that have a time limit; what never came is not on time. Accuracy = 1 - records with an
    upheld dispute or a failed check / records, of accepted batches.

    Parameters
    ----------
    catalogue, batches : path-like or frame
        See `CATALOGUE` and `BATCHES`.
    period : date
        Last day of the period.
    frequency : {"month", "quarter", "year"}
        Its length.
    at : date, optional
        What came later is not known yet; without it every batch counts.
    source : str
        Where the records came from.

    Returns
    -------
    Computed
        Companions ``.timeliness``, ``.accuracy``. Detail, one row per item, unit and area due or
        left out: ``excluded`` (reason or null), ``batches``, ``rejected``, ``first_received``,
        ``deadline``, ``delivered``, ``on_time``, ``records``, ``wrong_records``.

    Raises
    ------
    SubjectError
        If tables are wrong, an item stands twice for a unit, a batch was received before its data
        end, or has more wrong records than records.

    References
    ----------
    浙江省公共信用信息管理条例 (2017), art. 5, 13 (who delivers), 14 (what may not be collected). The
    plan, 二(三) 4, defines no formula: this one is proposed.

    Examples
    --------
    >>> items = pl.DataFrame({"item": ["A", "B"], "title": ["注册登记", "行政许可"], "unit": ["甲局"] * 2,
    ...     "adcode": ["331102"] * 2, "frequency": ["每月", "每年"]})
    >>> came = pl.DataFrame({"item": ["A"], "unit": ["甲局"], "adcode": ["331102"],
    ...     "period": [date(2018, 3, 31)], "received_on": [date(2018, 4, 4)], "status": ["零报告"]})
    >>> completeness(items, came, date(2018, 3, 31)).of("collection_completeness")["value"]
    100.0
    """
    check_period(period, frequency)
    start = period_start(period, frequency)
    items, came = take(catalogue, CATALOGUE), take(batches, BATCHES)
    refuse(_problems(items, came))
    marked = _due(items, period, start)
    inside = came.filter(pl.col("period").is_between(start, period))
    if at is not None:
        inside = inside.filter(pl.col("received_on") <= at)
    detail = _delivered(marked, inside, period)
    due = by_area(detail.filter(pl.col("excluded").is_null()))
    table = due.group_by("adcode").agg(
        pl.len().cast(pl.Int64).alias("due"),
        pl.col("delivered").sum().cast(pl.Int64),
        pl.col("on_time").sum().cast(pl.Int64),
        pl.col("on_time").is_not_null().sum().cast(pl.Int64).alias("limited"),
        pl.col("records").sum(),
        (pl.col("records") - pl.col("wrong_records")).sum().alias("right_records"),
    )
    series = {
        INDICATOR: ("delivered", "due"),
        f"{INDICATOR}.timeliness": ("on_time", "limited"),
        f"{INDICATOR}.accuracy": ("right_records", "records"),
    }
    rows = shares(table, series, period)
    notes = _notes(marked, came, inside)
    if not rows:
        notes.append(tr("no item is due in this period", "本期没有应归集的事项"))
    detail = detail.select(
        *_KEY, "title", "excluded", "batches", "rejected", "first_received", "deadline",
        "delivered", "on_time", "records", "wrong_records",
    )  # fmt: skip
    return Computed.of_rows(
        rows, items, came, frequency=frequency, source=source, detail=detail, notes=notes
    )


def _delivered(marked: pl.DataFrame, inside: pl.DataFrame, period: date) -> pl.DataFrame:
    """Return every item of the catalogue with what was delivered of it, and whether in time."""
    good = pl.col("status") != "rejected"
    counted = inside.group_by(_KEY).agg(
        pl.len().cast(pl.Int64).alias("batches"),
        (~good).sum().cast(pl.Int64).alias("rejected"),
        pl.col("received_on").filter(good).min().alias("first_received"),
        *(pl.col(name).filter(good).sum().alias(name) for name in ("records", "wrong_records")),
    )
    limited = marked.filter(pl.col("working_days") >= 1)
    limits = {
        days: deadlines(pl.Series([period]), days)[0]
        for days in limited["working_days"].unique().to_list()
    }
    detail = marked.join(counted, on=_KEY, how="left", maintain_order="left").with_columns(
        pl.col("batches", "rejected", "records", "wrong_records").fill_null(0),
        pl.col("working_days")
        .replace_strict(limits, default=None, return_dtype=pl.Date)
        .alias("deadline"),
        pl.col("first_received").is_not_null().alias("delivered"),
    )
    return detail.with_columns(
        pl.when(pl.col("deadline").is_not_null())
        .then((pl.col("first_received") <= pl.col("deadline")).fill_null(False))
        .alias("on_time")
    ).sort("adcode", "unit", "item")


def _problems(items: pl.DataFrame, came: pl.DataFrame) -> list[Problem]:
    twice = items.filter(pl.struct(_KEY).is_duplicated()).head(1)
    early = came.filter(pl.col("received_on") < pl.col("period").dt.truncate("1mo"))
    more = came.filter(pl.col("wrong_records") > pl.col("records"))
    return [
        *(
            Problem(
                tr("an item is listed more than once for a unit", "同一单位的目录事项重复"),
                f"{item} {unit}",
                tr("one row per item, unit and area", "每个事项、单位、地区一行"),
                "catalogue",
            )
            for item, unit in twice.select("item", "unit").iter_rows()
        ),
        *(
            Problem(
                tr("batches came before the month of their data", "接收日期早于数据所属月份"),
                tr(f"{early.height} rows, first {item}", f"{early.height} 行"),
                where="batches",
            )
            for item in early["item"].head(1)
        ),
        *wrong_rows(
            more.height, tr("more wrong records than records", "错误记录数大于记录数"), "batches"
        ),
    ]


def _notes(marked: pl.DataFrame, came: pl.DataFrame, inside: pl.DataFrame) -> list[str]:
    counts = dict(marked["excluded"].value_counts().iter_rows())
    unknown = came.join(marked, on=_KEY, how="anti").select(_KEY).unique().height
    failed = inside.filter(pl.col("status") == "rejected").height
    return [
        *left_out(
            counts.get("forbidden", 0),
            "items are left out because such information may not be collected",
            "个事项属禁止采集的信息,不计入",
        ),
        *left_out(
            counts.get("not_held", 0),
            "items are left out because by law the unit does not produce them",
            "个事项依法不产生,不计入",
        ),
        *left_out(
            unknown,
            "items were delivered that the catalogue does not assign to the unit",
            "个已报送事项不在该单位目录中",
        ),
        *left_out(failed, "batches were rejected and do not count", "个批次被退回,不计入"),
    ]
