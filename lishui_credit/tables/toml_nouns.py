"""Tables of a TOML document as a dataclass, strictly: every mistake at once, in words.

A key the dataclass lacks, a key left out and a value of another type are mistakes, and nothing is
converted. What can be read besides is checked all the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import cache
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

from lishui_credit.errors import CreditError, Problem
from lishui_credit.language import Bilingual, tr
from lishui_credit.tables.header_words import did_you_mean
from lishui_credit.tables.toml_places import Loc

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from pydantic_core import ErrorDetails, SchemaValidator

Tables = Mapping[str, Any]  # as a document holds them: values of any type
Noun = TypeVar("Noun", bound="DataclassInstance")
Found = Iterable[tuple[Loc, Problem]]
Check = Callable[[Noun, frozenset[str]], Found]

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
_SOME: Final[Mapping[object, object]] = {
    bool: False,
    int: 1,
    Decimal: Decimal(1),
    str: "-",
    date: date(2000, 1, 1),
}


def noun_of(
    kind: type[Noun], body: Tables, check: Check[Noun] | None
) -> tuple[Noun | None, list[tuple[Loc, Problem]]]:
    """Return tables as a dataclass, as far as they can be read, and what is wrong with them.

    `check` says what does not fit together. Where some keys cannot be read it is asked of the
    others all the same, and told the names of these.
    """
    from pydantic_core import ValidationError

    try:
        made = _validator(kind).validate_python(body)
        return made, [] if check is None else list(check(made, frozenset()))
    except ValidationError as error:
        found = [mistake for row in error.errors() for mistake in _mistakes(kind, row)]
    places = [loc for loc, _ in found]
    rest, left = _without(kind, body, places)
    try:
        readable = _validator(kind).validate_python(rest)
    except ValidationError:
        return None, found
    if check is not None and not any(_loses_a_name(kind, loc) for loc in places):
        gone = {
            str(row_id(row))
            for table, rows in left.items()
            for place, row in enumerate(body[table])
            if place not in rows
        }
        found += [
            (_moved(loc, left), problem)
            for loc, problem in check(readable, frozenset(str(loc[0]) for loc in places if loc))
            if problem.found not in gone
        ]
    return readable, found


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
    return Problem(tr("unknown key", "未知的键"), f"'{key}'", did_you_mean([key], known))


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


def _without(
    kind: object, body: Tables, mistakes: Iterable[Loc]
) -> tuple[Tables, dict[str, list[int]]]:
    """Return a body without its mistakes, and which rows are left of each list that held one."""
    # A row that holds a mistake is left out; a key that does gets some value of its kind.
    rest, wrong = dict(body), dict[str, set[int]]()
    for loc in mistakes:
        match loc:
            case (str(table), int(place), *_):
                wrong.setdefault(table, set()).add(place)
            case (str(_), *_):
                _stand_in_at(rest, loc, _reached(kind, loc))
    left = {
        table: [place for place in range(len(body[table])) if place not in places]
        for table, places in wrong.items()
    }
    return rest | {name: [body[name][at] for at in places] for name, places in left.items()}, left


def _loses_a_name(kind: object, loc: Loc) -> bool:
    """Tell whether a mistake hides the id of a row, to which others may refer."""
    reached, wanted = _reached(kind, loc[:1])
    rows = reached == loc[:1] and get_origin(wanted) is tuple
    return rows and (len(loc) < 3 or loc[2] in ("id", "key"))


def _stand_in_at(table: dict[str, Any], loc: Loc, reached: tuple[Loc, object]) -> None:
    """Put a value of the wanted kind at a place, or take out a key that nobody wants."""
    *path, last = loc
    for name in path:
        inner = table.get(str(name))
        table[str(name)] = table = dict(inner) if isinstance(inner, dict) else {}
    if reached[0] == loc:
        table[str(last)] = _stand_in(reached[1])
    else:
        table.pop(str(last), None)


def _stand_in(kind: object) -> object:
    """Return some value of a kind."""
    if is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        return {
            key: _stand_in(hints[row.name])
            for key, row in zip(_keys(kind), fields(kind), strict=True)
            if MISSING is row.default is row.default_factory
        }
    inner = get_args(kind)
    if get_origin(kind) is Literal:
        return inner[0]
    if get_origin(kind) is tuple:
        return [] if inner[-1] is Ellipsis else [_stand_in(part) for part in inner]
    return _SOME.get(_needed(inner[0] if get_origin(kind) in (Union, UnionType) else kind))


def _moved(loc: Loc, left: Mapping[str, list[int]]) -> Loc:
    """Return where a row stands in the whole body, of one that was counted among the rows left."""
    match loc:
        case (str(table), int(place), *inner) if table in left:
            return (table, left[table][place], *inner)
    return loc


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


def row_id(row: object) -> object:
    """Return the id of a row of a list of tables, its key where it has none."""
    return row.get("id") or row.get("key") if isinstance(row, dict) else None


def _printed(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str) if value is not None else ""
    return text.strip('"')[:60] if isinstance(value, Decimal | date) else text[:60]
