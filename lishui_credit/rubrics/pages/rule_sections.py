"""What an edition says, section by section: grades, rows, override rules, repairs, what else follows."""

from __future__ import annotations

from collections.abc import Sequence

from lishui_credit.citation import Cited
from lishui_credit.language import dated, either, language, tr
from lishui_credit.reports import html
from lishui_credit.reports.html import Markup, words
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.event_rules import Repair
from lishui_credit.rubrics.law.links import link_of
from lishui_credit.rubrics.law.row_labels import row_label
from lishui_credit.rubrics.law.rubric import Choice, Effect, GradeRow, Indicator, Override, Rubric
from lishui_credit.rubrics.listing import condition_said, effect_said, rule
from lishui_credit.rubrics.pages.page_parts import (
    anchor,
    evidence,
    in_words,
    listed,
    named,
    read_at,
    section,
    with_note,
)
from lishui_credit.rubrics.repair_words import window_said
from lishui_credit.tables.columns import called


def ground(row: Cited, rubric: Rubric) -> list[html.Cell]:
    """Return the cells of a row's ground: clause, evidence, where a copy can be read."""
    return [
        ("", Markup(f'<span class="clause">{words(row.clause)}</span>')),
        ("", Markup(f'<span class="evidence">{evidence(row.evidence)}</span>')),
        ("", copy_of(row, rubric)),
    ]


def copy_of(row: Cited, rubric: Rubric) -> Markup:
    """Return where the copy of a row's document can be read, and the day it was last looked at."""
    link = link_of(rubric, row)
    unlinked, end = either(link.unlinked, link.unlinked_zh), either(link.cut, link.cut_zh)
    told = tr("no text seen", "未见文本") if link.state == "unseen" else unlinked
    cut = tr("copy: ", "副本范围:") + end if end else ""
    other = link.document.number or link.document.title_zh if row.document else ""
    return read_at(link.url, link.read_on, told, (other, cut))


def ground_heads() -> list[html.Cell]:
    """Return the heads of `ground`."""
    return [
        ("", tr("clause", "条款")),
        ("", tr("evidence", "依据")),
        ("", tr("text, read on", "文本与核对日期")),
    ]


def _heads(*words: str) -> list[html.Cell]:
    return [*(("", word) for word in words), *ground_heads()]


# ---- grades -------------------------------------------------------------------------------------


def grades(rubric: Rubric) -> str:
    """Return the grades, best first: cut-offs, what else they ask for; nothing of an outline without."""
    if not rubric.grades:
        return ""
    rows = [[named(row), ("", _from(row)), *ground(row, rubric)] for row in rubric.grades]
    heads = _heads(tr("grade", "等级"), tr("from, and what it asks for", "下限与条件"))
    table = html.table(
        heads,
        rows,
        caption=tr("Grades, best first", "等级,由高到低"),
        stack=True,
        ids=[anchor(row) for row in rubric.grades],
    )
    return section("grades", tr("Grades", "等级"), table)


def _from(row: GradeRow) -> str:
    told = (
        []
        if row.at_least is None
        else [tr(f"from {row.at_least} points", f"{row.at_least} 分及以上")]
    )
    told += [
        tr(f"from {cut} where {called(flag)}", f"{called(flag)}时 {cut} 分及以上")
        for flag, cut in row.at_least_if.items()
    ]
    told += [in_words(condition_said(condition)) for condition in row.requires]
    if row.set_only:
        told.append(tr("by override rule only", "仅由直接判级规则给出"))
    told += [row.meaning_zh] if row.meaning_zh and language() == "zh" else []
    return tr("; ", ";").join(told) or tr("all others", "其余")


# ---- rows ---------------------------------------------------------------------------------------


def indicators(rubric: Rubric) -> str:
    """Return every row of the table, those that score and those that are listed only."""
    parts = [
        _start(rubric),
        _rows(rubric, rubric.scoring, tr("Rows that score", "计分指标")),
        _rows(
            rubric,
            rubric.unscored,
            tr("Listed only: points unknown, or switched off", "仅列示:分值未知或已停用"),
        ),
    ]
    return section("rows", tr("Rows", "指标"), "".join(parts))


def _rows(rubric: Rubric, rows: Sequence[Indicator], title: str) -> str:
    if not rows:
        return ""
    weighted = rubric.aggregate == "weighted"
    grouped = {row.id: row_label(row) for row in rubric.dimensions}
    cells = []
    for row in rows:
        best = tables.best(rubric, row)
        top = str(row.weight or "") if weighted else tables.printed(best, rubric.point_unit)
        above = grouped.get(row.dimension or "", "")
        cells.append(
            [
                named(row),
                ("", above),
                ("n", top if best else ""),
                ("rule", _rule(rubric, row)),
                *ground(row, rubric),
            ]
        )
    heads = [
        ("", tr("row", "指标")),
        ("", tr("group", "类别")),
        ("n", tr("weight", "权重") if weighted else tr("at most", "最高")),
        ("", tr("how it scores", "评分规则")),
        *ground_heads(),
    ]
    told = [place for place in range(len(heads)) if any(line[place][1] for line in cells)]
    return html.table(
        [heads[place] for place in told],
        [[line[place] for place in told] for line in cells],
        caption=f"{title} ({len(rows)})",
        stack=True,
        ids=[anchor(row) for row in rows],
    )


def _rule(rubric: Rubric, row: Indicator) -> Markup:
    """Return how a row scores, one band a line, with what is ours in it."""
    told = either(row.why_disabled, row.why_disabled_zh) or in_words(rule(rubric, row))
    lines = [words(line) for line in told.split("; ")]
    return with_note(Markup("<br>".join(lines)), row)


def _start(rubric: Rubric) -> str:
    if rubric.start is None:
        return ""
    rows = [
        [
            ("lead", tr(f"{row.points} points", f"{row.points} 分")),
            (
                "",
                in_words(tr("; ", ";").join(map(condition_said, row.when)))
                or tr("otherwise", "其余"),
            ),
            *ground(row, rubric),
        ]
        for row in rubric.start.rows
    ]
    heads = _heads(tr("start score", "起评分"), tr("when", "适用"))
    ids = ["r-start", *(f"r-start-{place}" for place in range(1, len(rows)))]
    return html.table(heads, rows, caption=tr("Start score", "起评分"), stack=True, ids=ids)


# ---- override rules -----------------------------------------------------------------------------


def overrides(rubric: Rubric) -> str:
    """Return the rules that set, cap or shift a grade, or leave a subject ungraded."""
    if not rubric.overrides:
        return ""
    rows = [
        [
            named(row),
            ("", _when(row)),
            ("", with_note(_effect(row, rubric), row)),
            *ground(row, rubric),
        ]
        for row in rubric.overrides
    ]
    heads = _heads(tr("rule", "规则"), tr("when", "条件"), tr("effect", "效果"))
    table = html.table(
        heads,
        rows,
        caption=tr("Override rules", "直接判级规则") + f" ({len(rows)})",
        stack=True,
        ids=[anchor(row) for row in rubric.overrides],
    )
    return section("overrides", tr("Override rules", "直接判级规则"), table)


def _when(row: Override) -> str:
    told = [] if row.column is None else [tr(called(row.column), row.label_zh)]
    told += [in_words(condition_said(condition)) for condition in row.when]
    told += [] if row.event is None else [tr(f"event {row.event}", f"事件 {row.event}")]
    if row.event is None:
        told.append(
            tr("empty: no", "空:按“否”处理")
            if row.missing == "no"
            else tr("empty: the grade is withheld", "空:暂不评级")
        )
    return tr("; ", ";").join(told)


def _effect(row: Override, rubric: Rubric) -> str:
    told = _does(row.effect, rubric)
    if row.repair is not None:
        then = row.repair.then
        after = tr(f", then {_does(then, rubric)}", f",修复后{_does(then, rubric)}") if then else ""
        told += tr("; can be repaired", ";可修复") + after
    off = tr("switched off: ", "停用:") + either(row.why_disabled, row.why_disabled_zh)
    return told if row.enabled else off


def _does(effect: Effect, rubric: Rubric) -> str:
    if effect.set is None:
        return effect_said(effect)
    label = next((row_label(row) for row in rubric.grades if row.id == effect.set), effect.set)
    return tr(f"grade {label}", f"判为{label}")


# ---- repairs, choices, amounts ------------------------------------------------------------------


def repairs(rubric: Rubric) -> str:
    """Return what correcting an event gives back, by how soon."""
    if not rubric.repairs:
        return ""
    rows = [
        [
            named(row),
            ("", tr(f"measured from {in_words(row.measured_from)}", _measured(row))),
            ("", with_note(tr("; ", ";").join(map(window_said, row.windows)), row)),
            *ground(row, rubric),
        ]
        for row in rubric.repairs
    ]
    heads = _heads(tr("class", "类别"), tr("measured", "计算起点"), tr("gives back", "加回"))
    ids = [anchor(row) for row in rubric.repairs]
    table = html.table(heads, rows, caption=tr("Repairs", "信用修复"), stack=True, ids=ids)
    return section("repairs", tr("Repairs", "信用修复"), table)


def _measured(row: Repair) -> str:
    return {"recorded_on": "自记录日起", "due_on": "自应履行日起"}[row.measured_from]


def also(rubric: Rubric) -> str:
    """Return what else an edition says: amounts that follow, a person's power, readings that were taken."""
    rows: list[list[html.Cell]] = [
        [
            ("lead", row_label(row)),
            ("", either(row.note, row.note_zh) or in_words(row.formula.name)),
            *ground(row, rubric),
        ]
        for row in rubric.amounts
    ]
    if (power := rubric.adjustment) is not None:
        told = tr("a person may move the grade; it stands beside it", "可由人工调整,与评级结果并列")
        rows.append(
            [("lead", either(power.label_en, power.label_zh)), ("", told), *ground(power, rubric)]
        )
    if (cycle := rubric.cycle) is not None:
        told = tr(
            f"results are due by {cycle.result_by} (MM-DD)", f"结果于次年 {cycle.result_by} 前公布"
        )
        rows.append([("lead", tr("yearly cycle", "年度周期")), ("", told), *ground(cycle, rubric)])
    heads = _heads(tr("what", "事项"), tr("how", "内容"))
    table = (
        html.table(heads, rows, caption=tr("What follows", "相关事项"), stack=True) if rows else ""
    )
    taken = listed(
        [
            f"{either(row.question_en, row.question_zh)} → {_taken(row)} ({either(row.why, row.why_zh)})"
            for row in rubric.choices
        ]
    )
    head = f"<h3>{words(tr('Readings that were taken where the text conflicts with itself', '原文自相矛盾之处所采读法'))}</h3>"
    return section("also", tr("What follows", "相关事项"), table + (head + taken if taken else ""))


def _taken(choice: Choice) -> str:
    return next(row_label(row) for row in choice.options if row.id == choice.taken)


def documents(rubric: Rubric) -> str:
    """Return the documents, beside the edition's own, that rows are taken from."""
    rows: list[list[html.Cell]] = [
        [
            ("lead", with_note(str(row), row)),
            ("", dated(row.issued, short=True) if row.issued else ""),
            ("", read_at(row.url, row.read_on, either(row.unlinked, row.unlinked_zh))),
        ]
        for row in rubric.documents
    ]
    title = tr("Further documents", "其他依据文件")
    heads = [
        ("", tr("document", "文件")),
        ("", tr("issued", "印发日期")),
        ("", ground_heads()[-1][1]),
    ]
    table = html.table(heads, rows, caption=title, stack=True) if rows else ""
    return section("documents", title, table)
