"""The section about grades: whether they order bad rates and, with PDs, whether each PD holds."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from lishui_credit.language import Bilingual
from lishui_credit.statistics.outcomes import Estimate, Floats
from lishui_credit.validation.backtests import LIGHTS, grade_tests
from lishui_credit.validation.order_of_grades import grade_order
from lishui_credit.validation.report.findings import ECB, Line, Table, line, says
from lishui_credit.validation.report.outline import Given, Outline, Part
from lishui_credit.validation.sections.discrimination import DELONG, over_chance


def _parts(given: Given) -> Iterator[Part]:
    grades, pd = given.grades, given.pd
    if grades is None:
        return
    yield Part("grade_auc", Bilingual("Order of grades", "等级次序"), lambda: _order(given, grades))
    if pd is not None:
        yield Part(
            "lights",
            Bilingual("PD per grade", "各等级违约概率"),
            lambda: _tests(given, grades, pd),
        )


GRADES = Outline(
    "grades",
    Bilingual("Grades: does the published order hold?", "等级:公布的等级次序是否成立?"),
    _parts,
)


def _order(given: Given, grades: pl.Series) -> Iterator[Line | Table]:
    level = given.settings.level
    found = grade_order(given.y, grades, order=given.grade_order, level=level)
    yield line(
        "grade_auc",
        Bilingual("AUC of grades", "等级的 AUC"),
        found.auc,
        over_chance(found.auc, 0.5),
        source=f"{DELONG}; {ECB}, 2.5.4 (on grades)",
    )
    yield line(
        "somers_d",
        Bilingual("Somers' D of grades", "等级的 Somers' D"),
        found.somers_d,
        source="Somers (1962)",
    )
    yield line(
        "trend",
        Bilingual("Cochran-Armitage trend (z)", "Cochran-Armitage 趋势检验(z)"),
        Estimate(found.trend, p=found.trend_p),
        says("good", "bad rates rise with worse grades", "等级越差,坏账率越高")
        if found.trend_p < 1 - level
        else says(
            "bad",
            "bad rates do not rise significantly with worse grades",
            "坏账率未随等级变差而显著上升",
        ),
        source="Cochran (1954); Armitage (1955)",
    )
    yield line(
        "inversions",
        Bilingual("Neighbouring grades in the wrong order", "次序颠倒的相邻等级数"),
        float(found.inversions),
        says("watch", "see the test of each pair in the table", "各对检验见表")
        if found.inversions
        else says("good", "none", "无"),
        source="BCBS Working Paper 14 (2005)",
        unit="count",
    )
    yield Table(
        "grade_rates",
        Bilingual("Bad rate per grade", "各等级坏账率"),
        found.table,
        "Jeffreys' interval: Brown, Cai and DasGupta (2001); neighbours: two-proportion z-test",
    )


def _tests(given: Given, grades: pl.Series, pd: Floats) -> Iterator[Line | Table]:
    chosen = given.settings
    table = grade_tests(
        given.y,
        pd,
        grades,
        order=given.grade_order,
        correlation=chosen.correlation,
        level=chosen.level,
    )
    lights = table.filter(pl.col("grade").is_not_null())["light"]
    red, yellow = int((lights == "red").sum()), int((lights == "yellow").sum())
    yield line(
        "lights",
        Bilingual("Grades whose PD is too low (red)", "违约概率偏低的等级数(红灯)"),
        float(red),
        says(
            "bad" if red else "watch" if yellow else "good",
            f"{red} red, {yellow} yellow of {len(lights)}",
            f"共 {len(lights)} 级:红 {red},黄 {yellow}",
        ),
        source=f"Jeffreys test: {ECB}, 2.5.3; lights at p {LIGHTS[0]} and {LIGHTS[1]}: our thresholds, after Tasche (2003)",
        unit="count",
    )
    sources = [f"{ECB}, 2.5.3 (Jeffreys)", "BCBS Working Paper 14 (binomial)"]
    if chosen.correlation is not None:
        sources.append("Vasicek (2002) (correlated)")
    yield Table(
        "grade_tests",
        Bilingual("PD per grade against its bad rate", "各等级违约概率与实际坏账率"),
        table,
        "; ".join(sources),
    )
