"""The tables of the mid-term evaluation, as cells that know what they are.

A cell is a word, a number, a day, a `Measured` value in its indicator's unit, a `Pace` or a `State`;
how it looks is for the page and the workbook to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from lishui_credit.language import dated, tr
from lishui_credit.plan.definitions import (
    ATTRIBUTES,
    Attribute,
    PlanIndicator,
    indicator,
    indicators,
)
from lishui_credit.plan.divisions import areas, counties, division
from lishui_credit.plan.evaluation.mid_term import MidTerm
from lishui_credit.plan.sentences import named_behind, printed, rate_printed
from lishui_credit.plan.status import STATUSES, said


@dataclass(frozen=True, slots=True)
class Measured:
    """A value in the unit of its indicator."""

    row: PlanIndicator
    value: float | None
    beside: float | None = None

    def __str__(self) -> str:
        """Return it as people print it."""
        return printed(self.row, self.value, self.beside)


@dataclass(frozen=True, slots=True)
class Pace:
    """A required rate of an indicator."""

    row: PlanIndicator
    value: float | None

    def __str__(self) -> str:
        """Return it as people print it."""
        return rate_printed(self.row, self.value)


@dataclass(frozen=True, slots=True)
class State:
    """A status by its id, with a value beside it where a table has room for one cell only."""

    id: str
    value: Measured | None = None

    def __str__(self) -> str:
        """Return icon and word, or icon and value."""
        found = STATUSES[self.id]
        if self.value is None:
            return f"{found.icon} {found.word}"
        return found.icon if self.value.value is None else f"{found.icon} {self.value}"


Cell = str | int | float | date | Measured | Pace | State | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table of the report, in the language in use: its id is the anchor in the page, its note stands below."""

    id: str
    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


def names_of(codes: Sequence[str] | None) -> str:
    """Return areas by name, in the language in use."""
    return tr(", ", "、").join(division(code).name for code in codes or ())


def interval(row: PlanIndicator, low: float | None, high: float | None) -> str:
    """Return both ends of an interval as people print them; nothing if there is none."""
    if low is None or high is None:
        return ""
    first, last = printed(row, low), printed(row, high)
    unit = last.lstrip("0123456789.,-")
    return f"{first.removesuffix(unit)} – {last}"


SUMMED: Final[tuple[Attribute, ...]] = ("binding", "expected", "guidance")


def counted(m: MidTerm) -> Grid:
    """Return how many of the twelve have each status, by attribute."""
    found: dict[tuple[str, str], int] = {}
    for row, now in m.mine():
        found[row.attribute, now["status"]] = found.get((row.attribute, now["status"]), 0) + 1
    rows: list[tuple[Cell, ...]] = [
        (State(name), *(found.get((kind, name), 0) for kind in SUMMED),
         sum(found.get((kind, name), 0) for kind in SUMMED))
        for name in STATUSES if any((kind, name) in found for kind in SUMMED)
    ]  # fmt: skip
    words = [str(ATTRIBUTES[kind]) for kind in SUMMED]
    return Grid(
        id="counted",
        title=tr("Number of indicators by status", "各状态指标数"),
        heads=(tr("status", "状态"), *words, tr("all", "合计")),
        rows=tuple(rows),
    )


def twelve(m: MidTerm) -> Grid:
    """Return the table of twelve of the report's area."""
    rows: list[tuple[Cell, ...]] = [
        (
            row.number, row.name, str(ATTRIBUTES[row.attribute]), Measured(row, now["base"]),
            Measured(row, now["value"], now["target"]), now["period"], Measured(row, now["path"]),
            _target(row, now), State(now["status"]), now["off_path_since"], named_behind(now),
        )
        for row, now in m.mine()
    ]  # fmt: skip
    return Grid(
        id="twelve",
        title=tr(f"The twelve indicators, {m.area.name}", f"{m.area.name}十二项主要指标进展"),
        heads=(
            "#", tr("indicator", "指标"), tr("attribute", "属性"), tr("2015 value", "2015年基数"),
            tr("value", "现值"), tr("observed at", "观测期末"), tr("expected then", "同期应达"),
            tr("2020 target", "2020年目标"), tr("status", "状态"), tr("off its path since", "偏离始于"),
            tr("counties off their paths, widest gap first", "偏离的县(市、区),差距大者在前"),
        ),
        rows=tuple(rows),
        note=tr(
            "Expected values are those of the path on the day observed. The plan publishes no 2015"
            " values and no yearly targets; a dash means: not observed.",
            "应达值为观测期末当日的预期路径值。规划未公布2015年基数和年度目标;无观测者以“—”表示。",
        ),
    )  # fmt: skip


def _target(row: PlanIndicator, now: Mapping[str, Any]) -> Cell:
    return (
        row.target.as_printed
        if now["target"] is None
        else Measured(row, now["target"], now["value"])
    )


def methods_beside(m: MidTerm) -> Grid:
    """Return what every method says of the twelve, beside each other."""
    rows: list[tuple[Cell, ...]] = [
        (
            row.number, row.short, _share(now["done"]), _share(now["time_share"]),
            _ratio(now["schedule"]), said(now["schedule_class"]), _ratio(now["growth_ratio"]),
            said(now["growth_class"]), said(now["survey_class"]),
            tr("yes", "是") if now["disagree"] else "",
            Pace(row, now["required_rate"]), Measured(row, now["projected"]),
            interval(row, now["projected_low"], now["projected_high"]) or _no_interval(now),
            said(now["outlook"]),
        )
        for row, now in m.mine()
    ]  # fmt: skip
    return Grid(
        id="methods_beside",
        title=tr("Results of each method", "各方法结论对照"),
        heads=(
            "#", tr("indicator", "指标"), tr("progress P", "完成度 P"), tr("time passed τ", "时间进度 τ"), "S",
            tr("by schedule", "序时进度结论"), "R", tr("by growth ratio", "增速比结论"),
            tr("survey against 2020 target", "满意度区间与目标"), tr("methods disagree", "结论不一"),
            tr("required from now on", "今后所需速度"), tr("projected 2020", "2020年预测"),
            tr("95% interval", "95%区间"), tr("outlook", "预测结论"),
        ),
        rows=tuple(rows),
        note=tr(
            "Formulas and thresholds: annex 1. The status in the table above is that of the schedule"
            " for coverage, of the growth ratio for doubling and of the interval for surveys.",
            "公式和阈值见附件1。上表状态:覆盖类从序时进度,翻番类从增速比,满意度类从置信区间。",
        ),
    )  # fmt: skip


def _no_interval(now: Mapping[str, Any]) -> str:
    """Say why a projection has no interval, in the room of a cell."""
    words = {
        "line": tr("none: on one line", "无:在一条直线上"),
        "step": tr("none: a step", "无:阶跃"),
    }
    return words.get(now["no_interval"] or "", "")


def _share(value: float | None) -> str:
    return "—" if value is None else f"{value:.0%}"


def _ratio(value: float | None) -> Cell:
    return None if value is None else round(value, 2)


def by_county(m: MidTerm) -> Grid:
    """Return the status of every indicator in every area, with the value."""
    rows: list[tuple[Cell, ...]] = []
    for key, row in indicators().items():
        found = [m.row(key, area.adcode) for area in areas()]
        states = [State(now["status"], Measured(row, now["value"])) for now in found]
        rows.append((row.number, row.short, *states))
    legend = "  ".join(f"{state.icon} {state.word}" for state in STATUSES.values())
    return Grid(
        id="by_county",
        title=tr("Indicators by county", "各县(市、区)指标状态"),
        heads=(
            "#", tr("indicator", "指标"),
            *(tr(area.name_en, area.short_zh if place else "全市") for place, area in enumerate(areas())),
        ),
        rows=tuple(rows),
        note=legend,
    )  # fmt: skip


def changed(m: MidTerm) -> Grid:
    """Return what changed in the area since a year earlier."""
    turns = {"better": tr("better", "好转"), "worse": tr("worse", "变差"), "same": ""}
    rows: list[tuple[Cell, ...]] = []
    for found in m.changed.iter_rows(named=True):
        row = indicator(found["indicator"])
        rows.append(
            (
                row.number, row.short,
                Measured(row, found["value_before"]), Measured(row, found["value"]),
                State(found["status_before"]), State(found["status"]), turns[found["turned"]],
            )
        )  # fmt: skip
    rows.sort(key=lambda cells: str(cells[0]).zfill(2))
    return Grid(
        id="changed",
        title=tr(f"Changes since {dated(m.before_at)}", f"与{dated(m.before_at)}相比的变化"),
        heads=(
            "#", tr("indicator", "指标"), tr("then", "当时"), tr("now", "现在"),
            tr("status then", "当时状态"), tr("status now", "现在状态"), tr("change", "变化"),
        ),
        rows=tuple(rows),
        note=tr("Both days are computed from the data known now.", "两个时点均按现有数据计算。"),
    )  # fmt: skip


def measures(m: MidTerm) -> Grid:
    """Return what is off its path, with who owns it; reason and measure are left for them to fill in."""
    rows: list[tuple[Cell, ...]] = []
    for row, now in m.mine():
        if STATUSES[now["status"]].off or now["behind"]:
            owner = tr(row.definition.owner_en, row.definition.owner_zh)
            rows.append(
                (
                    row.number, row.short, State(now["status"]), named_behind(now),
                    Pace(row, now["required_rate"]), owner, "", "",
                )
            )  # fmt: skip
    return Grid(
        id="measures",
        title=tr("Indicators off their paths, and who is responsible", "滞后事项与责任单位"),
        heads=(
            "#", tr("indicator", "指标"), tr("status", "状态"), tr("counties off their paths, widest gap first", "偏离的县(市、区),差距大者在前"),
            tr("required from now on", "今后所需速度"), tr("responsible unit (proposed)", "责任单位(拟定)"),
            tr("reason", "原因"), tr("measure and deadline", "措施和时限"),
        ),
        rows=tuple(rows),
        note=tr(
            "Reason, measure and deadline are filled in by the responsible unit; they cannot be computed.",
            "原因、措施和时限由责任单位填写,不由系统计算。",
        ),
    )  # fmt: skip


def county_rows(m: MidTerm, row: PlanIndicator) -> Grid:
    """Return where each county stands in one indicator."""
    survey, doubling = row.kind == "survey", row.kind == "doubling"
    rows: list[tuple[Cell, ...]] = []
    for area in counties():
        now = m.row(row.key, area.adcode)
        cells: list[Cell] = [area.name, Measured(row, now["base"]), Measured(row, now["value"])]
        if survey:
            cells.append(interval(row, now["low"], now["high"]))
        cells += [now["period"], Measured(row, now["path"]), _ratio(now["schedule"])]
        if doubling or survey:
            cells.append(_ratio(now["growth_ratio"]))
        rows.append(
            (*cells, Pace(row, now["required_rate"]), State(now["status"]), now["off_path_since"])
        )
    heads = [tr("county", "县(市、区)"), tr("2015 value", "2015年基数"), tr("value", "现值")]
    heads += [tr("95% interval", "95%区间")] if survey else []
    heads += [tr("observed at", "观测期末"), tr("expected then", "同期应达"), "S"]
    heads += ["R"] if doubling or survey else []
    heads += [tr("required from now on", "今后所需速度"), tr("status", "状态"), tr("off its path since", "偏离始于")]  # fmt: skip
    return Grid(
        id=f"counties_{row.key}",
        title=tr("The nine counties", "九个县(市、区)"),
        heads=tuple(heads),
        rows=tuple(rows),
    )


def yearly_values(m: MidTerm, row: PlanIndicator) -> Grid:
    """Return the values of every area at the ends of years, and the latest ones.

    A period is a row where it ends a year or is the last one of the frame of this indicator.
    """
    mine = m.lines.filter(pl.col("indicator") == row.key)
    ends = [
        day
        for day in mine["period"].unique().sort().to_list()
        if day.month == 12 or day == mine["period"].max()
    ]
    known = {(code, day): value for code, day, value in mine.select("adcode", "period", "value").iter_rows()}  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        (day, *(Measured(row, known.get((area.adcode, day))) for area in areas())) for day in ends
    ]
    return Grid(
        id=f"values_{row.key}",
        title=f"{row.number}. {row.name}",
        heads=(
            tr("period to", "期末"),
            *(tr(area.name_en, area.short_zh if place else "全市") for place, area in enumerate(areas())),
        ),
        rows=tuple(rows),
    )  # fmt: skip
