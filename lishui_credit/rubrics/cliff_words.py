"""A cliff in words: the step, the direction, the rule that makes it."""

from __future__ import annotations

from lishui_credit.language import tr
from lishui_credit.rubrics.engine import events as event_rules
from lishui_credit.rubrics.law.row_labels import row_label
from lishui_credit.rubrics.law.rubric import Indicator, Override, Rubric
from lishui_credit.tables.columns import called, dictionary, printed


def direction_said(direction: str) -> str:
    """Return a direction in the language in use."""
    words = {"up": tr("up", "上升"), "down": tr("down", "下降")}
    return words.get(direction, tr("graded or no longer", "评级与否改变"))


def step_said(rubric: Rubric, kind: str, what: str, step: int, to: str = "") -> str:
    """Return a step in words."""
    sign = "+1" if step > 0 else "-1"
    if kind == "day":
        return tr(
            "graded a day later" if step > 0 else "graded a day earlier",
            "晚一天评级" if step > 0 else "早一天评级",
        )
    if kind == "event":
        row_id = event_rules.codes(rubric)[what]
        row = _rows(rubric)[row_id]
        more = tr("one event more", "多一件") if step > 0 else tr("one event less", "少一件")
        return f"{more}: {what} {row_label(row)}"
    column = dictionary()[what]
    name = called(what)
    if kind in ("flag", "level"):
        return tr(f"{name}: ", f"{name}:") + printed(what, step > 0 if kind == "flag" else to)
    if column.type == "money":
        return f"{name} {sign} " + tr("yuan", "元")
    if column.type == "date":
        return f"{name} {sign} " + tr("day", "天")
    if column.type == "rate":
        return f"{name} {sign[0]}0.01%"
    size = "1" if column.per_unit == 1 else f"{1 / column.per_unit:g}"
    unit = column.unit if column.unit.isascii() else tr("", column.unit)
    return f"{name} {sign[0]}{size} {unit}".rstrip()


def rule_said(rubric: Rubric, rule: str) -> tuple[str, str]:
    """Return the label and the clause of what makes a step."""
    known = _rows(rubric)
    grades = {row.id: row for row in rubric.grades}
    if rule.startswith("grade:"):
        grade = grades.get(rule.removeprefix("grade:"))
        label = tr("conditions of the grade", "等级条件")
        return (label, "") if grade is None else (f"{label} {row_label(grade)}", grade.clause)
    rows = [known[name] for name in rule.split("+") if name in known]
    return (
        "; ".join(row_label(row) for row in rows) or rule,
        "; ".join(dict.fromkeys(row.clause for row in rows)),
    )


def _rows(rubric: Rubric) -> dict[str, Indicator | Override]:
    """Return the rows and rules of an edition by id."""
    rows: list[Indicator | Override] = [*rubric.indicators, *rubric.overrides]
    return {row.id: row for row in rows}
