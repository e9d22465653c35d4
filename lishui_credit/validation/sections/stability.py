"""The section of a report about the population: PSI, CSI, migration of grades."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from lishui_credit.statistics.outcomes import Floats
from lishui_credit.validation.migration import bandwidth, migration, neighbour_tests
from lishui_credit.validation.report.findings import (
    ECB,
    Draft,
    Line,
    Section,
    Settings,
    Standing,
    Table,
)
from lishui_credit.validation.stability import CONVENTION, Psi, csi, psi

YURDAKUL = "Siddiqi (2006); band: Yurdakul (2018)"

MOVED_ZH = {"stable": "稳定", "watch": "关注", "shifted": "显著偏移"}


def psi_line(id: str, en: str, zh: str, found: Psi) -> Line:
    """Return a line that says both what the convention and what chance say of an index."""
    real = found.value > found.critical
    standing: Standing = {"stable": "good", "watch": "watch", "shifted": "bad"}[found.moved]  # type: ignore[assignment]
    if found.moved != "stable" and not real:
        standing = "note"
    chance = f"{'beyond' if real else 'within'} chance (band up to {found.critical:.4f})"
    chance_zh = f"{'超出' if real else '未超出'}随机范围(上限 {found.critical:.4f})"
    smoothed = ("; empty cells smoothed by ½", ";空箱以 ½ 平滑") if found.smoothed else ("", "")
    return Line(
        id=id,
        name_en=en,
        name_zh=zh,
        value=found.value,
        p=found.p,
        standing=standing,
        verdict_en=f"{found.moved} by the {CONVENTION[0]:.2f}/{CONVENTION[1]:.2f} convention, {chance}{smoothed[0]}",
        verdict_zh=f"按 {CONVENTION[0]:.2f}/{CONVENTION[1]:.2f} 惯例{MOVED_ZH[found.moved]},{chance_zh}{smoothed[1]}",
        source=YURDAKUL,
    )


def stability_section(
    score: Floats | None,
    reference_score: Floats | None,
    features: pl.DataFrame | None,
    reference: pl.DataFrame | None,
    grades: pl.Series | None,
    initial_grades: pl.Series | None,
    order: Sequence[str] | None,
    settings: Settings,
) -> Section | None:
    """Return PSI of the score, CSI of the features and the migration of grades, as far as given."""
    draft = Draft(
        "stability",
        "Stability: is this still the population of the model?",
        "稳定性:总体是否仍是建模时的总体?",
    )
    level = settings.level

    def scores() -> Iterable[Line | Table]:
        found = psi(pl.Series(reference_score), pl.Series(score), bins=settings.bins, level=level)
        yield psi_line("psi", "PSI of the score", "分数的 PSI", found)
        yield Table(
            id="psi",
            name_en="Shares of reference and current sample",
            name_zh="参照样本与当前样本的占比",
            frame=found.table,
            source=YURDAKUL,
        )

    def characteristics() -> Iterable[Line | Table]:
        assert reference is not None
        assert features is not None
        table = csi(reference, features, bins=settings.bins, level=level)
        moved = table.filter(pl.col("moved") != "stable")
        yield Line(
            id="csi",
            name_en="Characteristics beyond 0.10 (CSI)",
            name_zh="CSI 超过 0.10 的特征数",
            value=float(len(moved)),
            unit="count",
            standing="watch" if len(moved) else "good",
            source=YURDAKUL,
            verdict_en="、".join(moved["feature"].head(6)) or "none",
            verdict_zh="、".join(moved["feature"].head(6)) or "无",
        )
        yield Table(
            id="csi",
            name_en="Stability of each characteristic (CSI)",
            name_zh="各特征稳定性(CSI)",
            frame=table,
            source=YURDAKUL,
        )

    def moves() -> Iterable[Line | Table]:
        assert initial_grades is not None
        assert grades is not None
        matrix = migration(initial_grades, grades, order=order)
        found = bandwidth(matrix)
        for id, en, zh, value, share in (
            (
                "mwb_upper",
                "Matrix weighted bandwidth, downgrades",
                "迁移矩阵加权带宽(下调)",
                found.upper,
                found.down,
            ),
            (
                "mwb_lower",
                "Matrix weighted bandwidth, upgrades",
                "迁移矩阵加权带宽(上调)",
                found.lower,
                found.up,
            ),
        ):
            yield Line(
                id=id,
                name_en=en,
                name_zh=zh,
                value=value,
                source=f"{ECB}, 2.5.5.1",
                verdict_en=f"{share:.1%} of subjects moved this way",
                verdict_zh=f"{share:.1%} 的主体向此方向移动",
            )
        tests = neighbour_tests(matrix)
        jumps = int((tests["p"] < 1 - level).sum())
        yield Line(
            id="jumps",
            name_en="Cells fuller than their neighbour nearer the diagonal",
            name_zh="比靠近对角线的相邻格更满的格数",
            value=float(jumps),
            unit="count",
            standing="watch" if jumps else "good",
            source=f"{ECB}, 2.5.5.2",
            verdict_en=f"of {tests['p'].count()} tested, some by chance" if jumps else "none",
            verdict_zh=f"共检验 {tests['p'].count()} 格,部分可能出于偶然" if jumps else "无",
        )
        yield Table(
            id="migration",
            name_en="Migration of grades",
            name_zh="等级迁移矩阵",
            frame=matrix.frame(),
            source=f"{ECB}, 2.5.5.1",
        )
        yield Table(
            id="neighbours",
            name_en="Tests of neighbouring cells",
            name_zh="相邻格检验",
            frame=tests.sort("p", nulls_last=True),
            source=f"{ECB}, 2.5.5.2",
        )

    if reference_score is not None and score is not None:
        draft.add("psi", "PSI of the score", "分数的 PSI", scores)
    if reference is not None and features is not None:
        draft.add("csi", "Stability of characteristics", "特征稳定性", characteristics)
    if grades is not None and initial_grades is not None:
        draft.add("mwb_upper", "Migration of grades", "等级迁移", moves)
    return draft.section() if draft.lines else None
