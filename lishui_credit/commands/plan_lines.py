"""The lines that ``plan status`` and ``plan check`` print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lishui_credit.language import dated, plural, tr
from lishui_credit.reports.layout import cut, table

if TYPE_CHECKING:
    import polars as pl

    from lishui_credit.plan.definitions import PlanIndicator

SHOWN: Final = 20
"""Most lines of one sort."""


def standings(rows: pl.DataFrame) -> list[str]:
    """Return one line per indicator, under their heads."""
    from lishui_credit.plan.definitions import ATTRIBUTES, indicators
    from lishui_credit.plan.sentences import printed
    from lishui_credit.plan.status import STATUSES

    lines = []
    for found in rows.iter_rows(named=True):
        row = indicators()[found["indicator"]]
        state = STATUSES[found["status"]]
        lines.append(
            (
                str(row.number),
                cut(row.short, 24),
                str(ATTRIBUTES[row.attribute]),
                printed(row, found["value"], found["target"]),
                printed(row, found["path"]),
                printed(row, found["target"], found["value"]),
                f"{state.icon} {state.word}",
                dated(found["off_path_since"], short=True),
                dated(found["period"], short=True),
            )
        )
    heads = (
        "#",
        tr("indicator", "指标"),
        tr("attribute", "属性"),
        tr("value", "数值"),
        tr("path", "应达"),
        tr("2020", "2020年"),
        tr("status", "状态"),
        tr("off since", "偏离始于"),
        tr("observed", "观测期"),
    )
    return table(heads, lines)


def remarks(rows: pl.DataFrame, missing: pl.DataFrame, doubtful: pl.DataFrame) -> list[str]:
    """Return what a reader of the standings should know, indicator by indicator."""
    from lishui_credit.plan.definitions import indicators
    from lishui_credit.plan.divisions import CITY
    from lishui_credit.plan.sentences import behind_said
    from lishui_credit.plan.status import said

    lines = [""]
    for found in rows.iter_rows(named=True):
        row = indicators()[found["indicator"]]
        notes = [found["note"]] if found["note"] else []
        if found["disagree"]:
            notes.append(
                tr("schedule", "序时进度")
                + f" S={_ratio(found['schedule'])} ({said(found['schedule_class'])}), "
                + tr("growth ratio", "增速比")
                + f" R={_ratio(found['growth_ratio'])} ({said(found['growth_class'])})"
            )
        if found["behind"]:
            notes.append(behind_said(found))
        if notes:
            lines.append(f"{row.number}. {row.short}: " + tr("; ", ";").join(notes))
    if rows["adcode"][0] == CITY:
        lines += city_remarks(missing, doubtful)
    return lines


def _ratio(value: float) -> str:
    """A ratio to two decimals, to three where two would round it up to a threshold."""
    from lishui_credit.plan.methods import GROWTH_THRESHOLDS, SCHEDULE_THRESHOLDS

    shown = round(value, 2)
    raised = shown > value and shown in {*GROWTH_THRESHOLDS, *SCHEDULE_THRESHOLDS}
    return f"{value:.{3 if raised else 2}f}"


def city_remarks(missing: pl.DataFrame, doubtful: pl.DataFrame) -> list[str]:
    """Return what is doubtful about values of the city: not computed, or not the counties' sum."""
    from lishui_credit.plan.definitions import indicators
    from lishui_credit.plan.divisions import division
    from lishui_credit.plan.sentences import printed

    lines = []
    for key, day, _, codes, why in missing.head(SHOWN).iter_rows():
        named = tr(", ", "、").join(division(code).name for code in codes)
        told = tr("city not computed", "全市值未汇总")
        lines.append(f"! {indicators()[key].short} {dated(day)}: {told}: {why} {named}".rstrip())
    for key, day, _, reported, low, high in doubtful.head(SHOWN).iter_rows():
        row: PlanIndicator = indicators()[key]
        told = tr("reported city value does not add up", "上报全市值与县级汇总不符")
        if row.kind == "doubling" and reported > high:
            told = tr(
                "reported city value is above its counties' sum: the city's own share, or an error",
                "上报全市值高于县级合计,差额或为市本级,或有误",
            )
        span = f"{printed(row, low)} .. {printed(row, high)}"
        lines.append(f"! {row.short} {dated(day)}: {told}: {printed(row, reported)} ({span})")
    more = missing.height + doubtful.height - len(lines)
    if more > 0:
        lines.append(tr(f"! and {more} more", f"! 另有 {more} 条"))
    return lines


def one_county(code: str | None) -> list[str]:
    """Return what is said of a file that holds one county alone."""
    from lishui_credit.plan.divisions import division

    if code is None:
        return []
    name = division(code).name
    return [tr(f"the return of one county: {name}", f"单个县(市、区)的报送:{name}")]


def rejected_lines(lost: pl.DataFrame) -> list[str]:
    """Return how many rows of each loaded file a store keeps as rejected, and why the first."""
    lines = []
    for file, rows in lost.group_by("file", maintain_order=True):
        count = rows.height
        first = f"{rows['row'][0]}: {rows['reasons'][0]}"
        en = f"! {file[0]}: {plural(count, 'row')} rejected and not in these figures; row {first}"
        lines.append(tr(en, f"! {file[0]}:有 {count:,} 行被退回,未计入;第 {first}"))
    if more := max(0, len(lines) - SHOWN):
        lines = [*lines[:SHOWN], tr(f"! and {more} more files", f"! 另有 {more} 个文件")]
    return lines
