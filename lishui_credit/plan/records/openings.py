"""Websites and clients that are open (indicators 5 and 6): really used, not only once announced."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

import polars as pl

from lishui_credit.errors import Problem, refuse
from lishui_credit.language import tr
from lishui_credit.plan.divisions import areas
from lishui_credit.plan.records.computed import (
    Computed,
    by_area,
    check_period,
    first_of,
    left_out,
    shares,
)
from lishui_credit.plan.records.raw_tables import AREA, RawTable, level_column, raw_column, take
from lishui_credit.plan.records.record_checks import below_one
from lishui_credit.plan.records.usage import judged_queries

WEBSITE: Final = "website_rate"
CLIENT: Final = "client_rate"
FRESH_DAYS: Final = 90
"""Days without an update, or a query, after which a site or client counts as idle (proposed)."""
UNITS: Final = 45
"""36 member departments (the plan, 一(一)1) and nine counties (proposed)."""

SITE_EVENTS: Final = RawTable(
    id="site_events",
    title_zh="网站记录",
    columns=(
        AREA,
        raw_column("day", "日期", "date"),
        level_column(
            "event",
            "事项",
            opened=("开通", "上线"),
            updated=("更新",),
            closed=("关停", "下线"),
        ),
    ),
)
"""What happened to a jurisdiction's site or channel, one row an event."""

CLIENT_UNITS: Final = RawTable(
    id="client_units",
    title_zh="客户端单位",
    columns=(
        raw_column("unit", "单位名称", aliases=("单位",)),
        AREA,
        raw_column("user", "查询用户", aliases=("用户",)),
    ),
    gaps=("user",),
)
"""Units that must have a client and their user in the query log, if any; one row a unit and user."""


def _counted(detail: pl.DataFrame, state: str) -> pl.DataFrame:
    return (
        by_area(detail)
        .group_by("adcode")
        .agg(
            (pl.col("state") == state).sum().cast(pl.Int64).alias("open"),
            pl.len().cast(pl.Int64).alias("all"),
        )
    )


def website_rate(
    events: Any,
    period: date,
    *,
    fresh_days: int = FRESH_DAYS,
    frequency: str = "quarter",
    source: str = "",
) -> Computed:
    """Return the share of the ten jurisdictions with a live credit site or channel.

    Live is a site opened by the day, not closed since, and opened or updated within `fresh_days`.

    Parameters
    ----------
    events : path-like or frame
        See `SITE_EVENTS`; a jurisdiction without an event has no site. An update without an opening
        is no opening, and told.
    period : date
        Last day of the period.
    fresh_days : int, default 90
        Days a site may stand without an update.
    frequency : {"quarter", "month", "year"}
        Length of the period.
    source : str
        Where the events came from.

    Returns
    -------
    Computed
        City of ten, county of one. Detail, one row a jurisdiction: ``adcode``, ``opened_on``,
        ``last_update``, ``state`` (``live``, ``idle``, ``closed``, ``none``).

    Raises
    ------
    SubjectError
        If the table or the period is wrong.

    References
    ----------
    The plan, 二(三) 5 (no definition: this one, with its 90 days, is proposed).

    Examples
    --------
    >>> seen = pl.DataFrame({"adcode": ["丽水市", "莲都区"], "day": ["2018-12-01", "2018-03-01"],
    ...     "event": ["开通", "开通"]})
    >>> website_rate(seen, date(2018, 12, 31)).of("website_rate")["value"]
    10.0
    """
    check_period(period, frequency)
    refuse(below_one(fresh_days=fresh_days))
    frame = take(events, SITE_EVENTS)
    # on one day, what closes stands last: a site closed and updated on a day is closed
    order = pl.col("event").replace_strict({"opened": 0, "updated": 1, "closed": 2})
    known = frame.filter(pl.col("day") <= period).sort("adcode", "day", order)
    event, day = pl.col("event"), pl.col("day")
    turns = event != "updated"
    found = known.group_by("adcode").agg(
        event.filter(turns).last().alias("_turn"),
        day.filter(event == "opened").last().alias("opened_on"),
        day.filter(event != "closed").last().alias("last_update"),
    )
    since = period - timedelta(days=fresh_days)
    state = first_of(
        {
            "none": pl.col("_turn").is_null(),
            "closed": pl.col("_turn") == "closed",
            "idle": pl.col("last_update") < since,
        },
        "live",
    )
    places = pl.DataFrame({"adcode": [row.adcode for row in areas()]})
    detail = (
        places.join(found, on="adcode", how="left")
        .with_columns(state.alias("state"))
        .sort("adcode")
    )
    unopened = detail.filter((pl.col("state") == "none") & pl.col("last_update").is_not_null())
    idle = detail.filter(pl.col("state") == "idle").height
    notes = [
        *left_out(
            unopened.height, "sites were updated but never opened", "个网站有更新而无开通记录"
        ),
        *left_out(
            idle,
            f"sites have had no update for {fresh_days} days",
            f"个网站超过 {fresh_days} 日未更新",
        ),
    ]
    return Computed.of_rows(
        shares(_counted(detail, "live"), {WEBSITE: ("open", "all")}, period),
        frame,
        frequency=frequency,
        source=source,
        detail=detail.drop("_turn"),
        notes=notes,
    )


def client_rate(
    units: Any,
    queries: Any,
    period: date,
    *,
    fresh_days: int = FRESH_DAYS,
    expected_units: int = UNITS,
    frequency: str = "quarter",
    source: str = "",
) -> Computed:
    """Return the share of units whose client made a successful query lately.

    Parameters
    ----------
    units : path-like or frame
        See `CLIENT_UNITS`: departments of the city under 331100, counties under their own code.
    queries : path-like or frame
        The log (`usage.QUERIES`); queries of the channel 客户端 count, a unit's own repeats too.
    period : date
        Last day of the period.
    fresh_days : int, default 90
        Days up to and with `period` in which one query must lie.
    expected_units : int, default 45
        Units the plan is read to mean; another number is told, not refused.
    frequency : {"quarter", "month", "year"}
        Length of the period.
    source : str
        Where the records came from.

    Returns
    -------
    Computed
        City of all units, county of its own. Detail, one row a unit: ``unit``, ``adcode``,
        ``last_query``, ``state`` (``active``, ``idle``, ``never``, ``no_account``).

    Raises
    ------
    SubjectError
        If the tables or the period are wrong, a unit is listed in two areas, two units share a user.

    References
    ----------
    The plan, 二(三) 6 and 一(一)1; it never says what the client is, so all of this is proposed.

    Examples
    --------
    >>> who = pl.DataFrame({"unit": ["甲局", "乙局"], "adcode": ["丽水市"] * 2, "user": ["u1", "u2"]})
    >>> log = pl.DataFrame({"at": ["2018-12-01 09:00"], "user": ["u1"], "subject": ["s"],
    ...     "adcode": ["丽水市"], "channel": ["客户端"], "success": ["是"]})
    >>> client_rate(who, log, date(2018, 12, 31)).of("client_rate")["value"]
    50.0
    """
    check_period(period, frequency)
    refuse(below_one(fresh_days=fresh_days))
    listed = take(units, CLIENT_UNITS)
    refuse(_unit_problems(listed))
    log = judged_queries(queries, repeat_minutes=0)
    day = pl.col("at").dt.date()
    last = (
        log.filter(
            (pl.col("state") == "counted") & (pl.col("channel") == "client") & (day <= period)
        )
        .group_by("user")
        .agg(day.max().alias("last_query"))
    )
    since = period - timedelta(days=fresh_days - 1)
    seen = listed.join(last, on="user", how="left").group_by("unit", "adcode").agg(
        pl.col("user").is_not_null().any().alias("_account"), pl.col("last_query").max()
    )  # fmt: skip
    state = first_of(
        {
            "no_account": ~pl.col("_account"),
            "never": pl.col("last_query").is_null(),
            "idle": pl.col("last_query") < since,
        },
        "active",
    )
    detail = seen.with_columns(state.alias("state")).drop("_account").sort("adcode", "unit")
    notes = []
    if detail.height != expected_units:
        notes.append(
            tr(
                f"{detail.height} units are listed, {expected_units} are expected",
                f"单位清单有 {detail.height} 个,应为 {expected_units} 个",
            )
        )
    return Computed.of_rows(
        shares(_counted(detail, "active"), {CLIENT: ("open", "all")}, period),
        listed,
        log,
        frequency=frequency,
        source=source,
        detail=detail,
        notes=notes,
    )


def _unit_problems(listed: pl.DataFrame) -> list[Problem]:
    empty = [Problem(tr("no unit is listed", "单位清单为空"), where="client_units")]
    spread = tr("a unit is listed in two areas", "同一单位出现在两个地区")
    shared = tr("two units share a user", "两个单位共用一个用户")
    return [
        *(empty if listed.is_empty() else ()),
        *_of_several(listed, "unit", "adcode", spread),
        *_of_several(listed.filter(pl.col("user").is_not_null()), "user", "unit", shared),
    ]


def _of_several(listed: pl.DataFrame, what: str, of: str, said: str) -> list[Problem]:
    """Return the problem that some of one column stand beside more than one of another."""
    found = listed.group_by(what).agg(pl.col(of).n_unique()).filter(pl.col(of) > 1)
    names = tr(", ", "、").join(found[what].sort())
    return [Problem(said, names, where="client_units")] if names else []
