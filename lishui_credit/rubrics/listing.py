"""What is modelled, for people: the list of editions and the page of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, get_args

from lishui_credit.citation import EVIDENCE, Evidence
from lishui_credit.language import Bilingual, either, tr
from lishui_credit.reports.layout import cut, table
from lishui_credit.rubrics import cases, link_listing
from lishui_credit.rubrics.case_coverage import coverage
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.grade_measures import measures_of
from lishui_credit.rubrics.law.links import links, shares
from lishui_credit.rubrics.law.row_labels import row_label
from lishui_credit.rubrics.law.rubric import (
    BandRow,
    Condition,
    Effect,
    GradeRow,
    Indicator,
    Override,
    Rubric,
    Start,
)
from lishui_credit.tables.columns import called, dictionary, printed

STATUS: Final[Mapping[str, Bilingual]] = {
    "transcribed": Bilingual("transcribed", "已转录"),
    "checked": Bilingual("checked", "已核对"),
    "partial": Bilingual("partial", "部分"),
    "reconstructed": Bilingual("outline, does not grade", "提纲(不评级)"),
}
"""What each status of an edition is called."""
_COUNT: Final[Mapping[str, Bilingual]] = {
    "per_tax_type": Bilingual("per tax type, each time", "按税种按次"),
    "per_occurrence": Bilingual("each time", "按次"),
    "per_month": Bilingual("per month", "按月"),
    "once": Bilingual("once", "只计一次"),
}


def listing(day: date | None = None) -> list[dict[str, Any]]:
    """Return one row per shipped edition: its facts, and (``…_said``) the same in words.

    Copies count as read if somebody looked at them in the year before `day`, today if None.
    """
    passed: dict[str, list[bool]] = {}
    for (edition, _), differs in cases.run_all(cases.all_cases()).items():
        passed.setdefault(edition, []).append(not differs)
    rows = []
    for entry in catalog.entries():
        found = catalog.load(entry.path)
        results = passed.get(f"{found.name}@{found.edition}", [])
        evidence = evidence_percent(found)
        told = shares(links(found), day or date.today())
        touched = coverage(found).percent
        rows.append(
            {
                "name": found.name,
                "edition": found.edition,
                "title": found.title,
                "title_zh": found.title_zh,
                "document": found.source.number or found.source.title_zh,
                "issuer": found.source.issuer,
                "in_force": str(found.period),
                "status": found.status,
                "in_force_said": found.period.said,
                "status_said": str(STATUS[found.status]),
                "evidence_percent": evidence,
                "evidence_said": shares_said(evidence),
                **link_listing.percents(told),
                **link_listing.said(told),
                "rows": len(found.indicators),
                "rows_scoring": len(found.scoring),
                "cases_passed": sum(results),
                "cases": len(results),
                "clauses_touched_percent": touched,
                "cases_said": f"{sum(results)}/{len(results)} ({touched}%)" if results else "—",
            }
        )
    return rows


def evidence_percent(rubric: Rubric) -> dict[Evidence, int]:
    """Return the percent of the edition's points by evidence level, strongest first."""
    # Rounded down, but for the weakest level, which takes the rest: it is never understated.
    shares = tables.by_evidence(rubric)
    whole = sum(shares.values())
    if not whole:
        return {}
    levels = [level for level in get_args(Evidence) if shares.get(level)]
    percents = {level: 100 * shares[level] // whole for level in levels}
    percents[levels[-1]] += 100 - sum(percents.values())
    return percents


def shares_said(shares: dict[Evidence, int]) -> str:
    """Return shares by evidence level in one line, of `evidence_percent`."""
    if not shares:
        return "—"
    return "; ".join(f"{EVIDENCE[level]} {share}%" for level, share in shares.items())


def _bounds(entry: BandRow | Condition) -> str:
    words = [
        f"{sign}{bound}"
        for sign, bound in (
            (">=", entry.at_least),
            (">", entry.above),
            ("<", entry.below),
            ("<=", entry.at_most),
        )
        if bound is not None
    ]
    return " ".join(words)


def condition_said(condition: Condition) -> str:
    """Return a condition in one phrase."""
    name = condition.points or tr("score", "得分")
    if condition.column is not None:
        name = called(condition.column)
    name += f" / {called(condition.over)}" if condition.over else ""
    column = condition.column or ""
    if condition.equals is not None:
        return f"{name} = {value_said(column, condition.equals)}"
    if condition.one_of:
        words = tr(", ", "、").join(value_said(column, word) for word in condition.one_of)
        of = "=" if len(condition.one_of) == 1 else tr("is one of", "为其中之一:")
        return f"{name} {of} {words}"
    return f"{name} {_bounds(condition)}"


def _ratio(row: Indicator) -> str:
    """What a row divides, where it does not read one column as it is."""
    terms = [f"{term.weight} × {called(term.column)} / {called(term.over)}" for term in row.mix]
    if row.column is not None and row.over is not None:
        terms = [f"{called(row.column)} / {called(row.over)}"]
    return f"{' + '.join(terms)}  " if terms else ""


def rule(rubric: Rubric, row: Indicator) -> str:
    """Return how a row scores, in one line."""
    if row.event is not None:
        if row.event.deduct is None:
            return tr("points not known", "分值未知")
        extra = (
            f" + {part.times} × {called(part.column)} / {called(part.over)}"
            if (part := row.event.percent)
            else ""
        )
        labels = {one.id: row_label(one) for one in rubric.repairs}
        repair = (
            f", {tr('repair:', '修复:')} {labels[row.event.repair]}" if row.event.repair else ""
        )
        return f"-{row.event.deduct}{extra} {_COUNT[row.event.count]}{repair}"
    if row.bands:
        parts = []
        for entry in row.bands:
            if rubric.taken(entry.choice):
                points = "?" if entry.points is None else entry.points
                band = f"[{entry.range[0]}-{entry.range[1]}]" if entry.range else ""
                parts.append(f"{_bounds(entry) or tr('else', '其余')}: {points}{band}")
        return _ratio(row) + "; ".join(parts)
    if row.levels:
        column = row.column or ""
        return "; ".join(f"{value_said(column, name)}: {told}" for name, told in row.levels.items())
    if row.share is not None:
        if row.share.benchmark is None:
            return tr("benchmark not known", "标准值未知")
        full = ">=" if row.share.direction == "higher" else "<="
        most = f"{_ratio(row)}{full}{row.share.benchmark}: {row.max_points}"
        return most + tr("; else in proportion", "; 其余按比例")
    if row.formula is not None:
        return tr(
            f"formula {row.formula.name}, at most {row.max_points}",
            f"按公式 {row.formula.name},最高 {row.max_points}",
        )
    return tr("shown only", "仅列示")


def value_said(column: str, value: str | int) -> str:
    """Return a level or flag of a column, as an edition writes it, in the language in use."""
    known = dictionary().get(column)
    if known is not None and known.type in ("level", "flag"):
        return printed(column, value in (True, "true") if known.type == "flag" else value)
    return str(value)


def page(rubric: Rubric) -> str:
    """Return an edition as a page of text: source, grades, indicators, override rules, notes."""
    lines = [
        f"{rubric.name}@{rubric.edition}  {rubric.title}",
        str(rubric.source),
        f"{tr('in force', '施行')}: {rubric.period.said}"
        f"   {tr('status', '状态')}: {STATUS[rubric.status]}"
        f"   SHA-256 {rubric.sha256[:16]}",
        f"{tr('points by evidence', '分值依据')}: {shares_said(evidence_percent(rubric))}",
    ]
    lines += _touched(rubric)
    lines += [f"{tr('overlay', '覆盖')}: {title}" for title in rubric.overlays]
    if rubric.lacking is not None:
        what = either(rubric.lacking.what, rubric.lacking.what_zh)
        how = either(rubric.lacking.how, rubric.lacking.how_zh)
        lines.append(tr("refuses to grade: ", "拒绝评级:") + f"{what} — {how}")
    lines += link_listing.document_lines(rubric)
    lines += _grades(rubric)
    if rubric.start is not None:
        lines += ["", tr("Start score", "起评分")]
        lines += [f"  {line}" for line in start_rules(rubric.start)]
    lines += _indicators(tr("Indicators", "指标"), rubric, rubric.scoring)
    aside = tr("Shown only (points unknown or switched off)", "仅列示(分值未知或已停用)")
    lines += _indicators(aside, rubric, rubric.unscored)
    lines += _overrides(rubric)
    for choice in rubric.choices:
        question = either(choice.question_en, choice.question_zh)
        taken = f"{question} -> {choice.taken} ({either(choice.why, choice.why_zh)})"
        lines += ["", f"{tr('Choice', '选择')} {choice.id}: {taken}"]
    if rubric.notes or rubric.notes_zh:
        notes = either(rubric.notes, rubric.notes_zh)
        lines += ["", tr("Notes", "说明"), *(f"  - {note}" for note in notes)]
    return "\n".join(lines + _brought(rubric))


def _touched(rubric: Rubric) -> list[str]:
    """Return which clauses worked cases touch, in one line; nothing of an outline."""
    found = coverage(rubric)
    if found.percent is None:
        return []
    head = f"{tr('clauses touched by a worked case', '案例覆盖的条款')}: {found.percent}%"
    left = ", ".join(part.id for part in found.untouched)
    return [f"{head}; {tr('not', '未覆盖')} {left}" if left else head]


def _required(row: GradeRow) -> str:
    """Return what a grade asks for beside points."""
    by_rule = tr("by override rule only", "仅直接判级") if row.set_only else ""
    return "; ".join(condition_said(c) for c in row.requires) or by_rule


def start_rules(start: Start) -> list[str]:
    """Return the start scores, when each applies and its clause, a line each."""
    told = []
    for row in start.rows:
        when = "; ".join(condition_said(c) for c in row.when) or tr("otherwise", "其余")
        told.append(f"{row.points}  {when}  [{row.clause}]")
    return told


def grade_rule(row: GradeRow) -> str:
    """Return what a grade asks for, in one line."""
    parts = [] if row.at_least is None else [tr(f"from {row.at_least}", f"{row.at_least} 分起")]
    parts += [f"{called(flag)}: {bound}" for flag, bound in row.at_least_if.items()]
    return "; ".join([*parts, *filter(None, [_required(row)])]) or tr("the rest", "其余")


def override_rule(row: Override) -> str:
    """Return what an override does and when, in one line."""
    if not row.enabled:
        return tr("off: ", "停用:") + either(row.why_disabled, row.why_disabled_zh)
    tests = [called(row.column)] if row.column else []
    tests += [row.event] if row.event else []
    tests += [condition_said(c) for c in row.when]
    return f"{'; '.join(tests)} -> {effect_said(row.effect)}"


def _grades(rubric: Rubric) -> list[str]:
    cells = [
        (
            row.id,
            row_label(row),
            "" if row.at_least is None else str(row.at_least),
            _required(row),
            *_source(row.clause, row.evidence, 30),
        )
        for row in rubric.grades
    ]
    heads = ("id", tr("label", "名称"), tr("from", "下限"), tr("requires", "条件"))
    return _section(tr("Grades", "等级"), heads, cells)


def _indicators(title: str, rubric: Rubric, rows: Sequence[Indicator]) -> list[str]:
    weighted = rubric.aggregate == "weighted"
    cells = [
        (
            cut(row.id, 28),
            cut(row_label(row), 40),
            *([str(row.weight or "")] if weighted else []),
            cut(either(row.why_disabled, row.why_disabled_zh) or rule(rubric, row), 110),
            *_source(row.clause, row.evidence, 28),
        )
        for row in rows
    ]
    weight = [tr("weight", "权重")] if weighted else []
    heads = ("id", tr("name", "名称"), *weight, tr("rule", "规则"))
    return _section(f"{title} ({len(rows)})", heads, cells)


def _overrides(rubric: Rubric) -> list[str]:
    cells = [
        (
            cut(row.id, 30),
            cut(row_label(row), 46),
            effect_said(row.effect)
            if row.enabled
            else tr("off: ", "停用:") + cut(either(row.why_disabled, row.why_disabled_zh), 30),
            *_source(row.clause, row.evidence, 28),
        )
        for row in rubric.overrides
    ]
    heads = ("id", tr("rule", "规则"), tr("effect", "效果"))
    return _section(tr("Override rules", "直接判级规则"), heads, cells)


def _source(clause: str, evidence: Evidence, width: int) -> tuple[str, str]:
    return cut(clause, width), str(EVIDENCE[evidence])


def _section(title: str, heads: Sequence[str], cells: Sequence[Sequence[str]]) -> list[str]:
    """Return a table under its title; nothing where it has no rows."""
    if not cells:
        return []
    whole = (*heads, tr("clause", "条款"), tr("evidence", "依据"))
    return ["", title, *table(whole, cells)]


def effect_said(effect: Effect) -> str:
    """Return what an override rule does, in a few words."""
    if effect.not_graded:
        return tr("not graded", "不参评")
    if effect.shift is not None:
        return tr(f"down {effect.shift}", f"下调 {effect.shift} 级")
    if effect.cap is not None:
        return tr(f"at most {effect.cap}", f"不超过 {effect.cap}")
    return f"= {effect.set}"


def _brought(rubric: Rubric) -> list[str]:
    """Return what documents attach to the grades, best first; nothing where none does."""
    lines = [
        f"  {grade.id}  {measure}"
        for grade in rubric.grades
        for measure in measures_of(rubric, grade.id)
    ]
    title = tr("What documents attach to the grades", "文件对各等级规定的措施")
    return ["", title, *lines] if lines else []
