"""The annexes of the mid-term evaluation: definitions, and what was found in the data."""

from __future__ import annotations

import polars as pl

from lishui_credit.citation import EVIDENCE
from lishui_credit.language import dated, tr
from lishui_credit.plan.definitions import (
    ATTRIBUTES,
    KINDS,
    PlanIndicator,
    indicator,
    indicators,
    plan,
)
from lishui_credit.plan.divisions import POPULATION_EVIDENCE, areas, division
from lishui_credit.plan.evaluation.grids import Cell, Grid, Measured, interval, names_of
from lishui_credit.plan.evaluation.mid_term import MidTerm
from lishui_credit.plan.labels import FREQUENCY_WORDS, PATH_WORDS
from lishui_credit.tables.data_words import in_words, worded


def definition(row: PlanIndicator) -> Grid:
    """Return what an indicator is: printed by the plan, or proposed if the plan is silent."""
    told = row.definition
    path = str(PATH_WORDS[row.path.kind])
    why = tr(row.path.why_en, row.path.why_zh)
    dues = tr(", ", "、").join(
        f"{dated(step.on)}{tr(': ', ':')}{step.share}%" for step in row.path.steps
    )
    beside = [tr(c.en, c.zh) + (f" ({c.threshold})" if c.threshold else "") for c in row.companions]
    semicolon = tr("; ", ";")
    kinds = f"{ATTRIBUTES[row.attribute]} · {tr(row.field_en, row.field_zh)} · {KINDS[row.kind]}"
    rows = [
        (tr("name as printed", "规划原文名称"), row.as_printed),
        (tr("attribute, field, kind", "属性、领域、类别"), kinds),
        (tr("2020 as printed", "2020年目标原文"), row.target.as_printed),
        (tr("clause", "条款"), f"{tr(plan().title_en, plan().title_zh)} {row.clause} ({EVIDENCE[row.evidence]})"),
        (tr("numerator", "分子"), tr(told.numerator_en, told.numerator_zh)),
        (tr("denominator", "分母"), tr(told.denominator_en, told.denominator_zh)),
        (tr("not counted", "不计入"), tr("; ".join(told.exclusions_en), ";".join(told.exclusions_zh))),
        (tr("responsible unit", "责任单位"), tr(told.owner_en, told.owner_zh)),
        (tr("frequency", "频率"), str(FREQUENCY_WORDS[row.frequency])),
        (tr("evidence of the definition", "定义的依据"), str(EVIDENCE[told.evidence])),
        (tr("expected path", "预期路径"), semicolon.join(filter(None, (path, dues, why, str(EVIDENCE[row.path.evidence]))))),
        (tr("2015 value", "2015年基数"), tr(row.baseline_en, row.baseline_zh)),
        (tr("read together with", "须一并查看"), semicolon.join(beside)),
        (tr("caution", "注意"), tr("; ".join(row.caveats_en), ";".join(row.caveats_zh))),
    ]  # fmt: skip
    return Grid(
        id=f"definition_{row.key}",
        title=tr("Definition, clause, evidence", "定义、条款和依据"),
        heads=(tr("item", "项目"), tr("content", "内容")),
        rows=tuple((name, text) for name, text in rows if text),
    )


def completeness(m: MidTerm) -> Grid:
    """Return how much was observed of each indicator, how new it is, and how much is made up."""
    found = {
        str(key): rest
        for key, *rest in worded(m.observations, "source").group_by("indicator")
        .agg(pl.len(), pl.col("adcode").n_unique(), pl.col("period").min(), pl.col("period").max().alias("last"),
             pl.col("source").unique().sort().str.join(tr(", ", "、")), pl.col("synthetic").sum())
        .iter_rows()
    }  # fmt: skip
    blank: list[Cell] = [0, 0, None, None, "", 0]
    rows = ((row.number, row.short, *found.get(key, blank)) for key, row in indicators().items())
    return Grid(
        id="completeness",
        title=tr("Observations of each indicator", "观测数据概况"),
        heads=(
            "#", tr("indicator", "指标"), tr("observations", "观测数"), tr("areas", "地区数"),
            tr("first period", "最早期末"), tr("last period", "最近期末"), tr("source", "来源"),
            tr("synthetic ones", "其中合成"),
        ),
        rows=tuple(rows),
    )  # fmt: skip


def revisions(m: MidTerm) -> Grid:
    """Return what was revised: from what to what, by whom, when, why."""
    rows: list[tuple[Cell, ...]] = []
    for found in m.revisions.iter_rows(named=True):
        row = indicator(found["indicator"])
        when = found["recorded_at"]
        rows.append(
            (
                row.short, division(found["adcode"]).name, found["period"],
                str(FREQUENCY_WORDS[found["frequency"]]), Measured(row, found["value_before"]),
                Measured(row, found["value"]), found["revision"],
                None if when is None else when.date(), found["recorded_by"], in_words(found["reason"] or ""),
            )
        )  # fmt: skip
    return Grid(
        id="revisions",
        title=tr("Revisions", "修订记录"),
        heads=(
            tr("indicator", "指标"), tr("area", "地区"), tr("period to", "期末"), tr("frequency", "频率"),
            tr("before", "修订前"), tr("after", "修订后"), tr("revision", "修订号"),
            tr("recorded on", "记录日期"), tr("by", "记录人"), tr("reason", "原因"),
        ),
        rows=tuple(rows),
    )  # fmt: skip


def reconciliation(m: MidTerm) -> Grid:
    """Return the reported city values that do not add up."""
    rows: list[tuple[Cell, ...]] = []
    for key, day, often, reported, low, high in m.reconciliation.iter_rows():
        row = indicator(key)
        told = interval(row, low, high)
        rows.append((row.short, day, str(FREQUENCY_WORDS[often]), Measured(row, reported), told))
    return Grid(
        id="reconciliation",
        title=tr("Reported city values that differ from the sum of the counties", "上报全市值与县级汇总不符"),
        heads=(
            tr("indicator", "指标"), tr("period to", "期末"), tr("frequency", "频率"),
            tr("reported", "上报值"), tr("range that agrees with the counties", "与县级相符的范围"),
        ),
        rows=tuple(rows),
    )  # fmt: skip


def missing(m: MidTerm) -> Grid:
    """Return the periods whose city value was not computed, and why."""
    rows: list[tuple[Cell, ...]] = [
        (indicator(key).short, day, str(FREQUENCY_WORDS[often]), why, names_of(codes))
        for key, day, often, codes, why in m.missing.iter_rows()
    ]
    return Grid(
        id="missing",
        title=tr("Periods without a city value", "未汇总全市值的时期"),
        heads=(
            tr("indicator", "指标"), tr("period to", "期末"), tr("frequency", "频率"),
            tr("reason", "原因"), tr("counties missing", "缺少的县(市、区)"),
        ),
        rows=tuple(rows),
    )  # fmt: skip


def milestones(m: MidTerm) -> Grid:
    """Return what the stages have to show, in words, and whether the day has come."""
    stages = {stage.id: stage for stage in plan().stages}
    rows: list[tuple[Cell, ...]] = [
        (
            x.by, tr(stages[x.stage].en, stages[x.stage].zh), tr(x.en, x.zh),
            tr("due", "已到期") if x.by <= m.at else tr("not yet due", "未到期"), "",
        )
        for x in plan().milestones
    ]  # fmt: skip
    return Grid(
        id="milestones",
        title=tr("Milestones of the two stages", "阶段性目标"),
        heads=(
            tr("by", "期限"), tr("stage", "阶段"), tr("what the plan asks", "规划要求"),
            tr("on the day evaluated", "评估日"), tr("finding", "评估意见"),
        ),
        rows=tuple(rows),
        note=tr(
            "Milestones are stated in words; the credit office writes the finding.",
            "阶段性目标为文字要求,评估意见由信用办填写。",
        ),
    )  # fmt: skip


def supplementary() -> Grid:
    """Return the targets of the text that the table of twelve leaves out."""
    rows: list[tuple[Cell, ...]] = [
        (tr(x.en, x.zh), x.clause, tr(x.note, x.note_zh or x.note)) for x in plan().supplementary
    ]
    return Grid(
        id="supplementary",
        title=tr("Targets in the text but not in the table", "正文提出、表中未列的目标"),
        heads=(tr("target", "目标"), tr("clause", "条款"), tr("note", "备注")),
        rows=tuple(rows),
        note=tr("Listed only, not computed.", "仅列示,不计算。"),
    )


def populations() -> Grid:
    """Return the residents that weigh the surveys, with how well they are known."""
    rows: list[tuple[Cell, ...]] = [
        (x.adcode, x.name, x.population_2010, x.population_2015, x.population_2020) for x in areas()
    ]
    return Grid(
        id="populations",
        title=tr("Residents, used as weights of surveys", "常住人口(满意度权数)"),
        heads=(tr("code", "代码"), tr("area", "地区"), tr("2010 census", "2010年普查"), "2015", tr("2020 census", "2020年普查")),
        rows=tuple(rows),
        note=tr("; ", ";").join(f"{year}{tr(': ', ':')}{known}" for year, known in POPULATION_EVIDENCE.items()),
    )  # fmt: skip
