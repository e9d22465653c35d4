"""Files to raw frames: CSV (UTF-8 or GB18030), Excel and Parquet, with one clear error each.

Nothing is interpreted here beyond the container: cells of CSV and Excel stay text, so that
`conform` decides what they mean; only what Excel makes of a number (a day counted from 1899, a long
id rounded to 15 digits) is named for what it is. A raw frame is lazy; its file is hashed as it
stands on disk.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import polars as pl

from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import tr
from lishui_credit.tables.unreadable import is_unreadable
from lishui_credit.tables.workbooks.sheet import first_sheet

_CHUNK: Final = 1 << 20
_EXCEL: Final = frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"})
_TEXT: Final = frozenset({".csv", ".tsv", ".txt"})
PARQUET: Final = frozenset({".parquet", ".pq"})
_HEADER_ROWS: Final = 12
_DAY_NUMBER: Final = r"^[2-5]\d{4}(\.\d+)?$"  # 1954 to 2064, counted from 1899-12-30
_LONG: Final = r"^\d{16,}$"
_FEW: Final = 3

TWIN: Final = r"_duplicated_\d+$"
"""What polars adds to a header that stands twice."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text table on disk, in UTF-8, and what separates its cells."""

    path: Path
    separator: str

    def first_too_long(self) -> str | None:
        """Say which line first has more cells than the header; None where none has."""
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, delimiter=self.separator)
            try:
                wide = len(next(rows))
                long = next((row for row in rows if len(row) > wide), None)
            except (csv.Error, StopIteration):
                return None
            if long is None:
                return None
            return tr(
                f"line {rows.line_num} has {len(long)} cells, the header {wide}",
                f"第 {rows.line_num} 行有 {len(long)} 列,表头有 {wide} 列",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """A file as read, before any meaning is given to it."""

    frame: pl.LazyFrame  # all cells text for CSV and Excel; typed for Parquet
    name: str  # of the file, for messages
    first_row: int = 2  # line, or sheet row, of the first data row
    notes: tuple[str, ...] = ()  # encoding, sheet taken, header row
    places: pl.Series | None = None  # line of every row, where some were left out between
    text: Text | None = None  # of a CSV

    def numbered(self) -> pl.LazyFrame:
        """Return the frame with each row's line of the file as ``_row``."""
        if self.places is not None:
            return self.frame.with_columns(pl.lit(self.places).alias("_row"))
        return self.frame.with_row_index("_row", offset=self.first_row)


def sha256(path: Path | str) -> str:
    """Return the SHA-256 of a file's bytes."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read(
    path: Path | str,
    is_header: Callable[[str], bool] | None = None,
    is_date: Callable[[str], bool] | None = None,
) -> Raw:
    """Read a text table, workbook or Parquet file as a raw lazy frame."""
    # `is_header` finds the header row of a sheet that has title rows above it; Excel's day numbers
    # below a header of `is_date` become dates.
    path = Path(path)
    problem: Problem | None = None
    if not path.exists():
        problem = Problem(
            tr("no such file", "没有这个文件"),
            hint=tr("check the name and the folder", "请检查文件名和所在目录"),
            where=str(path),
        )
    elif path.is_dir():
        problem = Problem(tr("a folder, not a file", "这是目录,不是文件"), where=str(path))
    elif path.stat().st_size == 0:
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
    if path.suffix.lower() in PARQUET:
        return _parquet(path)
    if path.suffix.lower() in _EXCEL:
        return _excel(path, is_header, is_date)
    return _csv(path)


def _parquet(path: Path) -> Raw:
    try:
        frame = pl.scan_parquet(path)
        frame.collect_schema()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise SubjectError(
            tr(
                "not a readable Parquet file (cut short?)",
                "无法读取该 Parquet 文件(可能被截断)",
            ),
            _first_line(error),
            tr("copy or export it again", "请重新复制或导出"),
            where=path.name,
        ) from None
    return Raw(frame=frame, name=path.name)


def _first_line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return text[0][:120] if text else type(error).__name__


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    with path.open("rb") as file:
        try:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and _decodes(path, "utf-16"):
        return "utf-16"
    if b"\x00" not in head:
        for encoding in ("utf-8", "gb18030"):
            if _decodes(path, encoding):
                return encoding
    from charset_normalizer import from_bytes

    guess = from_bytes(head).best()
    looks = guess.encoding if guess is not None else tr("no known text", "不像任何文本")
    raise SubjectError(
        tr("the text is neither UTF-8 nor GB18030", "文本既不是 UTF-8 也不是 GB18030"),
        tr(f"looks like {looks}", f"疑似 {looks}"),
        tr("save it as CSV UTF-8 and try again", "请另存为“CSV UTF-8”后重试"),
        where=path.name,
    )


def _csv(path: Path) -> Raw:
    encoding = _encoding(path)
    with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as file:
        head = file.readline()
        more = file.readline()
    if not more.strip():
        raise SubjectError(
            tr("no rows below the header", "表头下没有数据"),
            head.strip()[:60],
            where=path.name,
        )
    separator = max(",\t;|", key=head.count)
    raw_text = Text(path if encoding == "utf-8" else _as_utf8(path, encoding), separator)
    try:
        frame = pl.scan_csv(raw_text.path, separator=separator, infer_schema=False)
        headers = frame.collect_schema().names()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise broken(path.name, error, raw_text) from None
    _refuse_unreadable_headers(
        {tr(f"column {place}", f"第 {place} 列"): name for place, name in enumerate(headers, 1)},
        path.name,
    )
    notes = () if encoding == "utf-8" else (tr(f"read as {encoding}", f"按 {encoding} 读取"),)
    return Raw(frame=frame, name=path.name, notes=notes, text=raw_text)


@cache
def _drafts() -> tempfile.TemporaryDirectory[str]:
    """The folder of texts in another encoding, gone when the program ends."""
    return tempfile.TemporaryDirectory(prefix="lishui_credit_")


def _as_utf8(path: Path, encoding: str) -> Path:
    """Write a text again in UTF-8, piece by piece: a large one is never held whole."""
    handle, name = tempfile.mkstemp(suffix=".csv", dir=_drafts().name)
    with path.open(encoding=encoding, newline="") as text, open(handle, "wb") as draft:
        while piece := text.read(_CHUNK):
            draft.write(piece.encode())
    return Path(name)


def broken(name: str, error: Exception, text: Text | None = None) -> SubjectError:
    """Return the error for a table whose rows do not fit its header, with the first such line."""
    found = text.first_too_long() if text is not None else None
    return SubjectError(
        tr("the table cannot be read", "无法读取该表格"),
        found if found is not None else _first_line(error),
        tr("every row needs as many cells as the header", "每行的列数须与表头一致"),
        where=name,
    )


def _excel(
    path: Path,
    is_header: Callable[[str], bool] | None,
    is_date: Callable[[str], bool] | None,
) -> Raw:
    sheet = first_sheet(path)
    filled = sheet.frame.select(~pl.all_horizontal(pl.all().is_null())).to_series()
    if filled.sum() < 2:
        raise SubjectError(
            tr("no rows below the header", "表头下没有数据"), sheet.name, where=path.name
        )
    blank = int(filled.arg_max() or 0)
    best, most = 0, -1
    for place, row in enumerate(sheet.frame[blank : blank + _HEADER_ROWS].iter_rows(), blank):
        known = sum(1 for cell in row if cell and (is_header is None or is_header(str(cell))))
        if known > most:
            best, most = place, known
    headers = sheet.frame.row(best)
    _refuse_unreadable_headers(
        {sheet.place(best, place): str(cell) for place, cell in enumerate(headers) if cell},
        path.name,
    )
    names: list[str] = []
    for place, cell in enumerate(headers):
        name = str(cell).strip() if cell else f"column_{place + 1}"
        names.append(name if name not in names else f"{name}_duplicated_{place}")
    body = sheet.frame.slice(best + 1)
    body.columns = names
    places = pl.int_range(best + 2, best + 2 + body.height, eager=True).filter(filled[best + 1 :])
    body, notes = _named_numbers(body.filter(filled[best + 1 :]), is_date)
    if sheet.others:
        notes.append(tr(f"only sheet '{sheet.name}' was read", f"只读取了工作表“{sheet.name}”"))
    if best:
        notes.append(tr(f"header found in row {best + 1}", f"表头在第 {best + 1} 行"))
    return Raw(
        frame=body.lazy(), name=path.name, first_row=best + 2, notes=tuple(notes), places=places
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
    if problems:
        raise SubjectError(problems)


def _named_numbers(
    body: pl.DataFrame, is_date: Callable[[str], bool] | None
) -> tuple[pl.DataFrame, list[str]]:
    """Name what Excel made of numbers: days counted from 1899, ids rounded to 15 digits."""
    # A date cell without a date format holds its day number. A cell of 16 digits or more that a
    # float holds exactly was a number, and its last digits are lost; one or two may be chance, so a
    # column needs `_FEW` of them and no other. It is written with an exponent, which is no id.
    notes: list[str] = []
    named = []
    for name in body.columns:
        cells = body[name]
        if is_date is not None and is_date(name):
            days = cells.str.contains(_DAY_NUMBER).fill_null(False)
            if days.any():
                number = pl.col(name).cast(pl.Float64, strict=False).cast(pl.Int32, strict=False)
                day = (pl.date(1899, 12, 30) + pl.duration(days=number)).cast(pl.String)
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
