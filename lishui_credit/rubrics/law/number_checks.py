"""Which numbers of an edition make sense: no negative weight, deduction, window or share above all."""

from __future__ import annotations

from collections.abc import Iterator

from lishui_credit.rubrics.law.event_rules import Number, RepairWindow
from lishui_credit.rubrics.law.row_checks import Found, say
from lishui_credit.rubrics.law.rubric import Indicator, Rubric
from lishui_credit.tables.toml_places import Loc

_WHOLE = 100  # points of a row of a weighted rubric, and percent of a deduction


def check_numbers(rubric: Rubric) -> Found:
    """Yield the numbers that cannot be meant."""
    for place, row in enumerate(rubric.indicators):
        yield from _row(rubric, row, ("indicators", place))
    for place, dimension in enumerate(rubric.dimensions):
        yield from _at_least(("dimensions", place, "points"), dimension.points, 0)
    for place, repair in enumerate(rubric.repairs):
        for at, window in enumerate(repair.windows):
            yield from _window(("repairs", place, "windows", at), window)
    for place, override in enumerate(rubric.overrides):
        loc: Loc = ("overrides", place)
        yield from _at_least((*loc, "effect"), override.effect.shift, 1)
        if override.repair is not None:
            months = override.repair.clean_months_at_least
            late = override.repair.late_clean_months_at_least
            for value, least in ((override.repair.within_days, 0), (months, 1), (late, 1)):
                yield from _at_least((*loc, "repair"), value, least)
    for place, grade in enumerate(rubric.grades):
        yield from _at_least(("grades", place, "at_least"), grade.at_least, 0)
    if rubric.start is not None:
        for place, start in enumerate(rubric.start.rows):
            yield from _at_least(("start", "rows", place), start.points, 0)
        if rubric.start.bonus is not None:
            yield from _at_least(("start", "bonus"), rubric.start.bonus.points_each, 0)


def _row(rubric: Rubric, row: Indicator, loc: Loc) -> Found:
    if rubric.aggregate == "weighted":
        yield from _at_least((*loc, "weight"), row.weight, 1)
    yield from _at_least((*loc, "max_points"), row.max_points, 0)
    if row.event is not None:
        if row.event.deduct is not None and row.event.deduct <= 0:
            yield say(
                (*loc, "event"), "deduct must be above 0", "deduct 须大于 0", row.event.deduct
            )
        if row.event.percent is not None:
            yield from _at_least((*loc, "event"), row.event.percent.times, 1)
    if rubric.aggregate in ("sum", "weighted"):
        for at, points in _points(row):
            yield from _at_least((*loc, *at), points, 0)
            if rubric.aggregate == "weighted" and points > _WHOLE:
                yield say(
                    (*loc, *at),
                    "a row of a weighted rubric earns 0 to 100 points",
                    "加权制的指标得分须在 0 至 100 之间",
                    points,
                )


def _points(row: Indicator) -> Iterator[tuple[Loc, Number]]:
    """Yield every number of points of a row, with its place in it."""
    for place, entry in enumerate(row.bands):
        for points in (entry.points, *(entry.range or ())):
            if points is not None:
                yield ("bands", place), points
    for points in row.levels.values():
        yield ("levels",), points
    for ends in row.ranges.values():
        for points in ends:
            yield ("ranges",), points


def _window(loc: Loc, window: RepairWindow) -> Found:
    for value in (window.days_at_most, window.restore, window.small_amount, window.small_restore):
        yield from _at_least(loc, value, 0)
    yield from _at_least(loc, window.restore_percent, 0)
    if window.restore_percent is not None and window.restore_percent > _WHOLE:
        yield say(
            loc,
            "restore_percent must not be above 100",
            "restore_percent 不得大于 100",
            window.restore_percent,
        )


def _at_least(loc: Loc, value: Number | None, least: int) -> Found:
    if value is not None and value < least:
        key = next(part for part in reversed(loc) if isinstance(part, str))
        yield say(loc, f"{key} must not be below {least}", f"{key} 不得小于 {least}", value)
