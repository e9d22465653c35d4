"""Unreadable cells of Office Open XML (``.xlsx``, ``.xlsm``), told as texts in the sheet's own part."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from typing import IO, Final
from xml.etree import ElementTree
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.tables.unreadable import error, formula

_CHUNK: Final = 1 << 20
_BEFORE: Final = b"<rows>"
_ROW: Final = re.compile(rb"<(?:\w+:)?row[\s/>]")
_ROW_ENDS: Final = re.compile(rb"</(?:\w+:)?row\s*>")
_STORED: Final = rb"(?!<v>[^<]|<v\s[^>]*>[^<])"  # no value right behind a formula
_BARE: Final = (
    re.compile(rb"</f>" + _STORED),
    re.compile(rb"<f(?:\s[^>]*)?/>" + _STORED),
    re.compile(rb"</f\s"),
)
_TEXTS: Final = ("str", "inlineStr")  # kinds of cells that may hold an empty text as their value


def part(book: zipfile.ZipFile, sheet: str) -> str:
    """Return the name of the part that holds a sheet."""
    names = parts(book)
    workbook = ElementTree.fromstring(book.read(names["xl/workbook.xml"]))
    relations = {
        row.get("name", ""): value
        for row in workbook.iter()
        if row.tag.rpartition("}")[2] == "sheet"
        for key, value in row.attrib.items()
        if key.rpartition("}")[2] == "id"
    }
    return target(book, "xl/_rels/workbook.xml.rels", relations[sheet])


def parts(book: zipfile.ZipFile) -> dict[str, str]:
    """Return the names of a workbook's parts by how relations spell them: any case, any slash."""
    return {name.replace("\\", "/").lower(): name for name in book.namelist()}


def target(book: zipfile.ZipFile, relations: str, relation: str) -> str:
    """Return the name of the part that a relation of the workbook points to."""
    names = parts(book)
    rows = ElementTree.fromstring(book.read(names[relations]))
    found = next(row.get("Target", "") for row in rows if row.get("Id") == relation)
    found = found.replace("\\", "/").lower()
    inside = posixpath.normpath(posixpath.join("/xl", found)).lstrip("/")
    return names[inside if inside in names else posixpath.normpath(found)]


def has_unreadable(stream: IO[bytes]) -> bool:
    """Tell whether a sheet may hold unreadable cells; where it says no, there are none."""
    return any(is_rows and _suspicious(piece) for piece, is_rows in _pieces(stream))


def retold(stream: IO[bytes], where: str) -> Iterator[bytes]:
    """Return a sheet anew, piece by piece, with a text in the place of every unreadable cell."""
    shared: dict[str, str] = {}
    for piece, is_rows in _pieces(stream):
        whole = not is_rows or not _suspicious(piece)
        yield piece if whole else _Rows(piece, shared, where).retold()


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


def _suspicious(rows: bytes) -> bool:
    """Tell whether rows may hold unreadable cells; where it says no, they do not."""
    if b"</row>" not in rows or b'"e"' in rows or b"'e'" in rows:  # names may have a prefix
        return True
    return b"<f" in rows and any(form.search(rows) for form in _BARE)


class _Rows:
    """Rows of a sheet, looked through for cells without a readable value."""

    def __init__(self, rows: bytes, shared: dict[str, str], where: str) -> None:
        self.rows, self.shared, self.where = rows, shared, where
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
        if name.rpartition(":")[2] != "c" or (said := self._unreadable()) is None:
            return
        prefix, place = name[:-1], self.cell.get("r")
        at = f" r={quoteattr(place)}" if place else ""
        told = f'<{name}{at} t="str"><{prefix}v>{escape(said)}</{prefix}v></{name}>'
        end = self.rows.index(b">", self._at()) + 1
        self.found.append((self.start, end, told.encode()))

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
