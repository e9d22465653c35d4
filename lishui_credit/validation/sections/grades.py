"""The sections of a report about grades: order, PD per grade, concentration."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from lishui_credit.statistics.outcomes import Floats, ordered
from lishui_credit.validation.backtests import LIGHTS, grade_tests
from lishui_credit.validation.concentration import concentration, concentration_p
from lishui_credit.validation.order_of_grades import grade_order
from lishui_credit.validation.report.findings import (
    ECB,
    Draft,
    Line,
    Section,
    Settings,
    Table,
    says,
)
from lishui_credit.validation.sections.discrimination import DELONG, over_chance


def grades_section(
    y: Floats,
    pd: Floats | None,
    grades: pl.Series,
    order: Sequence[str] | None,
    correlation: float | None,
    settings: Settings,
) -> Section:
    """Return whether grades order bad rates and, with PDs, whether each PD holds."""
    draft = Draft(
        "grades", "Grades: does the published order hold?", "等级:公布的等级次序是否成立?"
    )
    level = settings.level

    def ordering() -> Iterable[Line | Table]:
        found = grade_order(y, grades, order=order, level=level)
        wrong = found.inversions
        yield Line(
            id="grade_auc",
            name_en="AUC of grades",
            name_zh="等级的 AUC",
            value=found.auc.value,
            low=found.auc.low,
            high=found.auc.high,
            source=f"{DELONG}; {ECB}, 2.5.4 (on grades)",
            **over_chance(found.auc, 0.5),
        )
        yield Line(
            id="somers_d",
            name_en="Somers' D of grades",
            name_zh="等级的 Somers' D",
            value=found.somers_d,
            source="Somers (1962)",
        )
        rises = found.trend_p < 1 - level
        yield Line(
            id="trend",
            name_en="Cochran-Armitage trend (z)",
            name_zh="Cochran-Armitage 趋势检验(z)",
            value=found.trend,
            p=found.trend_p,
            source="Cochran (1954); Armitage (1955)",
            **(
                says("good", "bad rates rise with worse grades", "等级越差坏账率越高")
                if rises
                else says(
                    "bad", "no rise of bad rates with worse grades", "坏账率未随等级变差而上升"
                )
            ),
        )
        yield Line(
            id="inversions",
            name_en="Neighbouring grades in the wrong order",
            name_zh="次序颠倒的相邻等级数",
            value=float(wrong),
            unit="count",
            source="BCBS Working Paper 14 (2005)",
            **(
                says("watch", "see the test of each pair in the table", "各对检验见表")
                if wrong
                else says("good", "none", "无")
            ),
        )
        yield Table(
            id="grade_rates",
            name_en="Bad rate per grade",
            name_zh="各等级坏账率",
            frame=found.table,
            source="Jeffreys' interval: Brown, Cai and DasGupta (2001); neighbours: two-proportion z-test",
        )

    def tests() -> Iterable[Line | Table]:
        assert pd is not None
        table = grade_tests(y, pd, grades, order=order, correlation=correlation, level=level)
        lights = table.filter(pl.col("grade").is_not_null())["light"]
        red, yellow = int((lights == "red").sum()), int((lights == "yellow").sum())
        yield Line(
            id="lights",
            name_en="Grades whose PD is too low (red)",
            name_zh="违约概率偏低的等级数(红灯)",
            value=float(red),
            unit="count",
            source=f"Jeffreys test: {ECB}, 2.5.3; lights at p {LIGHTS[0]} and {LIGHTS[1]}: our thresholds, after Tasche (2003)",
            **says(
                "bad" if red else "watch" if yellow else "good",
                f"{red} red, {yellow} yellow of {len(lights)}",
                f"共 {len(lights)} 级:红 {red},黄 {yellow}",
            ),
        )
        yield Table(
            id="grade_tests",
            name_en="PD per grade against its bad rate",
            name_zh="各等级违约概率与实际坏账率",
            frame=table,
            source=f"{ECB}, 2.5.3 (Jeffreys); BCBS Working Paper 14 (binomial)"
            + ("; Vasicek (2002) (correlated)" if correlation is not None else ""),
        )

    draft.add("grade_auc", "Order of grades", "等级次序", ordering)
    if pd is not None:
        draft.add("lights", "PD per grade", "各等级违约概率", tests)
    return draft.section()


def concentration_section(
    grades: pl.Series, initial: pl.Series | None, order: Sequence[str] | None, settings: Settings
) -> Section:
    """Return how subjects are spread over grades, and whether more heaped than at the start."""
    draft = Draft(
        "concentration",
        "Concentration: are subjects heaped in few grades?",
        "集中度:主体是否集中于少数等级?",
    )

    def spread() -> Iterable[Line]:
        both = grades if initial is None else pl.concat([grades.alias("x"), initial.alias("x")])
        scale = ordered(both, order, "grades")

        def counts(column: pl.Series) -> list[int]:
            return [int((column == name).sum()) for name in scale]

        now = counts(grades)
        found = concentration(now)
        place = scale[found.largest_grade]
        yield Line(
            id="hhi",
            name_en="Herfindahl-Hirschman index",
            name_zh="赫芬达尔-赫希曼指数(HHI)",
            value=found.hhi,
            source="Hirschman (1964)",
            verdict_en=f"even would be {1 / len(scale):.4f}",
            verdict_zh=f"完全均匀时为 {1 / len(scale):.4f}",
        )
        yield Line(
            id="herfindahl",
            name_en="Herfindahl index, normalised",
            name_zh="标准化赫芬达尔指数",
            value=found.index,
            source=f"{ECB}, 2.5.5.3",
            verdict_en="0 even, 1 all in one grade",
            verdict_zh="0 为均匀,1 为全部在一个等级",
        )
        yield Line(
            id="largest",
            name_en="Share of the largest grade",
            name_zh="最大等级占比",
            value=found.largest,
            unit="rate",
            verdict_en=f"grade {place}",
            verdict_zh=f"等级 {place}",
        )
        if initial is not None:
            p = concentration_p(counts(initial), now)
            risen = p < 1 - settings.level
            yield Line(
                id="concentration",
                name_en="Coefficient of variation of grades, against the start",
                name_zh="等级分布变异系数(与初始比较)",
                value=found.variation,
                p=p,
                source=f"{ECB}, 2.5.5.3",
                standing="bad" if risen else "good",
                verdict_en="more concentrated than at the start"
                if risen
                else "not more concentrated than at the start, within chance",
                verdict_zh="比初始更集中" if risen else "未比初始更集中(随机误差内)",
            )

    draft.add("hhi", "Concentration", "集中度", spread)
    return draft.section()
