"""Unreadable cells of Office Open XML (``.xlsx``, ``.xlsm``), told as texts in the sheet's own part."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterable, Iterator
from functools import cache
from typing import IO, Final
from xml.etree import ElementTree
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.tables.unreadable import error, formula
from lishui_credit.tables.workbooks.formats import Formats
from lishui_credit.tables.workbooks.formats import formats as told_formats
from lishui_credit.tables.workbooks.tabs import Survey, Tab, column_number

_CHUNK: Final = 1 << 20
_BEFORE: Final = b"<rows>"
_ROW: Final = re.compile(rb"<(?:\w+:)?row[\s/>]")
_ROW_ENDS: Final = re.compile(rb"</(?:\w+:)?row\s*>")
_HIDDEN: Final = re.compile(rb"<(?:\w+:)?row\s[^>]*\bhidden\s*=\s*[\"'](?:1|true)[\"']")
_ROW_NUMBER: Final = re.compile(rb'<row [^>]*?\br="(\d+)"')
_ANY_ROW_NUMBER: Final = re.compile(rb"<(?:\w+:)?row\s[^>]*?\br\s*=\s*[\"'](\d+)[\"']")
_UNUSUAL: Final = (b"'", b"\tr", b"\nr")
_ADDRESS: Final = rb"\br\s*=\s*[\"']"
_FILLED: Final = re.compile(_ADDRESS + rb"([A-Za-z]+)(\d+)[\"'][^>/]*>(?!</c>)")
_STORED: Final = rb"(?!<v>[^<]|<v\s[^>]*>[^<])"  # no value right behind a formula
_BARE: Final = (
    re.compile(rb"</f>" + _STORED),
    re.compile(rb"<f(?:\s[^>]*)?/>" + _STORED),
    re.compile(rb"</f\s"),
)
_TEXTS: Final = ("str", "inlineStr")  # kinds of cells that may hold an empty text as their value


def tabs(book: zipfile.ZipFile) -> list[Tab]:
    """Return the sheets of a workbook that hold cells; charts are none."""
    related = relations(book, "xl/_rels/workbook.xml.rels")
    found = []
    for row in _workbook(book).iter():
        if row.tag.rpartition("}")[2] != "sheet":
            continue
        relation = next(v for k, v in row.attrib.items() if k.rpartition("}")[2] == "id")
        kind, part = related[relation]
        if kind.endswith("/worksheet"):
            found.append(Tab(row.get("name", ""), row.get("state", "visible") != "visible", part))
    return found


def formats(book: zipfile.ZipFile) -> Formats:
    """Return which styles show percentages and days, and the workbook's epoch."""
    properties = (row for row in _workbook(book).iter() if row.tag.endswith("}workbookPr"))
    is_1904 = any(row.get("date1904", "0") in ("1", "true", "on") for row in properties)
    name = parts(book).get("xl/styles.xml")
    if name is None:
        return Formats(is_1904=is_1904)
    codes: dict[int, str] = {}
    styles: list[int] = []
    for group in ElementTree.fromstring(book.read(name)):
        inside = group.tag.rpartition("}")[2]
        if inside == "numFmts":
            codes |= {int(row.get("numFmtId", "0")): row.get("formatCode", "") for row in group}
        elif inside == "cellXfs":
            styles = [int(row.get("numFmtId", "0")) for row in group]
    return told_formats(styles, codes, is_1904=is_1904)


def _workbook(book: zipfile.ZipFile) -> ElementTree.Element:
    return ElementTree.fromstring(book.read(parts(book)["xl/workbook.xml"]))


def parts(book: zipfile.ZipFile) -> dict[str, str]:
    """Return the names of a workbook's parts by how relations spell them: any case, any slash."""
    return {name.replace("\\", "/").lower(): name for name in book.namelist()}


def relations(book: zipfile.ZipFile, name: str) -> dict[str, tuple[str, str]]:
    """Return what the workbook's relations point to: kind and name of a part, by their ids."""
    names = parts(book)
    found = {}
    for row in ElementTree.fromstring(book.read(names[name])):
        target = row.get("Target", "").replace("\\", "/").lower()
        inside = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/")
        part = names.get(inside, names.get(posixpath.normpath(target), ""))
        found[row.get("Id", "")] = (row.get("Type", ""), part)
    return found


def surveyed(stream: IO[bytes], formats: Formats, sheet: str) -> Survey:
    """Look through a sheet: whether cells must be told as texts, and what the cells span."""
    found, styled = Survey(), _styled(formats)
    for piece, is_rows in _pieces(stream):
        if is_rows:
            found.retell = found.retell or _suspicious(piece, styled)
            found.hidden_rows += len(_HIDDEN.findall(piece)) if b"hidden" in piece else 0
            _reach(found, piece)
    return found


def _reach(found: Survey, rows: bytes) -> None:
    """Count how far cells may reach, styled ones without content among them."""
    plain = b' r="' in rows and not any(sign in rows for sign in _UNUSUAL)
    start = b' r="' if plain else rb"\br\s*=\s*[\"']"
    number = _ROW_NUMBER if plain else _ANY_ROW_NUMBER
    deep = max(map(int, number.findall(rows) or _ANY_ROW_NUMBER.findall(rows)), default=0)
    if found.last_row < 100_000 and deep < 100_000:
        deep = 1_048_576 if re.search(start + rb"[A-Za-z]+\d{6}", rows) else deep
    found.reach(deep, 1)
    at = 0
    while further := _beyond(start, found.last_column).search(rows, at):
        found.reach(1, column_number(further[1].decode()))
        at = further.end()


@cache
def _beyond(start: bytes, column: int) -> re.Pattern[bytes]:
    """Return what finds an address right of a column, from 1."""
    if column < 26:
        least = ord("A") + column
        ways = b"[%c-Z]|[A-Z]{2,}" % least
    elif column < 702:
        first, second = divmod(column - 26, 26)  # the next column's letters
        ways = b"%c[%c-Z]|[A-Z]{3,}" % (ord("A") + first, ord("A") + second)
        if first < 25:
            ways += b"|[%c-Z][A-Z]" % (ord("B") + first)
    elif column < 16_384:
        ways = b"[A-Z]{3,}"
    else:
        ways = b"XF[E-Z]|X[G-Z][A-Z]|[YZ][A-Z]{2}|[A-Z]{4,}"
    return re.compile(b"%b(%b)\\d" % (start, ways), re.IGNORECASE)


def reached(stream: IO[bytes]) -> Survey:
    """Return how far the cells of a sheet reach that hold something, exactly."""
    found = Survey()
    for piece, _ in _pieces(stream):
        cells = _FILLED.findall(piece)
        if cells:
            columns = {column for column, _ in cells}
            found.reach(
                max(int(row) for _, row in cells), max(column_number(c.decode()) for c in columns)
            )
    return found


def retold(stream: IO[bytes], where: str, formats: Formats) -> Iterator[bytes]:
    """Return a sheet anew, piece by piece, with a text in the place of every cell to be told."""
    shared: dict[str, str] = {}
    styled, plain = _styled(formats), _plain(formats)
    for piece, is_rows in _pieces(stream):
        if is_rows and plain is not None:
            piece = plain.sub(lambda cell: _retold_plain(cell, formats), piece)
        whole = not is_rows or not _suspicious(piece, styled)
        yield piece if whole else _Rows(piece, shared, where, formats).retold()


def _styles(styles: Iterable[int]) -> bytes:
    return b"|".join(str(style).encode() for style in sorted(styles))


def _styled(formats: Formats) -> re.Pattern[bytes] | None:
    """Return what finds cells that may be told otherwise for their number format."""
    told, days = formats.percent | formats.chinese_day, formats.day
    ways = []
    if told:
        ways.append(rb"\ss\s*=\s*[\"'](?:%b)[\"'](?:\s[^>/]*)?>" % _styles(told))
    if days:  # a number below nothing, or of seven digits or more, or with an exponent
        style = rb"\ss\s*=\s*[\"'](?:%b)[\"'](?:\s[^>/]*)?>" % _styles(days)
        ways.append(
            style + rb"\s*(?:<f[^>]*>[^<]*</f>|<f[^>]*/>)?\s*<v[^>]*>\s*(?:-|\d{7}|[^<]*[eE])"
        )
    return re.compile(b"|".join(ways)) if ways else None


def _plain(formats: Formats) -> re.Pattern[bytes] | None:
    """Return what finds cells of a percentage as most programs write them."""
    told = formats.percent | formats.chinese_day
    if not told:
        return None
    return re.compile(rb'<c r="(\w+)" s="(%b)"(?: t="n")?><v>([^<]+)</v></c>' % _styles(told))


def _retold_plain(cell: re.Match[bytes], formats: Formats) -> bytes:
    said = formats.told(int(cell[2]), cell[3].decode())
    if said is None:
        return cell[0]
    return b'<c r="%b" t="str"><v>%b</v></c>' % (cell[1], escape(said).encode())


def _pieces(stream: IO[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Return a sheet in pieces, and of each whether it holds rows: whole ones, and nothing else."""
    held, started = b"", False
    while chunk := stream.read(_CHUNK):
        held += chunk
        if not started:
            first = _ROW.search(held)
            if first is None:
                continue
            yield held[: first.start()], False
            held, started = held[first.start() :], True
        if cut := _last_row(held):
            yield held[:cut], True
            held = held[cut:]
    yield held, False


def _last_row(held: bytes) -> int:
    """Return where the last whole row ends; 0 where there is none."""
    plain = held.rfind(b"</row>")
    if plain >= 0:
        return plain + len(b"</row>")
    return max((found.end() for found in _ROW_ENDS.finditer(held)), default=0)


def _suspicious(rows: bytes, styled: re.Pattern[bytes] | None) -> bool:
    """Tell whether rows may hold cells to be told; where it says no, they do not."""
    if b"</row>" not in rows or b'"e"' in rows or b"'e'" in rows:  # names may have a prefix
        return True
    if styled is not None and styled.search(rows) is not None:
        return True
    return b"<f" in rows and any(form.search(rows) for form in _BARE)


class _Rows:
    """Rows of a sheet, looked through for cells without a readable value."""

    def __init__(self, rows: bytes, shared: dict[str, str], where: str, formats: Formats) -> None:
        self.rows, self.shared, self.where, self.formats = rows, shared, where, formats
        self.found: list[tuple[int, int, bytes]] = []
        self.start, self.inside = 0, ""
        self.cell: dict[str, str] = {}
        self.formula: dict[str, str] | None = None
        self.text = ""
        self.value: str | None = None
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._opens
        self.parser.CharacterDataHandler = self._says
        self.parser.EndElementHandler = self._closes
        self.parser.Parse(_BEFORE + rows + b"</rows>", True)

    def retold(self) -> bytes:
        """Return a sheet anew, piece by piece, with a text in the place of every unreadable cell."""
        made, end = [], 0
        for start, stop, cell in self.found:
            made += [self.rows[end:start], cell]
            end = stop
        return b"".join([*made, self.rows[end:]])

    def _at(self) -> int:
        return self.parser.CurrentByteIndex - len(_BEFORE)

    def _opens(self, name: str, attributes: dict[str, str]) -> None:
        self.inside = name.rpartition(":")[2]
        if self.inside == "c":
            self.start, self.cell = self._at(), attributes
            self.formula, self.text, self.value = None, "", None
        elif self.inside == "f":
            self.formula, self.value = attributes, None  # a value before its formula is not read
        elif self.inside in ("v", "is", "t"):
            self.value = self.value or ""

    def _says(self, text: str) -> None:
        if self.inside == "f":
            self.text += text
        elif self.inside in ("v", "t") and self.value is not None:
            self.value += text

    def _closes(self, name: str) -> None:
        self.inside = ""
        if name.rpartition(":")[2] != "c" or (said := self._told()) is None:
            return
        prefix, place = name[:-1], self.cell.get("r")
        at = f" r={quoteattr(place)}" if place else ""
        told = f'<{name}{at} t="str"><{prefix}v>{escape(said)}</{prefix}v></{name}>'
        end = self.rows.index(b">", self._at()) + 1
        self.found.append((self.start, end, told.encode()))

    def _told(self) -> str | None:
        """Return what the cell is to be read as; None where as it stands."""
        if (said := self._unreadable()) is not None:
            return said
        style = self.cell.get("s", "")
        if self.cell.get("t", "n") == "n" and self.value and style.isdigit():
            return self.formats.told(int(style), self.value)
        return None

    def _unreadable(self) -> str | None:
        """Return what the cell holds if it gives no value."""
        kind, text = self.cell.get("t"), self._formula_text()
        if kind == "e" and (self.value or self.formula is None):
            return error(self.value or "")
        if self.formula is None or self.value or (self.value == "" and kind in _TEXTS):
            return None
        if self.formula.get("t") in ("array", "dataTable") and ":" in self.formula.get("ref", ""):
            raise SubjectError(
                tr("an array formula without stored values", "数组公式没有存储值"),
                f"{self.formula['ref']}: {{={text}}}",
                tr(
                    "open the workbook in Excel or WPS and save it again",
                    "请用 Excel 或 WPS 打开后重新保存",
                ),
                where=self.where,
            )
        return formula(text)

    def _formula_text(self) -> str:
        """Return the formula; a shared one as it stands in its first cell."""
        index = self.formula.get("si") if self.formula is not None else None
        if index is None:
            return self.text
        if self.text:
            self.shared[index] = self.text
        return self.shared.get(index, "…")
