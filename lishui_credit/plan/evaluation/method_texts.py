"""Annex 1 of the mid-term evaluation: every formula, how it is read, and its source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lishui_credit.language import Bilingual, tr
from lishui_credit.plan.evaluation.grids import Grid
from lishui_credit.plan.methods import GROWTH_THRESHOLDS, LEAST_POINTS, SCHEDULE_THRESHOLDS
from lishui_credit.plan.observed.city import POINTS, SHARE


@dataclass(frozen=True, slots=True)
class Method:
    """One formula: what it is, how it is read, whose it is."""

    name: Bilingual
    formula: str
    reading: Bilingual
    source: Bilingual


_S, _R = SCHEDULE_THRESHOLDS, GROWTH_THRESHOLDS

PROPOSED: Final = Bilingual("proposed here", "本系统拟定")
"""The source of what has none."""


def _same(source: str) -> Bilingual:
    """Return a source that is cited alike in both languages."""
    return Bilingual(source, source)


METHODS: Final[tuple[Method, ...]] = (
    Method(
        Bilingual("Schedule", "序时进度"), "P = (y − b) / (T − b),  S = P / τ",
        Bilingual(
            "b is the 2015 value, y the value observed, T the 2020 target, τ the part of the five years that has"
            f" passed (for a step path, the part that is due). S ≥ {_S[0]:g}: ahead; ≥ {_S[1]:g}: near its path;"
            f" ≥ {_S[2]:g}: behind; ≥ {_S[3]:g}: far behind; lower: reversed; y ≥ T: achieved. The thresholds are"
            " proposed here. It decides the status of coverage indicators.",
            f"b 为2015年值,y 为现值,T 为2020年目标,τ 为五年中已过的份额(阶梯路径为已到期的份额)。S ≥ {_S[0]:g} 超前,"
            f"≥ {_S[1]:g} 接近,≥ {_S[2]:g} 滞后,≥ {_S[3]:g} 严重滞后,以下为倒退;y ≥ T 为已达标。阈值为本系统拟定。"
            "用于覆盖类指标。",
        ),
        Bilingual(
            "National Development and Reform Commission, 12th Five-Year Plan mid-term report, 2013 (schedule); UN ESCAP, SDG progress assessment"
            " (current status index)",
            "国家发展改革委“十二五”规划中期评估报告,2013年(序时进度);UN ESCAP, SDG progress assessment",
        ),
    ),
    Method(
        Bilingual("Growth ratio", "增速比"), "R = [(y / b)^(1/k) − 1] / |(T / b)^(1/5) − 1|",
        Bilingual(
            f"k is the number of years from the end of 2015 to the day observed. R ≥ {_R[0]:g}: on its path;"
            f" ≥ {_R[1]:g}: acceleration needed; ≥ {_R[2]:g}: limited progress; lower: deterioration. Without a base"
            " above zero it is undefined and the status is: no baseline. It decides the status of doubling indicators.",
            f"k 为2015年末至观测日的年数。R ≥ {_R[0]:g} 符合进度,≥ {_R[1]:g} 需加快,≥ {_R[2]:g} 进展有限,以下为恶化。"
            "基数为零或缺失时增速无定义,状态为“无基数”。用于翻番类指标。",
        ),
        _same("Statistics Canada in Open SDG, Progress Measurement Methodology, after Eurostat (2021)"),
    ),
    Method(
        Bilingual("Interval of a survey", "置信区间"), "(p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n)",
        Bilingual(
            "Wilson's interval for a county. If its lower end is at or above the path, the indicator is on its path; if"
            " its upper end is below the path, the schedule decides; otherwise: cannot tell. It decides the status of"
            " survey indicators.",
            "县级为 Wilson 区间。区间下限不低于应达值为符合进度,上限低于应达值时从序时进度,跨越应达值为无法判定。"
            "用于满意度类指标。",
        ),
        _same("Wilson (1927), JASA 22; Brown, Cai and DasGupta (2001), Statistical Science 16"),
    ),
    Method(
        Bilingual("Survey of the city", "全市满意度"), "p = Σ W_h p_h,  Var = Σ W_h² p_h (1 − p_h) / (n_h − 1)",
        Bilingual(
            "W_h is the county's share of residents, interpolated geometrically between the censuses of 2010 and 2020.",
            "W_h 为县域常住人口占比(2010年、2020年普查间按几何内插)。",
        ),
        _same("Cochran (1977), Sampling Techniques, 3rd ed., 5.3, 5.9"),
    ),
    Method(
        Bilingual("City from counties", "全市汇总"), "Σ n_h / Σ d_h;  Σ n_h",
        Bilingual(
            "Coverage: the sum of numerators over the sum of denominators. Counts and money are added up. If a county is"
            " missing, the city is not computed and the report lists the period. If the city has units of its own"
            " (websites, clients), the reported value is used. A reported value that differs by more than"
            f" {POINTS:g} points ({SHARE * 100:g}% for counts and money) is listed for checking.",
            "覆盖类为分子之和除以分母之和,数量、金额类为合计。九个县(市、区)不齐时不汇总并列明;市本级另有单位的"
            f"(网站、客户端)以上报值为准。上报值与汇总相差超过{POINTS:g}个百分点(数量、金额超过{SHARE * 100:g}%)的,列入核对。",
        ),
        PROPOSED,
    ),
    Method(
        Bilingual("Expected path", "预期路径"), "b + (T − b) τ;  b (T / b)^τ",
        Bilingual(
            "The first is equal steps, the second equal growth (doubling is 14.9% a year). A step path is b before its"
            " due day and T from that day on. Yearly targets, if loaded, replace the path, with straight lines between"
            " them.",
            "前者为等量,后者为等比(翻一番即年均增长14.9%)。阶梯路径在到期日前为 b,到期日起为 T。"
            "装载年度目标的,以年度目标间直线为准。",
        ),
        Bilingual(
            "Lishui Social Credit System 13th Five-Year Plan, 八(一), asks for a breakdown by year; paths are proposed here",
            "《丽水市社会信用体系建设“十三五”规划》八(一)要求按年度分解;路径为本系统拟定",
        ),
    ),
    Method(
        Bilingual("Required from now on", "今后所需速度"), "(T − y) / m;  (T / y)^(1/m) − 1",
        Bilingual(
            "m is the number of years from the day observed to the end of 2020; the first is points a year, the second"
            " growth a year (doubling indicators).",
            "m 为观测日至2020年末的年数;前者为每年百分点,后者为年均增速(翻番类)。",
        ),
        Bilingual("arithmetic", "算术推算"),
    ),
    Method(
        Bilingual("Projection", "2020年预测"), "y = α + β t,  w_i = i / n;  95%: t(n − 2)",
        Bilingual(
            "Least squares on the last observation of each year, later ones weighing more (logarithms for doubling"
            f" indicators), with Student's prediction interval; fewer than {LEAST_POINTS} points are not projected. If the"
            " lower end is at or above the target: met; if the upper end is below it: not met; otherwise: cannot tell.",
            f"对每年末次观测作时间加权最小二乘(翻番类取对数),区间为学生氏预测区间;少于{LEAST_POINTS}个点不作预测。"
            "区间下限不低于目标为达标,上限低于目标为未达标,否则无法判定。",
        ),
        Bilingual(
            "UN ESCAP and UNECE, SDG progress assessment (anticipated progress), weights ours; Draper and Smith (1998),"
            " 9.2",
            "UN ESCAP, UNECE, SDG progress assessment (anticipated progress),权数为本系统拟定;Draper, Smith (1998), 9.2",
        ),
    ),
    Method(
        Bilingual("Flows", "年度化"), "Y_t = x_t + x_(t−1) + … + x_(t−11)",
        Bilingual(
            "Counts and money are summed over the twelve months that end with the period; if a month is missing, there is"
            " no sum. Coverage and satisfaction are states at the end of a period.",
            "查询量、营业收入等流量按截至期末的连续十二个月合计,缺一期即不计。覆盖率、满意度为期末状态。",
        ),
        PROPOSED,
    ),
    Method(
        Bilingual("Off its path since", "偏离始于"), "",
        Bilingual(
            "The first period from which on every observation is behind, far behind or reversed.",
            "自该期起至末次观测,每一期均为滞后、严重滞后或倒退。",
        ),
        PROPOSED,
    ),
)  # fmt: skip
"""Every formula of the report, with its source."""


def methods() -> Grid:
    """Return annex 1: the formulas, how they are read, and where they come from."""
    rows = ((str(x.name), x.formula, str(x.reading), str(x.source)) for x in METHODS)
    return Grid(
        id="methods",
        title=tr("Methods", "评估方法"),
        heads=(tr("method", "方法"), tr("formula", "公式"), tr("reading", "读法"), tr("source", "出处")),
        rows=tuple(rows),
    )  # fmt: skip
