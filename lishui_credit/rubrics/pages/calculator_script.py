"""The script of an edition's page: its calculator, printed by the back ends, small and complete.

The page grades by the function that `rubric_code` prints; what intake checks between columns, and
what grades and rules ask for, is printed the same way. Only the day of grading, which printing fixes
elsewhere, is left open here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any, Final

from lishui_credit.backends import recorder
from lishui_credit.backends.javascript_code import javascript_function
from lishui_credit.backends.javascript_shrunk import bare, shrunk
from lishui_credit.language import spoken, tr
from lishui_credit.rubrics import intake_rules
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine.sql_frames import kinds_of
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.formulas import day_count
from lishui_credit.rubrics.law.row_labels import row_label
from lishui_credit.rubrics.law.rubric import GradeRow, Rubric
from lishui_credit.rubrics.listing import condition_said
from lishui_credit.rubrics.pages.page_parts import compact, in_words
from lishui_credit.rubrics.pages.repair_search import repair_search, sure
from lishui_credit.rubrics.rubric_code import function_text, recorded
from lishui_credit.tables.conform import Rule

LARGEST: Final = 60_000
"""Bytes that the script of a page may have."""
_OPEN: Final = date(9876, 5, 4)
"""Stands for the day of grading while a function is printed: no edition has a number of its parts."""
_TOLD: Final = {
    f'"{_OPEN}"': "gradedOn",
    str(_OPEN.year): "gradedYear",
    str(day_count(_OPEN)): "gradedDay",
}


@dataclass(frozen=True, slots=True)
class Calculator:
    """The script of a page, and what the page has to know of it."""

    text: str
    asks_day: bool  # whether the day of grading is read


def calculator(rubric: Rubric, day: date) -> Calculator:
    """Return the script that grades by an edition in the language in use.

    Parameters
    ----------
    rubric : Rubric
        An edition that grades.
    day : date
        Day of grading where the form does not ask for it.
    """
    printed, told = _settled(rubric)
    asks = any(f"{word}" in text for word in _TOLD.values() for text in printed.values())
    given = ", ".join(_TOLD.values())
    inner = "\n".join(text for text in printed.values() if text)
    named = ", ".join(name if text else f"{name}: null" for name, text in printed.items())
    page = (files(__package__) / "calculator.js.txt").read_text(encoding="utf-8")
    lines = [
        "const calculator = (() => {",
        '"use strict";',
        f"const EDITION = {compact(_facts(rubric, day))};",
        f"const WORDS = {compact({name: _typeset(word) for name, word in _words(rubric).items()})};",
        f"function gradeOn({given}) {{\n{inner}\nreturn {{{named}}};\n}}",
        told or "const conditions = null;",
        bare(f"{repair_search(rubric, _left_out(rubric))}\n{page}"),
        "return {read, graded, contradictions, ahead, room, way};",
        "})();",
    ]
    return Calculator("\n".join(lines), asks)


def _typeset(word: str | list[str]) -> str | list[str]:
    return spoken(word) if isinstance(word, str) else [*map(spoken, word)]


_SETTLED: Final[dict[int, tuple[Rubric, dict[str, str], str]]] = {}


def _settled(rubric: Rubric) -> tuple[dict[str, str], str]:
    """Return what is printed alike in both languages: the functions of the day, and the conditions."""
    if id(rubric) not in _SETTLED:  # a rubric has no hash; what is kept keeps it, and so its id
        if len(_SETTLED) >= 64:
            _SETTLED.clear()
        _SETTLED[id(rubric)] = rubric, _printed(rubric), _conditions(rubric)
    return _SETTLED[id(rubric)][1:]


def _printed(rubric: Rubric) -> dict[str, str]:
    """Return the functions that the day of grading is open in, by name; "" for those it lacks."""
    record = recorded(rubric, None, _OPEN, None, _left_out(rubric))
    return {
        "grade": shrunk(function_text(record, "javascript"), kept=["grade"], told=_TOLD),
        "wrongSubject": _checks(
            "wrongSubject", intake_rules.subject_rules(rubric, _OPEN, recorder)
        ),
        "wrongEvent": _checks("wrongEvent", _event_rules(rubric)),
    }


def _left_out(rubric: Rubric) -> tuple[str, ...]:
    return ("synthetic",) if "synthetic" in compiled.needed_columns(rubric) else ()


def _event_rules(rubric: Rubric) -> list[Rule]:
    return intake_rules.event_rules_of([rubric], _OPEN, None) if rubric.uses_events else []


def _checks(name: str, rules: Sequence[Rule]) -> str:
    """Return a function that tells of each check whether a row breaks it."""
    if not rules:
        return ""
    kinds = kinds_of(dict.fromkeys(name for rule in rules for name in rule.columns))
    table = recorder.source("row", kinds).select(
        *(
            sure(rule.test(*map(recorder.col, rule.columns))).alias(f"r{place}")
            for place, rule in enumerate(rules)
        )
    )
    text = javascript_function(table, name=name, sources={}, one="row")
    return shrunk(text, kept=[name], told=_TOLD)


def _conditions(rubric: Rubric) -> str:
    """Return a function of a graded row that tells which conditions and rules hold; "" without any."""
    tests = [
        compiled.holds(condition, rubric, recorder).alias(key)
        for grade in rubric.grades
        for key, condition in _asked(grade)
    ]
    tests += [
        compiled.every(row.when, rubric, recorder).alias(f"o_{row.id}")
        for row in rubric.active_overrides
        if row.when
    ]
    if not tests:
        return ""
    kinds: recorder.Schema = dict(
        kinds_of(name for name in compiled.needed_columns(rubric) if name not in _left_out(rubric))
    )
    kinds |= {f"{compiled.POINTS}{row.id}": recorder.Int32 for row in rubric.scoring}
    kinds |= {"earned": recorder.Int32, "possible": recorder.Int32}
    table = recorder.source("subject", kinds).select(*tests)
    return shrunk(javascript_function(table, name="conditions", sources={}), kept=["conditions"])


def _asked(grade: GradeRow) -> Iterator[tuple[str, Any]]:
    """Yield the conditions of a grade, each with the key it is told by."""
    for place, condition in enumerate(grade.requires):
        yield f"g_{grade.id}_{place}", condition


def _facts(rubric: Rubric, day: date) -> dict[str, Any]:
    """Return what the page's own part has to know of the edition; points in its unit."""
    unit = rubric.point_unit
    return {
        "own": rubric.subject_id,
        "events": rubric.uses_events,
        "worst": rubric.aggregate == "worst",
        "day": day.isoformat(),
        "unit": unit,
        "nominal": tables.nominal(rubric) if compiled.partial(rubric) else 0,
        "grades": [_grade(grade, unit) for grade in rubric.grades],
        "rows": [[row.id, tables.best(rubric, row)] for row in rubric.scoring],
        "flags": [
            [row.id, row.column]
            for row in rubric.active_overrides
            if row.column is not None or row.when
        ],
        "favourable": list(compiled.favourable_columns(rubric)),
        "amounts": [[amount.id, spoken(row_label(amount))] for amount in rubric.amounts],
        "subjectReasons": [
            spoken(rule.reason) for rule in intake_rules.subject_rules(rubric, day, recorder)
        ],
        "eventReasons": [spoken(rule.reason) for rule in _event_rules(rubric)],
    }


def _grade(grade: GradeRow, unit: int) -> dict[str, Any]:
    return {
        "id": grade.id,
        "only": grade.set_only,
        "cut": None if grade.at_least is None else tables.units(grade.at_least, unit),
        "cutIf": {flag: tables.units(cut, unit) for flag, cut in grade.at_least_if.items()},
        "asks": [
            [key, spoken(in_words(condition_said(condition)))] for key, condition in _asked(grade)
        ],
    }


def _words(rubric: Rubric) -> Mapping[str, str | list[str]]:
    """Return what the calculator says, in the language in use."""
    could = tr("Rows that could give more points:", "尚可增加分值的指标:")
    score = tr("the score, against the cut-offs of the grades", "得分与各等级下限")
    if rubric.uses_events:
        could = tr(
            "Points that events took off (how much of them a correction gives back, see the repairs):",
            "因事件扣除的分值(纠正后可加回多少,见“信用修复”):",
        )
    if rubric.aggregate == "worst":
        could = tr("Rows that stand below it, and by how much:", "尚未达到的指标及其差距:")
    if rubric.aggregate == "none":
        score = tr("the conditions of the grades", "各等级条件")
    return {
        "empty": tr("empty: it must be filled in", "未填写,此处必填"),
        "word": tr("not one of the choices", "不在可选值内"),
        "day": tr("not a day (YYYY-MM-DD)", "不是日期(YYYY-MM-DD)"),
        "number": tr("cannot be read as a number: digits only, as 1200.5", "无法读作数字,请只填数字,如 1200.5"),
        "decimals": tr("more decimals than 1/{} of the unit", "小数位过多,最小为单位的 1/{}"),
        "beyond": tr("outside {} to {}", "超出 {} 至 {}"),
        "event": tr("event {}: ", "事件 {}:"),
        "eventHead": tr("Event {}", "事件 {}"),
        "early": tr("corrected before it happened", "纠正日期早于发生日期"),
        "lost": tr("The link holds what this form does not have: {}", "链接中的内容与本表不符:{}"),
        "refused": tr("Not graded: some fields cannot be read.", "未评级:有填写内容无法读取。"),
        "contradicts": tr("Not graded: the facts contradict each other, or the edition.", "未评级:填写内容相互矛盾,或与本办法不符。"),
        "grade": tr("Grade", "等级"),
        "graded": tr("graded", "已评级"),
        "withheld": tr("No grade: withheld. What is not known is not guessed.", "暂不评级:未知内容不作推定。"),
        "not_graded": tr("Not graded under this edition.", "本办法不予参评。"),
        "total": tr("Score", "得分"),
        "whole": tr("of a printed total of", "原文总分"),
        "decided": tr("Decided by", "判定依据"),
        "score": score,
        "lacks": tr("no value for ", "缺少"),
        "start": tr("start score", "起评分"),
        "yuan": tr("yuan", "元"),
        "favourable": tr("{} empty fields were taken for \"no\" by override rules", "直接判级规则将 {} 个未填项按“否”处理"),
        "comma": tr(", ", "、"),
        "applied": tr("Override rules that apply:", "适用的直接判级规则:"),
        "next": tr("Next grade", "更高一级"),
        "away": tr(", points lacking: {}.", "，相差 {} 分。"),
        "enough": tr(": the points are enough; a rule decides.", "，得分已达到，由规则决定。"),
        "met": tr("met", "满足"),
        "unmet": tr("not met", "未满足"),
        "unknown": tr("cannot be told", "无法判断"),
        "could": could,
        "ways": tr("Corrections that lead to {}, none of which can be left out ({} points come back):", "作以下纠正可达{},缺一不可(共加回 {} 分):"),
        "noWay": tr("No repair that is open on the day of grading leads to a better grade.", "评级日没有尚在期限内、可达到更高等级的修复。"),
        "by": tr(", by {}", ",{} 前(含当日)"),
        "colon": tr(": ", "："),
        "alone": tr("enough by itself", "仅此一项即可达到"),
        "more": tr("and {} more", "另有 {} 项"),
        "missing": tr("missing", "缺失"),
        "everyPoint": tr("Every point", "逐项得分"),
        "heads": [tr("indicator", "指标"), tr("points", "得分"), tr("clause", "条款"), tr("evidence", "依据")],
        "quiet": tr("{} indicators without a recorded event: 0 points each", "另有 {} 项指标无事件记录,各计 0 分"),
    }  # fmt: skip
