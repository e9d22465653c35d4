"""Double publicity (双公示): licence and penalty decisions against what was published, and when.

Coverage alone is easy to game, so timeliness and the late rate stand beside it; compliance with the
data standard is `publication_fields`, concealment by sampling is `concealment`.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final, Literal

import polars as pl

from lishui_credit.errors import SubjectError
from lishui_credit.language import dated, tr
from lishui_credit.plan.records.computed import (
    Computed,
    by_area,
    check_frequency,
    first_of,
    left_out,
    period_of,
    shares,
)
from lishui_credit.plan.records.raw_tables import AREA, RawTable, level_column, raw_column, take
from lishui_credit.plan.records.working_days import deadlines

INDICATOR: Final = "double_publicity_coverage"
WORKING_DAYS: Final = 7
"""Working days to publish a decision in (发改办财金〔2018〕424号, seen in a repost)."""

_KIND: Final = level_column(
    "kind",
    "决定类别",
    licence=("行政许可", "许可"),
    penalty=("行政处罚", "处罚"),
)
_BODY: Final = raw_column("body", "决定机关", aliases=("许可机关", "处罚机关"))
_NUMBER: Final = raw_column("number", "决定书文号", aliases=("文号",))

DECISIONS: Final = RawTable(
    id="decisions",
    title_zh="行政决定",
    columns=(
        _KIND,
        _BODY,
        AREA,
        _NUMBER,
        raw_column("decided_on", "决定日期", "date"),
        level_column(
            "subject_type",
            "行政相对人类别",
            legal_person=("法人", "法人及非法人组织"),
            unincorporated=("非法人组织",),
            individual_business=("个体工商户",),
            natural_person=("自然人",),
        ),
        raw_column("simple_procedure", "简易程序", "flag"),
        level_column(
            "secrecy",
            "不予公开事由",
            state_secret=("国家秘密",),
            trade_secret=("商业秘密",),
            privacy=("个人隐私",),
        ),
        raw_column("law_says_publish", "法定应公开", "flag"),
    ),
    optional=("simple_procedure", "secrecy", "law_says_publish"),
)
"""Decisions taken: one row each, 331100 for bodies of the city."""

PUBLICATIONS: Final = RawTable(
    id="publications",
    title_zh="公示记录",
    columns=(
        _KIND,
        _BODY,
        _NUMBER,
        level_column(
            "channel",
            "公示渠道",
            body_site=("部门网站",),
            credit_lishui=("信用丽水",),
            credit_china=("信用中国",),
        ),
        raw_column("published_on", "公示日期", "date"),
    ),
)
"""Publications: one row a decision and channel."""

KEY: Final = ("kind", "body", "number")


def _keyed(frame: pl.DataFrame) -> pl.DataFrame:
    """Write bodies and document numbers one way: brackets, widths and spaces differ between systems."""
    return frame.with_columns(
        pl.col("body", "number")
        .str.normalize("NFKC")
        .str.replace_all(r"\s", "")
        .str.replace_all(r"[\[【(〔﹝]", "〔")
        .str.replace_all(r"[\]】)〕﹞]", "〕")
    )


def take_decisions(source: Any) -> tuple[pl.DataFrame, int]:
    """Return decisions, each once, and how many rows repeated another one."""
    frame = _keyed(take(source, DECISIONS))
    once = frame.unique(maintain_order=True)
    clash = once.filter(pl.struct(KEY).is_duplicated())
    if clash.height:
        first = clash.row(0, named=True)
        raise SubjectError(
            tr("different decisions under one document number", "同一文号的决定内容不一致"),
            tr(
                f"{clash.height} rows, first {first['body']} {first['number']}",
                f"{clash.height} 行,首个为 {first['body']} {first['number']}",
            ),
            tr("keep the decision that was made", "请保留实际作出的一条"),
            tr("decisions", "行政决定"),
        )
    return once, frame.height - once.height


def _excluded() -> pl.Expr:
    """Why a decision need not be published; null where it must be."""
    simple = (pl.col("kind") == "penalty") & pl.col("simple_procedure").fill_null(False)
    person = (
        (pl.col("kind") == "licence")
        & (pl.col("subject_type") == "natural_person")
        & ~pl.col("law_says_publish").fill_null(False)
    )
    return pl.coalesce("secrecy", first_of({"simple_procedure": simple, "natural_person": person}))


def _judged(
    decisions: Any, publications: Any, at: date, within: int, channels: str
) -> tuple[pl.DataFrame, tuple[str, ...], int]:
    """Return judged decisions, remarks, and how many published numbers no decision has."""
    if channels not in ("both", "any"):
        raise SubjectError(tr("no such choice", "没有这个选项"), channels, "both, any", "channels")
    taken, repeats = take_decisions(decisions)
    shown = _keyed(take(publications, PUBLICATIONS))
    first = _first_shown(shown.filter(pl.col("published_on") <= at), channels)
    days = pl.col("published_on")
    joined = taken.filter(pl.col("decided_on") <= at).join(
        first, on=KEY, how="left", maintain_order="left"
    )
    joined = joined.with_columns(
        _excluded().alias("excluded"), deadlines(joined["decided_on"], within).alias("deadline")
    )
    state = first_of(
        {
            "excluded": pl.col("excluded").is_not_null(),
            "open": pl.col("deadline") >= at,
            "unpublished": days.is_null(),
            "predated": days < pl.col("decided_on"),
            "timely": days <= pl.col("deadline"),
        },
        "late",
    )
    judged = joined.with_columns(state.alias("state"))
    strange = shown.join(taken, on=KEY, how="anti").unique(KEY).height
    counts = dict(judged["state"].value_counts().iter_rows())
    notes = [
        *left_out(repeats, "rows repeat a decision and are counted once", "行重复,只计一次"),
        *left_out(
            taken.height - joined.height,
            f"decisions after {dated(at)} are left out",
            f"项决定晚于{dated(at)},不计入",
        ),
        *left_out(
            counts.get("predated", 0),
            "decisions have a publication date before the decision date: one of the dates is wrong",
            "项公示日期早于决定日期,日期有误",
        ),
        *left_out(
            counts.get("open", 0), "decisions are not due yet and left out", "项未到公示期限,不计入"
        ),
    ]
    return judged, tuple(notes), strange


def _first_shown(known: pl.DataFrame, channels: str) -> pl.DataFrame:
    """Return the first day on which a number stood on both channels, or on any."""
    days = pl.col("published_on")
    own = pl.col("channel") == "body_site"
    one, other = days.filter(own).min(), days.filter(~own).min()
    both = pl.when(one.is_not_null() & other.is_not_null()).then(pl.max_horizontal(one, other))
    either = pl.min_horizontal(one, other)
    return known.group_by(KEY).agg((both if channels == "both" else either).alias("published_on"))


def judged_decisions(
    decisions: Any,
    publications: Any,
    *,
    at: date,
    within: int = WORKING_DAYS,
    channels: Literal["both", "any"] = "both",
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return every decision with its deadline, its day of publication, and what became of it."""
    # Source: 发改办财金〔2018〕424号 (7 working days). 浙江省公共信用信息管理条例 (2017), art. 11(2), 15.
    judged, notes, _ = _judged(decisions, publications, at, within, channels)
    return judged, notes


STATES: Final = ("timely", "late", "predated", "unpublished", "open", "excluded")


def double_publicity(
    decisions: Any,
    publications: Any,
    *,
    at: date,
    frequency: str = "month",
    within: int = WORKING_DAYS,
    channels: Literal["both", "any"] = "both",
    source: str = "",
) -> Computed:
    """Return coverage, timeliness and late rate of double publicity, by county and for the city.

    Coverage = published / due, due being decisions whose deadline is over by `at` and that no
    exclusion covers; timeliness = published in time / published; late rate = 1 - timeliness. A
    period is that of the decision. City rows count bodies of the city (331100) and of all counties.

    Parameters
    ----------
    decisions, publications, at, within, channels
        As in `judged_decisions`.
    frequency : {"month", "quarter", "year"}
        Length of a period.
    source : str
        Where the records came from.

    Returns
    -------
    Computed
        Companions ``.timeliness``, ``.late_rate``, ``.body_coverage`` (bodies that published
        anything / bodies with something due). Detail, one row an area, period and kind:
        ``adcode``, ``period``, ``kind``, ``decisions``, the six states' counts, ``due``,
        ``published``.

    Raises
    ------
    SubjectError
        As `judged_decisions`.

    References
    ----------
    The plan, 二(三) 2, defines no numerator; this one is proposed. Qinghai DRC, 2024-05-10: 迟报率,
    合规率, 瞒报率 as companions.

    Examples
    --------
    >>> decided = pl.DataFrame({"kind": ["处罚"] * 2, "body": ["甲局"] * 2, "adcode": ["莲都区"] * 2,
    ...     "number": ["1", "2"], "decided_on": [date(2018, 3, 1)] * 2, "subject_type": ["法人"] * 2})
    >>> shown = pl.DataFrame({"kind": ["处罚"], "body": ["甲局"], "number": ["1"],
    ...     "channel": ["信用丽水"], "published_on": [date(2018, 3, 12)]})
    >>> found = double_publicity(decided, shown, at=date(2018, 12, 31), channels="any")
    >>> found.of("double_publicity_coverage")["value"]
    50.0
    """
    check_frequency(frequency)
    judged, notes, strange = _judged(decisions, publications, at, within, channels)
    areas = by_area(judged).with_columns(period_of(pl.col("decided_on"), frequency).alias("period"))
    state = pl.col("state")
    seen = state.is_in(["timely", "late", "predated"])
    due = seen | (state == "unpublished")
    counts = [
        pl.len().cast(pl.Int64).alias("decisions"),
        *((state == name).sum().cast(pl.Int64).alias(name) for name in STATES),
        due.sum().cast(pl.Int64).alias("due"),
        seen.sum().cast(pl.Int64).alias("published"),
    ]
    bodies = [
        pl.col("body").filter(seen).n_unique().cast(pl.Int64).alias("bodies_publishing"),
        pl.col("body").filter(due).n_unique().cast(pl.Int64).alias("bodies"),
    ]
    whole = areas.group_by("adcode", "period").agg(*counts, *bodies)
    kinds = areas.group_by("adcode", "period", "kind").agg(counts)
    series = {
        INDICATOR: ("published", "due"),
        f"{INDICATOR}.timeliness": ("timely", "published"),
        f"{INDICATOR}.late_rate": ("not_timely", "published"),
        f"{INDICATOR}.body_coverage": ("bodies_publishing", "bodies"),
    }
    late = (pl.col("published") - pl.col("timely")).alias("not_timely")
    every = whole.drop("bodies", "bodies_publishing").with_columns(pl.lit("all").alias("kind"))
    detail = pl.concat([every, kinds.select(every.columns)]).sort("adcode", "period", "kind")
    remarks = left_out(
        strange,
        "published document numbers are not in the decision register: the register may be incomplete",
        "个已公示文号不在决定台账中,台账可能有遗漏",
    )
    return Computed.of_rows(
        shares(whole.filter(pl.col("due") > 0).with_columns(late), series),
        judged,
        frequency=frequency,
        source=source,
        detail=detail,
        notes=(*notes, *remarks),
    )
