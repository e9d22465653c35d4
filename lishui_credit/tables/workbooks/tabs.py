"""What a workbook says of itself before it is opened: its sheets, and what one of them spans."""

from __future__ import annotations

from dataclasses import dataclass

from lishui_credit.tables import bounds


@dataclass(frozen=True, slots=True)
class Tab:
    """A sheet as the workbook lists it."""

    name: str
    hidden: bool = False
    part: str = ""  # of the zip that holds its cells
    place: int | None = None  # among all sheets, from 0, where names may be misread


@dataclass(slots=True)
class Survey:
    """What one pass over a sheet found."""

    retell: bool = False  # whether cells must be told as texts
    hidden_rows: int = 0
    last_row: int = 0  # of cells that hold something, from 1
    last_column: int = 0

    def reach(self, row: int, column: int) -> None:
        """Count a cell, its row and column from 1."""
        self.last_row = max(self.last_row, row)
        self.last_column = max(self.last_column, column)

    def check(self, where: str) -> None:
        """Raise `SubjectError` where the sheet spans more than the limits allow."""
        bounds.check("columns", self.last_column, where)
        spans = f"{self.last_row:,} × {self.last_column:,}"
        bounds.check("cells", self.last_row * self.last_column, where, said=spans)


def column_number(letters: str) -> int:
    """Return the number of a column, from 1.

    Examples
    --------
    >>> column_number("A"), column_number("AB"), column_number("XFD")
    (1, 28, 16384)
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
