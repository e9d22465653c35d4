"""Two drawings an indicator: observed against path and projection, and the counties against theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from math import ceil, inf
from typing import Any, Final

import polars as pl

from lishui_credit.language import language, tr
from lishui_credit.plan.course import SERIES
from lishui_credit.plan.definitions import BASE, END, PlanIndicator
from lishui_credit.plan.divisions import Division, counties
from lishui_credit.plan.evaluation.mid_term import MidTerm
from lishui_credit.plan.methods import elapsed
from lishui_credit.plan.observed.table import MONTHS
from lishui_credit.plan.sentences import printed, yuan
from lishui_credit.plan.status import STATUSES
from lishui_credit.reports.palette import BLUE, GREY, RED
from lishui_credit.reports.svg import Plot, room

LARGE: Final = 100_000
"""A count from which a drawing is in thousands, in Chinese in 万; money always is in units as printed."""


def scale(row: PlanIndicator, largest: float = inf) -> tuple[float, str]:
    """Return what a chart divides values by, and the words of its unit."""
    if row.unit == "percent":
        return 1.0, "%"
    if row.unit == "yuan":
        per, unit = yuan(largest)
        return per, unit + tr(" a year", "/年")
    if largest >= LARGE:
        if language() == "zh":
            return 10_000.0, "万次/年"
        return 1_000.0, "thousand queries a year"
    return 1.0, tr("queries a year", "次/年")


def when(day: date) -> float:
    """Return a day as a year on the axis: 2016 is the end of 2016."""
    return BASE.year + float(elapsed(day))


def runs(days: Sequence[date], frequency_months: int) -> list[tuple[int, int]]:
    """Return the half-open places of consecutive observations, so that no line crosses a gap."""
    # a gap is more than one period of the indicator, and more than the steps beside it
    steps = [round(float(elapsed(b) - elapsed(a)) * 12) for a, b in pairwise(days)]
    made, first = [], 0
    for place, step in enumerate(steps):
        beside = steps[max(place - 1, 0) : place] + steps[place + 1 : place + 2]
        if step > frequency_months and beside and step > 1.5 * min(beside):
            made.append((first, place + 1))
            first = place + 1
    return [*made, (first, len(days))] if days else []


def _span(row: PlanIndicator, values: Sequence[float]) -> tuple[float, float]:
    """Return the ends of an axis: those of a share, or a little beyond what is shown."""
    if row.kind == "coverage":
        return 0.0, 100.0
    low, high = min(values), max(values)
    room_above = 0.08 * (high - low) or 0.1 * abs(high) or 1.0
    high += room_above
    return max(low - room_above, 0.0), min(high, row.limits[1] or inf)


def course(m: MidTerm, row: PlanIndicator, area: Division | None = None) -> Plot:
    """Return the drawing of one indicator over time: observed, path, target, projection.

    Of an area, by default the report's own.
    """
    area = area or m.area
    now = m.row(row.key, area.adcode)
    raw, way = m.drawn(row.key, area.adcode)
    tops = (*raw["value"], *way["path"], now["target"], now["projected"])
    per, unit = scale(row, max((top for top in tops if top is not None), default=0.0))
    mine = raw.with_columns(pl.col("value", "low", "high") / per)
    points = list(mine.select("period", "value").iter_rows())
    path = [(when(d), v / per) for d, v in way.select("period", "path").iter_rows()]
    target = None if now["target"] is None else now["target"] / per
    forecast = None if now["projected"] is None else (now["projected"] / per, *_ends(now, per))
    shown = [v for c in ("value", "low", "high") for v in mine[c].drop_nulls()] + [
        v for _, v in path
    ]
    shown += ([] if target is None else [target]) + ([] if forecast is None else [forecast[0]])
    span = _span(row, shown or [0.0, 1.0])
    last = max([END.year, *(ceil(when(d)) for d, _ in points)])
    plot = Plot(
        titled(m, tr(f"{row.short}, {area.name}", f"{area.name}{row.short}")),
        (BASE.year, last),
        span,
        x_name=tr("end of year", "年末"),
        y_name=unit,
        left=64 if row.kind == "doubling" else 50,
    )
    if path:
        plot.line(path, GREY, "6 4", str(SERIES["path"]))
    if target is not None:
        plot.dot(END.year, target, GREY, hollow=True)
        plot.key(GREY, str(SERIES["target"]), hollow=True)
    _observed(plot, row, mine, points)
    if forecast is not None and points and points[-1][0] < END:
        _projection(plot, points[-1], forecast, span)
    if not points:
        plot.word(BASE.year + 0.1, sum(span) / 2, tr("no observation", "无观测"))
    return plot


def _observed(
    plot: Plot, row: PlanIndicator, mine: pl.DataFrame, points: Sequence[tuple[date, float]]
) -> None:
    months = MONTHS[row.frequency]
    for first, end in runs([day for day, _ in points], months):
        if end - first > 1:
            plot.line([(when(d), v) for d, v in points[first:end]], BLUE)
        else:
            plot.dot(when(points[first][0]), points[first][1], BLUE)
    for day, low, high in mine.select("period", "low", "high").iter_rows():
        if low is not None and high is not None:
            plot.interval((when(day), low), (when(day), high), BLUE)
    for day, value in points:
        if day.month == 12 or day == points[-1][0]:
            plot.dot(when(day), value, BLUE)
    if points:
        plot.key(
            BLUE,
            str(SERIES["observed"]) + (tr(", 95%", ",95%区间") if row.kind == "survey" else ""),
        )


def _ends(now: Mapping[str, Any], per: float) -> tuple[float | None, float | None]:
    """Return both ends of the projection's interval; none of one that has no honest interval."""
    if now["projected_low"] is None or now["projected_high"] is None:
        return None, None
    return now["projected_low"] / per, now["projected_high"] / per


def _projection(
    plot: Plot,
    last: tuple[date, float],
    forecast: tuple[float, float | None, float | None],
    span: tuple[float, float],
) -> None:
    projected, low, high = forecast
    plot.line(
        [(when(last[0]), last[1]), (END.year, projected)], RED, "2 4", str(SERIES["projection"])
    )
    plot.dot(END.year, projected, RED)
    if low is None or high is None:
        return
    cut = low < span[0] or high > span[1]
    plot.interval((END.year, max(low, span[0])), (END.year, min(high, span[1])), RED)
    beyond = tr(" (partly outside the chart)", "(超出图幅部分未显示)") if cut else ""
    plot.key(RED, tr("2020 interval, 95%", "2020年,95%区间") + beyond)


def against_path(m: MidTerm, row: PlanIndicator) -> Plot:
    """Return the drawing of the nine counties: where each is, and where its path is."""
    # counties differ in size: counts and money are multiples of each county's own 2015
    found = [(area, m.row(row.key, area.adcode)) for area in counties()]
    multiple = row.kind == "doubling"

    def scaled(now: dict[str, float | None], name: str) -> float | None:
        value, base = now[name], now["base"]
        if not multiple or value is None:
            return value
        return value / base if base else None

    names = [f"{STATUSES[str(now['status'])].icon} {a.short}" for a, now in found]
    shown = [v for _, now in found for name in ("value", "path", "low", "high")
             if (v := scaled(now, name)) is not None]  # fmt: skip
    span = _span(row, shown or [0.0, 1.0])
    plot = Plot(
        titled(m, tr(f"{row.short}, counties", f"各县(市、区){row.short}")),
        span,
        (0, len(found)),
        x_name=tr("multiple of its 2015 value", "为2015年的倍数") if multiple else "%",
        rows=names,
        left=room(names),
    )
    words = {
        RED: tr("off its path", "偏离"),
        BLUE: tr("not off its path", "未偏离"),
        GREY: tr("no path", "无路径可比"),
    }
    drawn = set()
    for place, (_, now) in enumerate(found):
        y = len(found) - place - 0.5
        value, path = scaled(now, "value"), scaled(now, "path")
        if path is not None:
            plot.dot(path, y, GREY, hollow=True)
        low, high = scaled(now, "low"), scaled(now, "high")
        if low is not None and high is not None:
            plot.interval((low, y), (high, y), BLUE)
        if value is not None:
            off = STATUSES[str(now["status"])].off
            colour = RED if off else BLUE if path is not None else GREY
            plot.dot(value, y, colour)
            drawn.add(colour)
        else:
            told = printed(row, None) if now["value"] is None else tr("no 2015 value", "无基数")
            plot.word(span[0] + 0.02 * (span[1] - span[0]), y, told)
    for colour, name in words.items():
        if colour in drawn:
            plot.key(colour, name)
    plot.key(GREY, tr("expected then", "同期应达"), hollow=True)
    return plot


def titled(m: MidTerm, name: str) -> str:
    """Return a title that begins with the word synthetic where the data are made up."""
    return tr("SYNTHETIC: ", "【合成数据】") + name if m.synthetic else name
