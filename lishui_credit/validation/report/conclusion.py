"""The conclusion of a report in words, and the findings somebody must answer for."""

from __future__ import annotations

from lishui_credit.language import Bilingual, tr
from lishui_credit.validation.report.findings import Line, Report
from lishui_credit.validation.report.printed import cells

_NAMED = 6
"""Findings that a conclusion names."""


def findings(report: Report) -> list[Line]:
    """Return the figures that fail, then those to watch, each in the order of the report."""
    lines = [line for section in report.sections for line in section.lines]
    return [line for standing in ("bad", "watch") for line in lines if line.standing == standing]


def conclusion(report: Report) -> Bilingual:
    """Return what the figures that were judged say together, in both languages."""
    lines = [line for section in report.sections for line in section.lines]
    open_ones = findings(report)
    failed = [line for line in open_ones if line.standing == "bad"]
    watched = [line for line in open_ones if line.standing == "watch"]
    judged = sum(line.standing != "note" for line in lines)
    if report.particulars.seen:
        return Bilingual(
            "None: rows that the card was fitted on prove nothing about it.",
            "不作结论:建模数据不能用来验证评分卡。",
        )
    if not judged:
        return Bilingual("None: no figure was judged.", "不作结论:没有可判断的指标。")
    if failed:
        en, zh = _listed(failed)
        rest = (
            Bilingual(f" To watch besides: {len(watched)}.", f"另有 {len(watched)} 项需关注。")
            if watched
            else Bilingual("", "")
        )
        return Bilingual(
            f"Not confirmed. Failed: {len(failed)} of the {judged} figures judged ({en}).{rest.en} Each "
            "needs an owner, a cause and a remedy before the model is relied on.",
            f"未通过验证:共判断 {judged} 项指标,{len(failed)} 项不通过({zh})。{rest.zh}"
            "每一项须明确责任人、原因与整改措施,之后方可依据该模型。",
        )
    if watched:
        en, zh = _listed(watched)
        return Bilingual(
            f"Confirmed with reservations: none of the {judged} figures judged fails; to watch: "
            f"{len(watched)} ({en}).",
            f"有保留地通过验证:共判断 {judged} 项指标,无不通过,{len(watched)} 项需关注({zh})。",
        )
    return Bilingual(
        f"Confirmed: every figure judged passes ({judged}).",
        f"通过验证:共判断 {judged} 项指标,全部通过。",
    )


def _listed(lines: list[Line]) -> tuple[str, str]:
    """Return the names of the first findings in both languages, and that there are more."""
    first, more = lines[:_NAMED], len(lines) - _NAMED
    en = ", ".join(line.name.en for line in first) + (f" and {more} more" if more > 0 else "")
    zh = "、".join(line.name.zh for line in first) + (f" 等 {len(lines)} 项" if more > 0 else "")
    return en, zh


def finding_rows(report: Report) -> list[tuple[str, ...]]:
    """Return the findings as text: number, figure, verdict, value, explanation."""
    told = [cells(line) for line in findings(report)]
    return [
        (str(place), row["name"], row["standing"], row["value"], row["verdict"])
        for place, row in enumerate(told, start=1)
    ]


def finding_heads() -> tuple[str, ...]:
    """Return the headings of `finding_rows` and of what a person fills in beside them."""
    return (
        tr("no.", "序号"),
        tr("finding", "发现"),
        tr("verdict", "结论"),
        tr("value", "数值"),
        tr("explanation", "说明"),
        tr("owner", "责任人"),
        tr("due", "整改期限"),
        tr("closed on", "关闭日期"),
        tr("signature", "签字"),
    )


def signer_names() -> tuple[str, ...]:
    """Return who signs a report."""
    return (
        tr("validated by", "验证人"),
        tr("reviewed by", "复核人"),
        tr("approved by", "批准人"),
    )


def signer_heads() -> tuple[str, ...]:
    """Return the headings of the table of signatures."""
    return "", tr("name", "姓名"), tr("signature", "签字"), tr("date", "日期")
