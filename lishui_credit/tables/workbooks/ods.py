"""Unreadable cells of OpenDocument (``.ods``), told as texts in the content.

Cells that other programs show and the reader drops become texts as well: a time, and a text whose
kind is not stated.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from typing import IO, Final
from xml.parsers import expat
from xml.sax.saxutils import quoteattr, unescape

from lishui_credit.tables.unreadable import error, formula, is_unreadable
from lishui_credit.tables.workbooks.formats import Formats, percent
from lishui_credit.tables.workbooks.tabs import Survey, Tab

_CELLS: Final = ("table:table-cell", "table:covered-table-cell")
_VALUES: Final = (
    "office:value",
    "office:string-value",
    "office:date-value",
    "office:boolean-value",
)
_KIND: Final = "office:value-type"
_REPLACED: Final = (
    *_VALUES,
    _KIND,
    "office:time-value",
    "office:currency",
    "calcext:value-type",
    "table:formula",
)
_PART: Final = "content.xml"
_WORDS: Final = (b"table:formula", b'"error"', b"'error'", b'"percentage"', b"'percentage'")
_STYLE: Final = re.compile(rb"<style:style\s[^>]*style:name=[\"'](?P<name>[^\"']*)[\"'][^>]*>")
_INVISIBLE: Final = re.compile(rb"table:display=[\"']false[\"']")
_TABLE: Final = re.compile(rb"<table:table(?:\s+[\w:.\-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*/?>")
_ATTRIBUTE: Final = re.compile(rb"([\w:.\-]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_EPOCH: Final = re.compile(rb"<table:null-date\s[^>]*table:date-value=[\"'](\d{4})")
_WITHOUT_VALUE: Final = re.compile(  # and yet with content
    rb"<table:(?:covered-)?table-cell"
    rb"(?![^>]*office:(?:value|string-value|date-value|boolean-value)=)"
    rb"(?![^>]*office:value-type=.string)[^>]*(?<!/)>"
)
_TAG: Final = re.compile(rb"<[^\s/>]+(?:\s+[\w:.\-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*(?P<end>/?>)")


def tabs(book: zipfile.ZipFile) -> list[Tab]:
    """Return the sheets of a workbook."""
    content = book.read(_PART)
    styles = {
        name["name"]
        for name in _STYLE.finditer(content)
        if _INVISIBLE.search(content, name.end(), content.find(b"</style:style>", name.end()))
    }
    found = []
    for tag in _TABLE.finditer(content):
        keys = {key: unescape(value[1:-1].decode()) for key, value in _ATTRIBUTE.findall(tag[0])}
        hidden = keys.get(b"table:style-name", "").encode() in styles
        found.append(Tab(keys.get(b"table:name", ""), hidden, _PART))
    return found


def formats(book: zipfile.ZipFile) -> Formats:
    """Return the workbook's epoch; cells of this kind say themselves what they show."""
    epoch = _EPOCH.search(book.read(_PART))
    return Formats(is_1904=epoch is not None and epoch[1].startswith(b"1904"))


def surveyed(stream: IO[bytes], formats: Formats, sheet: str) -> Survey:
    """Look through a sheet: whether cells must be told as texts, and what the cells span."""
    content = stream.read()
    found = Survey()
    found.retell = (
        any(word in content for word in _WORDS) or _WITHOUT_VALUE.search(content) is not None
    )
    _Span(content, sheet, found)
    return found


def retold(stream: IO[bytes], where: str, formats: Formats) -> Iterator[bytes]:
    """Return the content anew with a text in the place of every cell to be told."""
    content = stream.read()
    end = 0
    for start, stop, tag in _Content(content).found:
        yield content[end:start]
        yield tag
        end = stop
    yield content[end:]


class _Span:
    """How far the cells of one sheet reach that hold something, repeated ones counted."""

    def __init__(self, content: bytes, sheet: str, found: Survey) -> None:
        self.sheet, self.found, self.inside = sheet, found, False
        self.row = self.column = self.last = self.repeated = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._opens
        self.parser.EndElementHandler = self._closes
        self.parser.Parse(content, True)

    def _opens(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table:table":
            self.inside = attributes.get("table:name", "") == self.sheet
        elif not self.inside:
            return
        elif name == "table:table-row":
            self.repeated = int(attributes.get("table:number-rows-repeated", "1"))
            self.column = self.last = 0
            if attributes.get("table:visibility", "visible") != "visible":
                self.found.hidden_rows += self.repeated
        elif name in _CELLS:
            self.column += int(attributes.get("table:number-columns-repeated", "1"))
            if _KIND in attributes or "table:formula" in attributes:
                self.last = self.column
        elif name == "text:p":
            self.last = self.column

    def _closes(self, name: str) -> None:
        if self.inside and name == "table:table-row":
            self.row += self.repeated
            if self.last:
                self.found.reach(self.row, self.last)


class _Content:
    """The content, looked through for cells without a readable value; `found` are their tags."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.found: list[tuple[int, int, bytes]] = []
        self.start, self.notes, self.paragraphs = 0, 0, 0
        self.name, self.text = "", ""
        self.cell: dict[str, str] = {}
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._opens
        self.parser.CharacterDataHandler = self._says
        self.parser.EndElementHandler = self._closes
        self.parser.Parse(content, True)

    def _opens(self, name: str, attributes: dict[str, str]) -> None:
        if name in _CELLS:
            self.start, self.name, self.cell = self.parser.CurrentByteIndex, name, attributes
            self.text, self.paragraphs = "", 0
        elif name == "office:annotation":  # a remark beside the cell is not what it holds
            self.notes += 1
        elif name == "text:p" and not self.notes:
            self.text += "\n" if self.paragraphs else ""
            self.paragraphs += 1
        elif name == "text:s" and not self.notes:
            self.text += " " * int(attributes.get("text:c", "1"))

    def _says(self, text: str) -> None:
        if self.name and self.paragraphs and not self.notes:
            self.text += text

    def _closes(self, name: str) -> None:
        if name == "office:annotation":
            self.notes -= 1
        if name != self.name or not self.name:
            return
        self.name = ""
        if (said := self._told()) is None:
            return
        kept = {key: value for key, value in self.cell.items() if key not in _REPLACED}
        kept |= {_KIND: "string", "office:string-value": said}
        tag = _TAG.match(self.content, self.start)
        assert tag is not None
        written = "".join(f" {key}={quoteattr(value)}" for key, value in kept.items())
        made = f"<{name}{written}".encode() + tag["end"]
        self.found.append((self.start, tag.end(), made))

    def _told(self) -> str | None:
        """Return the text a cell is to be read as; None where it is read as it stands."""
        kind, own = self.cell.get(_KIND), self.cell.get("table:formula")
        failed = self.cell.get("calcext:value-type") == "error"
        if failed or (own is not None and is_unreadable(self.text)):
            return error(self.text)
        if kind == "time":
            return self.text or self.cell.get("office:time-value", "")
        if kind == "percentage":
            return percent(self.cell.get("office:value", ""))
        if kind == "string" or any(name in self.cell for name in _VALUES):
            return None
        if own is not None:
            return formula(own.partition("=")[2] or own)
        return self.text or None
