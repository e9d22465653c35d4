"""Blacklist coverage (indicator 3): which key sectors have criteria, a release, and data sent on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, Final

import polars as pl

from lishui_credit.errors import Problem, refuse
from lishui_credit.language import dated, tr
from lishui_credit.plan.records.computed import Computed, by_area, check_period, left_out, shares
from lishui_credit.plan.records.raw_tables import AREA, RawTable, level_column, raw_column, take

INDICATOR: Final = "blacklist_coverage"

KEY_SECTORS: Final = (
    "食品药品安全",
    "环境保护",
    "产品质量",
    "工程建设",
    "安全生产",
    "金融",
    "生态旅游",
)
"""The seven of the plan's end-2016 milestone, 二(三)."""

NAMED_LISTS: Final = (
    "产品质量",
    "市场监管",
    "保险业",
    "税务",
    "公共资源交易",
    "统计",
    "劳动用工",
    "互联网",
    "社会组织",
    "法院执行",
    "节能环保",
    "农产品",
)
"""The twelve sectors for which the plan's text names a list: another reading of 重点行业领域."""

CRITERIA: Final = RawTable(
    id="criteria",
    title_zh="名单认定标准",
    columns=(
        raw_column("sector", "行业领域"),
        AREA,
        raw_column("document", "认定标准文件"),
        raw_column("valid_from", "施行日期", "date"),
        raw_column("valid_until", "失效日期", "date"),
    ),
    optional=("valid_until",),
    gaps=("document", "valid_from"),
)
"""Criteria in writing, one row a sector, area and document; no document, no criteria."""

RELEASES: Final = RawTable(
    id="releases",
    title_zh="名单发布",
    columns=(
        raw_column("sector", "行业领域"),
        AREA,
        raw_column("released_on", "发布日期", "date"),
        level_column(
            "kind",
            "发布类型",
            release=("名单", "发布名单"),
            zero_report=("零报告",),
        ),
        raw_column("entries", "名单数", "integer", unit="条"),
        raw_column("sent_on", "报送日期", "date"),
    ),
    optional=("entries",),
    gaps=("sent_on",),
)
"""Releases and zero reports, with the day they were sent to the city platform."""


def list_coverage(
    criteria: Any,
    releases: Any,
    period: date,
    *,
    sectors: Sequence[str] = KEY_SECTORS,
    forbidden: Collection[str] = (),
    frequency: str = "quarter",
    source: str = "",
) -> Computed:
    """Return the share of key sectors that are covered by a list, for every area the criteria name.

    A sector is covered where criteria in writing are in force, a list or an explicit zero report
    was released in the twelve months up to the day, and one of those was sent to the city platform
    by then. Where counties keep lists of their own, the city's figure is over all pairs of area and
    sector, its own included; else over its own sectors only.

    Parameters
    ----------
    criteria, releases : path-like or frame
        See `CRITERIA` and `RELEASES`.
    period : date
        Last day of the period.
    sectors : sequence of str, default `KEY_SECTORS`
        What is to be covered.
    forbidden : collection of str
        Sectors for which law now allows no local list; out of the denominator.
    frequency : {"quarter", "month", "year"}
        Length of the period.
    source : str
        Where the records came from.

    Returns
    -------
    Computed
        Detail, one row an area and sector: ``adcode``, ``sector``, ``has_criteria``,
        ``last_release`` (list or zero report within twelve months), ``sent``, ``covered``.

    Raises
    ------
    SubjectError
        If tables are wrong, a sector is unknown or named twice, a list of no entries is not called
        a zero report, or no sector is left.

    References
    ----------
    The plan, 二(三) 3 and its milestone of end-2016. 浙江省公共信用信息管理条例 (2017), art. 24-28.
    国办发〔2020〕49号 (lists need a basis in law). The three conditions are proposed.

    Examples
    --------
    >>> rules = pl.DataFrame({"sector": ["金融"], "adcode": ["丽水市"], "document": ["甲办法"],
    ...     "valid_from": [date(2016, 1, 1)]})
    >>> out = pl.DataFrame({"sector": ["金融"], "adcode": ["丽水市"], "released_on": [date(2016, 5, 1)],
    ...     "kind": ["零报告"], "sent_on": [date(2016, 5, 3)]})
    >>> round(list_coverage(rules, out, date(2016, 12, 31)).of("blacklist_coverage")["value"], 2)
    14.29
    """
    check_period(period, frequency)
    wanted = [name for name in sectors if name not in forbidden]
    written, released = take(criteria, CRITERIA), take(releases, RELEASES)
    refuse(_problems(sectors, wanted, written, released))
    detail = _covered(written, released, wanted, period)
    counted = (
        by_area(detail)
        .group_by("adcode")
        .agg(pl.col("covered").sum().cast(pl.Int64), pl.len().cast(pl.Int64).alias("sectors"))
    )
    unsent = detail.filter(pl.col("last_release").is_not_null() & ~pl.col("sent")).height
    later = released.filter(pl.col("released_on") > period).height
    return Computed.of_rows(
        shares(counted, {INDICATOR: ("covered", "sectors")}, period),
        written,
        released,
        frequency=frequency,
        source=source,
        detail=detail,
        notes=(
            *left_out(unsent, "sectors released a list but sent nothing", "个领域已发布但未报送"),
            *left_out(
                later,
                f"releases after {dated(period)} are left out",
                f"次发布晚于{dated(period)},不计入",
            ),
            *left_out(
                len(sectors) - len(wanted),
                "sectors are left out because law allows no list",
                "个领域依法不得设立名单,不计入",
            ),
        ),
    )


def _covered(
    written: pl.DataFrame, released: pl.DataFrame, wanted: list[str], period: date
) -> pl.DataFrame:
    """Return every area and sector with its criteria, its last release, and whether it is covered."""
    since = pl.select(pl.lit(period).dt.offset_by("1d").dt.offset_by("-12mo")).item()
    in_force = (
        pl.col("document").is_not_null()
        & (pl.col("valid_from") <= period)
        & (pl.col("valid_until").is_null() | (pl.col("valid_until") > period))
    ).fill_null(False)
    areas = sorted(set(written["adcode"]) | set(released["adcode"]))
    grid = pl.DataFrame({"adcode": areas}, schema={"adcode": pl.String}).join(
        pl.DataFrame({"sector": wanted}), how="cross"
    )
    rules = written.group_by("adcode", "sector").agg(in_force.any().alias("has_criteria"))
    recent = released.filter(pl.col("released_on").is_between(since, period))
    out = recent.group_by("adcode", "sector").agg(
        pl.col("released_on").max().alias("last_release"),
        (pl.col("sent_on") <= period).fill_null(False).any().alias("sent"),
    )
    keys = ["adcode", "sector"]
    return (
        grid.join(rules, on=keys, how="left")
        .join(out, on=keys, how="left")
        .with_columns(pl.col("has_criteria", "sent").fill_null(False))
        .with_columns((pl.col("has_criteria") & pl.col("sent")).alias("covered"))
        .sort(keys)
    )


def _problems(
    sectors: Sequence[str], wanted: list[str], written: pl.DataFrame, released: pl.DataFrame
) -> list[Problem]:
    problems = []
    if len(set(sectors)) != len(sectors):
        problems.append(
            Problem(
                tr("a sector is named twice", "行业领域重复"), ", ".join(sectors), "", "sectors"
            )
        )
    if not wanted:
        problems.append(Problem(tr("no sector is left", "没有行业领域"), where="sectors"))
    known = set(sectors)
    for name, frame in (("criteria", written), ("releases", released)):
        strange = sorted(set(frame["sector"]) - known)
        if strange:
            problems.append(
                Problem(
                    tr("sectors that are not key sectors", "不在重点行业领域之内"),
                    tr(", ", "、").join(strange),
                    tr(", ", "、").join(sectors),
                    name,
                )
            )
    zero = released.filter((pl.col("kind") == "release") & (pl.col("entries") == 0)).height
    full = released.filter((pl.col("kind") == "zero_report") & (pl.col("entries") > 0)).height
    if zero or full:
        problems.append(
            Problem(
                tr("entries and kind of a release disagree", "名单数与发布类型矛盾"),
                tr(
                    f"{zero} lists without an entry, {full} zero reports with entries",
                    f"{zero} 份空名单,{full} 份非空零报告",
                ),
                tr("call a list without entries a zero report", "没有条目的名单请写“零报告”"),
                "releases",
            )
        )
    return problems
