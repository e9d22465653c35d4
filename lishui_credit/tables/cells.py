"""How one column of the dictionary is read: the value of a cell, and what can be wrong with it.

Cells become integers of the column's unit, dates, flags and level ids, by expressions over a raw
frame. What cannot be read is never guessed: each way a cell can be wrong is a named test.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from lishui_credit.language import tr
from lishui_credit.tables.columns import Column
from lishui_credit.tables.headers import UNITS, own_units
from lishui_credit.tables.identifiers import resident_id_valid, standard, uscc_valid
from lishui_credit.tables.unreadable import no_value, surely_readable, unreadable

NOTHING: Final = (
    *("", "-", "--", "—", "——", "/", "null", "Null", "NULL", "none", "None", "NA", "N/A", "n/a"),
)
"""Texts that say a cell is empty, in a column of any kind; with blanks around them too."""

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
_BLANK: Final = " \t\r\n\u3000\u00a0"
_SLACK: Final = 1e-6
_ROUNDED: Final = r"^\d(\.\d+)?[eE]\+?\d+$"
# A number as officials write it: thousands apart or not, an exponent where a spreadsheet put one.
FIGURE: Final = r"[-+]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_TENS: Final = {"万": 10_000, "亿": 100_000_000}
_EXACT: Final = 2**52
_LIKELY: Final = (date(1900, 1, 1), date(2100, 12, 31))
# A day, and nothing beside it but a time of day.
_DAY: Final = (
    r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:(?:\s+|T)\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$"
)
_DATES: Final = {
    r"^\d{4}-\d{1,2}-\d{1,2}$": "%Y-%m-%d",
    r"^\d{4}/\d{1,2}/\d{1,2}$": "%Y/%m/%d",
    r"^\d{4}年\d{1,2}月\d{1,2}日$": "%Y年%m月%d日",
    r"^\d{8}$": "%Y%m%d",
}


@dataclass(frozen=True, slots=True)
class Plain:
    """A short way to read a column whose cells all stand in one plain form."""

    # Whether a cell stands so; then nothing is wrong with it. Null or true where the cell is null.
    holds: pl.Expr
    value: pl.Expr  # what the long way would read, where all of them do


@dataclass(frozen=True, slots=True)
class Cell:
    """How one column is read: the value, and what can be wrong with a cell."""

    column: Column
    header: str  # of the raw frame
    value: pl.Expr  # as the dictionary wants it; null where the cell is empty or unreadable
    faults: tuple[tuple[str, pl.Expr], ...] = ()  # reason and test, null where the cell may be
    plain: tuple[Plain, ...] = ()  # short ways, the quickest first

    def plainly(self, way: int) -> Cell:
        """Return the column read one of its short ways, by which nothing can be wrong."""
        return Cell(self.column, self.header, self.plain[way].value)


def _text(header: str) -> pl.Expr:
    return blank(pl.col(header))


def blank(cell: pl.Expr) -> pl.Expr:
    """Return a text without blanks around it, null where it says that there is nothing."""
    cell = cell.str.strip_chars(_BLANK)
    return pl.when(cell.is_in(list(NOTHING))).then(None).otherwise(cell)


def _plain_text(header: str, rounded: bool) -> Plain:
    cell = pl.col(header)
    # Stripping every white space proves more than stripping `_BLANK`, and is three times quicker.
    bare = cell.str.strip_chars().str.len_bytes() == cell.str.len_bytes()
    holds = bare & ~cell.is_in(list(NOTHING)) & surely_readable(cell)
    return Plain(holds & ~cell.str.contains(_ROUNDED) if rounded else holds, cell)


def _number(column: Column, header: str, unit: str, kind: pl.DataType) -> Cell:
    """Read a number as an integer of the column's unit."""
    # Float arithmetic only finds the nearest integer, which is exact below 2**52; a cell further from
    # it than rounding noise is finer than the unit, and rejected.
    factor = UNITS.get(column.type, {}).get(unit, Decimal(1)) * column.per_unit
    scale, integral = float(factor), factor == factor.to_integral_value()
    if kind == pl.String:
        units = _units(column, unit)
        written = "|".join(map(re.escape, sorted(units, key=len, reverse=True)))
        sign = "(?:¥|人民币|RMB|CNY)?" if column.type == "money" else ""
        parts = _text(header).str.normalize("NFKC").str.replace_all(r"\s", "")
        parts = parts.str.replace_all("[−﹣]", "-")
        form = f"^{sign}({FIGURE})({written})?$" if units else f"^{sign}({FIGURE})()$"
        figure, stated = parts.str.extract(form, 1), parts.str.extract(form, 2)
        raw = figure.str.replace_all(",", "").cast(pl.Float64, strict=False)
        present = _text(header).is_not_null()
        unreadable = present & raw.is_null()
        exact = raw * stated.replace_strict(units, default=scale, return_dtype=pl.Float64)
    elif kind.is_integer() and integral:
        whole = _whole(column, header, int(factor))
        outside = ((_outside(column), ~whole.holds),)
        return Cell(column, header, whole.value, outside, (whole,))
    elif kind == pl.Boolean:
        return Cell(
            column,
            header,
            pl.lit(None, pl.Int64),
            ((tr("not a number", "不是数字"), pl.col(header).is_not_null()),),
        )
    else:
        # by its shortest decimal: the float of 32 bits next to 0.9 is 0.9
        short_of = pl.col(header).cast(pl.String) if kind == pl.Float32 else pl.col(header)
        raw = short_of.cast(pl.Float64)
        exact, present = raw * scale, raw.is_not_null()
        unreadable = pl.lit(False)
    finite = exact.is_finite().fill_null(False)
    nearest = exact.round()
    value = pl.when(finite & (exact.abs() < float(_EXACT))).then(nearest).cast(pl.Int64)
    faults = [
        (tr("not a number", "不是数字"), unreadable),
        (tr("not a finite number", "不是有限的数"), present & ~unreadable & ~finite),
        (
            tr(
                f"more decimals than 1/{column.per_unit} of the unit",
                f"小数位过多,最小为单位的 1/{column.per_unit}",
            ),
            finite & _off(exact),
        ),
    ]
    short = [_decimal(column, pl.col(header), scale)]
    if kind == pl.String:
        # thousands apart, and cells that say there is nothing
        apart = pl.when(_text(header).str.contains(f"^{FIGURE}$")).then(_text(header))
        bare = apart.str.replace_all(",", "", literal=True)
        short.append(_decimal(column, bare, scale, empty=_text(header).is_null()))
        if integral:
            short.insert(0, _whole(column, header, int(factor)))
    return Cell(column, header, value, (*faults, *_range(column, exact)), tuple(short))


def _units(column: Column, header_unit: str) -> dict[str, float]:
    """Return the units a cell may state, and the column's integers per one of them."""
    own = column.per_unit
    if column.type == "rate":
        return {"%": own / 100, "‰": own / 1_000}
    # 45万 below a header in 万元 may be meant either way
    bare = _TENS if header_unit in ("", "元", "yuan", *own_units(column)) else {}
    names = ("元", "圆") if column.type == "money" else own_units(column)
    found = {name: float(own) for name in names}
    found |= {f"{ten}{name}": float(own * times) for ten, times in _TENS.items() for name in names}
    return found | {ten: float(own * times) for ten, times in bare.items()}


def _whole(column: Column, header: str, factor: int) -> Plain:
    """Read whole numbers as they stand; they are tested before a product that might overflow."""
    low, high = _bounds(column)
    cell = pl.col(header).cast(pl.Int64, strict=False)
    fits = cell.is_between(-(-low // factor), high // factor)
    holds = fits.fill_null(pl.col(header).is_null())
    return Plain(holds, cell * factor if factor != 1 else cell)


def _decimal(column: Column, cell: pl.Expr, scale: float, empty: pl.Expr | None = None) -> Plain:
    """Read numbers no unit has to be taken from; `empty` tells the cells that hold nothing."""
    low, high = _bounds(column)
    exact = cell.cast(pl.Float64, strict=False) * scale
    fits = exact.is_between(max(low, 1 - _EXACT), min(high, _EXACT - 1)) & ~_off(exact)
    holds = fits.fill_null(cell.is_null() if empty is None else empty)
    return Plain(holds, exact.round().cast(pl.Int64, strict=False))


def _off(exact: pl.Expr) -> pl.Expr:
    """Tell whether a number lies further from the nearest integer than rounding noise."""
    return (exact - exact.round()).abs() > _SLACK * (exact.abs() * _SLACK + 1)


def _bounds(column: Column) -> tuple[int, int]:
    assert column.minimum is not None
    assert column.maximum is not None
    return int(column.minimum * column.per_unit), int(column.maximum * column.per_unit)


def _outside(column: Column) -> str:
    return tr(
        f"outside {column.minimum} to {column.maximum}",
        f"超出 {column.minimum} 至 {column.maximum}",
    )


def _range(column: Column, exact: pl.Expr) -> tuple[tuple[str, pl.Expr], ...]:
    low, high = _bounds(column)
    return ((_outside(column), ((exact < low) | (exact > high)).fill_null(False)),)


def _flag(column: Column, header: str, kind: pl.DataType) -> Cell:
    if kind == pl.Boolean:
        return Cell(column, header, pl.col(header))
    cell = pl.col(header)
    if kind.is_numeric():  # 1, 1.0, 1.00 and -0.0 alike
        number, told = cell.cast(pl.Float64), cell.is_not_null()
        known = pl.when(number == 0).then(False).otherwise(pl.lit(None, pl.Boolean))
        value = pl.when(number == 1).then(True).otherwise(known)
    else:
        text = _text(header) if kind == pl.String else blank(cell.cast(pl.String))
        table = {**dict.fromkeys(YES, True), **dict.fromkeys(NO, False)}
        told = text.is_not_null()
        plain = text.str.normalize("NFKC").str.to_lowercase().str.replace(r"^([01])\.0+$", "$1")
        value = plain.replace_strict(table, default=None, return_dtype=pl.Boolean)
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
    text = _text(header) if kind == pl.String else pl.col(header).cast(pl.String)
    table = {name: name for name in column.values}
    for name, words in column.values.items():
        table.update(dict.fromkeys(words, name))
    wide = {_folded(word): name for word, name in table.items()}
    plain = text.str.normalize("NFKC").str.to_lowercase().str.replace_all(r"\s", "")
    value = plain.replace_strict(wide, default=None, return_dtype=pl.String)
    allowed = "、".join(words[0] for words in column.values.values())
    reason = tr(f"not one of {allowed}", f"不在取值 {allowed} 之内")
    strange = text.is_not_null() & value.is_null()
    ways: tuple[Plain, ...] = ()
    if kind == pl.String:
        cell = pl.col(header)
        meant_by = {word: to for word, to in table.items() if word not in NOTHING}
        own = [word for word, to in meant_by.items() if word == to]
        said = pl.lit(None, dtype=pl.String)
        for name in column.values:
            meant = [word for word, to in meant_by.items() if to == name]
            said = pl.when(cell.is_in(meant)).then(pl.lit(name)).otherwise(said)
        ways = (Plain(cell.is_in(own), cell), Plain(cell.is_in(list(meant_by)), said))
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
        cell = _text(header) if kind == pl.String else pl.col(header).cast(pl.String)
        plain = cell.str.normalize("NFKC")
        groups = [plain.str.extract(_DAY, n).str.zfill(4 if n == 1 else 2) for n in (1, 2, 3)]
        split = pl.concat_str(groups).str.to_date("%Y%m%d", strict=False)
        solid = plain.str.extract(r"^(\d{8})$").str.to_date("%Y%m%d", strict=False)
        value, text = pl.coalesce(split, solid), cell.is_not_null()
    reason = tr(
        "not a date (2019-04-01, 2019/4/1, 2019年4月1日)", "不是日期(如 2019-04-01、2019年4月1日)"
    )
    odd = (value.dt.year() < 1900) | (value.dt.year() > 2100)
    short: tuple[Plain, ...] = ()
    if kind == pl.Date or isinstance(kind, pl.Datetime):
        short = (Plain(value.is_between(*_LIKELY), value),)
    elif kind == pl.String:
        short = tuple(
            _plain_date(cell, form, parsed)
            for cell in (pl.col(header), _text(header))
            for form, parsed in _DATES.items()
        )
    return Cell(
        column,
        header,
        value,
        (
            (reason, text & value.is_null()),
            (tr("an unlikely year", "年份不合理"), odd.fill_null(False)),
        ),
        short,
    )


def _plain_date(cell: pl.Expr, form: str, parsed: str) -> Plain:
    """Read dates that all stand in one form; of what merely parses, more would pass."""
    value = cell.str.to_date(parsed, strict=False)
    holds = cell.str.contains(form) & value.is_between(*_LIKELY)
    return Plain(holds.fill_null(cell.is_null()), value)


def _code(column: Column, header: str, kind: pl.DataType) -> Cell:
    text = pl.col(header) if kind == pl.String else pl.col(header).cast(pl.String)
    if kind.is_float():  # ids a spreadsheet or a column with gaps holds as 17.0
        whole = pl.col(header).cast(pl.Int64, strict=False)
        exact = (pl.col(header) == whole) & (whole.abs() < 2**53)
        text = pl.when(exact).then(whole.cast(pl.String)).otherwise(text)
    rounded = tr(
        "an id that a spreadsheet rounded (format the cells as text)",
        "编号已被表格软件舍入(请将该列设为文本格式)",
    )
    if column.type == "text" and not column.is_id:
        bare = (_plain_text(header, rounded=False),) if kind == pl.String else ()
        return Cell(column, header, blank(text), (), bare)
    value = blank(standard(text) if column.is_key else text)
    if column.type == "text":
        way = _plain_id(header) if column.is_key else _plain_text(header, rounded=True)
        plain = (way,) if kind == pl.String else ()
        return Cell(column, header, value, ((rounded, value.str.contains(_ROUNDED)),), plain)
    test = uscc_valid if column.type == "uscc" else resident_id_valid
    name = "GB 32100" if column.type == "uscc" else "GB 11643"

    def valid(codes: pl.Expr) -> pl.Expr:
        return codes.map_batches(test, return_dtype=pl.Boolean, is_elementwise=True)

    wrong = value.is_not_null() & ~valid(value)
    lost = value.str.contains(_ROUNDED) | value.str.contains(r"^\d{15}000$")
    old, length = value.str.contains(r"^\d{15}$"), value.str.len_chars()
    faults = (
        (rounded, wrong & lost),
        (_old_code(column), wrong & ~lost & old),
        (
            tr(f"not 18 characters ({name})", f"不是 18 位({name})"),
            wrong & ~lost & ~old & (length != 18),
        ),
        (
            tr(f"fails the check digit of {name}", f"未通过 {name} 校验码"),
            wrong & ~lost & ~old & (length == 18),
        ),
    )
    short: tuple[Plain, ...] = ()
    if kind == pl.String:  # a valid code is bare and in upper case
        cell = pl.col(header)
        short = (Plain(valid(cell) | cell.is_null(), cell),)
    return Cell(column, header, value, faults, short)


def _old_code(column: Column) -> str:
    if column.type == "uscc":
        return tr(
            "15 digits: a registration number of before 2015, not a unified social credit code",
            "15 位:是 2015 年以前的注册号,不是统一社会信用代码",
        )
    return tr(
        "15 digits: an identity number of before 1999; give the one of 18",
        "15 位:是 1999 年以前的身份证号,请填写 18 位号码",
    )


def _plain_id(header: str) -> Plain:
    """Read ids that all stand in the standard form."""
    cell = pl.col(header)
    holds = cell.str.contains(r"^[0-9A-Z_.-]*[0-9A-Z_.][0-9A-Z_.-]*$") & ~cell.str.contains(
        _ROUNDED
    )
    return Plain(holds & ~cell.is_in(list(NOTHING)), cell)


def cell(column: Column, header: str, unit: str, kind: pl.DataType) -> Cell:
    """Return how a column is read from a raw column, whose header states a unit (of `UNITS`) or none."""
    if kind == pl.Null:
        held = {"flag": pl.Boolean(), "date": pl.Date()}.get(column.type, pl.String())
        return Cell(column, header, pl.col(header).cast(pl.Int64() if column.numeric else held))
    read = _of_kind(column, header, unit, kind)
    return _without_unreadable(read) if kind in _TEXTS else read


def _of_kind(column: Column, header: str, unit: str, kind: pl.DataType) -> Cell:
    if column.numeric:
        return _number(column, header, unit, kind)
    if column.type == "flag":
        return _flag(column, header, kind)
    if column.type == "level":
        return _level(column, header, kind)
    if column.type == "date":
        return _date(column, header, kind)
    return _code(column, header, kind)


def _without_unreadable(read: Cell) -> Cell:
    """Return a column of texts of which unreadable ones are rejected as such, and as nothing else."""
    lost = unreadable(pl.col(read.header).cast(pl.String)).fill_null(False)
    others = ((reason, test & ~lost) for reason, test in read.faults)
    return replace(read, faults=((no_value(), lost), *others))
