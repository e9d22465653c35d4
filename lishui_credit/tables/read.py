"""Files to raw frames: CSV (UTF-8 or GB18030), Excel and Parquet, with one clear error each.

Nothing is interpreted here beyond the container: cells of CSV and Excel stay text, so that
`conform` decides what they mean; only what Excel makes of a number (a day counted from 1899, a long
id rounded to 15 digits) is named for what it is. A raw frame is lazy; its file is hashed as it
stands on disk.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from lishui_credit.errors import Problem, SubjectError, refuse
from lishui_credit.language import plural, tr
from lishui_credit.tables import containers, delimited, header_rows
from lishui_credit.tables.beside import refuse_unbound
from lishui_credit.tables.delimited import Text
from lishui_credit.tables.frames import DAMAGED
from lishui_credit.tables.header_rows import IsHeader
from lishui_credit.tables.parquet_slices import scan_slices
from lishui_credit.tables.unreadable import ABSENT, is_unreadable
from lishui_credit.tables.workbooks.choice import asked, chosen_sheet

_EXCEL: Final = frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"})
_TEXT: Final = frozenset({".csv", ".tsv", ".txt"})
PARQUET: Final = frozenset({".parquet", ".pq"})
_DAY_NUMBER: Final = r"^[2-5]\d{4}(\.\d+)?$"  # 1954 to 2064, counted from 1899-12-30
_LONG: Final = r"^\d{16,}$"
_FEW: Final = 3
_MOST: Final = 12  # short rows told one by one
NONE_SHORT: Final = pl.DataFrame(schema={"_row": pl.UInt32, "_cells": pl.Int64, "_said": pl.String})

EXAMPLE: Final = ("example, not read", "示例(不读取)")
"""How the row above the header begins in a form of this package; see `tables.forms`."""

TWIN: Final = r"_duplicated_\d+$"
"""What polars adds to a header that stands twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """A file as read, before any meaning is given to it."""

    frame: pl.LazyFrame  # all cells text for CSV and Excel; typed for Parquet
    name: str  # of the file, for messages
    first_row: int = 2  # line, or sheet row, of the first data row
    notes: tuple[str, ...] = ()  # encoding, sheet taken, header row
    places: pl.Series | None = None  # line of every row, where some were left out between
    text: Text | None = None  # of a CSV
    short: pl.DataFrame | None = None  # rows shorter than the header, where they were looked for

    def numbered(self) -> pl.LazyFrame:
        """Return the frame with each row's line of the file as ``_row``."""
        frame = self.frame.drop("_row", strict=False)  # of a file of rejected rows, given back
        if self.places is not None:
            return frame.with_columns(pl.lit(self.places).alias("_row"))
        return frame.with_row_index("_row", offset=self.first_row)

    def short_rows(self, ends_empty: bool) -> pl.DataFrame:
        """Return rows of a CSV with fewer cells than the header: ``_row``, ``_cells``, ``_said``."""
        # The last cell of such a row is empty: where none is (`ends_empty`), nothing is counted.
        if self.short is not None:
            return self.short
        return self.text.short_rows() if self.text is not None and ends_empty else NONE_SHORT

    def table(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return all rows, their lines as ``_row``, and which of them are shorter than the header."""
        try:
            table = self.numbered().collect()
        except DAMAGED as error:
            raise broken(self.name, error, self.text) from None
        last = self.frame.collect_schema().names()[-1]
        short = self.short_rows(last == "_row" or table[last].null_count() > 0)
        short = short.filter(pl.col("_row").is_in(table["_row"].implode()))
        return self.marked(table, short), short

    def marked(self, rows: pl.DataFrame, short: pl.DataFrame, line: str = "_row") -> pl.DataFrame:
        """Return rows, their lines in `line`, with an unreadable text in cells that short ones lack."""
        # As empty ones they could mean the favourable thing, to this reader or to the next one: a
        # file of rejected rows can be given back.
        if short.is_empty():
            return rows
        counted = short.select(pl.col("_row").cast(rows.schema[line]).alias(line), "_cells")
        places = enumerate(self.frame.collect_schema().names())
        return (
            rows.join(counted, on=line, how="left", maintain_order="left")
            .with_columns(
                pl.when(pl.col("_cells") <= place).then(pl.lit(ABSENT)).otherwise(name).alias(name)
                for place, name in places
                if name in rows.columns and name != line
            )
            .drop("_cells")
        )

    def whole(self) -> pl.DataFrame:
        """Return all rows, their lines as ``_row``; raises `SubjectError` for shorter ones."""
        table, short = self.table()
        refuse(short_problems(short, self.name))
        return table


def read(
    path: Path | str,
    is_header: IsHeader | None = None,
    is_date: IsHeader | None = None,
    sheet: str | int | None = None,
) -> Raw:
    """Read a text table, workbook or Parquet file as a raw lazy frame."""
    # `is_header` finds the header of a table that has title rows above it, and the sheet to read
    # where none is given by name or number; Excel's day numbers below a header of `is_date` become
    # dates.
    path = Path(path)
    problem: Problem | None = None
    try:
        size = path.stat().st_size
        with contextlib.nullcontext() if path.is_dir() else path.open("rb"):
            pass
    except OSError as error:
        raise containers.not_opened(path, error) from None
    if path.is_dir():
        problem = Problem(tr("a folder, not a file", "这是目录,不是文件"), where=str(path))
    elif size == 0:
        problem = Problem(tr("the file is empty", "文件为空"), "0 bytes", where=path.name)
    elif path.suffix.lower() not in _EXCEL | _TEXT | PARQUET:
        problem = Problem(
            tr("unknown kind of file", "不支持的文件类型"),
            path.suffix or path.name,
            tr("give .csv, .xlsx or .parquet", "请提供 .csv、.xlsx 或 .parquet"),
            where=path.name,
        )
    if problem is not None:
        raise SubjectError(problem)
    refuse_unbound(path)
    if path.suffix.lower() in PARQUET:
        return _parquet(path)
    if path.suffix.lower() in _EXCEL:
        return _excel(path, sheet, is_header, is_date)
    return _csv(path, is_header)


def _parquet(path: Path) -> Raw:
    try:
        frame = scan_slices(path)
        frame.collect_schema()
    except DAMAGED as error:
        raise containers.refusal(path, error) from None
    return Raw(frame=frame, name=path.name)


def short_problems(short: pl.DataFrame, where: str) -> list[Problem]:
    """Return a problem for each row that is shorter than the header, the first ones by their line."""
    problems = [
        Problem(said, where=f"{where}:{line}")
        for line, said in short.head(_MOST).select("_row", "_said").iter_rows()
    ]
    if (more := short.height - _MOST) > 0:
        what = tr(f"{plural(more, 'more short row')}", f"另有 {more:,} 行列数不足")
        problems.append(Problem(what, where=where))
    return problems


def _csv(path: Path, is_header: IsHeader | None) -> Raw:
    looked = delimited.look(path, is_header)
    text = looked.text
    try:
        frame = pl.scan_csv(
            text.path, separator=text.separator, infer_schema=False, skip_lines=looked.skipped
        )
        headers = frame.collect_schema().names()
    except DAMAGED as error:
        raise broken(path.name, error, text) from None
    _refuse_unreadable_headers(
        {tr(f"column {place}", f"第 {place} 列"): name for place, name in enumerate(headers, 1)},
        path.name,
    )
    header = looked.header
    if len(headers) != len(header.names):  # its quotes can be read in two ways
        raise broken(path.name, ValueError(), text)
    if header.first < header.last or not all(name and name.strip() for name in header.names):
        names = header_rows.unique(header.names)
        frame = frame.rename(dict(zip(headers, names, strict=True)))
    places = None
    if looked.has_blank:
        filled = pl.any_horizontal(pl.all().str.strip_chars() != "")
        try:
            places = _lines(frame.select(filled.alias("_filled")), text.first_line)
        except DAMAGED as error:
            raise broken(path.name, error, text) from None
        frame = frame.filter(filled)
    return Raw(
        frame=frame,
        name=path.name,
        first_row=text.first_line,
        notes=looked.notes,
        places=places,
        text=text,
    )


def _lines(rows: pl.LazyFrame, first_line: int) -> pl.Series | None:
    """Return the lines of rows that hold something; None where they follow each other."""
    found = rows.with_row_index("_row", offset=first_line).filter("_filled").select("_row")
    lines = found.collect(engine="streaming")["_row"]
    whole = not len(lines) or lines[-1] - lines[0] + 1 == len(lines)
    return None if whole else lines


def broken(name: str, error: Exception, text: Text | None = None) -> SubjectError:
    """Return the error for a table whose rows do not fit its header, with the first such line."""
    if containers.is_full(error):
        return containers.full(Path(tempfile.gettempdir()))
    if isinstance(error, OSError) and error.errno is not None:
        return containers.not_opened(Path(name), error)
    found, hint = (text.damage() if text is not None else None) or (
        "",
        tr(
            "every row needs as many cells as the header, and every quote its other half",
            "每行的列数须与表头一致,引号须成对",
        ),
    )
    return SubjectError(tr("the table cannot be read", "无法读取该表格"), found, hint, name)


def _excel(
    path: Path, sheet: str | int | None, is_header: IsHeader | None, is_date: IsHeader | None
) -> Raw:
    found, told = chosen_sheet(path, asked(path) if sheet is None else sheet, is_header)
    filled = found.frame.select(~pl.all_horizontal(pl.all().is_null())).to_series()
    top = int(filled.arg_max() or 0) + header_rows.LOOKED_AT + 1
    header = header_rows.find(found.frame[:top].rows(), is_header) if filled.sum() else None
    if header is None or not filled[header.last + 1 :].any():
        raise SubjectError(
            tr("no rows below the header", "表头下没有数据"), found.name, where=path.name
        )
    rows = range(header.first, header.last + 1)
    _refuse_unreadable_headers(
        {
            found.place(row, place): str(cell)
            for row in rows
            for place, cell in enumerate(found.frame.row(row))
            if cell
        },
        path.name,
    )
    start = header.last + 1
    body = found.frame.slice(start)
    body.columns = header_rows.unique(header.names)
    below = filled[start:]
    places = pl.int_range(start + 1, start + 1 + body.height, eager=True).filter(below)
    body, notes = _named_numbers(body.filter(below), is_date, found.is_1904)
    form = any(str(cell).startswith(EXAMPLE) for cell in found.frame[: header.first].to_series())
    notes += told[1:] if form else told  # a form has a guide beside it
    if header.last and not form:
        notes.append(tr(f"header found in row {start}", f"表头在第 {start} 行"))
    return Raw(
        frame=body.lazy(), name=path.name, first_row=start + 1, notes=tuple(notes), places=places
    )


def _refuse_unreadable_headers(headers: Mapping[str, str], where: str) -> None:
    """Raise for headers, by where they stand, that are unreadable: a column nobody can name."""
    # Which column it is cannot be known, so none may be taken for absent.
    problems = [
        Problem(
            tr("a header has no readable value", "表头没有可读取的值"),
            f"{place}: {header}",
            tr(
                "correct the cell, or open the workbook and save it again",
                "请更正该单元格,或打开工作簿后重新保存",
            ),
            where=where,
        )
        for place, header in headers.items()
        if is_unreadable(re.sub(TWIN, "", header))
    ]
    refuse(problems)


def _named_numbers(
    body: pl.DataFrame, is_date: IsHeader | None, is_1904: bool
) -> tuple[pl.DataFrame, list[str]]:
    """Name what Excel made of numbers: days counted from its epoch, ids rounded to 15 digits."""
    # A date cell without a date format holds its day number. A cell of 16 digits or more that a
    # float holds exactly was a number, and its last digits are lost; one or two may be chance, so a
    # column needs `_FEW` of them and no other. It is written with an exponent, which is no id.
    notes: list[str] = []
    named = []
    epoch = pl.date(1904, 1, 1) if is_1904 else pl.date(1899, 12, 30)
    for name in body.columns:
        cells = body[name]
        if is_date is not None and is_date(name):
            days = cells.str.contains(_DAY_NUMBER).fill_null(False)
            if days.any():
                number = pl.col(name).cast(pl.Float64, strict=False).cast(pl.Int32, strict=False)
                day = (epoch + pl.duration(days=number)).cast(pl.String)
                named.append(pl.when(days).then(day).otherwise(pl.col(name)).alias(name))
                notes.append(
                    tr(
                        f"{days.sum():,} cells of '{name}' read as Excel day numbers",
                        f"“{name}”有 {days.sum():,} 个单元格按 Excel 日期序号读取",
                    )
                )
        else:
            long = cells.filter(cells.str.contains(_LONG).fill_null(False)).to_list()
            if len(long) >= _FEW and all(int(float(cell)) == int(cell) for cell in long):
                lost = {cell: f"{float(cell):.14E}" for cell in long}
                named.append(pl.col(name).replace(lost))
    return body.with_columns(named), notes


def scan_written(path: Path) -> pl.LazyFrame:
    """Return the rows of a written file: cells of text, but for Parquet."""
    if path.suffix.lower() == ".parquet":
        return scan_slices(path)
    if path.suffix.lower() == ".csv":
        return pl.scan_csv(path, infer_schema=False)
    return pl.read_excel(path, infer_schema_length=0).lazy()
