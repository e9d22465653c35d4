"""The section about probabilities: recalibration, Brier, ECE, Hosmer-Lemeshow, reliability."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lishui_credit.language import Bilingual
from lishui_credit.statistics.outcomes import Estimate, Floats
from lishui_credit.validation.calibration import brier, ece, reliability
from lishui_credit.validation.goodness import hosmer_lemeshow, recalibration
from lishui_credit.validation.report.findings import Line, Table, Verdict, line, says
from lishui_credit.validation.report.outline import Given, Outline, Part


def _parts(given: Given) -> Iterator[Part]:
    pd = given.pd
    if pd is None:
        return
    yield Part(
        "in_the_large",
        Bilingual("Calibration in the large and slope", "总体校准与斜率"),
        lambda: _recalibration(given, pd),
    )
    yield Part("brier", Bilingual("Brier score", "Brier 分数"), lambda: _brier(given, pd))
    yield Part("ece", _ECE, lambda: _ece(given, pd))
    yield Part(
        "hosmer_lemeshow",
        Bilingual("Hosmer-Lemeshow", "Hosmer-Lemeshow 检验"),
        lambda: _hosmer_lemeshow(given, pd),
    )
    yield Part("reliability", Bilingual("Reliability", "可靠性"), lambda: _reliability(given, pd))


CALIBRATION = Outline(
    "calibration",
    Bilingual("Calibration: do PDs agree with bad rates?", "校准:违约概率与坏账率是否相符?"),
    _parts,
)

_ECE: Final = Bilingual("ECE (expected calibration error)", "ECE 期望校准误差")


def _against(found: Estimate, null: float, below: Verdict, above: Verdict, at: Verdict) -> Verdict:
    """Return the verdict on an interval that lies below a value, above it or around it."""
    if found.high is not None and found.high < null:
        return below
    return above if found.low is not None and found.low > null else at


def _recalibration(given: Given, pd: Floats) -> Iterator[Line]:
    found = recalibration(given.y, pd, weights=given.weights, level=given.settings.level)
    yield line(
        "in_the_large",
        Bilingual("Calibration in the large (log-odds)", "总体校准偏差(对数几率)"),
        found.in_the_large,
        _against(
            found.in_the_large,
            0,
            says("bad", "PDs are too high on average", "违约概率总体偏高"),
            says("bad", "PDs are too low on average", "违约概率总体偏低"),
            says(
                "good",
                "PDs agree with the bad rate on average (difference not significant)",
                "违约概率与坏账率总体相符(差异不显著)",
            ),
        ),
        source="Cox (1958)",
    )
    yield line(
        "slope",
        Bilingual("Calibration slope", "校准斜率"),
        found.slope,
        _against(
            found.slope,
            1,
            says("bad", "PDs are too extreme (slope below 1)", "违约概率过于极端(斜率小于 1)"),
            says("bad", "PDs differ too little (slope above 1)", "违约概率过于集中(斜率大于 1)"),
            says(
                "good",
                "the spread of PDs agrees with the outcomes (difference not significant)",
                "违约概率的离散程度与结果相符(差异不显著)",
            ),
        ),
        source="Cox (1958); Miller, Hui and Tierney (1991)",
    )


def _brier(given: Given, pd: Floats) -> Iterator[Line]:
    found = brier(given.y, pd, bins=given.settings.bins, weights=given.weights)
    yield line(
        "brier",
        Bilingual("Brier score", "Brier 分数"),
        found.value,
        says(
            "good" if found.skill > 0 else "bad",
            f"skill {found.skill:.3f} against a constant PD at the bad rate",
            f"相对于恒定坏账率的技巧得分 {found.skill:.3f}",
        ),
        source="Brier (1950)",
    )
    parts = {
        "brier_reliability": Bilingual(
            "of which reliability (less is better)", "其中:可靠性(越小越好)"
        ),
        "brier_resolution": Bilingual(
            "of which resolution, subtracted (more is better)", "其中:分辨率,扣减(越大越好)"
        ),
        "brier_uncertainty": Bilingual("of which uncertainty", "其中:不确定性"),
        "brier_within": Bilingual(
            "of which within bins (variance − covariance)", "其中:箱内项(方差 − 协方差)"
        ),
    }
    values = (
        found.reliability,
        found.resolution,
        found.uncertainty,
        found.within_variance - found.within_covariance,
    )
    source = "Murphy (1973); Stephenson, Coelho and Jolliffe (2008)"
    for (id, name), value in zip(parts.items(), values, strict=True):
        yield line(id, name, value, source=source)


def _ece(given: Given, pd: Floats) -> Iterator[Line]:
    chosen = given.settings
    found = ece(
        given.y,
        pd,
        bins=chosen.bins,
        weights=given.weights,
        level=chosen.level,
        repeats=chosen.repeats,
        seed=chosen.seed,
    )
    noise = f"{found.noise:.4f}"
    beyond = found.estimate.value > found.noise
    yield line(
        "ece",
        _ECE,
        found.estimate,
        says(
            "bad",
            f"above the error that right PDs show by chance ({noise})",
            f"超出准确概率下的随机误差({noise})",
        )
        if beyond
        else says(
            "good",
            f"not above the error that right PDs show by chance ({noise})",
            f"未超出准确概率下的随机误差({noise})",
        ),
        source="Naeini, Cooper and Hauskrecht (2015); noise: Bröcker and Smith (2007)",
    )


def _hosmer_lemeshow(given: Given, pd: Floats) -> Iterator[Line]:
    found = hosmer_lemeshow(given.y, pd, bins=given.settings.bins)
    yield line(
        "hosmer_lemeshow",
        Bilingual(
            f"Hosmer-Lemeshow chi-square ({found.degrees} df)",
            f"Hosmer-Lemeshow 卡方({found.degrees} 自由度)",
        ),
        Estimate(found.statistic, p=found.p),
        says("good", "no significant misfit", "没有显著不符")
        if found.p >= 1 - given.settings.level
        else says(
            "bad",
            "PDs and bad rates of the bins differ significantly",
            "各箱违约概率与坏账率显著不符",
        ),
        source="Hosmer and Lemeshow (1980), fresh data; rows unweighted",
    )


def _reliability(given: Given, pd: Floats) -> Iterator[Table]:
    chosen = given.settings
    yield Table(
        "reliability",
        Bilingual("Mean PD against bad rate, bins of equal size", "各等频箱平均违约概率与坏账率"),
        reliability(given.y, pd, bins=chosen.bins, weights=given.weights, level=chosen.level),
        "Bröcker and Smith (2007); Jeffreys' interval",
    )
