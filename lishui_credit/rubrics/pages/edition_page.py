"""The page of one edition: what it is, its calculator, its rules, history, cases and gaps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from html import escape
from typing import Final

from lishui_credit.citation import is_weak
from lishui_credit.language import Bilingual, dated, either, plural, tr
from lishui_credit.reports.html import Markup, words
from lishui_credit.reports.site_pages import Frame, links, site_page
from lishui_credit.rubrics.engine.evaluate import grading_day
from lishui_credit.rubrics.law.row_labels import row_label
from lishui_credit.rubrics.law.rubric import Indicator, Override, Rubric
from lishui_credit.rubrics.listing import STATUS, evidence_percent, shares_said
from lishui_credit.rubrics.pages import rule_sections
from lishui_credit.rubrics.pages.calculator_questions import (
    DAY,
    YEAR,
    Question,
    event_questions,
    field,
    questions,
)
from lishui_credit.rubrics.pages.calculator_script import calculator
from lishui_credit.rubrics.pages.case_section import worked
from lishui_credit.rubrics.pages.history_section import history
from lishui_credit.rubrics.pages.measures_section import measures
from lishui_credit.rubrics.pages.page_parts import (
    INDEX,
    STYLE,
    anchor,
    facts,
    listed,
    page_of,
    read_at,
    section,
)
from lishui_credit.rubrics.pages.proof_section import proved
from lishui_credit.tables.columns import Column

_SUMS: Final = {
    "sum": Bilingual("the points of the rows are added", "各指标得分相加"),
    "weighted": Bilingual("every row has 0 to 100 points and a weight", "各指标按 0—100 分加权"),
    "deduct": Bilingual("events are taken off a start score", "由起评分按事件扣分"),
    "worst": Bilingual("the worst row decides", "以最差指标为准"),
    "none": Bilingual("no points: grades by conditions alone", "不计分,仅按条件评定"),
}
_SUBJECTS: Final = {
    "household": Bilingual("household", "农户"),
    "enterprise": Bilingual("enterprise", "企业"),
    "village": Bilingual("village", "村"),
    "township": Bilingual("township", "乡镇"),
    "county": Bilingual("county", "县"),
}
_DAY: Final = Column(id=DAY, label_zh="评级日", label_en="day of grading", type="date")
_YEAR: Final = Column(
    id=YEAR, label_zh="评价年度", label_en="year assessed", type="integer", minimum=1990, maximum=2100
)  # fmt: skip


def edition_page(frame: Frame, rubric: Rubric, line: Sequence[Rubric]) -> str:
    """Return the page of an edition in the language in use.

    Parameters
    ----------
    frame : Frame
        What the pages of the site have in common.
    rubric : Rubric
        The edition.
    line : sequence of Rubric
        All editions of the rubric, by their first day in force.

    Returns
    -------
    str
        One document that loads nothing.
    """
    form, script = _calculator(rubric)
    parts = [
        ("what", tr("What it is", "概况"), _what(rubric)),
        ("calculate", tr("Calculator", "计算器"), form),
        ("grades", tr("Grades", "等级"), rule_sections.grades(rubric)),
        ("measures", tr("What the grades bring", "等级对应的措施"), measures(rubric)),
        ("rows", tr("Rows", "指标"), rule_sections.indicators(rubric)),
        ("overrides", tr("Override rules", "直接判级规则"), rule_sections.overrides(rubric)),
        ("repairs", tr("Repairs", "信用修复"), rule_sections.repairs(rubric)),
        ("also", tr("What follows", "相关事项"), rule_sections.also(rubric)),
        ("documents", tr("Further documents", "其他依据文件"), rule_sections.documents(rubric)),
        ("history", tr("History", "沿革"), history(rubric, line)),
        ("proof", tr("Proof", "证明"), proved(rubric)),
        ("cases", tr("Worked cases", "案例"), worked(rubric)),
        ("gaps", tr("Known gaps", "已知缺口"), _gaps(rubric)),
    ]
    inside = [(f"#{name}", said) for name, said, text in parts if text]
    body = links(tr("On this page", "本页目录"), inside) + "".join(text for _, _, text in parts)
    title = f"{rubric.title} · {rubric.period.said}"
    trail = [(INDEX, tr("All editions", "全部版本"))]
    return site_page(
        frame, page_of(rubric), title, body, trail, here=f"{rubric.name}@{rubric.edition}",
        style=STYLE, script=script,
    )  # fmt: skip


def _what(rubric: Rubric) -> str:
    source = rubric.source
    unlinked = either(source.unlinked, source.unlinked_zh)
    told = [
        (tr("Edition", "版本"), f"{rubric.name}@{rubric.edition}"),
        (tr("Document", "文件"), str(source)),
        (tr("Issued", "印发日期"), dated(source.issued) if source.issued else ""),
        (tr("In force", "施行"), rubric.period.said),
        (tr("Copy", "文本"), read_at(source.url, source.read_on, unlinked)),
        (tr("What copy", "文本说明"), either(source.note, source.note_zh)),
        (tr("Status", "状态"), str(STATUS[rubric.status])),
        (tr("Where", "地域"), rubric.region),
        (tr("Graded", "评价对象"), str(_SUBJECTS.get(rubric.subject, rubric.subject))),
        (tr("Total", "汇总"), str(_SUMS[rubric.aggregate])),
        (tr("Points by evidence", "分值依据"), shares_said(evidence_percent(rubric))),
        (tr("File", "文件摘要"), f"SHA-256 {rubric.sha256}"),
    ]
    lacking = ""
    if rubric.lacking is not None:
        what = either(rubric.lacking.what, rubric.lacking.what_zh)
        how = either(rubric.lacking.how, rubric.lacking.how_zh)
        said = tr("Refuses to grade: ", "拒绝评级:") + what
        lacking = f'<p class="loud" role="note">{words(said)}</p><p>{words(how)}</p>'
    return section("what", tr("What it is", "概况"), lacking + facts(told))


# ---- the calculator -----------------------------------------------------------------------------


def usual(rubric: Rubric) -> tuple[date, int | None]:
    """Return the day of grading and the year assessed that a form begins with.

    Of an edition with a yearly cycle the first year whose results it gives; else its last day, or its
    first while it is in force.
    """
    start = rubric.in_force.start
    if rubric.cycle is not None:
        for year in (start.year - 1, start.year):
            day = grading_day(rubric, year, None)
            if day in rubric.in_force:
                return day, year
    return rubric.in_force.last or start, None


def _calculator(rubric: Rubric) -> tuple[str, str]:
    """Return the section of the calculator and the script of the page; "" for an outline."""
    if rubric.lacking is not None:
        return "", ""
    day, year = usual(rubric)
    made = calculator(rubric, day)
    when = (
        _filled(field(Question(column=_DAY, key=DAY, filled=True)), day.isoformat())
        if made.asks_day
        else ""
    )
    if rubric.uses_events:
        when += _filled(field(Question(column=_YEAR, key=YEAR)), str(year or ""))
    told = tr(
        "It grades here, in the page, by the same rules: nothing that is entered leaves it. Leave a field"
        " empty where nothing is known. Where a row needs it, the grade is then withheld; where an override"
        " rule takes it for 'no', the result says so.",
        "本计算器在网页内按同一规则评级,填写内容不会离开本页。不知道的请留空:指标必需的内容为空时暂不评级;"
        "直接判级规则将空值按“否”处理的,结果中会列明。",
    )
    none = tr("The calculator needs JavaScript; everything else on this page does not.", "计算器需要 JavaScript,本页其余内容不需要。")  # fmt: skip
    subject = "".join(field(row) for row in questions(rubric))
    does = (
        f'<div class="does"><button type="submit">{tr("Grade", "评级")}</button>'
        f'<button type="button" id="clear">{tr("Clear", "清空")}</button>'
        f'<a id="link" href="#?">{tr("Link to this calculation", "本次计算的链接")}</a></div>'
    )
    form = (
        f"<p>{words(told)}</p><noscript><p>{words(none)}</p></noscript>"
        '<form id="calculator" class="calc" novalidate hidden autocomplete="off">'
        f'<fieldset id="when"{"" if when else " hidden"}><legend>{tr("When", "时间")}</legend><div class="qs">{when}</div></fieldset>'
        f'<fieldset id="subject"><legend>{tr("The subject", "评价对象")}</legend><div class="qs">{subject}</div></fieldset>'
        f"{_events(rubric)}{does}</form>"
        f'<div id="result" role="status" aria-live="polite" aria-label="{tr("Result", "结果")}"></div>'
    )
    return section("calculate", tr("Calculator", "计算器"), form), made.text


def _filled(made: str, value: str) -> str:
    """Return a field that begins with a value."""
    return made.replace("<input ", f'<input value="{escape(value)}" ', 1)


def _events(rubric: Rubric) -> str:
    listed_ = event_questions(rubric)
    if not listed_:
        return ""
    inside = "".join(field(row, "0.") for row in listed_)
    return (
        f'<fieldset><legend>{tr("Events", "事件")}</legend><div id="events"></div>'
        f'<button type="button" id="add">{tr("Add an event", "添加事件")}</button></fieldset>'
        f'<template id="one-event"><fieldset class="event"><legend></legend><div class="qs">{inside}</div>'
        f'<p><button type="button">{tr("Remove this event", "删除该事件")}</button></p></fieldset></template>'
    )


# ---- gaps ---------------------------------------------------------------------------------------


def _gaps(rubric: Rubric) -> str:
    rows: tuple[Indicator | Override, ...] = (*rubric.indicators, *rubric.overrides)
    weak = [row for row in rows if is_weak(row.evidence)]
    unscored = [row for row in rubric.unscored if row.enabled]
    count = tr(
        f"{plural(len(weak), 'row')} of {len(rows)} rest on evidence below 'secondary':",
        f"{len(rows)} 项中有 {len(weak)} 项的依据弱于“二手转述”:",
    )
    parts = [listed(either(rubric.notes, rubric.notes_zh))]
    if unscored:
        said = tr(
            f"{plural(len(unscored), 'row')} known by name, without points:",
            f"仅知名称、不知分值的指标 {len(unscored)} 项:",
        )
        parts.append(
            _named(
                said, [f'<a href="#{anchor(row)}">{words(row_label(row))}</a>' for row in unscored]
            )
        )
    if weak:
        parts.append(
            _named(count, [f'<a href="#{anchor(row)}">{words(row_label(row))}</a>' for row in weak])
        )
    told = tr(
        "Who has the official text lays it over this edition, without changing the software:",
        "持有正式文本者可将其覆盖于本版本之上,无需修改软件:",
    )
    day = rubric.in_force.start
    commands = [
        f"lishui-credit rubrics form {rubric.name} --on {day} -o my_annex.toml",
        "lishui-credit rubrics check my_annex.toml",
        f"lishui-credit grade {rubric.name} subjects.csv --on {day} --overlay my_annex.toml -o grades.csv",
    ]
    shown = "\n".join(map(escape, commands))
    parts.append(f"<p>{words(told)}</p><pre><code>{shown}</code></pre>")
    return section(
        "gaps", tr("Known gaps, and how to fill them", "已知缺口及补正方法"), "".join(parts)
    )


def _named(said: str, rows: Sequence[str]) -> str:
    """Return a sentence that opens the list of the rows it is about."""
    return f"<details><summary>{words(said)}</summary>{listed([*map(Markup, rows)])}</details>"
