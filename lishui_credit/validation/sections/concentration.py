"""The section about concentration: how subjects are spread over grades, and whether that has changed."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from lishui_credit.language import Bilingual
from lishui_credit.statistics.outcomes import Estimate, ordered
from lishui_credit.validation.concentrations import concentration, concentration_p
from lishui_credit.validation.report.findings import ECB, Line, line, says
from lishui_credit.validation.report.outline import Given, Outline, Part


def _parts(given: Given) -> Iterator[Part]:
    grades, initial = given.grades, given.initial_grades
    if grades is None:
        return
    yield Part("hhi", Bilingual("Concentration", "集中度"), lambda: _spread(given, grades))
    if initial is not None:
        yield Part("concentration", _RISE, lambda: _rise(given, grades, initial))


CONCENTRATION = Outline(
    "concentration",
    Bilingual(
        "Concentration: are subjects concentrated in few grades?", "集中度:主体是否集中于少数等级?"
    ),
    _parts,
)

_RISE = Bilingual(
    "Coefficient of variation of grades, against the start", "等级分布变异系数(与初始比较)"
)


def _scale(given: Given, grades: pl.Series) -> list[str]:
    initial = given.initial_grades
    both = grades if initial is None else pl.concat([grades.alias("x"), initial.alias("x")])
    return ordered(both, given.grade_order, "grades")


def _counts(grades: pl.Series, scale: list[str]) -> list[int]:
    return [int((grades == name).sum()) for name in scale]


def _spread(given: Given, grades: pl.Series) -> Iterator[Line]:
    scale = _scale(given, grades)
    found = concentration(_counts(grades, scale))
    even, place = f"{1 / len(scale):.4f}", scale[found.largest_grade]
    yield line(
        "hhi",
        Bilingual("Herfindahl-Hirschman index", "赫芬达尔-赫希曼指数(HHI)"),
        found.hhi,
        says("note", f"{even} if evenly spread", f"完全均匀时为 {even}"),
        source="Hirschman (1964)",
    )
    yield line(
        "herfindahl",
        Bilingual("Herfindahl index, normalised", "标准化赫芬达尔指数"),
        found.index,
        says("note", "0: evenly spread; 1: all in one grade", "0 为均匀,1 为全部在一个等级"),
        source=f"{ECB}, 2.5.5.3",
    )
    yield line(
        "largest",
        Bilingual("Share of the largest grade", "最大等级占比"),
        found.largest,
        says("note", f"grade {place}", f"等级 {place}"),
        unit="rate",
    )


def _rise(given: Given, grades: pl.Series, initial: pl.Series) -> Iterator[Line]:
    scale = _scale(given, grades)
    now = _counts(grades, scale)
    p = concentration_p(_counts(initial, scale), now)
    yield line(
        "concentration",
        _RISE,
        Estimate(concentration(now).variation, p=p),
        says("bad", "significantly more concentrated than at the start", "显著比初始集中")
        if p < 1 - given.settings.level
        else says(
            "good",
            "not significantly more concentrated than at the start",
            "未比初始显著集中",
        ),
        source=f"{ECB}, 2.5.5.3",
    )
