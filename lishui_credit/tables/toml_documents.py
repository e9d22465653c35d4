"""The one reader of TOML documents: every mistake of a file at once, each by its line.

A `Document` knows where its tables and keys stand, which the parser of the standard library does
not tell. `Document.make` turns its tables into a dataclass: a key the dataclass lacks, a key left
out and a value of another type are mistakes, and nothing is converted.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Literal,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from lishui_credit.errors import CreditError, Problem, RubricError
from lishui_credit.language import Bilingual, tr
from lishui_credit.tables.toml_places import Loc, places

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from pydantic_core import ErrorDetails, SchemaValidator

Tables = Mapping[str, Any]  # as a document holds them: values of any type
Noun = TypeVar("Noun", bound="DataclassInstance")

_NAMED: Final = {"from": "start"}  # what a document says, and a word Python keeps for itself
_LITERAL_TYPES: Final = frozenset({"bool", "date", "decimal", "float", "int", "str"})
_WORDS: Final[Mapping[object, Bilingual]] = {
    bool: Bilingual("true or false", "布尔值(true 或 false)"),
    int: Bilingual("a whole number", "整数"),
    Decimal: Bilingual("a number", "数字"),
    str: Bilingual("a text in quotes", "加引号的文本"),
    date: Bilingual("a day such as 2016-03-01, without quotes", "不加引号的日期,如 2016-03-01"),
    tuple: Bilingual("a list", "列表"),
    dict: Bilingual("a table", "表"),
}


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
                label += f"[{place + 1}]" + (f" '{_id(row)}'" if _id(row) else "")
        line = self._line(self._own(loc, tables))
        return f"{self.name}:{line}{label}" if line else f"{self.name}{label}"

    def _own(self, loc: Loc, tables: Tables | None) -> Loc:
        """Return where a row of other tables stands in this text, if it does: found by its id."""
        if tables is None or len(loc) < 2 or not isinstance(loc[1], int):
            return loc
        row, held = _part(tables.get(str(loc[0])), loc[1]), self.tables.get(str(loc[0]))
        rows = held if isinstance(held, list) else []
        same = [place for place, own in enumerate(rows) if own is row]
        same += [place for place, own in enumerate(rows) if _id(own) and _id(own) == _id(row)]
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
    ) -> Noun:
        """Return the tables, or others in their place, as a dataclass; raises with every mistake."""
        from pydantic_core import ValidationError

        body = self.tables if tables is None else tables
        try:
            made: Noun = _validator(kind).validate_python(body)
        except ValidationError as error:
            found = [mistake for row in error.errors() for mistake in _mistakes(kind, row)]
            raise self.error([*beside, *self._placed(found, tables)]) from None
        return made

    def refuse(
        self,
        found: Iterable[tuple[Loc, Problem]],
        tables: Tables | None = None,
        beside: Iterable[Problem] = (),
    ) -> None:
        """Raise the document's error where there is a problem; each is told with its place."""
        if problems := [*beside, *self._placed(found, tables)]:
            raise self.error(problems)

    def _placed(
        self, found: Iterable[tuple[Loc, Problem]], tables: Tables | None
    ) -> Iterable[Problem]:
        """Return problems with their places, in the order of the lines, each once."""
        by_line = sorted(found, key=lambda row: self._line(self._own(row[0], tables)) or 0)
        return dict.fromkeys(replace(row, where=self.at(loc, tables)) for loc, row in by_line)


def _mistakes(kind: object, row: ErrorDetails) -> Iterator[tuple[Loc, Problem]]:
    """Yield what the validator finds wrong at one place, in words."""
    at = row["loc"]
    if at and isinstance(at[-1], int) and row["type"].startswith("missing"):
        at = at[:-1]  # of a list that is too short
    loc, wanted = _reached(kind, at)
    told = row.get("ctx", {}).get("error")
    if isinstance(told, CreditError):  # what the dataclass itself refuses
        yield from ((loc, problem) for problem in told.problems)
    elif row["type"].startswith("missing") and at is row["loc"]:
        what = tr(f"'{at[-1]}' is missing", f"缺少 '{at[-1]}'")
        yield at, Problem(what, hint=tr(f"add {at[-1]} = …", f"请补充 {at[-1]} = …"))
    elif row["type"] == "unexpected_keyword_argument":
        yield at, unknown(str(at[-1]), _keys(wanted))
    else:
        key = next((str(part) for part in reversed(loc) if isinstance(part, str)), "")
        need = _said(wanted)
        what = tr(f"'{key}' must be {need.en}", f"'{key}' 须为{need.zh}")
        yield loc, Problem(what, _printed(row["input"]))


def unknown(key: str, known: Iterable[str]) -> Problem:
    """Say that a document has no such key, and which one is nearest."""
    near = difflib.get_close_matches(key, list(known), n=1)
    hint = tr(f"did you mean '{near[0]}'?", f"是否应为 '{near[0]}'?") if near else ""
    return Problem(tr("unknown key", "未知的键"), f"'{key}'", hint)


def parse_document(
    data: bytes | str, name: str, error: type[CreditError] = RubricError
) -> Document:
    """Return the document of a TOML text; raises `error` where it is none."""
    raw = data.encode() if isinstance(data, str) else data
    text = _decoded(raw, name, error)
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


# ---- dataclasses ------------------------------------------------------------------------------


@cache
def _validator(kind: type[Any]) -> SchemaValidator:
    from pydantic import TypeAdapter
    from pydantic_core import SchemaValidator

    return SchemaValidator(_strict(TypeAdapter(kind).core_schema))


def _strict(node: Any) -> Any:
    """Return a schema that converts no value and takes no key that its dataclass lacks."""
    if isinstance(node, list):
        return [_strict(part) for part in node]
    if not isinstance(node, dict):
        return node
    strict = {name: _strict(part) for name, part in node.items()}
    if node.get("type") in _LITERAL_TYPES:
        strict["strict"] = True
    elif node.get("type") == "dataclass-args":
        strict["extra_behavior"] = "forbid"
        if node["dataclass_name"] == "Period":
            names = {field: key for key, field in _NAMED.items()}
            for part in strict["fields"]:
                part["validation_alias"] = names.get(part["name"], part["name"])
    return strict


def _reached(kind: object, loc: Loc) -> tuple[Loc, object]:
    """Return how far a place leads into a dataclass, and the kind of value that is wanted there."""
    # The validator goes on to the members of a union, which no document names.
    reached: list[str | int] = []
    for part in loc:
        kind = _needed(kind)
        if is_dataclass(kind) and isinstance(kind, type):
            hints = get_type_hints(kind)
            name = _NAMED.get(str(part), str(part)) if kind.__name__ == "Period" else str(part)
            if name not in hints:
                break
            kind = hints[name]
        elif get_origin(kind) is tuple and isinstance(part, int):
            inner = get_args(kind)
            kind = inner[0] if inner[-1] is Ellipsis else inner[part]
        elif get_origin(kind) is dict:
            kind = get_args(kind)[1]
        else:
            break
        reached.append(part)
    return tuple(reached), _needed(kind)


def _needed(kind: object) -> object:
    """Return a kind without its None."""
    if get_origin(kind) not in (Union, UnionType):
        return kind
    inner = tuple(part for part in get_args(kind) if part is not NoneType)
    return inner[0] if len(inner) == 1 else Union[inner]  # noqa: UP007 - made of a tuple


def _keys(kind: object) -> list[str]:
    if not is_dataclass(kind) or not isinstance(kind, type):
        return []
    names = {field: key for key, field in _NAMED.items()} if kind.__name__ == "Period" else {}
    return [names.get(row.name, row.name) for row in fields(kind)]


def _said(kind: object) -> Bilingual:
    """Return what a value must be, in words."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        members = [part for part in inner if not (part is int and Decimal in inner)]
        *words, last = dict.fromkeys(_said(part) for part in members)
        english, chinese = ", ".join(w.en for w in words), "、".join(w.zh for w in words)
        return Bilingual(f"{english} or {last.en}", f"{chinese}或{last.zh}") if words else last
    if origin is Literal:
        names = [str(part) for part in inner]
        return Bilingual(f"one of {', '.join(names)}", f"以下之一:{'、'.join(names)}")
    if origin is tuple and inner[-1] is not Ellipsis:
        return Bilingual(f"a list of {len(inner)}", f"{len(inner)} 项的列表")
    other = Bilingual("another value", "其他值")
    return _WORDS.get(dict if is_dataclass(kind) else origin or kind, other)


def _part(whole: object, name: str | int) -> object:
    """Return a part of a table or list; None where there is none."""
    if isinstance(whole, Mapping):
        return whole.get(name)
    return (
        whole[name]
        if isinstance(whole, list) and isinstance(name, int) and name < len(whole)
        else None
    )


def _id(row: object) -> object:
    """Return the id of a row of a list of tables, its key where it has none."""
    return row.get("id") or row.get("key") if isinstance(row, dict) else None


def _printed(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str) if value is not None else ""
    return text.strip('"')[:60] if isinstance(value, Decimal | date) else text[:60]
