"""What the grades of an edition open or bring, each measure with its ground."""

from __future__ import annotations

from lishui_credit.language import tr
from lishui_credit.reports import html
from lishui_credit.reports.html import Markup, words
from lishui_credit.rubrics.law.grade_measures import KINDS, measures_of
from lishui_credit.rubrics.law.row_labels import row_label
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.pages.page_parts import anchor, evidence, read_at, section


def measures(rubric: Rubric) -> str:
    """Return the measures of every grade; nothing where no document seen attaches any."""
    rows: list[list[html.Cell]] = []
    for grade in rubric.grades:
        for found in measures_of(rubric, grade.id):
            row = found.measure
            to = f'<a href="#{anchor(grade)}">{words(row_label(grade))}</a>'
            assumed = tr(row.assumed_en, row.assumed_zh)
            ours = (
                f'<span class="id">{words(tr("assumed: ", "假定:") + assumed)}</span>'
                if assumed
                else ""
            )
            rows.append(
                [
                    ("lead", Markup(to)),
                    ("", str(KINDS[row.kind])),
                    ("rule", Markup(words(tr(row.label_en, row.label_zh)) + ours)),
                    ("", found.in_force.said),
                    ("", f"{found.source} {row.clause}"),
                    ("", evidence(row.evidence)),
                    ("", read_at(found.source.url, found.source.read_on)),
                ]
            )
    if not rows:
        return ""
    heads = [
        ("", tr("grade", "等级")),
        ("", tr("kind", "性质")),
        ("", tr("measure", "措施")),
        ("", tr("in force", "施行")),
        ("", tr("ground", "依据文件与条款")),
        ("", tr("evidence", "依据")),
        ("", tr("text, read on", "文本与核对日期")),
    ]
    told = tr(
        "Incentives and supervision only. Nobody has a right to them by this list, and nobody is punished by it.",
        "仅列激励与监管措施;不因本表享有权利,也不因本表受到处罚。",
    )
    title = tr("What the grades bring", "等级对应的措施")
    return section(
        "measures", title, html.table(heads, rows, caption=title, notes=[told], stack=True)
    )
