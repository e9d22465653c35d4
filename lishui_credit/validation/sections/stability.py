"""The section about the population: PSI of the score, CSI of the features, migration of grades."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import polars as pl

from lishui_credit.language import Bilingual
from lishui_credit.statistics.outcomes import Estimate, Floats
from lishui_credit.validation.migrations import bandwidth, migration, neighbour_tests
from lishui_credit.validation.report.findings import ECB, Line, Standing, Table, line, says
from lishui_credit.validation.report.outline import Given, Outline, Part
from lishui_credit.validation.stability import CONVENTION, csi, psi

YURDAKUL = "Siddiqi (2006); band: Yurdakul (2018)"

MOVED: Final[dict[str, tuple[Standing, str]]] = {
    "stable": ("good", "稳定"),
    "watch": ("watch", "关注"),
    "shifted": ("bad", "显著偏移"),
}
"""How the convention's words read, and what they are in Chinese."""


def _parts(given: Given) -> Iterator[Part]:
    before, now = given.reference_score, given.shown
    if before is not None and now is not None:
        yield Part("psi", _PSI, lambda: _scores(given, before, now))
    reference, features = given.reference, given.features
    if reference is not None and features is not None:
        yield Part(
            "csi",
            Bilingual("Stability of characteristics", "特征稳定性"),
            lambda: _characteristics(given, reference, features),
        )
    initial, grades = given.initial_grades, given.grades
    if grades is not None and initial is not None:
        yield Part(
            "mwb_upper",
            Bilingual("Migration of grades", "等级迁移"),
            lambda: _migration(given, initial, grades),
        )


STABILITY = Outline(
    "stability",
    Bilingual(
        "Stability: is the population still the one the model was built on?",
        "稳定性:总体是否仍是建模时的总体?",
    ),
    _parts,
)

_PSI: Final = Bilingual("PSI of the score", "分数的 PSI")


def _scores(given: Given, before: Floats, now: Floats) -> Iterator[Line | Table]:
    chosen = given.settings
    found = psi(pl.Series(before), pl.Series(now), bins=chosen.bins, level=chosen.level)
    real = found.value > found.critical
    standing, moved_zh = MOVED[found.moved]
    if found.moved != "stable" and not real:
        standing = "note"
    low, high = (f"{end:.2f}" for end in CONVENTION)
    band = f"{found.critical:.4f}"
    chance = (
        Bilingual(f"beyond the range of chance (up to {band})", f"超出随机范围(上限 {band})")
        if real
        else Bilingual(f"within the range of chance (up to {band})", f"未超出随机范围(上限 {band})")
    )
    smoothed = Bilingual("; ½ added to every cell because one was empty", ";因有空箱,各箱均加 ½")
    if not found.smoothed:
        smoothed = Bilingual("", "")
    yield line(
        "psi",
        _PSI,
        Estimate(found.value, p=found.p),
        says(
            standing,
            f"{found.moved} by the {low}/{high} convention, {chance.en}{smoothed.en}",
            f"按 {low}/{high} 惯例{moved_zh},{chance.zh}{smoothed.zh}",
        ),
        source=YURDAKUL,
    )
    yield Table(
        "psi",
        Bilingual("Shares of reference and current sample", "参照样本与当前样本的占比"),
        found.table,
        YURDAKUL,
    )


def _characteristics(
    given: Given, reference: pl.DataFrame, features: pl.DataFrame
) -> Iterator[Line | Table]:
    chosen = given.settings
    table = csi(reference, features, bins=chosen.bins, level=chosen.level)
    moved = table.filter(pl.col("moved") != "stable")
    first = moved["feature"].head(6)
    names = ", ".join(first)
    yield line(
        "csi",
        Bilingual("Characteristics with a CSI of 0.10 or more", "CSI 达到 0.10 的特征数"),
        float(len(moved)),
        says("watch", names, "、".join(first)) if names else says("good", "none", "无"),
        source=YURDAKUL,
        unit="count",
    )
    yield Table(
        "csi",
        Bilingual("Stability of each characteristic (CSI)", "各特征稳定性(CSI)"),
        table,
        YURDAKUL,
    )


def _migration(given: Given, initial: pl.Series, grades: pl.Series) -> Iterator[Line | Table]:
    matrix = migration(initial, grades, order=given.grade_order)
    found = bandwidth(matrix)
    down = Bilingual("Matrix weighted bandwidth, downgrades", "迁移矩阵加权带宽(下调)")
    up = Bilingual("Matrix weighted bandwidth, upgrades", "迁移矩阵加权带宽(上调)")
    for id, name, width, share in (
        ("mwb_upper", down, found.upper, f"{found.down:.1%}"),
        ("mwb_lower", up, found.lower, f"{found.up:.1%}"),
    ):
        moved = says("note", f"{share} of subjects moved this way", f"{share} 的主体向此方向移动")
        yield line(id, name, width, moved, source=f"{ECB}, 2.5.5.1")
    tests = neighbour_tests(matrix)
    jumps, tested = int((tests["p"] < 1 - given.settings.level).sum()), tests["p"].count()
    yield line(
        "jumps",
        Bilingual(
            "Cells significantly fuller than their neighbour nearer to the diagonal",
            "显著多于靠近对角线相邻格的格数",
        ),
        float(jumps),
        says(
            "watch",
            f"of {tested} tested; some may be by chance",
            f"共检验 {tested} 格,部分可能出于偶然",
        )
        if jumps
        else says("good", "none", "无"),
        source=f"{ECB}, 2.5.5.2",
        unit="count",
    )
    yield Table(
        "migration",
        Bilingual("Migration of grades", "等级迁移矩阵"),
        matrix.frame(),
        f"{ECB}, 2.5.5.1",
    )
    yield Table(
        "neighbours",
        Bilingual("Tests of neighbouring cells", "相邻格检验"),
        tests.sort("p", nulls_last=True),
        f"{ECB}, 2.5.5.2",
    )
