"""How one column of the dictionary is read: the value of a cell, and what can be wrong with it.

Cells become integers of the column's unit, dates, flags and level ids, by expressions over a raw
frame. What cannot be read is never guessed: each way a cell can be wrong is a named test.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Final

import polars as pl

from lishui_credit.language import Language, language, tr
from lishui_credit.tables.code_cells import code_cell
from lishui_credit.tables.column_cells import Cell, Plain, blank, held, looked_up, text_of, written
from lishui_credit.tables.columns import Column
from lishui_credit.tables.number_cells import number_cell
from lishui_credit.tables.unreadable import no_value, unreadable

YES: Final = ("是", "有", "true", "1", "y", "yes", "t", "√", "✓", "✔", "☑")
NO: Final = ("否", "无", "没有", "false", "0", "n", "no", "f", "×", "✗", "✘", "☒")
"""Texts of a yes and of a no, in any width and case."""

_PLAIN_YES: Final = (
    "是",
    "有",
    "true",
    "True",
    "TRUE",
    "1",
    "y",
    "Y",
    "yes",
    "Yes",
    "YES",
    "√",
    "✓",
)
_PLAIN_NO: Final = (
    "否",
    "无",
    "没有",
    "false",
    "False",
    "FALSE",
    "0",
    "n",
    "N",
    "no",
    "No",
    "NO",
    "×",
)
_TEXTS: Final = (pl.String, pl.Categorical, pl.Enum)
_LIKELY: Final = (date(1900, 1, 1), date(2100, 12, 31))
# A day, and nothing beside it but a time of day.
_DAY: Final = (
    r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:(?:\s+|T)\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$"
)
_ZONE: Final = "Asia/Shanghai"
_MOMENTS: Final = (
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y%m%d%H%M%S",
)
_DATES: Final = {
    r"^\d{4}-\d{1,2}-\d{1,2}$": "%Y-%m-%d",
    r"^\d{4}/\d{1,2}/\d{1,2}$": "%Y/%m/%d",
    r"^\d{4}年\d{1,2}月\d{1,2}日$": "%Y年%m月%d日",
    r"^\d{8}$": "%Y%m%d",
}


def _flag(column: Column, header: str, kind: pl.DataType) -> Cell:
    if kind == pl.Boolean:
        return Cell(column, header, pl.col(header))
    cell = pl.col(header)
    if kind.is_numeric():  # 1, 1.0, 1.00 and -0.0 alike
        number, told = cell.cast(pl.Float64), cell.is_not_null()
        known = pl.when(number == 0).then(False).otherwise(pl.lit(None, pl.Boolean))
        value = pl.when(number == 1).then(True).otherwise(known)
    else:
        text = text_of(header) if kind == pl.String else blank(cell.cast(pl.String))
        table = {**dict.fromkeys(YES, True), **dict.fromkeys(NO, False)}
        told = text.is_not_null()
        plain = text.str.normalize("NFKC").str.to_lowercase().str.replace(r"^([01])\.0+$", "$1")
        value = looked_up(plain, table, None, pl.Boolean())
    said = (tr("neither yes nor no", "既非“是”也非“否”"), told & value.is_null())
    texts = cell.cast(pl.String)
    short = Plain(texts.is_in([*_PLAIN_YES, *_PLAIN_NO]), texts.is_in(list(_PLAIN_YES)))
    return Cell(column, header, value, (said,), () if kind.is_numeric() else (short,))


def says_yes(column: pl.Series) -> bool:
    """Tell whether any cell of a column, of whatever type, is a yes or not surely a no."""
    flag = Column(id=column.name, label_zh=column.name, type="flag")
    read = cell(flag, column.name, "", column.dtype)
    unclear = pl.any_horizontal(pl.lit(False), *(test.fill_null(False) for _, test in read.faults))
    return bool(column.to_frame().select((read.value.fill_null(False) | unclear).any()).item())


def _level(column: Column, header: str, kind: pl.DataType) -> Cell:
    # A word of the column's own is that, also where another column would take it for nothing.
    text = blank(written(header, kind))
    table = column.spelled
    wide = {_folded(word): name for word, name in table.items()}
    plain = written(header, kind).str.normalize("NFKC").str.to_lowercase()
    plain = plain.str.replace_all(r"\s", "")
    value = looked_up(plain, wide, None, pl.String())
    allowed = tr(", ", "、").join(column.choices)
    reason = tr(f"not one of {allowed}", f"不在取值 {allowed} 之内")
    strange = text.is_not_null() & value.is_null()
    ways: tuple[Plain, ...] = ()
    if kind == pl.String:
        cell = pl.col(header)
        said = looked_up(cell, table, None, pl.String())
        ways = (Plain(cell.is_in(list(column.values)), cell), Plain(cell.is_in(list(table)), said))
    return Cell(column, header, value, ((reason, strange),), ways)


def _folded(word: str) -> str:
    """Return a word in one width and case, without blanks."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", word).lower())


def _date(column: Column, header: str, kind: pl.DataType) -> Cell:
    if kind == pl.Date:
        value = pl.col(header)
        text = value.is_not_null()
    elif isinstance(kind, pl.Datetime):
        value = pl.col(header).dt.date()
        text = value.is_not_null()
    else:
        cell = text_of(header) if kind == pl.String else pl.col(header).cast(pl.String)
        plain = cell.str.normalize("NFKC")
        groups = [plain.str.extract(_DAY, n).str.zfill(4 if n == 1 else 2) for n in (1, 2, 3)]
        split = pl.concat_str(groups).str.to_date("%Y%m%d", strict=False)
        solid = plain.str.extract(r"^(\d{8})$").str.to_date("%Y%m%d", strict=False)
        value, text = pl.coalesce(split, solid), cell.is_not_null()
    reason = tr(
        "not a date (2019-04-01, 2019/4/1, 2019年4月1日)", "不是日期(如 2019-04-01、2019年4月1日)"
    )
    short: tuple[Plain, ...] = ()
    if kind == pl.Date or isinstance(kind, pl.Datetime):
        short = (Plain(value.is_between(*_LIKELY), value),)
    elif kind == pl.String:
        short = tuple(
            _plain_date(cell, form, parsed)
            for cell in (pl.col(header), text_of(header))
            for form, parsed in _DATES.items()
        )
    return Cell(
        column,
        header,
        value,
        (
            (reason, text & value.is_null()),
            _unlikely(value),
        ),
        short,
    )


def _unlikely(day: pl.Expr) -> tuple[str, pl.Expr]:
    odd = (day.dt.year() < 1900) | (day.dt.year() > 2100)
    return tr("an unlikely year", "年份不合理"), odd.fill_null(False)


def _moment(column: Column, header: str, kind: pl.DataType) -> Cell:
    value = pl.col(header)
    if kind == pl.Date or isinstance(kind, pl.Datetime):
        if isinstance(kind, pl.Datetime) and kind.time_zone is not None:
            value = value.dt.convert_time_zone(_ZONE).dt.replace_time_zone(None)
        return Cell(column, header, value.cast(pl.Datetime("us")), (_unlikely(value),))
    text = blank(written(header, kind))
    value = pl.coalesce(
        *(text.str.to_datetime(form, strict=False, time_unit="us") for form in _MOMENTS)
    )
    reason = tr("not a day and time (2019-04-01 09:30:00)", "不是日期时间(如 2019-04-01 09:30:00)")
    wrong = text.is_not_null() & value.is_null()
    return Cell(column, header, value, ((reason, wrong), _unlikely(value)))


def _plain_date(cell: pl.Expr, form: str, parsed: str) -> Plain:
    """Read dates that all stand in one form; of what merely parses, more would pass."""
    value = cell.str.to_date(parsed, strict=False)
    holds = cell.str.contains(form) & value.is_between(*_LIKELY)
    return Plain(holds.fill_null(cell.is_null()), value)


def cell(column: Column, header: str, unit: str, kind: pl.DataType) -> Cell:
    """Return how a column is read from a raw column, whose header states a unit (of `UNITS`) or none."""
    return _cell(column, header, unit, kind, language())


@lru_cache(maxsize=1024)
def _cell(column: Column, header: str, unit: str, kind: pl.DataType, _: Language) -> Cell:
    """Return what `cell` does, made once for each language: files and cases ask for the same columns."""
    if kind == pl.Null:
        return Cell(column, header, pl.col(header).cast(held(column)))
    read = _of_kind(column, header, unit, kind)
    return _without_unreadable(read) if kind in _TEXTS else read


def _of_kind(column: Column, header: str, unit: str, kind: pl.DataType) -> Cell:
    if column.numeric:
        return number_cell(column, header, unit, kind)
    if column.type == "flag":
        return _flag(column, header, kind)
    if column.type == "level":
        return _level(column, header, kind)
    if column.type == "date":
        return _date(column, header, kind)
    if column.type == "moment":
        return _moment(column, header, kind)
    return code_cell(column, header, kind)


def _without_unreadable(read: Cell) -> Cell:
    """Return a column of texts of which unreadable ones are rejected as such, and as nothing else."""
    lost = unreadable(pl.col(read.header).cast(pl.String)).fill_null(False)
    others = ((reason, test & ~lost) for reason, test in read.faults)
    return replace(read, faults=((no_value(), lost), *others))
