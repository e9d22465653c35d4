"""The annexes of the mid-term evaluation: how it is judged, with sources, and what stood in the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from lishui_credit.citation import EVIDENCE
from lishui_credit.language import tr
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
from lishui_credit.plan.methods import GROWTH_THRESHOLDS, LEAST_POINTS, SCHEDULE_THRESHOLDS
from lishui_credit.plan.observed.city import POINTS, SHARE

_PATHS: Final[dict[str, tuple[str, str]]] = {
    "linear": ("equal steps a year", "逐年等量"),
    "geometric": ("equal growth a year", "逐年等比"),
    "step": ("all by a day", "限期一次到位"),
}
_OFTEN: Final[dict[str, tuple[str, str]]] = {
    "year": ("yearly", "每年"),
    "quarter": ("quarterly", "每季"),
    "month": ("monthly", "每月"),
}


@dataclass(frozen=True, slots=True)
class Method:
    """One formula: what it is, how it is read, whose it is."""

    zh: str
    en: str
    formula: str
    reading_zh: str
    reading_en: str
    source: str
    source_zh: str = ""


_S, _R = SCHEDULE_THRESHOLDS, GROWTH_THRESHOLDS

METHODS: Final[tuple[Method, ...]] = (
    Method(
        "序时进度", "Schedule", "P = (y − b) / (T − b),  S = P / τ",
        f"b 为2015年值,y 为现值,T 为2020年目标,τ 为五年中已过的份额(阶梯路径为已到期的份额)。S ≥ {_S[0]:g} 超前,"
        f"≥ {_S[1]:g} 接近,≥ {_S[2]:g} 滞后,≥ {_S[3]:g} 严重滞后,以下为倒退;y ≥ T 为已达标。阈值为本系统拟定。用于覆盖类。",
        "b the 2015 value, y the value observed, T the 2020 target, τ the share of the five years gone (for a step"
        f" path, the share due). S ≥ {_S[0]:g} ahead, ≥ {_S[1]:g} near, ≥ {_S[2]:g} behind, ≥ {_S[3]:g} far behind,"
        " below reversed; y ≥ T achieved. Thresholds are proposed. Judges coverage.",
        "国家发展改革委, 12th Five-Year Plan mid-term report, 2013 (序时进度); UN ESCAP, SDG progress assessment"
        " (current status index)",
        "国家发展改革委“十二五”规划中期评估报告,2013年(序时进度);UN ESCAP, SDG progress assessment",
    ),
    Method(
        "增速比", "Growth ratio", "R = [(y / b)^(1/k) − 1] / |(T / b)^(1/5) − 1|",
        f"k 为2015年末至观测日的年数。R ≥ {_R[0]:g} 符合进度,≥ {_R[1]:g} 需加快,≥ {_R[2]:g} 进展有限,以下为恶化。"
        "基数为零或缺失时增速无定义,只答“无基数”。用于翻番类。",
        f"k the years from the end of 2015 to the day observed. R ≥ {_R[0]:g} on track, ≥ {_R[1]:g} acceleration"
        f" needed, ≥ {_R[2]:g} limited, below deterioration. Undefined without a base above zero: the answer is:"
        " no baseline. Judges doubling.",
        "Statistics Canada in Open SDG, Progress Measurement Methodology, after Eurostat (2021)",
    ),
    Method(
        "置信区间", "Interval of a survey",
        "(p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n)",
        "县级为 Wilson 区间。区间下限不低于应达值为符合进度,上限低于应达值时从序时进度,跨越应达值为无法判定。用于满意度类。",
        "Wilson's interval for a county. Its lower end at or above the path: on its path; its upper end below: as the"
        " schedule says; across it: cannot tell. Judges surveys.",
        "Wilson (1927), JASA 22; Brown, Cai and DasGupta (2001), Statistical Science 16",
    ),
    Method(
        "全市满意度", "Survey of the city", "p = Σ W_h p_h,  Var = Σ W_h² p_h (1 − p_h) / (n_h − 1)",
        "W_h 为县域常住人口占比(2010年、2020年普查间按几何内插)。",
        "W_h the county's share of residents, interpolated geometrically between the censuses of 2010 and 2020.",
        "Cochran (1977), Sampling Techniques, 3rd ed., 5.3, 5.9",
    ),
    Method(
        "全市汇总", "City from counties", "Σ n_h / Σ d_h;  Σ n_h",
        "覆盖类为分子之和除以分母之和,数量、金额类为合计。九个县(市、区)不齐时不汇总并列明;市本级另有单位的(网站、客户端)"
        f"以上报值为准。上报值与汇总相差超过{POINTS:g}个百分点(数量、金额超过{SHARE * 100:g}%)的,列入核对。",
        "Coverage: sum of numerators over sum of denominators; counts and money add up. With a county missing the city"
        " is not computed, and that is said; where the city has units of its own (websites, clients) the reported value"
        f" stands. A reported value more than {POINTS:g} points ({SHARE * 100:g} % for counts and money) off is listed.",
        "proposed here", "本系统拟定",
    ),
    Method(
        "预期路径", "Expected path", "b + (T − b) τ;  b (T / b)^τ",
        "前者为等量,后者为等比(翻一番即年均增长14.9%)。阶梯路径在到期日前为 b,到期日起为 T。装载年度目标的,以年度目标间直线为准。",
        "Even steps, or even growth (doubling is 14.9 % a year). A step path is b before its day and T from it on."
        " Yearly targets that were loaded take its place, with straight lines between them.",
        "丽水市社会信用体系建设“十三五”规划, 八(一) asks for a breakdown by year; paths are proposed here",
        "《丽水市社会信用体系建设“十三五”规划》八(一)要求按年度分解;路径为本系统拟定",
    ),
    Method(
        "今后所需速度", "Needed from now on", "(T − y) / m;  (T / y)^(1/m) − 1",
        "m 为观测日至2020年末的年数;前者为每年百分点,后者为年均增速(翻番类)。",
        "m the years from the day observed to the end of 2020; points a year, or growth a year for doubling.",
        "arithmetic", "算术推算",
    ),
    Method(
        "2020年预测", "Projection", "y = α + β t,  w_i = i / n;  95 %: t(n − 2)",
        f"对每年末次观测作时间加权最小二乘(翻番类取对数),区间为学生氏预测区间;少于{LEAST_POINTS}个点不作预测。"
        "区间下限不低于目标为达标,上限低于目标为未达标,否则无法判定。",
        "Least squares on the last observation of each year, later ones weighing more (logarithms for doubling), with"
        f" Student's prediction interval; none from fewer than {LEAST_POINTS} points. Lower end at or above the target:"
        " met; upper end below: not met; else cannot tell.",
        "UN ESCAP and UNECE, SDG progress assessment (anticipated progress), weights ours; Draper and Smith (1998), 9.2",
        "UN ESCAP, UNECE, SDG progress assessment (anticipated progress),权数为本系统拟定;Draper, Smith (1998), 9.2",
    ),
    Method(
        "年度化", "Flows", "Y_t = x_t + x_(t−1) + … + x_(t−11)",
        "查询量、营业收入等流量按截至期末的连续十二个月合计,缺一期即不计。覆盖率、满意度为期末状态。",
        "Counts and money are summed over the twelve months to the end of a period, all of them or none. Coverage and"
        " satisfaction are states at the end of a period.",
        "proposed here", "本系统拟定",
    ),
    Method(
        "偏离始于", "Off its path since", "",
        "自该期起至末次观测,每一期均为滞后、严重滞后或倒退。",
        "The first period from which on every observation is behind, far behind or reversed.",
        "proposed here", "本系统拟定",
    ),
)  # fmt: skip
"""Every formula of the report, with its source."""


def methods() -> Grid:
    """Return annex 1: the formulas, how they are read, and where they come from."""
    rows = (
        (
            tr(x.en, x.zh),
            x.formula,
            tr(x.reading_en, x.reading_zh),
            tr(x.source, x.source_zh or x.source),
        )
        for x in METHODS
    )
    return Grid(
        id="methods",
        title=tr("Methods", "评估方法"),
        heads=(tr("method", "方法"), tr("formula", "公式"), tr("reading", "读法"), tr("source", "出处")),
        rows=tuple(rows),
    )  # fmt: skip


def definition(row: PlanIndicator) -> Grid:
    """Return what an indicator is: printed by the plan, or proposed if the plan is silent."""
    told = row.definition
    path = tr(*_PATHS[row.path.kind])
    why = tr(row.path.why_en, row.path.why_zh)
    dues = ", ".join(f"{step.on}: {step.share} %" for step in row.path.steps)
    beside = [tr(c.en, c.zh) + (f" ({c.threshold})" if c.threshold else "") for c in row.companions]
    semicolon = tr("; ", ";")
    zh, en = KINDS[row.kind]
    rows = [
        (tr("name as printed", "规划原文名称"), row.as_printed),
        (tr("attribute, field, kind", "属性、领域、类别"), f"{tr(*reversed(ATTRIBUTES[row.attribute]))} · {tr(row.field_en, row.field_zh)} · {tr(en, zh)}"),
        (tr("2020 as printed", "2020年目标原文"), row.target.as_printed),
        (tr("clause", "条款"), f"{tr(plan().title_en, plan().title_zh)} {row.clause} ({EVIDENCE[row.evidence]})"),
        (tr("numerator", "分子"), tr(told.numerator_en, told.numerator_zh)),
        (tr("denominator", "分母"), tr(told.denominator_en, told.denominator_zh)),
        (tr("left out", "不计入"), tr("; ".join(told.exclusions_en), ";".join(told.exclusions_zh))),
        (tr("owner", "责任单位"), tr(told.owner_en, told.owner_zh)),
        (tr("observed", "频率"), tr(*_OFTEN[row.frequency])),
        (tr("evidence of the definition", "定义的依据"), str(EVIDENCE[told.evidence])),
        (tr("expected path", "预期路径"), semicolon.join(filter(None, (path, dues, why, str(EVIDENCE[row.path.evidence]))))),
        (tr("2015 value", "2015年基数"), tr(row.baseline_en, row.baseline_zh)),
        (tr("to be read beside it", "须一并查看"), semicolon.join(beside)),
        (tr("mind", "注意"), tr("; ".join(row.caveats_en), ";".join(row.caveats_zh))),
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
        for key, *rest in m.observations.group_by("indicator")
        .agg(pl.len(), pl.col("adcode").n_unique(), pl.col("period").min(), pl.col("period").max().alias("last"),
             pl.col("source").unique().sort().str.join(tr(", ", "、")), pl.col("synthetic").sum())
        .iter_rows()
    }  # fmt: skip
    blank: list[Cell] = [0, 0, None, None, "", 0]
    rows = ((row.number, row.short, *found.get(key, blank)) for key, row in indicators().items())
    return Grid(
        id="completeness",
        title=tr("What was observed", "观测数据概况"),
        heads=(
            "#", tr("indicator", "指标"), tr("observations", "观测数"), tr("areas", "地区数"),
            tr("first period", "最早期末"), tr("last period", "最近期末"), tr("source", "来源"),
            tr("of them synthetic", "其中合成"),
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
                tr(*_OFTEN[found["frequency"]]), Measured(row, found["value_before"]),
                Measured(row, found["value"]), found["revision"],
                None if when is None else when.date(), found["recorded_by"], found["reason"],
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
        rows.append((row.short, day, tr(*_OFTEN[often]), Measured(row, reported), told))
    return Grid(
        id="reconciliation",
        title=tr("Reported city values that do not add up", "上报全市值与县级汇总不符"),
        heads=(
            tr("indicator", "指标"), tr("period to", "期末"), tr("frequency", "频率"),
            tr("reported", "上报值"), tr("consistent with the counties", "与县级相符的范围"),
        ),
        rows=tuple(rows),
    )  # fmt: skip


def missing(m: MidTerm) -> Grid:
    """Return the periods whose city value was not computed, and why."""
    rows: list[tuple[Cell, ...]] = [
        (indicator(key).short, day, tr(*_OFTEN[often]), why, names_of(codes))
        for key, day, often, codes, why in m.missing.iter_rows()
    ]
    return Grid(
        id="missing",
        title=tr("Periods without a city value", "未汇总全市值的时期"),
        heads=(
            tr("indicator", "指标"), tr("period to", "期末"), tr("frequency", "频率"),
            tr("why", "原因"), tr("counties missing", "缺少的县(市、区)"),
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
        title=tr("Milestones of both stages", "阶段性目标"),
        heads=(
            tr("by", "期限"), tr("stage", "阶段"), tr("what the plan asks", "规划要求"),
            tr("on the day evaluated", "评估日"), tr("finding", "评估意见"),
        ),
        rows=tuple(rows),
        note=tr(
            "Milestones are words; the finding is for the credit office to write.",
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
        title=tr("Targets of the text outside the table", "正文提出、表中未列的目标"),
        heads=(tr("target", "目标"), tr("clause", "条款"), tr("note", "备注")),
        rows=tuple(rows),
        note=tr("Shown, not computed.", "仅列示,不计算。"),
    )


def populations() -> Grid:
    """Return the residents that weigh the surveys, with how well they are known."""
    rows: list[tuple[Cell, ...]] = [
        (x.adcode, x.name, x.population_2010, x.population_2015, x.population_2020) for x in areas()
    ]
    return Grid(
        id="populations",
        title=tr("Residents, the weights of surveys", "常住人口(满意度权数)"),
        heads=(tr("code", "代码"), tr("area", "地区"), tr("2010 census", "2010年普查"), "2015", tr("2020 census", "2020年普查")),
        rows=tuple(rows),
        note=tr("; ", ";").join(f"{year}{tr(': ', ':')}{known}" for year, known in POPULATION_EVIDENCE.items()),
    )  # fmt: skip
