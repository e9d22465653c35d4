"""The section about the ranking: AUC, Gini, KS, H, curves, gains, approval rates."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import polars as pl

from lishui_credit.language import Bilingual
from lishui_credit.statistics.bootstrap import bootstrap_ranks
from lishui_credit.statistics.outcomes import Estimate, Floats, ranked
from lishui_credit.validation.approval import at_approval
from lishui_credit.validation.curves import cap_points, distribution, gains, roc_points, separation
from lishui_credit.validation.discrimination import as_gini, auc, auc_fall, ks
from lishui_credit.validation.groups import RANK_METRICS
from lishui_credit.validation.report.findings import (
    ECB,
    Line,
    Table,
    Verdict,
    line,
    says,
)
from lishui_credit.validation.report.outline import Given, Outline, Part

DELONG = "DeLong, DeLong and Clarke-Pearson (1988); Sun and Xu (2014)"
POINTS_AT_MOST = 400
"""Points of a curve that are stored and drawn."""


def over_chance(found: Estimate, chance: float) -> Verdict:
    """Return the verdict on an area or rate against what chance reaches."""
    if found.low is None:
        return says(
            "watch",
            "no interval: the classes are separated perfectly, or one has too few rows; check whether the outcome leaked",
            "无区间:两类完全分开,或某一类样本过少;请检查结果是否泄漏",
        )
    if found.low > chance:
        return says("good", "separates better than chance", "区分能力优于随机")
    if found.high is not None and found.high < chance:
        return says(
            "bad", "ranks in the wrong direction: check the sign", "排序方向相反:请检查符号"
        )
    return says("bad", "not shown to be better than chance", "未能证明优于随机")


def _parts(given: Given) -> Iterator[Part]:
    risk, initial = given.risk, given.settings.initial_auc
    if risk is None:
        return
    yield Part("auc", Bilingual("AUC", "AUC 曲线下面积"), lambda: _areas(given, risk))
    if initial is not None and not given.seen:  # the rows fitted cannot fall behind themselves
        yield Part(
            "auc_fall",
            Bilingual("Fall of AUC since development", "AUC 较开发时的下降"),
            lambda: _fall(given, risk, initial),
        )
    yield Part("ks", Bilingual("KS", "KS 统计量"), lambda: _ks(given, risk))
    yield Part("h", Bilingual("H-measure", "H 度量"), lambda: _h(given, risk))
    yield Part("roc", Bilingual("Curves", "曲线"), lambda: _curves(given, risk))


DISCRIMINATION = Outline(
    "discrimination",
    Bilingual("Discrimination: are bads ranked below goods?", "区分能力:坏样本是否排在后面?"),
    _parts,
)


def _areas(given: Given, risk: Floats) -> Iterator[Line]:
    found = auc(given.y, risk, weights=given.weights, level=given.settings.level)
    yield line(
        "auc",
        Bilingual("AUC", "AUC 曲线下面积"),
        found,
        over_chance(found, 0.5),
        source=f"{DELONG}; {ECB}, 2.5.4",
    )
    yield line(
        "gini",
        Bilingual("Gini (accuracy ratio)", "基尼系数(准确率比)"),
        as_gini(found),
        source="Engelmann, Hayden and Tasche (2003); interval as for AUC",
    )


def _fall(given: Given, risk: Floats, initial: float) -> Iterator[Line]:
    found = auc_fall(given.y, risk, initial)
    fallen = found.p is not None and found.p < 1 - given.settings.level
    yield line(
        "auc_fall",
        Bilingual(
            f"Fall of AUC since development ({initial:.4f})",
            f"AUC 较开发时({initial:.4f})的下降",
        ),
        found,
        says("bad", "significantly lower than at development", "显著低于开发时")
        if fallen
        else says("good", "no significant fall", "没有显著下降"),
        source=f"{ECB}, 2.5.4",
    )


def _drawn(given: Given, risk: Floats, metric: str) -> Estimate:
    """Return a metric of the ranking with its bootstrap interval."""
    chosen = given.settings
    return bootstrap_ranks(
        RANK_METRICS[metric],
        ranked(given.y, risk, given.weights),
        level=chosen.level,
        repeats=chosen.repeats,
        seed=chosen.seed,
    )


def _ks(given: Given, risk: Floats) -> Iterator[Line | Table]:
    found, spread = ks(given.y, risk, weights=given.weights), _drawn(given, risk, "ks")
    at = (
        Bilingual(f"PD {found.risk:.4g}", f"违约概率 {found.risk:.4g}")
        if given.score is None
        else Bilingual(f"score {-found.risk:.6g}", f"分数 {-found.risk:.6g}")
    )
    bads, goods = f"{found.bads_above:.1%}", f"{found.goods_above:.1%}"
    yield line(
        "ks",
        Bilingual("KS", "KS 统计量"),
        Estimate(found.value, spread.low, spread.high, p=found.p),
        says(
            "note",
            f"reached at {at.en}: {bads} of bads, {goods} of goods on the risky side",
            f"在{at.zh} 处达到:高风险一侧有 {bads} 的坏样本、{goods} 的好样本",
        ),
        source="Smirnov (1948); bootstrap interval",
    )
    yield Table(
        "separation",
        Bilingual("Cumulative shares of both classes (KS)", "两类累计占比(KS)"),
        _told(given, separation(given.y, risk, weights=given.weights)),
        "Smirnov (1948)",
        points=True,
    )


def _h(given: Given, risk: Floats) -> Iterator[Line]:
    yield line(
        "h",
        Bilingual("H-measure", "H 度量"),
        _drawn(given, risk, "h"),
        says("note", "share of the avoidable loss that is avoided", "可避免损失中被避免的份额"),
        source="Hand (2009); costs Beta(1 + π, 2 − π), Hand and Anagnostopoulos (2014); bootstrap interval",
    )


def _curves(given: Given, risk: Floats) -> Iterator[Table]:
    y, weights = given.y, given.weights
    yield Table(
        "roc",
        Bilingual("ROC curve", "ROC 曲线"),
        roc_points(y, risk, weights=weights, at_most=POINTS_AT_MOST),
        "Fawcett (2006)",
        points=True,
    )
    yield Table(
        "cap",
        Bilingual("CAP curve", "CAP 曲线"),
        cap_points(y, risk, weights=weights, at_most=POINTS_AT_MOST),
        "Engelmann, Hayden and Tasche (2003)",
        points=True,
    )
    yield Table(
        "distribution",
        Bilingual("Distribution of PDs by class", "好坏样本违约概率分布")
        if given.score is None
        else Bilingual("Distribution of scores by class", "好坏样本分数分布"),
        distribution(y, risk if given.score is None else given.score, weights=weights),
        points=True,
    )
    yield Table(
        "gains",
        Bilingual("Gains and lift, riskiest tenth first", "增益与提升(风险最高的十分之一在前)"),
        _told(given, gains(y, risk, weights=weights)),
        "Siddiqi (2006)",
    )
    yield Table(
        "approval",
        Bilingual("Bad rates and refusals at each approval rate", "各通过率下的坏账率与拒绝情况"),
        _told(given, at_approval(y, risk, weights=weights)),
        "Thomas, Edelman and Crook (2002)",
    )


_AS_SCORES: Final = {
    "risk": ("risk", "score"),
    "risk_from": ("risk_to", "score_from"),
    "risk_to": ("risk_from", "score_to"),
    "risk_below_or_at": ("risk_below_or_at", "score_at_least"),
}
"""Columns of risks, and what stands in their place where a score ranks: minus which column, named."""


def _told(given: Given, frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame with its risks as the scores they were made of, where a score ranks."""
    if given.score is None:
        return frame
    columns = []
    for name in frame.columns:
        of, called = _AS_SCORES.get(name, ("", ""))
        columns.append((-pl.col(of)).alias(called) if of else pl.col(name))
    return frame.select(columns)
