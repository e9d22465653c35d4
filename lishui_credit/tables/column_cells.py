"""A column read from a raw frame: the value of its cells, and what can be wrong with one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from lishui_credit.tables.columns import Column
from lishui_credit.tables.unreadable import BLANKS, surely_readable

NOTHING: Final = (*("", "-", "--", "—", "——", "/", "null", "NULL", "None", "NA", "N/A", "n/a"),)
"""Texts that say a cell is empty, in a column of any kind; with blanks around them too."""

EMPTY: Final = rf"^[{BLANKS}]*(?:{'|'.join(NOTHING)})[{BLANKS}]*$"
"""Ids that say there is none, as a regular expression."""
_BLANK: Final = " \t\r\n\u3000\u00a0"
ROUNDED: Final = r"^\d(\.\d+)?[eE]\+?\d+$"
"""A number that a spreadsheet wrote with an exponent: as an id, one whose digits are lost."""


_HELD: Final[dict[str, pl.DataType]] = {
    "flag": pl.Boolean(),
    "date": pl.Date(),
    "moment": pl.Datetime("us"),
}


def held(column: Column) -> pl.DataType:
    """Return the type in which the cells of a column are held."""
    return pl.Int64() if column.numeric else _HELD.get(column.type, pl.String())


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


def text_of(header: str) -> pl.Expr:
    """Return the texts of a raw column, as `blank` leaves them."""
    return blank(pl.col(header))


def written(header: str, kind: pl.DataType) -> pl.Expr:
    """Return the cells of a raw column as texts; a whole float as a spreadsheet holds 17 is no 17.0."""
    text = pl.col(header) if kind == pl.String else pl.col(header).cast(pl.String)
    if not kind.is_float():
        return text
    whole = pl.col(header).cast(pl.Int64, strict=False)
    exact = (pl.col(header) == whole) & (whole.abs() < 2**53)
    return pl.when(exact).then(whole.cast(pl.String)).otherwise(text)


def blank(cell: pl.Expr) -> pl.Expr:
    """Return a text without blanks around it, null where it says that there is nothing."""
    cell = cell.str.strip_chars(_BLANK)
    return pl.when(cell.is_in(list(NOTHING))).then(None).otherwise(cell)


def looked_up(
    cell: pl.Expr, table: Mapping[str, bool | float | str], default: float | None, kind: pl.DataType
) -> pl.Expr:
    """Return what a table has for texts, and the default for others."""
    # `replace_strict` is a stage of its own to the streaming engine: the hundreds of them in the
    # survey of a wide rubric waited for one another, whatever the rows.
    found = pl.lit(default, dtype=kind)
    for value in dict.fromkeys(table.values()):
        texts = [text for text, meant in table.items() if meant == value]
        found = pl.when(cell.is_in(texts)).then(pl.lit(value, dtype=kind)).otherwise(found)
    return found


def plain_text(header: str, rounded: bool) -> Plain:
    """Read texts that all stand bare; `rounded` also proves that no spreadsheet rounded one."""
    cell = pl.col(header)
    # Stripping every white space proves more than stripping `_BLANK`, and is three times quicker.
    bare = cell.str.strip_chars().str.len_bytes() == cell.str.len_bytes()
    holds = bare & ~cell.is_in(list(NOTHING)) & surely_readable(cell)
    return Plain(holds & ~cell.str.contains(ROUNDED) if rounded else holds, cell)
