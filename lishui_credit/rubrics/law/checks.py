"""What a whole edition must satisfy beyond its shape: sums, references, grades, null policies.

`check` yields every problem with the place in the tables it concerns, so that the reader can name
the line. A clerk sees all of them at once. What one row, condition or formula must satisfy by
itself stands in `row_checks`.
"""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction
from typing import Any

from lishui_credit.errors import Problem
from lishui_credit.points import INT64_MAX, INT128_MAX
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.event_rules import Number
from lishui_credit.rubrics.law.row_checks import (
    Found,
    Loc,
    check_bands,
    check_column,
    check_condition,
    check_fine,
    check_formula,
    check_levels,
    columns_of,
    say,
)
from lishui_credit.rubrics.law.rubric import Effect, Override, Rubric
from lishui_credit.tables.columns import dictionary


def check(rubric: Rubric) -> list[tuple[Loc, Problem]]:
    """Return every problem of an edition with its place.

    Parameters
    ----------
    rubric : Rubric
        As read, not yet trusted.

    Returns
    -------
    list of (place, Problem)
        Empty when the edition is sound.
    """
    found: list[tuple[Loc, Problem]] = []
    for part in (_whole, _ids, _dimensions, _choices, _grades, _rows, _overrides, _start, _others):
        found.extend(part(rubric))
    if not found:
        found.extend(_widths(rubric))
    return found


def _whole(rubric: Rubric) -> Found:
    yield from check_column(("subject_id",), rubric.subject_id, ("text", "uscc", "resident_id"))
    if rubric.point_unit not in (1, 10, 100, 1000):
        yield say(
            ("point_unit",),
            "point_unit is a power of ten",
            "point_unit 应为 10 的幂",
            rubric.point_unit,
        )
    until = rubric.in_force.until
    if until is not None and until <= rubric.in_force.start:
        yield say(("in_force",), "the period is empty", "施行期间为空", f"{rubric.in_force}")
    if rubric.status == "reconstructed":
        if rubric.lacking is None:
            yield say(
                ("status",),
                "a reconstructed edition says what it lacks",
                "重构版本须说明缺什么",
                hint=(
                    "add [lacking] with what, what_zh, how",
                    "请补充 [lacking]:what、what_zh、how",
                ),
            )
        return
    if rubric.lacking is not None:
        yield say(
            ("lacking",), "only a reconstructed edition lacks something", "仅重构版本可有 lacking"
        )
    if rubric.aggregate != "none" and not rubric.scoring:
        yield say(("indicators",), "no row scores", "没有可计分的指标")
    if rubric.status == "checked" and rubric.source.read_on is None:
        yield say(
            ("source",), "a checked edition names the day it was read", "已核对版本须写明 read_on"
        )
    if rubric.aggregate == "weighted":
        total = sum(row.weight or 0 for row in rubric.scoring)
        if total != 100:
            yield say(("indicators",), "weights do not add up to 100", "权重之和不为 100", total)
    if rubric.aggregate == "deduct" and rubric.start is None:
        yield say(("start",), "a deducting rubric needs [start]", "扣分制须有 [start]")
    for place, name in enumerate(rubric.carries):
        yield from check_column(("carries", place), name)


def _ids(rubric: Rubric) -> Found:
    parts: tuple[tuple[str, tuple[Any, ...]], ...] = (
        ("grades", rubric.grades),
        ("indicators", rubric.indicators),
        ("overrides", rubric.overrides),
        ("dimensions", rubric.dimensions),
        ("choices", rubric.choices),
        ("repairs", rubric.repairs),
        ("amounts", rubric.amounts),
    )
    for table, rows in parts:
        counts = Counter(row.id for row in rows)
        for place, row in enumerate(rows):
            if counts[row.id] > 1:
                yield say((table, place, "id"), "the id stands twice", "id 重复", row.id)
            if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", row.id):
                yield say(
                    (table, place, "id"),
                    "an id is letters, digits, _ and -",
                    "id 只含字母数字_-",
                    row.id,
                )


def _dimensions(rubric: Rubric) -> Found:
    ids = {dimension.id for dimension in rubric.dimensions}
    for place, row in enumerate(rubric.indicators):
        if row.dimension is not None and row.dimension not in ids:
            yield say(
                ("indicators", place, "dimension"), "no such dimension", "没有该维度", row.dimension
            )
    if rubric.aggregate not in ("sum", "weighted") or rubric.status == "reconstructed":
        return
    for place, dimension in enumerate(rubric.dimensions):
        if dimension.points is None:
            continue
        members = [row for row in rubric.indicators if row.dimension == dimension.id]
        weights = [Fraction(row.weight or 0) for row in members]
        if rubric.aggregate == "sum":
            weights = [
                Fraction(tables.best(rubric, row), rubric.point_unit)
                for row in members
                if row.enabled
            ]
        if sum(weights) != Fraction(dimension.points):
            yield say(
                ("dimensions", place, "points"),
                "the rows of the dimension do not add up to its points",
                "维度内指标之和与维度分值不符",
                f"{sum(weights)} != {dimension.points}",
            )


def _choices(rubric: Rubric) -> Found:
    for place, choice in enumerate(rubric.choices):
        if choice.taken not in {option.id for option in choice.options}:
            yield say(("choices", place, "taken"), "no such option", "没有该选项", choice.taken)
    known = {f"{choice.id}:{option.id}" for choice in rubric.choices for option in choice.options}
    for place, row in enumerate(rubric.indicators):
        for at, entry in enumerate(row.bands):
            if entry.choice is not None and entry.choice not in known:
                yield say(
                    ("indicators", place, "bands", at),
                    "no such choice:option",
                    "没有该选项",
                    entry.choice,
                )


def _grades(rubric: Rubric) -> Found:
    if rubric.status == "reconstructed":
        return
    open_grades = [row for row in rubric.grades if not row.set_only]
    if not open_grades:
        yield say(("grades",), "no grade a subject can reach", "没有可达到的等级")
        return
    bounds: list[Number] = []
    for place, row in enumerate(rubric.grades):
        loc: Loc = ("grades", place)
        last = row is open_grades[-1]
        if row.set_only and row.at_least is not None:
            yield say(
                loc, "a set_only grade has no at_least", "set_only 等级不得有 at_least", row.id
            )
        if not row.set_only and rubric.aggregate != "none":
            if not last and row.at_least is None:
                yield say(
                    loc, "only the last grade is without at_least", "仅末级可无 at_least", row.id
                )
            if last and (row.at_least is not None or row.requires):
                yield say(
                    loc,
                    "the last grade takes everyone left: no at_least, no requires",
                    "末级须兜底:不设 at_least、requires",
                    row.id,
                )
        if row.at_least is not None:
            if bounds and row.at_least >= bounds[-1]:
                yield say(
                    (*loc, "at_least"),
                    "bounds must fall from best to worst",
                    "下限须由高到低",
                    row.at_least,
                )
            bounds.append(row.at_least)
            yield from check_fine((*loc, "at_least"), row.at_least, rubric.point_unit)
        for flag, bound in row.at_least_if.items():
            yield from check_column((*loc, "at_least_if"), flag, ("flag",))
            yield from check_fine((*loc, "at_least_if"), bound, rubric.point_unit)
        if bool(row.requires) != (row.requires_missing is not None):
            yield say(
                loc,
                "requires and requires_missing go together",
                "requires 与 requires_missing 须同时写",
                row.id,
            )
        for condition in row.requires:
            yield from check_condition((*loc, "requires"), condition, rubric)


def _rows(rubric: Rubric) -> Found:
    events = {repair.id for repair in rubric.repairs}
    for place, row in enumerate(rubric.indicators):
        loc: Loc = ("indicators", place)
        forms = [
            name for name in ("bands", "levels", "share", "event", "formula") if getattr(row, name)
        ]
        if len(forms) > 1:
            yield say(loc, "one row, one way to score", "一行只能有一种计分方式", ", ".join(forms))
            continue
        if not row.enabled and not row.why_disabled:
            yield say(loc, "a row switched off says why", "停用须写 why_disabled", row.id)
        reads = bool(row.bands or row.levels or row.share or row.formula)
        if reads and row.missing is None:
            yield say(
                loc,
                "the row does not say what a missing value does",
                "未写明缺失值如何处理",
                row.id,
                ('write missing = "withhold" | "zero" | "full" | "exclude"', "请写 missing"),
            )
        if row.missing == "exclude" and rubric.aggregate not in ("sum", "weighted"):
            yield say(loc, "exclude needs a sum or weights", "exclude 仅用于求和或加权", row.id)
        if rubric.aggregate == "weighted" and row.weight is None and row.scores:
            yield say(
                loc,
                "a scoring row of a weighted rubric needs a weight",
                "加权制指标须有权重",
                row.id,
            )
        yield from check_column((*loc, "column"), row.column)
        yield from check_column((*loc, "over"), row.over)
        yield from check_column((*loc, "judged"), row.judged, ("integer", "number"))
        for term in row.mix:
            yield from check_column((*loc, "mix"), term.column)
            yield from check_column((*loc, "mix"), term.over)
        if (row.bands or row.share) and (row.column is None) == (not row.mix):
            yield say(loc, "bands and share read a column or a mix", "须写 column 或 mix", row.id)
            continue
        if any(name not in dictionary() for name in columns_of(row)):
            continue
        if row.bands:
            yield from check_bands(rubric, row, loc)
        if row.levels:
            yield from check_levels(rubric, row, loc)
        if (row.share or row.formula) and row.max_points is None:
            yield say(loc, "share and formula rows need max_points", "须写 max_points", row.id)
        if row.formula:
            yield from check_formula(
                (*loc, "formula"), row.formula.name, row.formula.params, rubric
            )
        if row.event and row.event.deduct is not None:
            yield from check_fine((*loc, "event"), row.event.deduct, rubric.point_unit)
            if row.event.repair is not None and row.event.repair not in events:
                yield say(
                    (*loc, "event"), "no such repair class", "没有该修复类别", row.event.repair
                )


def _effect(loc: Loc, effect: Effect, rubric: Rubric) -> Found:
    given = [effect.set, effect.cap, effect.shift, effect.not_graded or None]
    if sum(part is not None for part in given) != 1:
        yield say(loc, "an effect is one of set, cap, shift, not_graded", "effect 须取其一")
    for name in (effect.set, effect.cap):
        if name is not None and name not in {grade.id for grade in rubric.grades}:
            yield say(loc, "no such grade", "没有该等级", name)


def _overrides(rubric: Rubric) -> Found:
    if rubric.status == "reconstructed":
        return
    for place, row in enumerate(rubric.overrides):
        loc: Loc = ("overrides", place)
        yield from _effect((*loc, "effect"), row.effect, rubric)
        if not row.enabled and not row.why_disabled:
            yield say(loc, "a row switched off says why", "停用须写 why_disabled", row.id)
        if (row.column is not None) + bool(row.when) + (row.event is not None) != 1:
            yield say(
                loc,
                "an override tests one of column, when, event",
                "须取 column/when/event 之一",
                row.id,
            )
        yield from check_column((*loc, "column"), row.column, ("flag",))
        for condition in row.when:
            yield from check_condition((*loc, "when"), condition, rubric)
        yield from _override_repair(loc, row, rubric)


def _override_repair(loc: Loc, row: Override, rubric: Rubric) -> Found:
    if row.repair is None:
        return
    if row.event is None:
        yield say((*loc, "repair"), "only an event can be repaired", "仅事件可修复", row.id)
    if row.repair.then is not None:
        yield from _effect((*loc, "repair"), row.repair.then, rubric)


def _start(rubric: Rubric) -> Found:
    if rubric.start is None:
        return
    for place, row in enumerate(rubric.start.rows):
        for condition in row.when:
            yield from check_condition(("start", "rows", place), condition, rubric)
        if (not row.when) != (place == len(rubric.start.rows) - 1):
            yield say(
                ("start",), "the last start row, and only it, has no condition", "仅末行无条件"
            )
    if rubric.start.bonus is not None:
        yield from check_column(("start",), rubric.start.bonus.column, ("integer",))


def _others(rubric: Rubric) -> Found:
    for place, amount in enumerate(rubric.amounts):
        yield from check_formula(
            ("amounts", place, "formula"), amount.formula.name, amount.formula.params, rubric
        )
    if rubric.bases is not None:
        for name in (rubric.bases.key, *rubric.bases.columns):
            yield from check_column(("bases",), name)
    if rubric.adjustment is not None:
        yield from check_column(("adjustment",), rubric.adjustment.column)
    if rubric.cycle is not None and not re.fullmatch(
        r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", rubric.cycle.result_by
    ):
        yield say(("cycle",), "result_by is MM-DD", "result_by 应为 MM-DD", rubric.cycle.result_by)


def _widths(rubric: Rubric) -> Found:
    for place, row in enumerate(rubric.indicators):
        if not row.scores or row.share or row.event or row.formula:
            continue
        heaviest = tables.points_table(rubric, row).heaviest
        if heaviest > INT128_MAX:
            yield say(
                ("indicators", place),
                "the row overflows 128-bit integers at its columns' largest values",
                "按列上限计算会溢出",
                heaviest,
                ("lower the columns' maximum", "请降低列的 maximum"),
            )
    reach = max(tables.reachable(rubric), 1)
    if reach * reach > INT64_MAX:
        yield say(("point_unit",), "the total overflows 64-bit integers", "总分会溢出", reach)
