"""What the parts of an edition that decide must satisfy: grades, overrides, start, grades it reads."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from lishui_credit.language import Bilingual, tr
from lishui_credit.points import Value
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.event_rules import Number
from lishui_credit.rubrics.law.proofs.proof_words import subject_with
from lishui_credit.rubrics.law.row_checks import (
    Found,
    check_column,
    check_condition,
    check_fine,
    say,
)
from lishui_credit.rubrics.law.rubric import (
    Condition,
    Effect,
    GradeRow,
    Indicator,
    MixTerm,
    Override,
    Rubric,
)
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.header_words import did_you_mean
from lishui_credit.tables.toml_places import Loc


def check_grades(rubric: Rubric) -> Found:
    """Yield what is wrong with the grades: cut-offs that do not fall, a last grade that is not open."""
    if rubric.status == "reconstructed":
        return
    reached = [row for row in rubric.grades if not row.set_only]
    if not reached:
        yield say(("grades",), "no grade can be reached by points", "没有可通过评分达到的等级")
        return
    if rubric.aggregate in ("sum", "weighted"):
        yield from _of_nothing(rubric)
    cuts: list[Number] = []
    for place, row in enumerate(rubric.grades):
        loc: Loc = ("grades", place)
        if rubric.aggregate != "none" or row.set_only:
            yield from _ends(rubric, loc, row, last=row is reached[-1])
        if row.at_least is not None:
            if cuts and row.at_least >= cuts[-1]:
                yield say(
                    (*loc, "at_least"),
                    "at_least must fall from the best grade to the worst",
                    "at_least 须由最优等级向最差等级递减",
                    row.at_least,
                )
            cuts.append(row.at_least)
            yield from check_fine((*loc, "at_least"), row.at_least, rubric.point_unit)
        for flag, bound in row.at_least_if.items():
            yield from check_column((*loc, "at_least_if"), flag, ("flag",))
            yield from check_fine((*loc, "at_least_if"), bound, rubric.point_unit)
        if bool(row.requires) != (row.requires_missing is not None):
            yield say(
                loc,
                "requires and requires_missing go together",
                "requires 与 requires_missing 须同时写",
            )
        for condition in row.requires:
            yield from check_condition((*loc, "requires"), condition, rubric)


def _of_nothing(rubric: Rubric) -> Found:
    """Yield that a subject of whom nothing is known would reach every cut-off: 0 of 0 points."""
    kept = [row for row in rubric.scoring if row.missing != "exclude"]
    if rubric.scoring and not kept:
        yield say(
            ("indicators",),
            "every row is left out where it is empty: nothing known would reach the best grade",
            "全部指标为空时均不计分:毫无资料的主体将达到最优等级",
            hint=Bilingual(
                'write missing = "withhold" or "zero" on one row at least',
                '至少一行须写 missing = "withhold" 或 "zero"',
            ),
        )


def _ends(rubric: Rubric, loc: Loc, row: GradeRow, *, last: bool) -> Found:
    """Yield where a grade has a cut-off that it must not have, or lacks one."""
    if row.set_only:
        if row.at_least is not None:
            yield say(
                loc, "a set_only grade must not have at_least", "set_only 等级不得有 at_least"
            )
    elif not last and row.at_least is None:
        yield say(loc, "every grade but the last needs at_least", "除末级外,各等级均须有 at_least")
    elif last and (row.at_least is not None or row.requires):
        yield say(
            loc,
            "the last grade takes everyone left and must not have at_least or requires",
            "末级兜底,不得写 at_least、requires",
            _left_over(rubric, row),
        )


def _left_over(rubric: Rubric, row: GradeRow) -> str:
    """Return a subject that the last grade does not take, in words."""
    if row.at_least is None:
        return ""
    score = Fraction(row.at_least) - Fraction(1, rubric.point_unit)
    who = subject_with(rubric, score, {})
    return tr(f"{who} has no grade", f"{who}没有等级")


def _effect(loc: Loc, effect: Effect, rubric: Rubric) -> Found:
    given = [effect.set, effect.cap, effect.shift, effect.not_graded or None]
    if sum(part is not None for part in given) != 1:
        yield say(
            loc,
            "effect needs exactly one of set, cap, shift, not_graded",
            "effect 须且只能写 set、cap、shift、not_graded 之一",
        )
    for name in (effect.set, effect.cap):
        if name is not None and name not in {grade.id for grade in rubric.grades}:
            yield say(loc, "no such grade", "没有该等级", name)


def check_overrides(rubric: Rubric) -> Found:
    """Yield what is wrong with the overrides: their tests, effects and repairs."""
    if rubric.status == "reconstructed":
        return
    for place, row in enumerate(rubric.overrides):
        loc: Loc = ("overrides", place)
        yield from _effect((*loc, "effect"), row.effect, rubric)
        yield from check_reason(loc, row)
        if (row.column is not None) + bool(row.when) + (row.event is not None) != 1:
            yield say(
                loc,
                "an override needs exactly one of column, when, event",
                "直接判级规则须且只能写 column、when、event 之一",
            )
        yield from check_column((*loc, "column"), row.column, ("flag",))
        for condition in row.when:
            yield from check_condition((*loc, "when"), condition, rubric)
        if row.repair is not None:
            if row.event is None:
                yield say(
                    (*loc, "repair"),
                    "repair belongs to overrides with an event only",
                    "repair 仅用于写有 event 的规则",
                )
            if row.repair.then is not None:
                yield from _effect((*loc, "repair"), row.repair.then, rubric)


def check_directions(rubric: Rubric) -> Found:
    """Yield conditions that say which values are better where a row or another one says it."""
    of_rows = {
        tables.value(row.column, row.over, row.mix): row.id
        for row in rubric.scoring
        if (row.bands or row.levels or row.share) and _known(*(row.mix or (row,)))
    }
    said: dict[Value, str] = {}
    for loc, condition in _places(rubric):
        if condition.better is None or not _known(condition):
            continue
        read = tables.value(condition.column, condition.over)
        if loc[0] == "start" or read in of_rows:
            yield say(
                loc,
                "better belongs to conditions of grades and overrides on what no row scores",
                "better 仅用于等级条件和直接判级条件中不计分的列",
                of_rows.get(read, "start"),
                tr("write better in the row", "请在该指标行写 better") if read in of_rows else "",
            )
        elif said.setdefault(read, condition.better) != condition.better:
            yield say(
                loc,
                "two conditions say differently which values are better",
                "两处条件所写的 better 不一致",
                f"{condition.column}: {said[read]}, {condition.better}",
            )


def _known(*parts: Condition | Indicator | MixTerm) -> bool:
    """Whether the dictionary has every column that is read; others are told where they stand."""
    known = dictionary()
    return all(part.column in known and (part.over is None or part.over in known) for part in parts)


def _places(rubric: Rubric) -> Iterator[tuple[Loc, Condition]]:
    for place, row in enumerate(rubric.overrides):
        yield from ((("overrides", place, "when"), condition) for condition in row.when)
    for place, grade in enumerate(rubric.grades):
        yield from ((("grades", place, "requires"), condition) for condition in grade.requires)
    for place, start in enumerate(rubric.start.rows if rubric.start is not None else ()):
        yield from ((("start", "rows", place), condition) for condition in start.when)


def check_reason(loc: Loc, row: Override | Indicator) -> Found:
    """Yield where a row is switched off without a reason."""
    if not row.enabled and not (row.why_disabled or row.why_disabled_zh):
        yield say(
            loc, "enabled = false needs why_disabled", "enabled = false 的行须写 why_disabled"
        )


def check_start(rubric: Rubric) -> Found:
    """Yield what is wrong with the start score of a deducting rubric."""
    if rubric.start is None:
        return
    bonus = rubric.start.bonus
    for place, row in enumerate(rubric.start.rows):
        yield from check_fine(("start", "rows", place), row.points, rubric.point_unit)
        for condition in row.when:
            yield from check_condition(("start", "rows", place), condition, rubric)
        if (not row.when) != (place == len(rubric.start.rows) - 1):
            yield say(
                ("start",),
                "the last row of [start], and no other, must be without when",
                "[start] 的末行不写 when,其余各行须写",
            )
    if bonus is not None:
        yield from check_column(("start", "bonus"), bonus.column, ("integer",))
        for points in (bonus.points_each, bonus.at_most):
            yield from check_fine(("start", "bonus"), points, rubric.point_unit)


def check_stands_on(rubric: Rubric) -> Found:
    """Yield columns for another rubric's grade that are no levels, or lack a value for no grade."""
    for place, below in enumerate(rubric.stands_on):
        loc: Loc = ("stands_on", place)
        yield from check_column((*loc, "column"), below.column, ("level",))
        column = dictionary().get(below.column)
        if column is not None and below.not_graded not in column.values:
            yield say(
                (*loc, "not_graded"),
                "the column has no such value",
                "该列没有此取值",
                below.not_graded,
                did_you_mean([below.not_graded], column.values),
            )
