"""The first sheet of a workbook as a frame of text, every row and column where it stands."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, NamedTuple

import polars as pl

from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.tables.workbooks import ods, xls, xlsb, xlsx

_MEDIA: Final = "/media/"


class _Form(NamedTuple):
    """How unreadable cells of one kind of workbook are found and told."""

    part: Callable[[zipfile.ZipFile, str], str]
    has_unreadable: Callable[[IO[bytes]], bool]
    retold: Callable[[IO[bytes], str], Iterator[bytes]]


_XLSX: Final = _Form(xlsx.part, xlsx.has_unreadable, xlsx.retold)
_FORMS: Final = {
    ".xlsx": _XLSX,
    ".xlsm": _XLSX,
    ".xlsb": _Form(xlsb.part, xlsb.has_unreadable, xlsb.retold),
    ".ods": _Form(ods.part, ods.has_unreadable, ods.retold),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet as it stands."""

    # All cells text; row 0 is the sheet's first row, blank or not. Unreadable cells hold what
    # `tables.unreadable` says of them.
    frame: pl.DataFrame
    name: str
    columns: tuple[int, ...]  # which column of the sheet each column of the frame is, from 0
    others: int  # sheets of the workbook that were not read

    def place(self, row: int, column: int) -> str:
        """Return the address of a cell of the frame: B3."""
        letters, number = "", self.columns[column] + 1
        while number:
            number, letter = divmod(number - 1, 26)
            letters = chr(ord("A") + letter) + letters
        return f"{letters}{row + 1}"


def first_sheet(path: Path) -> Sheet:
    """Read the first sheet of a workbook; raises `SubjectError` where it is none."""
    import fastexcel

    try:
        book = fastexcel.read_excel(path)
        name, *others = book.sheet_names
        with _told(path, name) as draft:
            if draft != path:
                book = fastexcel.read_excel(draft)
            # Rows are skipped from the sheet's first row on, so that a row keeps its number.
            sheet = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
            frame = sheet.to_polars()
        columns = tuple(column.absolute_index for column in sheet.available_columns())
        if path.suffix.lower() == ".xls":
            frame = _filled(frame, columns, xls.errors(path, 0))
    except SubjectError:
        raise
    except BaseException as error:  # the reader's errors share no base class, and it may panic
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        text = str(error).strip().splitlines()
        raise SubjectError(
            tr("not a readable workbook", "无法读取该工作簿"),
            text[0][:120] if text else type(error).__name__,
            tr("open it, save it as .xlsx and try again", "请打开后另存为 .xlsx 再试"),
            where=path.name,
        ) from None
    return Sheet(frame=frame, name=name, columns=columns, others=len(others))


@contextmanager
def _told(path: Path, sheet: str) -> Iterator[Path]:
    """Give the workbook, or a draft of it in which unreadable cells are texts."""
    form = _FORMS.get(path.suffix.lower())
    if form is None:
        yield path
        return
    with zipfile.ZipFile(path) as book:
        part = form.part(book, sheet)
        with book.open(part) as stream:
            found = form.has_unreadable(stream)
        if not found:
            yield path
            return
        with tempfile.TemporaryDirectory(prefix="lishui_credit_") as folder:
            draft = Path(folder) / f"draft{path.suffix}"
            with zipfile.ZipFile(draft, "w") as made:
                for name in book.namelist():
                    if name != part and _MEDIA not in name:
                        made.writestr(name, book.read(name))
                with book.open(part) as stream, made.open(part, "w", force_zip64=True) as out:
                    for piece in form.retold(stream, f"{path.name} {sheet}"):
                        out.write(piece)
            yield draft


def _filled(
    frame: pl.DataFrame, columns: tuple[int, ...], cells: Mapping[tuple[int, int], str]
) -> pl.DataFrame:
    """Return a frame with texts put into cells of the sheet."""
    for column in {column for _, column in cells}:
        here = {row: text for (row, there), text in cells.items() if there == column}
        name = frame.columns[columns.index(column)]
        frame = frame.with_columns(frame[name].scatter(list(here), list(here.values())))
    return frame
