"""A column whose values suggest another unit than the one assumed: 元 for 万元, a share for a percentage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from lishui_credit.errors import Problem, refuse
from lishui_credit.language import tr
from lishui_credit.tables.column_cells import Cell
from lishui_credit.tables.keys import collect
from lishui_credit.tables.read import Raw

_SAMPLE: Final = 100_000
_ENOUGH: Final = 30  # rows whose median may speak against a unit the header states


UNITS_SUSPECTED: Final = {"": "元", "元": "元", "yuan": "元", "万元": "万元", "wan": "万元"}


def medians(
    raw: Raw, cells: Mapping[str, Cell], matched: Mapping[str, tuple[str, str]]
) -> dict[str, Any]:
    """Return medians of the first hundred thousand rows: they tell a wrong unit, and are held."""
    asked = [
        pl.when(cell.value > 0).then(cell.value).median().alias(f"median__{name}")
        for name, cell in cells.items()
        if cell.column.typical is not None and matched[name][1] in UNITS_SUSPECTED
    ]
    if not asked:
        return {}
    return collect(raw, raw.frame.head(_SAMPLE).select(asked)).row(0, named=True)


def refuse_suspected_units(
    counted: Mapping[str, Any],
    cells: Mapping[str, Cell],
    matched: Mapping[str, tuple[str, str]],
    where: str,
) -> None:
    """Raise for every column whose median, or share above 1, suggests another unit."""
    problems: list[Problem] = []
    for name, cell in cells.items():
        header = matched[name][0]
        median = counted.get(f"median__{name}")
        if median is not None and cell.column.typical is not None:
            low, high = (bound * cell.column.per_unit for bound in cell.column.typical)
            unit = matched[name][1]
            if UNITS_SUSPECTED[unit] == "元":
                wrong, looks = median < low and low <= median * 10_000 <= high, "万元"
            else:
                wrong, looks = median > high and low <= median / 10_000 <= high, "元"
            if wrong and (not unit or counted["rows"] >= _ENOUGH):
                printed = median / cell.column.per_unit
                problems.append(_unit_problem(header, unit, looks, printed, where))
        above = counted.get(f"above__{name}")
        if above is not None and above > 0.5 and cell.column.maximum == 1:
            problems.append(
                Problem(
                    tr(f"'{header}' looks like percent", f"“{header}”疑似为百分数"),
                    tr("most values are above 1", "多数取值大于 1"),
                    tr(f"write {header}(%)", f"请将表头写为 {header}(%)"),
                    where=where,
                )
            )
        below = counted.get(f"below__{name}")
        if below is not None and below > 0.5:
            problems.append(
                Problem(
                    tr(f"'{header}' looks like shares of 1", f"“{header}”疑似为小数而非百分数"),
                    tr("most values are 1 or less", "多数取值不大于 1"),
                    tr(
                        f"write {cell.column.label_zh} without %; if 1 is one percent, write 1%",
                        f"请将表头写为 {cell.column.label_zh}(不带 %);若确为百分之一,请在单元格写 1%",
                    ),
                    where=where,
                )
            )
    refuse(problems)


def _unit_problem(header: str, unit: str, looks: str, median: float, where: str) -> Problem:
    if unit:
        what = tr(f"'{header}' looks like {looks}", f"“{header}”疑似以{looks}填写")
        hint = tr(
            "correct the unit in the header; if it is right, write the amounts in 分",
            "请更正表头中的单位;若单位无误,请改以分填写",
        )
    else:
        what = tr(
            f"'{header}' looks like 万元, but no unit is written",
            f"“{header}”疑似以万元填写,但未注明单位",
        )
        hint = tr(
            f"write the unit in the header: {header}(万元) or {header}(元)",
            f"请在表头写明单位:{header}(万元)或 {header}(元)",
        )
    found = tr(f"median {median:g} yuan", f"中位数 {median:g} 元")
    return Problem(what, found, hint, where=where)
