"""The section of a report about probabilities: recalibration, Brier, ECE, Hosmer-Lemeshow."""

from __future__ import annotations

from collections.abc import Iterable

from lishui_credit.statistics.outcomes import Estimate, Floats
from lishui_credit.validation.calibration import brier, ece, reliability
from lishui_credit.validation.goodness import hosmer_lemeshow, recalibration
from lishui_credit.validation.report.findings import (
    Draft,
    Line,
    Section,
    Settings,
    Table,
    Verdict,
    says,
)


def _sits(
    found: Estimate,
    null: float,
    low: tuple[str, str],
    high: tuple[str, str],
    right: tuple[str, str],
) -> Verdict:
    assert found.low is not None
    assert found.high is not None
    if found.high < null:
        return says("bad", *low)
    return says("bad", *high) if found.low > null else says("good", *right)


def calibration_section(
    y: Floats, pd: Floats, weights: Floats | None, settings: Settings
) -> Section:
    """Return Brier, ECE, Hosmer-Lemeshow, recalibration and the reliability table."""
    draft = Draft(
        "calibration", "Calibration: do PDs mean what they say?", "校准:违约概率是否名副其实?"
    )
    level, bins = settings.level, settings.bins

    def means() -> Iterable[Line]:
        found = recalibration(y, pd, weights=weights, level=level)
        large, slope = found.in_the_large, found.slope
        yield Line(
            id="in_the_large",
            name_en="Calibration in the large (log-odds)",
            name_zh="总体校准偏差(对数几率)",
            value=large.value,
            low=large.low,
            high=large.high,
            p=large.p,
            source="Cox (1958)",
            **_sits(
                large,
                0,
                ("PDs are too high on average", "违约概率总体偏高"),
                ("PDs are too low on average", "违约概率总体偏低"),
                ("PDs are right on average, within chance", "违约概率总体水平相符(随机误差内)"),
            ),
        )
        yield Line(
            id="slope",
            name_en="Calibration slope",
            name_zh="校准斜率",
            value=slope.value,
            low=slope.low,
            high=slope.high,
            p=slope.p,
            source="Cox (1958); Miller, Hui and Tierney (1991)",
            **_sits(
                slope,
                1,
                ("PDs are too extreme (slope below 1)", "违约概率过于极端(斜率小于 1)"),
                ("PDs are too timid (slope above 1)", "违约概率过于保守集中(斜率大于 1)"),
                ("spread of PDs is right, within chance", "违约概率离散程度相符(随机误差内)"),
            ),
        )

    def score() -> Iterable[Line]:
        found = brier(y, pd, bins=bins, weights=weights)
        yield Line(
            id="brier",
            name_en="Brier score",
            name_zh="Brier 分数",
            value=found.value,
            source="Brier (1950)",
            **says(
                "good" if found.skill > 0 else "bad",
                f"skill {found.skill:.3f} over the constant bad rate",
                f"相对恒定坏账率的技巧 {found.skill:.3f}",
            ),
        )
        parts = (
            (
                "brier_reliability",
                "of which reliability (less is better)",
                "其中:可靠性(越小越好)",
                found.reliability,
            ),
            (
                "brier_resolution",
                "of which resolution, subtracted (more is better)",
                "其中:分辨率,扣减(越大越好)",
                found.resolution,
            ),
            ("brier_uncertainty", "of which uncertainty", "其中:不确定性", found.uncertainty),
            (
                "brier_within",
                "of which within bins (variance − covariance)",
                "其中:箱内项(方差 − 协方差)",
                found.within_variance - found.within_covariance,
            ),
        )
        for id, en, zh, value in parts:
            yield Line(
                id=id,
                name_en=en,
                name_zh=zh,
                value=value,
                source="Murphy (1973); Stephenson, Coelho and Jolliffe (2008)",
            )

    def gap() -> Iterable[Line]:
        found = ece(
            y,
            pd,
            bins=bins,
            weights=weights,
            level=level,
            repeats=settings.repeats,
            seed=settings.seed,
        )
        one = found.estimate
        beyond = one.value > found.noise
        yield Line(
            id="ece",
            name_en="ECE (expected calibration error)",
            name_zh="ECE 期望校准误差",
            value=one.value,
            low=one.low,
            high=one.high,
            p=one.p,
            source="Naeini, Cooper and Hauskrecht (2015); noise: Bröcker and Smith (2007)",
            **says(
                "bad" if beyond else "good",
                f"{'beyond' if beyond else 'within'} what right PDs would show ({found.noise:.4f})",
                f"{'超出' if beyond else '未超出'}准确概率也会出现的水平({found.noise:.4f})",
            ),
        )

    def test() -> Iterable[Line]:
        found = hosmer_lemeshow(y, pd, bins=bins)
        fits = found.p >= 1 - level
        yield Line(
            id="hosmer_lemeshow",
            name_en=f"Hosmer-Lemeshow chi-square ({found.degrees} df)",
            name_zh=f"Hosmer-Lemeshow 卡方({found.degrees} 自由度)",
            value=found.statistic,
            p=found.p,
            source="Hosmer and Lemeshow (1980), fresh data; rows unweighted",
            **(
                says("good", "no misfit beyond chance", "没有超出随机的不符")
                if fits
                else says("bad", "PDs do not fit the bins", "违约概率与各箱不符")
            ),
        )

    draft.add("in_the_large", "Calibration in the large and slope", "总体校准与斜率", means)
    draft.add("brier", "Brier score", "Brier 分数", score)
    draft.add("ece", "ECE (expected calibration error)", "ECE 期望校准误差", gap)
    draft.add("hosmer_lemeshow", "Hosmer-Lemeshow", "Hosmer-Lemeshow 检验", test)
    draft.add(
        "reliability",
        "Reliability",
        "可靠性",
        lambda: [
            Table(
                id="reliability",
                name_en="Mean PD against bad rate, bins of equal size",
                name_zh="各等频箱平均违约概率与坏账率",
                frame=reliability(y, pd, bins=bins, weights=weights, level=level),
                source="Bröcker and Smith (2007); Jeffreys' interval",
            )
        ],
    )
    return draft.section()
