"""Yearly targets of each county: loaded from a file, or interpolated and labelled so.

The plan asks for a breakdown by year, area and department (八(一)) and gives none. What is loaded is
taken as it stands; what is interpolated follows the expected path from the area's own base.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl

from lishui_credit.errors import Problem, refuse
from lishui_credit.language import tr
from lishui_credit.plan.definitions import BASE, END, indicators
from lishui_credit.plan.methods import path_value
from lishui_credit.plan.observed.reading import (
    MARKS,
    columns,
    in_words,
    matched,
    measured,
    unit_unfit,
)
from lishui_credit.plan.observed.series import series
from lishui_credit.plan.observed.table import keys_of, observations
from lishui_credit.tables.columns import Column
from lishui_credit.tables.conform import conform
from lishui_credit.tables.headers import heads
from lishui_credit.tables.read import read

TARGETS: Final = pl.Schema(
    {
        "indicator": pl.String(),
        "adcode": pl.String(),
        "year": pl.Int32(),
        "target": pl.Float64(),
        "basis": pl.String(),
        "source": pl.String(),
    }
)
"""Columns of a frame of targets. ``target`` is in the indicator's unit at the end of the year;
``basis`` is ``published`` or ``loaded`` (from a file), or ``interpolated``."""

_SCALE: Final = 10_000


def _columns() -> dict[str, Column]:
    known = columns()
    year = Column(
        id="year", label_zh="年度", type="integer", minimum=Decimal(BASE.year + 1),
        maximum=Decimal(END.year), aliases=("年份", "目标年度"),
    )  # fmt: skip
    target = replace(
        known["value"],
        id="target",
        label_zh="目标值",
        aliases=("目标", "年度目标", *(f"目标值({mark})" for mark in MARKS)),
    )
    basis = Column(
        id="basis", label_zh="依据", type="level",
        values={"published": ("已公布", "公布"), "loaded": ("装载", "内部")},
    )  # fmt: skip
    rows = (known["indicator"], known["adcode"], year, target, basis, known["source"])
    return {row.id: row for row in rows}


def read_targets(path: Path | str, sheet: str | int | None = None) -> pl.DataFrame:
    r"""Read yearly targets from a file.

    Parameters
    ----------
    path : path-like
        ``.csv``, ``.xlsx``, ``.parquet``; indicator, area, year (2016 to 2020), target in the
        indicator's unit; optionally basis (``published``, else ``loaded``) and source.
    sheet : str or int, optional
        Sheet to read where the file is a workbook: its name, or its number from 1. If not given, the
        one visible sheet with such headers; several are an error that names them.

    Returns
    -------
    polars.DataFrame
        Columns of `TARGETS`.

    Raises
    ------
    SubjectError
        With every row that cannot be read: a target that is left out would bend the path.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name) / "targets.csv"
    >>> _ = path.write_text("指标,地区,年度,目标值(%)\n2,景宁,2018,90\n")
    >>> read_targets(path).select("adcode", "target", "basis").rows()
    [('331127', 90.0, 'loaded')]
    >>> folder.cleanup()
    """
    known = _columns()
    wanted = {"indicator": True, "adcode": True, "year": True, "target": True, "basis": False, "source": False}  # fmt: skip
    raw = read(path, heads(known.values()), sheet=sheet)
    found, _ = matched(raw.frame.collect_schema().names(), wanted, raw.name, known)
    table = raw.whole().drop("_row")
    cells = {name: table[header].cast(pl.String) for name, (header, _) in found.items()}
    for name in ("indicator", "adcode"):
        cells[name] = in_words(cells[name], name)
    read_in = measured(cells["target"], cells["indicator"], found["target"][0])
    cells["target"] = read_in["text"]
    unfit = table.filter(read_in["unfit"])
    key = pl.concat_str("indicator", "adcode", "year", separator=" ").alias("key")
    frame = pl.DataFrame(cells).with_columns(key)
    key_column = Column(id="key", label_zh="键", type="text")
    done = conform(
        replace(raw, frame=frame.lazy(), text=None),
        {"key": True, **{name: need for name, need in wanted.items() if name in cells}},
        key="key",
        known={**known, "key": key_column},
    )
    rows = done.frame.collect()
    holes = rows.filter(
        pl.any_horizontal(pl.col("indicator", "adcode", "year", "target").is_null())
    )
    above = rows.filter(
        pl.col("indicator").is_in(keys_of("percent")) & (pl.col("target") > 100 * _SCALE)
    )
    problems = [
        Problem(reasons, where=f"{raw.name}:{row}")
        for row, reasons in done.rejected.select("row", "reasons").iter_rows()
    ]
    problems += [
        Problem(tr("a cell is empty", "有空单元格"), str(k), where=raw.name) for k in holes["key"]
    ]
    problems += [Problem(tr("above 100%", "大于 100%"), k, where=raw.name) for k in above["key"]]
    problems += [
        Problem(unit_unfit(), " ".join(str(cell) for cell in row), where=raw.name)
        for row in unfit.rows()
    ]
    refuse(problems)
    basis = (
        pl.col("basis").fill_null("loaded") if "basis" in cells else pl.lit("loaded").alias("basis")
    )
    source = pl.col("source").fill_null("") if "source" in cells else pl.lit("").alias("source")
    made = rows.with_columns(basis, source, (pl.col("target") / _SCALE).round(4).alias("target"))
    return made.select(list(TARGETS)).cast(TARGETS).sort("indicator", "adcode", "year")


def yearly_targets(frame: Any, loaded: pl.DataFrame | None = None) -> pl.DataFrame:
    """Return the yearly targets of every indicator and area, 2016 to 2020.

    Parameters
    ----------
    frame : any narwhals frame
        Observations: they give each area its base, from which the expected path is interpolated.
    loaded : polars.DataFrame, optional
        Targets of a file; each takes the place of the interpolated one.

    Returns
    -------
    polars.DataFrame
        Columns of `TARGETS`; areas without a base have no interpolated targets.

    References
    ----------
    丽水市社会信用体系建设“十三五”规划, 八(一): 将规划的主要任务、主要指标按年度分解落实到各地、各部门.

    Examples
    --------
    >>> from datetime import date
    >>> rows = {"indicator": ["query_volume"], "adcode": ["331102"], "period": [date(2015, 12, 31)],
    ...         "frequency": ["year"], "numerator": [1000]}
    >>> yearly_targets(pl.DataFrame(rows))["target"].round(1).to_list()
    [1148.7, 1319.5, 1515.7, 1741.1, 2000.0]
    """
    bases = series(observations(frame)).filter(pl.col("period") == BASE)
    said = tr(
        "expected path; 八(一) asks for yearly targets", "按预期路径内插;八(一)要求按年度分解"
    )
    rows = []
    for key, adcode, base in bases.select("indicator", "adcode", "value").iter_rows():
        row = indicators()[key]
        target = row.target.level(base)
        if base is None or target is None:
            continue
        for year in range(BASE.year + 1, END.year + 1):
            day = END.replace(year=year)
            level = target if base >= target else path_value(row.path, base, target, day)
            rows.append((key, adcode, year, level, "interpolated", said))
    made = pl.DataFrame(rows, schema=TARGETS, orient="row")
    if loaded is None:
        return made.sort("indicator", "adcode", "year")
    kept = made.join(loaded, on=["indicator", "adcode", "year"], how="anti")
    return pl.concat([loaded.select(list(TARGETS)).cast(TARGETS), kept]).sort(
        "indicator", "adcode", "year"
    )
