"""The one reader of TOML documents: every mistake of a file at once, each by its line.

A `Document` knows where its tables and keys stand, which the parser of the standard library does
not tell. `Document.make` turns its tables into a dataclass or raises with every mistake.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
)

from lishui_credit.errors import CreditError, Problem, RubricError
from lishui_credit.language import tr
from lishui_credit.tables.bounds import check_nesting
from lishui_credit.tables.toml_nouns import Check, Found, Noun, Tables, noun_of, row_id
from lishui_credit.tables.toml_places import Loc, places

if TYPE_CHECKING:
    pass


# ---- text -------------------------------------------------------------------------------------


def _decoded(data: bytes, name: str, error: type[CreditError]) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = data[: wrong.start].count(b"\n") + 1
        raise error(
            Problem(
                tr("the file is not in UTF-8", "文件编码不是 UTF-8"),
                _encoding(data),
                tr(
                    "open it in an editor and save it as UTF-8",
                    "请用文本编辑器打开,另存为 UTF-8 编码",
                ),
                f"{name}:{line}",
            )
        ) from None


def _encoding(data: bytes) -> str:
    """Name the encoding a text seems to be in; empty where none is likely."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return "GB18030 (GBK)" if re.search("[\u4e00-\u9fff]", text) else ""


def _syntax(error: tomllib.TOMLDecodeError, text: str, name: str) -> Problem:
    """Return what the parser says, at its line."""
    said = str(error)
    place = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)", said)
    lines = text.rstrip().split("\n")
    number = int(place[1]) if place and place[1] else max(len(lines), 1)
    line = lines[number - 1].strip() if number <= len(lines) else ""
    if re.match(r"Cannot (overwrite|declare|mutate)|Duplicate", said):
        what = tr("a key or table stands twice", "键或表重复")
        hint = tr("keep one of them", "请只保留一处")
    else:
        what = tr("not valid TOML", "不符合 TOML 语法")
        said = said.replace(place[0], "") if place else said
        hint = tr(f"correct this line: {said}", f"请改正这一行:{said}")
    if re.search("[\u201c\u201d\u2018\u2019\uff0c\uff1d\uff3b\uff3d\uff5b\uff5d]", line):
        hint += tr("; quotes and signs must be half-width", ";引号与符号须用半角")
    return Problem(what, line[:60], hint, f"{name}:{number}")


# ---- documents --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Document:
    """The tables of one TOML text, floats as `decimal.Decimal`, and where they stand."""

    name: str  # shown in messages
    tables: dict[str, Any]
    error: type[CreditError]  # raised for its mistakes
    text: str = ""
    data: bytes = b""

    def at(self, loc: Loc, tables: Tables | None = None) -> str:
        """Return ``name:line table[n] 'id'`` for a place, as exact as the text allows."""
        # The place is one of `tables` where these are not the document's own but laid over others.
        label = f" {loc[0]}" if loc else ""
        rows: object = self.tables if tables is None else tables
        for name, place in pairwise((*loc, "")):
            rows = _part(rows, name)
            if isinstance(place, int):
                row = _part(rows, place)
                label += "" if name == loc[0] else f" {name}"
                label += f"[{place + 1}]" + (f" '{row_id(row)}'" if row_id(row) else "")
        line = self._line(self._own(loc, tables))
        return f"{self.name}:{line}{label}" if line else f"{self.name}{label}"

    def _own(self, loc: Loc, tables: Tables | None) -> Loc:
        """Return where a row of other tables stands in this text, if it does: found by its id."""
        if tables is None or len(loc) < 2 or not isinstance(loc[1], int):
            return loc
        row, held = _part(tables.get(str(loc[0])), loc[1]), self.tables.get(str(loc[0]))
        rows = held if isinstance(held, list) else []
        same = [place for place, own in enumerate(rows) if own is row]
        same += [
            place for place, own in enumerate(rows) if row_id(own) and row_id(own) == row_id(row)
        ]
        return (loc[0], same[0], *loc[2:]) if same else ()

    def _line(self, loc: Loc) -> int | None:
        found = places(self.text)
        lines = [found[loc[:n]] for n in range(len(loc), 0, -1) if loc[:n] in found]
        if not lines and self.text and len(loc) == 1:
            return 1  # a key that the top of the file lacks
        return lines[0] if lines else None

    def make(
        self,
        kind: type[Noun],
        tables: Tables | None = None,
        beside: Iterable[Problem] = (),
        check: Check[Noun] | None = None,
    ) -> Noun:
        """Return the tables, or others in their place, as a dataclass; raises with every mistake."""
        body = self.tables if tables is None else tables
        made, found = noun_of(kind, body, check)
        problems = [*beside, *self._placed(found, tables)]
        if problems or made is None:
            raise self.error(problems)
        return made

    def _placed(self, found: Found, tables: Tables | None) -> Iterable[Problem]:
        """Return problems with their places, in the order of the lines, each once."""
        by_line = sorted(found, key=lambda row: self._line(self._own(row[0], tables)) or 0)
        return dict.fromkeys(replace(row, where=self.at(loc, tables)) for loc, row in by_line)


def parse_document(
    data: bytes | str, name: str, error: type[CreditError] = RubricError
) -> Document:
    """Return the document of a TOML text; raises `error` where it is none."""
    raw = data.encode() if isinstance(data, str) else data
    text = _decoded(raw, name, error)
    check_nesting(text, name, error)
    try:
        tables = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as wrong:
        raise error(_syntax(wrong, text, name)) from None
    return Document(name, tables, error, text, raw)


def read_document(
    path: Path, error: type[CreditError] = RubricError, name: str | None = None
) -> Document:
    """Return the document of a file, which is named by `name` or its own name; raises `error`."""
    try:
        data = path.read_bytes()
    except OSError as wrong:
        absent = isinstance(wrong, FileNotFoundError)
        what = (
            tr("no such file", "没有这个文件")
            if absent
            else tr("the file cannot be read", "文件无法读取")
        )
        raise error(Problem(what, "" if absent else str(wrong.strerror), where=str(path))) from None
    return parse_document(data, name or path.name, error)


def _part(whole: object, name: str | int) -> object:
    """Return a part of a table or list; None where there is none."""
    if isinstance(whole, Mapping):
        return whole.get(name)
    return (
        whole[name]
        if isinstance(whole, list) and isinstance(name, int) and name < len(whole)
        else None
    )
