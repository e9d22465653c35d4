"""Unreadable cells of binary workbooks (``.xlsb``), told as texts in the sheet's records.

A formula of such a workbook always has a stored value.

References
----------
[MS-XLSB], records BrtCellError, BrtFmlaError, BrtCellSt and BrtBundleSh.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from typing import IO, Final

from lishui_credit.tables.unreadable import error
from lishui_credit.tables.workbooks.formats import Formats
from lishui_credit.tables.workbooks.formats import formats as told_formats
from lishui_credit.tables.workbooks.tabs import Survey, Tab
from lishui_credit.tables.workbooks.xlsx import parts, relations

CODES: Final = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}
"""Errors of a spreadsheet by their code in binary files."""

_SHEET, _TEXT, _ROW, _EMPTY, _PROPERTIES = 156, 6, 0, 1, 153
_ERRORS: Final = (3, 11)  # a constant, and the value of a formula
_NUMBERS: Final = (2, 5, 9)  # short, long, and the value of a formula
_CELLS: Final = range(2, 12)
_CODE, _STYLES, _STYLES_END, _STYLE = 44, 617, 618, 47
_CELL: Final = 8  # bytes that say column and style, before a cell's value


def tabs(book: zipfile.ZipFile) -> list[Tab]:
    """Return the sheets of a workbook that hold cells; charts are none."""
    workbook = book.read(parts(book)["xl/workbook.bin"])
    related = relations(book, "xl/_rels/workbook.bin.rels")
    found = []
    for kind, _, start, _ in _records(workbook):
        if kind == _SHEET:
            (state,) = struct.unpack_from("<I", workbook, start)
            relation, after = _wide(workbook, start + 8)
            kind_of_part, part = related[relation]
            if kind_of_part.endswith("/worksheet"):
                found.append(Tab(_wide(workbook, after)[0], state != 0, part))
    return found


def formats(book: zipfile.ZipFile) -> Formats:
    """Return which styles show percentages and days, and the workbook's epoch."""
    names = parts(book)
    workbook = book.read(names["xl/workbook.bin"])
    is_1904 = any(
        kind == _PROPERTIES and workbook[start] & 1 for kind, _, start, _ in _records(workbook)
    )
    if "xl/styles.bin" not in names:
        return Formats(is_1904=is_1904)
    content = book.read(names["xl/styles.bin"])
    codes: dict[int, str] = {}
    styles: list[int] = []
    inside = False
    for kind, _, start, _ in _records(content):
        inside = (inside or kind == _STYLES) and kind != _STYLES_END
        if kind == _CODE:
            (number,) = struct.unpack_from("<H", content, start)
            codes[number] = _wide(content, start + 2)[0]
        elif kind == _STYLE and inside:
            styles.append(struct.unpack_from("<H", content, start + 2)[0])
    return told_formats(styles, codes, is_1904=is_1904)


def surveyed(stream: IO[bytes], formats: Formats, sheet: str) -> Survey:
    """Look through a sheet: whether cells must be told as texts, and what the cells span."""
    content = stream.read()
    found, row = Survey(), 0
    for kind, _, start, _ in _records(content):
        if kind == _ROW:
            (row,) = struct.unpack_from("<I", content, start)
            found.hidden_rows += bool(content[start + 11] & 0x10)
        elif kind in _CELLS:
            (column,) = struct.unpack_from("<I", content, start)
            found.reach(row + 1, column + 1)
            found.retell = found.retell or _told(content, kind, start, formats) is not None
    return found


def retold(stream: IO[bytes], where: str, formats: Formats) -> Iterator[bytes]:
    """Return a sheet anew with a text in the place of every cell to be told."""
    content = stream.read()
    end = 0
    for kind, first, start, stop in _records(content):
        if (text := _told(content, kind, start, formats)) is not None:
            cell = content[start : start + _CELL]
            cell += struct.pack("<I", len(text)) + text.encode("utf-16-le")
            yield content[end:first] + bytes([_TEXT, len(cell)]) + cell
            end = stop
    yield content[end:]


def _told(content: bytes, kind: int, start: int, formats: Formats) -> str | None:
    """Return what a cell is to be read as; None where as it stands, or where it is no cell."""
    if kind in _ERRORS:
        return error(CODES.get(content[start + _CELL], ""))
    if kind not in _NUMBERS:
        return None
    style = int.from_bytes(content[start + 4 : start + 7], "little")
    if kind == 2:
        (short,) = struct.unpack_from("<I", content, start + _CELL)
        return formats.told(style, short_number(short))
    (number,) = struct.unpack_from("<d", content, start + _CELL)
    return formats.told(style, repr(number))


def short_number(bits: int) -> str:
    """Return the number that 32 bits hold: 30 of a whole one or of a float, and by 100 or not."""
    if bits & 2:
        whole = (bits >> 2) - (1 << 30 if bits & 1 << 31 else 0)
        number: float = whole
    else:
        (number,) = struct.unpack("<d", struct.pack("<Q", (bits & 0xFFFFFFFC) << 32))
    return repr(number / 100 if bits & 1 else number)


def _wide(content: bytes, start: int) -> tuple[str, int]:
    """Return a text and where it ends."""
    (length,) = struct.unpack_from("<I", content, start)
    if length == 0xFFFFFFFF:
        return "", start + 4
    end = start + 4 + 2 * length
    return content[start + 4 : end].decode("utf-16-le"), end


def _records(content: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Return every record: its kind, where it begins, where its data begin and end."""
    at = 0
    while at < len(content):
        first, kind = at, content[at]
        at += 1
        if kind & 0x80:
            kind = kind & 0x7F | (content[at] & 0x7F) << 7
            at += 1
        length = shift = 0
        while True:
            byte = content[at]
            at += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80 or shift > 21:
                break
        yield kind, first, at, at + length
        at += length
