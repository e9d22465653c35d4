"""Errors in the cells of old workbooks (``.xls``): where they stand, and which they are.

A formula of such a workbook always has a stored value, which may be an empty text.

References
----------
[MS-CFB] (compound files); [MS-XLS], records BoolErr, Formula and FormulaValue.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.tables.unreadable import error
from lishui_credit.tables.workbooks.formats import formats as told_formats
from lishui_credit.tables.workbooks.tabs import Survey, Tab
from lishui_credit.tables.workbooks.xlsb import CODES, short_number

_MAGIC: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_END: Final = 0xFFFFFFFA  # sectors from here on are marks, not places
_BOF, _EOF, _SHEET, _CONSTANT, _FORMULA = 0x0809, 0x000A, 0x0085, 0x0205, 0x0006
_NUMBER, _SHORT, _SHORTS, _ROW = 0x0203, 0x027E, 0x00BD, 0x0208
_EPOCH, _CODE, _STYLE = 0x0022, 0x041E, 0x00E0
_CELLS: Final = (_CONSTANT, _FORMULA, _NUMBER, 0x0204, _SHORT, _SHORTS, 0x00FD)


class OldBook:
    """An old workbook: its sheets, and the cells of one to be told as texts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.content = _workbook(path.read_bytes())
        self._starts: list[int] = []
        self.tabs: list[Tab] = []
        codes: dict[int, str] = {}
        styles: list[int] = []
        is_1904 = False
        for kind, at, _ in _records(self.content, 0):
            if kind == _SHEET:
                start, state, sort = struct.unpack_from("<IBB", self.content, at)
                name = self._text(self.content[at + 6], at + 7)
                if sort == 0:
                    self.tabs.append(Tab(name, state & 3 != 0, place=len(self._starts)))
                self._starts.append(start)
            elif kind == _EPOCH:
                is_1904 = self.content[at] == 1
            elif kind == _CODE:
                number, length = struct.unpack_from("<HH", self.content, at)
                codes[number] = self._text(length, at + 4)
            elif kind == _STYLE:
                styles.append(struct.unpack_from("<H", self.content, at + 2)[0])
        self.formats = told_formats(styles, codes, is_1904=is_1904)

    def _text(self, length: int, flag: int) -> str:
        """Return a text of some characters whose width a flag tells, which stands before it."""
        if self.content[4:6] != b"\x00\x06":  # before Excel 97 there was no flag
            return self.content[flag : flag + length].decode("gb18030", "replace")
        wide = self.content[flag] & 1
        data = self.content[flag + 1 : flag + 1 + length * (1 + wide)]
        return data.decode("utf-16-le" if wide else "latin-1")

    def told(self, tab: Tab) -> tuple[Survey, dict[tuple[int, int], str]]:
        """Return what a sheet spans, and its cells to be told by row and column, both from 0."""
        found, cells = Survey(), {}
        for kind, at, depth in _records(self.content, self._starts[tab.place or 0]):
            # A chart on the sheet may keep numbers of another sheet: the reader takes them for
            # cells of this one, and they stand over what it holds (calamine issue 700).
            if depth > 1 and kind in _CELLS:
                raise SubjectError(
                    tr(
                        "a chart on the sheet keeps numbers that would be read as its cells",
                        "工作表中的图表存有数据,会被误读为单元格",
                    ),
                    hint=tr("save the workbook as .xlsx", "请另存为 .xlsx"),
                    where=self.path.name,
                )
            if depth == 1 and kind == _ROW:
                found.hidden_rows += bool(self.content[at + 12] & 0x20)
            elif depth == 1 and kind in _CELLS:
                row, column = struct.unpack_from("<HH", self.content, at)
                found.reach(row + 1, column + 1)
                for place, text in self._cells(kind, at):
                    found.reach(row + 1, place + 1)
                    if text is not None:
                        cells[row, place] = text
        return found, cells

    def _cells(self, kind: int, at: int) -> Iterator[tuple[int, str | None]]:
        """Return the cells of a record: the column, and the text each is to be read as."""
        content = self.content
        (column, style) = struct.unpack_from("<HH", content, at + 2)
        if (code := _error(kind, content[at : at + 14])) is not None:
            yield column, error(CODES.get(code, ""))
        elif kind == _NUMBER or (kind == _FORMULA and content[at + 12 : at + 14] != b"\xff\xff"):
            (number,) = struct.unpack_from("<d", content, at + 6)
            yield column, self.formats.told(style, repr(number))
        elif kind == _SHORT:
            (bits,) = struct.unpack_from("<I", content, at + 6)
            yield column, self.formats.told(style, short_number(bits))
        elif kind == _SHORTS:
            (length,) = struct.unpack_from("<H", content, at - 2)
            for place in range((length - 6) // 6):
                style, bits = struct.unpack_from("<HI", content, at + 4 + 6 * place)
                yield column + place, self.formats.told(style, short_number(bits))


def _error(kind: int, cell: bytes) -> int | None:
    """Return the code of the error that a cell holds, if it does."""
    if kind == _CONSTANT and cell[7]:
        return cell[6]
    if kind == _FORMULA and cell[12:14] == b"\xff\xff" and cell[6] == 2:
        return cell[8]
    return None


def _records(content: bytes, start: int) -> Iterator[tuple[int, int, int]]:
    """Return the records of a substream: kind, place of the data, and how deep it is nested."""
    depth = 0
    at = start
    while at + 4 <= len(content):
        kind, length = struct.unpack_from("<HH", content, at)
        at += 4
        depth += (kind == _BOF) - (kind == _EOF)
        if depth < 1:
            return
        yield kind, at, depth
        at += length


def _workbook(file: bytes) -> bytes:
    """Return the stream of the workbook from a compound file."""
    if not file.startswith(_MAGIC):
        raise ValueError("not a compound file")
    (shift, small_shift) = struct.unpack_from("<HH", file, 30)
    directory, _, cutoff, small_table, _, more, _ = struct.unpack_from("<7I", file, 48)
    if shift not in (9, 12):
        raise ValueError("no size of sectors")
    size = 1 << shift

    def sector(place: int) -> bytes:
        return file[(place + 1) * size : (place + 2) * size]

    def numbers(block: bytes) -> tuple[int, ...]:
        return struct.unpack(f"<{len(block) // 4}I", block)

    tables = [place for place in numbers(file[76:512]) if place < _END]
    for _ in range(len(file) // size):  # an endless list of tables is one of a damaged file
        if more >= _END:
            break
        *listed, more = numbers(sector(more))
        tables += [place for place in listed if place < _END]
    following = numbers(b"".join(sector(place) for place in tables))

    def stream(place: int) -> bytes:
        return b"".join(sector(at) for at in _chain(place, following))

    entries = stream(directory)
    root, workbook = b"", None
    for at in range(0, len(entries), 128):
        (length,) = struct.unpack_from("<H", entries, at + 64)
        name = entries[at : at + max(length - 2, 0)].decode("utf-16-le").lower()
        first, count = struct.unpack_from("<II", entries, at + 116)
        if entries[at + 66] == 5:
            root = stream(first)
        elif name in ("workbook", "book") and (workbook is None or name == "workbook"):
            workbook = (first, count)
    if workbook is None:
        raise ValueError("no workbook in the compound file")
    first, count = workbook
    if count >= cutoff:
        return stream(first)[:count]
    small = numbers(stream(small_table))
    pieces = (root[at << small_shift : (at + 1) << small_shift] for at in _chain(first, small))
    return b"".join(pieces)[:count]


def _chain(place: int, following: tuple[int, ...]) -> Iterator[int]:
    """Return the sectors of a stream in their order; an endless one is refused."""
    for _ in range(len(following) + 1):
        if place >= _END:
            return
        yield place
        place = following[place]
    raise ValueError("a stream of the compound file has no end")
