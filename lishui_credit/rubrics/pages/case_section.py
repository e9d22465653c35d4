"""The worked cases of an edition: facts, what must come of them, who says so, and a way to try them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lishui_credit.language import Bilingual, dated, either, tr
from lishui_credit.reports.html import words
from lishui_credit.rubrics import cases
from lishui_credit.rubrics.cases import Case
from lishui_credit.rubrics.event_traces import event_labels
from lishui_credit.rubrics.law.row_labels import Row, row_label
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.pages.calculator_questions import case_address
from lishui_credit.rubrics.pages.page_parts import facts, section
from lishui_credit.tables.columns import called, dictionary, printed

_KINDS: Final = {
    "published": Bilingual("facts and result are printed", "事实与结果均见于公开文本"),
    "rule": Bilingual("the rule is printed, the numbers are chosen", "规则见于文本,数字为自拟"),
    "derived": Bilingual("arithmetic of ours", "自行推算"),
}
_EXPECTED: Final = {
    "grade": Bilingual("grade", "等级"),
    "grade_label": Bilingual("label of the grade", "等级名称"),
    "outcome": Bilingual("outcome", "结果"),
    "decided_by": Bilingual("decided by", "判定依据"),
    "withheld_by": Bilingual("withheld by", "暂不评级原因"),
    "score": Bilingual("score", "得分"),
    "points": Bilingual("points of ", "单项得分:"),
    "amounts": Bilingual("amount of ", "金额(元):"),
    "adjusted_grade": Bilingual("adjusted grade", "调整后等级"),
}


def worked(rubric: Rubric) -> str:
    """Return the worked cases of an edition, each with whether this package gives its result."""
    mine = [case for case in cases.all_cases() if case.rubric == f"{rubric.name}@{rubric.edition}"]
    title = tr("Worked cases", "案例") + f" ({len(mine)})"
    return section("cases", title, "".join(_case(case, rubric) for case in mine)) if mine else ""


def _case(case: Case, rubric: Rubric) -> str:
    known = cases.tried(case.rubric)[case.id]
    subject, events, day = known.facts
    asked = {*case.subject, *case.bases}
    given = [
        (called(name), printed(name, value))
        for name, value in subject.items()
        if value is not None
        and name != rubric.subject_id
        and (name in asked or _named(name, asked))
    ]
    labels = event_labels(rubric)
    given += [
        (tr(f"event {place}", f"事件 {place}"), _event(event, rubric, labels))
        for place, event in enumerate(events, 1)
    ]
    when = [(tr("graded on", "评级日"), dated(day))] if rubric.uses_events or case.as_of else []
    when += [(tr("year assessed", "评价年度"), str(case.period))] if case.period else []
    state = (
        tr("this package gives it: ", "本软件结果一致:")
        if known.passes
        else tr("NOT given: ", "结果不一致:")
    )
    expected = [(tr("result", "结果"), state + tr("; ", ";").join(_results(case, rubric)))]
    source = [(str(_KINDS[case.kind]), case.source)]
    link = f'<a class="try" href="{words(case_address(case))}">{words(tr("Open in the calculator", "在计算器中打开"))}</a>'
    return (
        f'<article class="case" id="case-{words(case.id)}"><h3>{words(either(case.title, case.title_zh) or case.id)}</h3>'
        f'{facts([*given, *when, *expected, *source])}<p class="screen">{link}</p></article>'
    )


def _named(name: str, asked: set[str]) -> bool:
    """Tell whether a case names a column by its Chinese label or another header."""
    column = dictionary()[name]
    return not asked.isdisjoint((column.label_zh, *column.aliases))


def _event(
    event: Mapping[str, object], rubric: Rubric, labels: Mapping[str, tuple[str, str]]
) -> str:
    code = str(event["code"])
    label = labels.get(code, ("", ""))[0]
    apart = {"code", rubric.subject_id, "event_id"}
    told = [
        f"{called(name)} {printed(name, value)}"
        for name, value in event.items()
        if value is not None and name not in apart
    ]
    return f"{code} {label}: " + tr(", ", "、").join(told)


def _results(case: Case, rubric: Rubric) -> list[str]:
    """Return what a case expects, in words."""
    rows: tuple[Row, ...] = (*rubric.indicators, *rubric.overrides, *rubric.amounts)
    called = {row.id: row_label(row) for row in rows}
    told = []
    for key, value in case.expect.items():
        if isinstance(value, dict):
            told += [
                f"{_EXPECTED[key]}{called.get(name, name)} {cell}" for name, cell in value.items()
            ]
        else:
            told.append(f"{_EXPECTED[key]} {called.get(str(value), value)}")
    return told
