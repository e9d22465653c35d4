"""What is proved of an edition, where a better value may lower the grade, which clauses cases touch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lishui_credit.language import tr
from lishui_credit.rubrics.case_coverage import coverage
from lishui_credit.rubrics.law.proofs.proof_files import stored_proof
from lishui_credit.rubrics.law.proofs.proof_words import rule_words
from lishui_credit.rubrics.law.proofs.requirement_claims import requirement_lines
from lishui_credit.rubrics.law.row_labels import Row, row_label
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.pages.page_parts import facts, section
from lishui_credit.tables.columns import called


def proved(rubric: Rubric) -> str:
    """Return the proof that lies beside an edition, in words; nothing of an outline."""
    told = stored_proof(rubric)
    if told is None:
        return ""
    outcomes = told["outcomes"]
    rows: tuple[Row, ...] = (*rubric.indicators, *rubric.overrides, *rubric.grades)
    labels = {row.id: row_label(row) for row in rows}
    counts = f"{outcomes['graded']:,}, {outcomes['withheld']:,}, {outcomes['not_graded']:,}"
    lines = [
        (
            tr("Decided", "判定方法"),
            tr("exactly, without sampling, for every subject", "逐一穷举,不抽样,适用于所有主体"),
        ),
        (
            tr("One outcome each", "结果唯一"),
            tr(
                f"{outcomes['combinations']:,} combinations of rules and scores"
                f" (graded, withheld, not graded: {counts})",
                f"规则与得分的 {outcomes['combinations']:,} 种组合各有且只有一个结果"
                f"(评级、暂不评级、不评级:{counts})",
            ),
        ),
        (
            tr("No unreachable rule", "无落空规则"),
            tr(
                f"all of {len(told['grades'])} grades, {len(told['cutoffs'])} cut-offs and"
                f" {len(told['overrides'])} override rules can be reached",
                f"{len(told['grades'])} 个等级、{len(told['cutoffs'])} 条分数线、"
                f"{len(told['overrides'])} 条直接判级规则均有主体达到",
            ),
        ),
        (
            tr("A better value never lowers the grade", "取值更优等级不降"),
            _exceptions(told, labels),
        ),
        (
            tr("What only rules read", "仅规则读取的内容"),
            "; ".join(requirement_lines(told["requirements"])) or tr("nothing", "无"),
        ),
        (tr("Clauses touched by a worked case", "案例覆盖的条款"), _touched(rubric, labels)),
    ]
    return section("proof", tr("Proof", "证明"), facts(lines))


def _exceptions(told: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    def named(rule: str) -> str:
        return labels.get(rule.removeprefix("grade:"), rule_words(rule))

    found = [
        tr(
            f"not where {called(row['column'])} counts in {named(row['row'])}"
            f" and against {' and '.join(map(named, row['against']))}",
            f"例外:{called(row['column'])}在“{named(row['row'])}”中计优,"
            f"在{'、'.join(f'“{named(name)}”' for name in row['against'])}中计劣",
        )
        + f" [{'; '.join(row['clauses'])}]"
        + (
            ""
            if "grades" in row
            else tr(" (no grade was found that falls)", "(未发现等级因此下降)")
        )
        for row in told["exceptions"]
    ]
    return "; ".join(found) if found else tr("no exception", "无例外")


def _touched(rubric: Rubric, labels: Mapping[str, str]) -> str:
    found = coverage(rubric)
    left = tr(", ", "、").join(labels.get(part.id, part.id) for part in found.untouched)
    return f"{found.percent}%" + (tr("; not: ", ";未覆盖:") + left if left else "")
