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
from lishui_credit.tables.workbooks.xlsx import parts, target

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

_SHEET, _TEXT = 156, 6
_ERRORS: Final = (3, 11)  # a constant, and the value of a formula
_CELL: Final = 8  # bytes that say column and style, before a cell's value


def part(book: zipfile.ZipFile, sheet: str) -> str:
    """Return the name of the part that holds a sheet."""
    workbook = book.read(parts(book)["xl/workbook.bin"])
    relations = {}
    for kind, _, start, _ in _records(workbook):
        if kind == _SHEET:
            relation, after = _wide(workbook, start + 8)
            relations[_wide(workbook, after)[0]] = relation
    return target(book, "xl/_rels/workbook.bin.rels", relations[sheet])


def has_unreadable(stream: IO[bytes]) -> bool:
    """Tell whether a sheet holds errors."""
    return any(kind in _ERRORS for kind, *_ in _records(stream.read()))


def retold(stream: IO[bytes], where: str) -> Iterator[bytes]:
    """Return a sheet anew with a text in the place of every error."""
    content = stream.read()
    end = 0
    for kind, first, start, stop in _records(content):
        if kind in _ERRORS:
            text = error(CODES.get(content[start + _CELL], ""))
            cell = content[start : start + _CELL]
            cell += struct.pack("<I", len(text)) + text.encode("utf-16-le")
            yield content[end:first] + bytes([_TEXT, len(cell)]) + cell
            end = stop
    yield content[end:]


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
