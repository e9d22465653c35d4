"""The mid-term evaluation as an Excel workbook: the tables with real numbers and days, and all the data.

Texts are written as texts, so that nothing in the data is ever run as a formula or opened as a link.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from lishui_credit.language import spoken, tr
from lishui_credit.plan.course import SERIES
from lishui_credit.plan.definitions import BASE, END, PlanIndicator, indicators
from lishui_credit.plan.evaluation import annex, grids
from lishui_credit.plan.evaluation.drawings import scale, titled
from lishui_credit.plan.evaluation.grids import Cell, Grid, Measured, Pace, State
from lishui_credit.plan.evaluation.method_texts import methods
from lishui_credit.plan.evaluation.mid_term import MidTerm
from lishui_credit.plan.evaluation.remarks import about, both_methods, remarks, standing, warning
from lishui_credit.plan.sentences import sentence, yuan
from lishui_credit.reports.layout import width
from lishui_credit.reports.palette import BLUE, GREY, INK, PAPER, RED, SHADE, STATUS_FILLS
from lishui_credit.tables.write import refuse_overfull, replacing, workbook
from lishui_credit.version import __version__

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.chart import Chart
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

WIDEST: Final = 44
"""Characters a column may take before its cells are wrapped."""
DATA_COLUMN: Final = 20
"""Column of an indicator's sheet where the numbers behind its chart begin."""
EPOCH: Final = date(1899, 12, 30)
"""Day zero of a spreadsheet."""
_LOOKS: Final[Mapping[str, Mapping[str, str | int | bool]]] = {
    "title": {"bold": True, "font_size": 15},
    "loud": {"bold": True, "font_color": PAPER, "bg_color": INK},
    "caption": {"bold": True, "font_size": 12},
    "head": {"bold": True, "bg_color": SHADE, "bottom": 1, "text_wrap": True, "valign": "top"},
    "word": {"text_wrap": True, "valign": "top"},
    "note": {"font_color": GREY, "italic": True},
    **{
        status: {"bg_color": paper, "font_color": ink, "valign": "top"}
        for status, (paper, ink) in STATUS_FILLS.items()
    },
    "day": {"num_format": "yyyy-mm-dd", "align": "left", "valign": "top"},
    "time": {"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"},
    "count": {"num_format": "#,##0", "valign": "top"},
    "number": {"num_format": "0.00", "valign": "top"},
    "percent": {"num_format": '0.0"%"', "valign": "top"},
    "queries": {"num_format": "#,##0", "valign": "top"},
    "growth": {"num_format": "+0.0%;-0.0%;0.0%", "valign": "top"},
    "none": {"align": "right", "valign": "top"},
}


class _Book:
    """A workbook under construction: its looks, and where the next row of a sheet goes."""

    def __init__(self, book: Workbook, m: MidTerm) -> None:
        self.book, self.m = book, m
        looks = {
            **_LOOKS,
            **{
                unit: {"num_format": f'#,##0.0##"{tr(" ", "")}{unit}"', "valign": "top"}
                for _, unit in (yuan(0), yuan(inf))
            },
            "points": {
                "num_format": f'+0.0" {tr("points a year", "个百分点/年")}";-0.0;0.0',
                "valign": "top",
            },
        }
        self.looks: dict[str, Format] = {
            name: book.add_format(dict(x)) for name, x in looks.items()
        }

    def sheet(self, name: str, *, banner: bool = True) -> Worksheet:
        """A new sheet, ready to be printed on A4, that says synthetic where the data are."""
        sheet = self.book.add_worksheet(name[:31])
        sheet.set_paper(9)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&C&P / &N&R" + f"lishui_credit {__version__}")
        told = warning(self.m)
        if told:
            sheet.set_header("&C&BSYNTHETIC DATA 合成数据")
            sheet.set_tab_color(INK)
        if told and banner:
            sheet.write_string(0, 0, spoken(told), self.looks["loud"])
        return sheet

    def cell(self, sheet: Worksheet, row: int, column: int, cell: Cell) -> int:
        """Write a cell, and return how many characters it takes."""
        looks = self.looks
        if cell is None or (isinstance(cell, Measured | Pace) and cell.value is None):
            sheet.write_string(row, column, "—", looks["none"])
        elif isinstance(cell, Measured):
            value = cell.value or 0
            per, look = yuan(abs(value)) if cell.row.unit == "yuan" else (1, cell.row.unit)
            sheet.write_number(row, column, value / per, looks[look])
        elif isinstance(cell, Pace):
            kind = "growth" if cell.row.path.kind == "geometric" else "points"
            sheet.write_number(row, column, float(cell.value or 0), looks[kind])
        elif isinstance(cell, State):
            sheet.write_string(row, column, str(cell), looks[cell.id])
        elif isinstance(cell, date):
            sheet.write_datetime(row, column, cell, looks["day"])
        elif isinstance(cell, int | float):
            kind = "count" if isinstance(cell, int) else "number"
            sheet.write_number(row, column, cell, looks[kind])
        else:
            sheet.write_string(row, column, spoken(str(cell)), looks["word"])
        return width(str(cell)) + 2

    def tables(self, sheet: Worksheet, shown: Sequence[Grid], row: int) -> int:
        """Write grids below each other, set the columns' widths, return the next free row."""
        wide: dict[int, int] = {}
        for grid in shown:
            sheet.write_string(row, 0, spoken(grid.title), self.looks["caption"])
            row += 1
            for n, head in enumerate(grid.heads):
                sheet.write_string(row, n, spoken(head), self.looks["head"])
                wide[n] = max(wide.get(n, 6), min(width(head), 14) + 2)
            for cells in grid.rows:
                row += 1
                for n, cell in enumerate(cells):
                    wide[n] = max(wide[n], self.cell(sheet, row, n, cell))
            if not grid.rows:
                row += 1
                sheet.write_string(row, 0, tr("None.", "无。"), self.looks["note"])
            if grid.note:
                row += 1
                sheet.write_string(row, 0, spoken(grid.note), self.looks["note"])
            row += 2
        for n, size in wide.items():
            sheet.set_column(n, n, min(size, WIDEST))
        return row

    def lines(self, sheet: Worksheet, texts: Sequence[str], row: int, look: str = "") -> int:
        """Write texts below each other, unwrapped, and return the next free row."""
        for text in texts:
            sheet.write_string(row, 0, spoken(text), self.looks[look] if look else None)
            row += 1
        return row

    def frame(self, name: str, frame: pl.DataFrame) -> None:
        """Write a frame with its column names first, for people and programs to filter."""
        refuse_overfull(frame.height, tr("write .html", "请输出 .html"), name)
        sheet = self.sheet(name, banner=False)
        for n, column in enumerate(frame.columns):
            sheet.write_string(0, n, column, self.looks["head"])
            for row, value in enumerate(frame[column], start=1):
                _plain(sheet, row, n, value, self.looks)
            widths = frame[column].cast(pl.String).str.len_chars().max()
            sheet.set_column(n, n, min(max(int(str(widths or 0)), len(column)) + 2, WIDEST))
        sheet.freeze_panes(1, 3)
        sheet.repeat_rows(0)
        if frame.height:
            sheet.autofilter(0, 0, frame.height, frame.width - 1)


def _plain(
    sheet: Worksheet, row: int, column: int, value: object, looks: Mapping[str, Format]
) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, datetime):
        sheet.write_datetime(row, column, value.astimezone(UTC).replace(tzinfo=None), looks["time"])
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, looks["day"])
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value)
    else:
        sheet.write_string(row, column, str(value))


def write_workbook(m: MidTerm, path: Path | str) -> Path:
    """Write the evaluation as an Excel file, replaced only when the new one is complete."""
    path = Path(path)
    asis = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with replacing(path) as draft, workbook(draft, {**asis, "in_memory": True}) as book:
        # the day evaluated, not the hour of writing: the same data make the same file
        created = datetime(m.at.year, m.at.month, m.at.day)
        book.set_properties(
            {"title": m.title, "comments": f"SHA-256 {m.digest}", "created": created}
        )
        made = _Book(book, m)
        _summary(made)
        for name, shown in _tables(m):
            made.tables(made.sheet(name), shown, 2)
        for row in indicators().values():
            _one(made, row)
        made.tables(made.sheet(tr("Methods", "方法")), [methods()], 2)
        data = [
            annex.completeness(m),
            annex.reconciliation(m),
            annex.missing(m),
            annex.revisions(m),
            annex.populations(),
        ]
        made.tables(made.sheet(tr("Data", "数据")), data, 2)
        before = tr("synthetic ", "合成_") if m.synthetic else ""
        hidden = ["recorded_by", "reason"]
        made.frame(before + tr("observations", "观测"), m.observations.drop(hidden))
        series = m.lines.join(m.path, on=["indicator", "adcode", "period"], how="left")
        made.frame(before + tr("series", "序列"), series.select(SERIES_COLUMNS))
    return path


SERIES_COLUMNS: Final = ("indicator", "adcode", "period", "frequency", "value", "low", "high", "path", "source", "synthetic")  # fmt: skip
"""Columns of the sheet of series: one value a period, and the path on that day."""


def _summary(made: _Book) -> None:
    m, sheet = made.m, made.sheet(tr("Summary", "总体情况"))
    row = made.lines(sheet, [m.title], 2, "title") + 1
    for name, text in about(m):
        sheet.write_string(row, 0, spoken(name), made.looks["head"])
        sheet.write_string(row, 1, spoken(text))
        row += 1
    row = made.lines(sheet, [standing(m)], row + 1) + 1
    row = made.lines(sheet, [tr("What needs attention first", "最需关注")], row, "caption")
    row = made.lines(sheet, m.attention["sentence"].to_list(), row) + 1
    row = made.lines(sheet, [tr("Notes on the data", "数据说明")], row, "caption")
    row = made.lines(sheet, remarks(m), row) + 1
    made.tables(sheet, [grids.counted(m)], row)
    sheet.set_column(0, 0, 22)
    sheet.activate()


def _tables(m: MidTerm) -> list[tuple[str, list[Grid]]]:
    return [
        (tr("Twelve indicators", "十二项"), [grids.twelve(m)]),
        (tr("By method", "方法对照"), [grids.methods_beside(m)]),
        (tr("Counties", "县区"), [grids.by_county(m)]),
        (tr("Responsible units", "责任"), [grids.measures(m)]),
        (tr("Changes", "变化"), [grids.changed(m)]),
        (tr("Milestones", "阶段目标"), [annex.milestones(m), annex.supplementary()]),
    ]


def _one(made: _Book, row: PlanIndicator) -> None:
    m = made.m
    sheet = made.sheet(f"{row.number} {row.short}")
    place = made.lines(sheet, [f"{row.number}. {row.name}"], 2, "title")
    place = made.lines(sheet, [sentence(m.row(row.key))], place) + 1
    chart = _chart(made, sheet, row)
    if chart is None:
        sheet.write_string(place, 0, tr("no observation", "无观测"), made.looks["note"])
    else:
        sheet.insert_chart(place, 0, chart)
    shown = [
        grids.county_rows(m, row),
        both_methods(m, row),
        annex.definition(row),
        grids.yearly_values(m, row),
    ]
    made.tables(sheet, shown, place + 19)


def _chart(made: _Book, sheet: Worksheet, row: PlanIndicator) -> Chart | None:
    """Excel's own chart of observed, path and projection, on numbers that stand in the sheet; None without."""
    m = made.m
    now = m.row(row.key)
    lines, way = m.drawn(row.key, m.area.adcode)
    observed = lines.select("period", "value").rows()
    path = way.select("period", "path").rows()
    ahead = []
    if observed and now["projected"] is not None and observed[-1][0] < END:
        ahead = [observed[-1], (END, now["projected"])]
    tops = [v for _, v in (*observed, *path, *ahead)]
    if not tops:
        return None
    per, unit = scale(row, max(tops))
    chart = made.book.add_chart({"type": "scatter", "subtype": "straight"})
    drawn = (
        ("observed", observed, BLUE, "solid"),
        ("path", path, GREY, "dash"),
        ("projection", ahead, RED, "round_dot"),
    )
    column = DATA_COLUMN
    for series, points, colour, dash in drawn:
        name = str(SERIES[series])
        sheet.write_string(0, column, tr("period to", "期末"), made.looks["head"])
        sheet.write_string(0, column + 1, f"{name} ({unit})", made.looks["head"])
        for n, (day, value) in enumerate(points, start=1):
            made.cell(sheet, n, column, day)
            sheet.write_number(n, column + 1, value / per)
        if points:
            where = sheet.get_name()
            chart.add_series(
                {
                    "name": name,
                    "categories": [where, 1, column, len(points), column],
                    "values": [where, 1, column + 1, len(points), column + 1],
                    "line": {"color": colour, "dash_type": dash, "width": 2},
                }
            )
        column += 2
    chart.set_title({"name": spoken(titled(m, f"{row.short} ({unit})")), "name_font": {"size": 12}})
    ends = {name: (day - EPOCH).days for name, day in (("min", BASE), ("max", END))}
    axis = {**ends, "major_unit": 365.25, "num_format": "yyyy"}
    chart.set_x_axis(axis)
    chart.set_y_axis({"min": 0, "max": 100} if row.kind == "coverage" else {})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 760, "height": 360})
    return chart
