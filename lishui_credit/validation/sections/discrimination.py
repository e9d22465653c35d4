"""The section of a report about the ranking: AUC, Gini, KS, H, curves, gains, approval rates."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from lishui_credit.statistics.bootstrap import bootstrap_ranks
from lishui_credit.statistics.outcomes import Estimate, Floats, ranked
from lishui_credit.validation.approval import at_approval
from lishui_credit.validation.curves import cap_points, distribution, gains, roc_points, separation
from lishui_credit.validation.discrimination import auc, auc_fall, ks
from lishui_credit.validation.groups import RANK_METRICS
from lishui_credit.validation.report.findings import (
    ECB,
    Draft,
    Line,
    Section,
    Settings,
    Table,
    Verdict,
    says,
)

DELONG = "DeLong, DeLong and Clarke-Pearson (1988); Sun and Xu (2014)"


def over_chance(found: Estimate, chance: float) -> Verdict:
    """Return the verdict on an area or rate against what chance reaches."""
    if found.low is None:
        return says(
            "watch",
            "no interval: classes are separated perfectly or too few; look for a leak",
            "无区间:两类完全分开或样本过少;请检查是否泄漏",
        )
    if found.low > chance:
        return says("good", "separates better than chance", "区分能力优于随机")
    if found.high is not None and found.high < chance:
        return says("bad", "orders the wrong way round: check the sign", "排序方向相反:请检查符号")
    return says("bad", "not shown to be better than chance", "未能证明优于随机")


def discrimination_section(
    y: Floats,
    risk: Floats,
    score: Floats | None,
    weights: Floats | None,
    initial_auc: float | None,
    settings: Settings,
) -> Section:
    """Return AUC, Gini, KS, H, curves, gains and approval rates."""
    draft = Draft(
        "discrimination",
        "Discrimination: are bads ranked below goods?",
        "区分能力:坏样本是否排在后面?",
    )
    level, repeats, seed = settings.level, settings.repeats, settings.seed
    levels = ranked(y, risk, weights)

    def areas() -> Iterable[Line]:
        found = auc(y, risk, weights=weights, level=level)
        yield Line(
            id="auc",
            name_en="AUC",
            name_zh="AUC 曲线下面积",
            value=found.value,
            low=found.low,
            high=found.high,
            source=f"{DELONG}; {ECB}, 2.5.4",
            **over_chance(found, 0.5),
        )
        ends = [None if end is None else 2 * end - 1 for end in (found.low, found.high)]
        yield Line(
            id="gini",
            name_en="Gini (accuracy ratio)",
            name_zh="基尼系数(准确率比)",
            value=2 * found.value - 1,
            low=ends[0],
            high=ends[1],
            source="Engelmann, Hayden and Tasche (2003); interval as for AUC",
        )

    def fall() -> Iterable[Line]:
        assert initial_auc is not None
        found = auc_fall(y, risk, initial_auc)
        fallen = found.p is not None and found.p < 1 - level
        yield Line(
            id="auc_fall",
            name_en=f"Fall of AUC since development ({initial_auc:.4f})",
            name_zh=f"AUC 较开发时({initial_auc:.4f})的下降",
            value=found.value,
            p=found.p,
            source=f"{ECB}, 2.5.4",
            **(
                says("bad", "separates worse than at development", "区分能力低于开发时")
                if fallen
                else says("good", "no fall beyond chance", "没有超出随机的下降")
            ),
        )

    def gap() -> Iterable[Line | Table]:
        found = ks(y, risk, weights=weights)
        spread = bootstrap_ranks(
            RANK_METRICS["ks"], levels, level=level, repeats=repeats, seed=seed
        )
        where = -found.risk if score is not None else found.risk
        at = f"score {where:.6g}" if score is not None else f"PD {where:.4g}"
        at_zh = f"分数 {where:.6g}" if score is not None else f"违约概率 {where:.4g}"
        yield Line(
            id="ks",
            name_en="KS",
            name_zh="KS 统计量",
            value=found.value,
            low=spread.low,
            high=spread.high,
            p=found.p,
            source="Smirnov (1948); bootstrap interval",
            **says(
                "note",
                f"reached at {at}: {found.bads_above:.1%} of bads, "
                f"{found.goods_above:.1%} of goods on the risky side",
                f"在{at_zh}处达到:高风险一侧有 {found.bads_above:.1%} 的坏样本、{found.goods_above:.1%} 的好样本",
            ),
        )
        apart = separation(y, risk, weights=weights)
        yield Table(
            id="separation",
            name_en="Cumulative shares of both classes (KS)",
            name_zh="两类累计占比(KS)",
            frame=apart
            if score is None
            else apart.select((-pl.col("risk")).alias("score"), "bads", "goods"),
            points=True,
            source="Smirnov (1948)",
        )

    def h() -> Iterable[Line]:
        found = bootstrap_ranks(RANK_METRICS["h"], levels, level=level, repeats=repeats, seed=seed)
        yield Line(
            id="h",
            name_en="H-measure",
            name_zh="H 度量",
            value=found.value,
            low=found.low,
            high=found.high,
            source="Hand (2009); costs Beta(1 + π, 2 − π), Hand and Anagnostopoulos (2014); bootstrap interval",
            **says(
                "note", "share of the avoidable loss that is avoided", "可避免损失中被避免的份额"
            ),
        )

    def curves() -> Iterable[Table]:
        yield Table(
            id="roc",
            name_en="ROC curve",
            name_zh="ROC 曲线",
            points=True,
            source="Fawcett (2006)",
            frame=roc_points(y, risk, weights=weights, at_most=400),
        )
        yield Table(
            id="cap",
            name_en="CAP curve",
            name_zh="CAP 曲线",
            points=True,
            source="Engelmann, Hayden and Tasche (2003)",
            frame=cap_points(y, risk, weights=weights, at_most=400),
        )
        yield Table(
            id="distribution",
            points=True,
            source="",
            name_en="Distribution of scores by class"
            if score is not None
            else "Distribution of PDs by class",
            name_zh="好坏样本分数分布" if score is not None else "好坏样本违约概率分布",
            frame=distribution(y, risk if score is None else score, weights=weights),
        )
        table = gains(y, risk, weights=weights)
        ends = at_approval(y, risk, weights=weights)
        if score is not None:
            table = table.with_columns(
                (-pl.col("risk_from")).alias("score_to"), (-pl.col("risk_to")).alias("score_from")
            )
            table = table.select(
                "band",
                "score_from",
                "score_to",
                pl.exclude("band", "score_from", "score_to", "risk_from", "risk_to"),
            )
            ends = ends.with_columns((-pl.col("risk_below_or_at")).alias("score_at_least"))
            ends = ends.select(
                "asked",
                "approved",
                "score_at_least",
                pl.exclude("asked", "approved", "score_at_least", "risk_below_or_at"),
            )
        yield Table(
            id="gains",
            name_en="Gains and lift, riskiest tenth first",
            name_zh="增益与提升(风险最高的十分之一在前)",
            frame=table,
            source="Siddiqi (2006)",
        )
        yield Table(
            id="approval",
            name_en="What each approval rate costs",
            name_zh="不同通过率的代价",
            frame=ends,
            source="Thomas, Edelman and Crook (2002)",
        )

    draft.add("auc", "AUC", "AUC 曲线下面积", areas)
    if initial_auc is not None:
        draft.add("auc_fall", "Fall of AUC since development", "AUC 较开发时的下降", fall)
    draft.add("ks", "KS", "KS 统计量", gap)
    draft.add("h", "H-measure", "H 度量", h)
    draft.add("roc", "Curves", "曲线", curves)
    return draft.section()
