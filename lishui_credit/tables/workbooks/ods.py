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
from xml.sax.saxutils import quoteattr

from lishui_credit.tables.unreadable import error, formula, is_unreadable

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
_WORDS: Final = (b"table:formula", b'"error"', b"'error'")
_WITHOUT_VALUE: Final = re.compile(  # and yet with content
    rb"<table:(?:covered-)?table-cell"
    rb"(?![^>]*office:(?:value|string-value|date-value|boolean-value)=)"
    rb"(?![^>]*office:value-type=.string)[^>]*(?<!/)>"
)
_TAG: Final = re.compile(rb"<[^\s/>]+(?:\s+[\w:.\-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*\s*(?P<end>/?>)")


def part(book: zipfile.ZipFile, sheet: str) -> str:
    """Return the name of the part that holds all sheets."""
    return "content.xml"


def has_unreadable(stream: IO[bytes]) -> bool:
    """Tell whether sheets may hold unreadable cells; where it says no, there are none."""
    content = stream.read()
    return any(word in content for word in _WORDS) or _WITHOUT_VALUE.search(content) is not None


def retold(stream: IO[bytes], where: str) -> Iterator[bytes]:
    """Return the content anew with a text in the place of every unreadable cell."""
    content = stream.read()
    end = 0
    for start, stop, tag in _Content(content).found:
        yield content[end:start]
        yield tag
        end = stop
    yield content[end:]


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
        if kind == "string" or any(name in self.cell for name in _VALUES):
            return None
        if own is not None:
            return formula(own.partition("=")[2] or own)
        return self.text or None
