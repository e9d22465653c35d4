"""One sheet of a workbook as a frame of text, every row and column where it stands."""

from __future__ import annotations

import contextlib
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, NamedTuple

import polars as pl

from lishui_credit.errors import SubjectError
from lishui_credit.tables import bounds, containers
from lishui_credit.tables.workbooks import ods, xls, xlsb, xlsx
from lishui_credit.tables.workbooks.formats import Formats
from lishui_credit.tables.workbooks.tabs import Survey, Tab

if TYPE_CHECKING:
    from fastexcel import ExcelReader

_MEDIA: Final = "/media/"
_SMALL: Final = 64 << 20  # parts up to this size may unpack to any number of times their size


class _Form(NamedTuple):
    """How sheets, and their cells to be told as texts, are found in one kind of workbook."""

    tabs: Callable[[zipfile.ZipFile], list[Tab]]
    formats: Callable[[zipfile.ZipFile], Formats]
    surveyed: Callable[[IO[bytes], Formats, str], Survey]
    retold: Callable[[IO[bytes], str, Formats], Iterator[bytes]]


_XLSX: Final = _Form(xlsx.tabs, xlsx.formats, xlsx.surveyed, xlsx.retold)
_FORMS: Final = {
    ".xlsx": _XLSX,
    ".xlsm": _XLSX,
    ".xlsb": _Form(xlsb.tabs, xlsb.formats, xlsb.surveyed, xlsb.retold),
    ".ods": _Form(ods.tabs, ods.formats, ods.surveyed, ods.retold),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet as it stands."""

    # All cells text; row 0 is the sheet's first row, blank or not. Unreadable cells hold what
    # `tables.unreadable` says of them.
    frame: pl.DataFrame
    name: str
    columns: tuple[int, ...]  # which column of the sheet each column of the frame is, from 0
    hidden_rows: int = 0
    is_1904: bool = False

    def place(self, row: int, column: int) -> str:
        """Return the address of a cell of the frame: B3."""
        letters, number = "", self.columns[column] + 1
        while number:
            number, letter = divmod(number - 1, 26)
            letters = chr(ord("A") + letter) + letters
        return f"{letters}{row + 1}"


class Workbook:
    """A workbook on disk: its sheets, and any of them as a `Sheet`; SubjectError where it is none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with _told(path):
            if (form := _FORMS.get(path.suffix.lower())) is None:
                self._old: xls.OldBook | None = xls.OldBook(path)
                self.tabs: Sequence[Tab] = self._old.tabs
                self.formats = self._old.formats
            else:
                self._old = None
                with zipfile.ZipFile(path) as book:
                    _check_size(book, path.name)
                    self.tabs = form.tabs(book)
                    self.formats = form.formats(book)
        bounds.check("sheets", len(self.tabs), path.name)
        if not self.tabs:
            raise containers.refusal(path)

    def sheet(self, tab: Tab, rows: int | None = None) -> Sheet:
        """Read a sheet, or its first rows."""
        where = f"{self.path.name} {tab.name}"
        with _told(self.path):
            if self._old is not None:
                found, cells = self._old.told(tab)
                found.check(where)
                frame, columns = _loaded(self._opened, tab, rows)
                if rows is not None:
                    cells = {at: text for at, text in cells.items() if at[0] < frame.height}
                frame = _filled(frame, columns, cells)
            else:
                found, frame, columns = self._of_zip(tab, rows, where)
        return Sheet(
            frame=frame,
            name=tab.name,
            columns=columns,
            hidden_rows=found.hidden_rows,
            is_1904=self.formats.is_1904,
        )

    @cached_property
    def _opened(self) -> ExcelReader:
        import fastexcel

        return fastexcel.read_excel(self.path)

    def _of_zip(
        self, tab: Tab, rows: int | None, where: str
    ) -> tuple[Survey, pl.DataFrame, tuple[int, ...]]:
        import fastexcel

        form = _FORMS[self.path.suffix.lower()]
        with zipfile.ZipFile(self.path) as book:
            with book.open(tab.part) as stream:
                found = form.surveyed(stream, self.formats, tab.name)
            try:
                found.check(where)
            except SubjectError:
                if form is not _XLSX:
                    raise
                with book.open(tab.part) as stream:  # the first look only rounds up
                    xlsx.reached(stream).check(where)
            if not found.retell:
                return found, *_loaded(self._opened, tab, rows)
            with tempfile.TemporaryDirectory(prefix="lishui_credit_") as folder:
                draft = Path(folder) / f"draft{self.path.suffix}"
                with zipfile.ZipFile(draft, "w") as made:
                    for name in book.namelist():
                        if name != tab.part and _MEDIA not in name:
                            made.writestr(name, book.read(name))
                    with (
                        book.open(tab.part) as stream,
                        made.open(tab.part, "w", force_zip64=True) as out,
                    ):
                        for piece in form.retold(stream, where, self.formats):
                            out.write(piece)
                return found, *_loaded(fastexcel.read_excel(draft), tab, rows)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    """Raise for whatever a reader says what the file is; its errors share no base class."""
    try:
        yield
    except SubjectError:
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        if containers.is_full(error):
            raise containers.full(Path(tempfile.gettempdir())) from None
        raise containers.refusal(path, error) from None


def _check_size(book: zipfile.ZipFile, where: str) -> None:
    """Raise `SubjectError` for a workbook that unpacks to more than the limits allow."""
    parts = book.infolist()
    bounds.check("inflated", sum(part.file_size for part in parts), where)
    for part in parts:
        if part.file_size > _SMALL:
            times = part.file_size // max(part.compress_size, 1)
            bounds.check("ratio", times, where, said=part.filename)


def _loaded(book: ExcelReader, tab: Tab, rows: int | None) -> tuple[pl.DataFrame, tuple[int, ...]]:
    # Rows are skipped from the sheet's first row on, so that a row keeps its number.
    sheet = book.load_sheet(
        tab.name if tab.place is None else tab.place,
        header_row=None,
        skip_rows=0,
        n_rows=rows,
        dtypes="string",
    )
    return sheet.to_polars(), tuple(column.absolute_index for column in sheet.available_columns())


def _filled(
    frame: pl.DataFrame, columns: tuple[int, ...], cells: Mapping[tuple[int, int], str]
) -> pl.DataFrame:
    """Return a frame with texts put into cells of the sheet."""
    by_column: dict[int, dict[int, str]] = {}
    for (row, column), text in cells.items():
        by_column.setdefault(column, {})[row] = text
    for column, here in by_column.items():
        name = frame.columns[columns.index(column)]
        frame = frame.with_columns(frame[name].scatter(list(here), list(here.values())))
    return frame
