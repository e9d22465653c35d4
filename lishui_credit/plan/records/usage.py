"""Query volume (indicator 7) from the logs: without robots, tests, failures and quick repeats."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.plan.records.computed import (
    Computed,
    by_area,
    check_frequency,
    first_of,
    left_out,
    period_of,
    period_start,
)
from lishui_credit.plan.records.raw_tables import AREA, RawTable, level_column, raw_column, take

INDICATOR: Final = "query_volume"
REPEAT_MINUTES: Final = 10
"""Minutes within which a user's query of the same subject is a repeat (proposed)."""

QUERIES: Final = RawTable(
    id="queries",
    title_zh="查询日志",
    columns=(
        raw_column("at", "查询时间", "moment"),
        raw_column("user", "查询用户", aliases=("用户",)),
        raw_column("subject", "查询对象", aliases=("对象",)),
        AREA,
        level_column(
            "channel",
            "查询渠道",
            website=("网站",),
            client=("客户端",),
            counter=("窗口",),
            interface=("接口", "政务共享"),
            bank=("银行",),
            bulk=("批量接口", "批量"),
        ),
        raw_column("success", "查询成功", "flag"),
        level_column(
            "purpose",
            "请求性质",
            query=("查询",),
            health_check=("健康检查", "自检"),
            test=("测试",),
            robot=("爬虫", "机器人"),
            retry=("重试",),
        ),
    ),
    optional=("purpose",),
)
"""A log, one row a request; users and subjects as pseudonyms, Beijing time."""

STATES: Final = ("counted", "bulk", "failed", "robot", "test", "retry", "repeat")


def _repeats(
    pairs: NDArray[np.int64], moments: NDArray[np.int64], window: int
) -> NDArray[np.bool_]:
    """Tell which of the rows, sorted by pair and moment, follow a counted one within the window."""
    # Only the counted query opens a window: a user who asks every nine minutes counts every
    # other time, not once.
    repeated = np.zeros(len(pairs), dtype=np.bool_)
    near = np.zeros(len(pairs), dtype=np.bool_)
    near[1:] = (pairs[1:] == pairs[:-1]) & (moments[1:] - moments[:-1] < window)
    opened = 0
    for place in np.flatnonzero(near):
        if not near[place - 1]:
            opened = int(moments[place - 1])
        if moments[place] - opened < window:
            repeated[place] = True
        else:
            opened = int(moments[place])
    return repeated


def judged_queries(
    queries: Any,
    *,
    robots: Collection[str] = (),
    tests: Collection[str] = (),
    repeat_minutes: int = REPEAT_MINUTES,
) -> pl.DataFrame:
    """Return every request of a log with what it is."""
    if repeat_minutes < 0:
        raise SubjectError(
            tr("must be 0 or more", "不得小于 0"), str(repeat_minutes), "", "repeat_minutes"
        )
    log = take(queries, QUERIES).with_row_index("_row")
    purpose, user = pl.col("purpose").fill_null("query"), pl.col("user")
    state = first_of(
        {
            "robot": (purpose == "robot") | user.is_in(list(robots)),
            "test": purpose.is_in(["test", "health_check"]) | user.is_in(list(tests)),
            "retry": purpose == "retry",
            "failed": ~pl.col("success"),
            "bulk": pl.col("channel") == "bulk",
        },
        "counted",
    )
    log = log.with_columns(state.alias("state"))
    real = log.filter(pl.col("state") == "counted").with_columns(
        pl.struct("user", "subject").rank("dense").cast(pl.Int64).alias("_pair")
    )
    real = real.sort("_pair", "at", "_row")
    repeated = _repeats(
        real["_pair"].to_numpy(),
        real["at"].cast(pl.Int64).to_numpy(),
        repeat_minutes * 60_000_000,
    )
    again = real["_row"].filter(pl.Series(repeated))
    return log.with_columns(
        pl.when(pl.col("_row").is_in(again.implode()))
        .then(pl.lit("repeat"))
        .otherwise("state")
        .alias("state")
    ).drop("_row")


def query_volume(
    queries: Any,
    *,
    at: date | None = None,
    frequency: str = "month",
    robots: Collection[str] = (),
    tests: Collection[str] = (),
    repeat_minutes: int = REPEAT_MINUTES,
    source: str = "",
) -> Computed:
    """Return the number of queries by county and for the city, period by period.

    Counted are successful queries that are no robot's, test, health check, retry or quick repeat;
    bulk calls are a companion of their own. A period that is not over by `at` is left out, since
    part of a month is no month. An area that is in the log at all and asked nothing in a period
    that others asked in has a count of zero.

    Parameters
    ----------
    queries, robots, tests, repeat_minutes
        As in `judged_queries`.
    at : date, optional
        Last day the log covers; the day of its last request without it.
    frequency : {"month", "quarter", "year"}
        Length of a period.
    source : str
        Where the log came from.

    Returns
    -------
    Computed
        The numerator is the count; there is no denominator. Companion ``.bulk``. Detail, one row an
        area and period: a count of every state, and ``requests``.

    Raises
    ------
    SubjectError
        As `judged_queries`.

    References
    ----------
    The plan, 二(三) 7 (no definition: this one is proposed). 浙江省公共信用信息管理条例 (2017), art. 20
    (queries are logged, logs kept ten years).

    Examples
    --------
    >>> log = pl.DataFrame({"at": ["2018-03-01 09:00:00", "2018-03-31 23:59:59"], "user": ["u", "v"],
    ...     "subject": ["s", "s"], "adcode": ["331102"] * 2, "channel": ["网站", "银行"], "success": [True, True]})
    >>> query_volume(log).of("query_volume")["numerator"]
    2
    """
    check_frequency(frequency)
    log = judged_queries(queries, robots=robots, tests=tests, repeat_minutes=repeat_minutes)
    day = pl.col("at").dt.date()
    last = at or log.select(day.max()).item()
    areas = by_area(log).with_columns(period_of(day, frequency).alias("period"))
    over = areas.filter(pl.col("period") <= last) if last is not None else areas
    # an area of the log that asked nothing in a period asked nothing; it is not unknown
    every = areas.select("adcode").unique().join(over.select("period").unique(), how="cross")
    table = (
        over.group_by("adcode", "period")
        .agg(
            pl.len().cast(pl.Int64).alias("requests"),
            *((pl.col("state") == name).sum().cast(pl.Int64).alias(name) for name in STATES),
        )
        .join(every, on=["adcode", "period"], how="right")
        .with_columns(pl.col("requests", *STATES).fill_null(0))
        .select("adcode", "period", "requests", *STATES)
        .sort("adcode", "period")
    )
    rows = [
        {
            "indicator": name,
            "adcode": row["adcode"],
            "period": row["period"],
            "numerator": row[state],
            "value": float(row[state]),
        }
        for row in table.iter_rows(named=True)
        for name, state in ((INDICATOR, "counted"), (f"{INDICATOR}.bulk", "bulk"))
    ]
    notes = _notes(log, repeat_minutes)
    notes += _partial_periods(log, table, over.height < areas.height, last, frequency)
    return Computed.of_rows(
        rows, log, frequency=frequency, source=source, detail=table, notes=notes
    )


def _partial_periods(
    log: pl.DataFrame, table: pl.DataFrame, cut: bool, last: date | None, frequency: str
) -> list[str]:
    """Return remarks on periods that the log covers only in part."""
    notes = []
    day = pl.col("at").dt.date()
    begun, first = log.select(day.min()).item(), table["period"].min()
    if isinstance(first, date) and begun > period_start(first, frequency):
        notes.append(
            tr(
                f"the log begins on {begun}: the first period may be incomplete",
                f"日志始于 {begun}:首期可能不完整",
            )
        )
    if cut:
        notes.append(
            tr(
                f"the log ends on {last}: the period of that day is not over and is left out",
                f"日志止于 {last}:该日所在期间尚未结束,不计入",
            )
        )
    return notes


def _notes(log: pl.DataFrame, repeat_minutes: int) -> list[str]:
    counts = dict(log["state"].value_counts().iter_rows())
    words = {
        "bulk": ("bulk calls stand apart", "次批量调用单列"),
        "failed": ("failed requests are left out", "次失败请求不计入"),
        "robot": ("requests of robots are left out", "次机器人请求不计入"),
        "test": ("tests and health checks are left out", "次测试和自检不计入"),
        "retry": ("retries are left out", "次重试不计入"),
        "repeat": (
            f"repeats within {repeat_minutes} minutes are left out",
            f"次 {repeat_minutes} 分钟内的重复查询不计入",
        ),
    }
    return [
        note for name, (en, zh) in words.items() for note in left_out(counts.get(name, 0), en, zh)
    ]
