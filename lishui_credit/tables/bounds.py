"""How large an input may be: counted before it is opened, since a few bytes may ask for all memory.

Every limit can be raised by the environment variable ``LISHUI_CREDIT_LIMITS``, for instance
``LISHUI_CREDIT_LIMITS="cells=200000000,columns=20000"``.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Final

from lishui_credit.errors import CreditError, Problem, SubjectError
from lishui_credit.language import Bilingual, tr

VARIABLE: Final = "LISHUI_CREDIT_LIMITS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most that an input may hold."""

    sheets: int = 256  # of a workbook
    columns: int = 16_384  # of a sheet or text table
    cells: int = 50_000_000  # of the rectangle that a sheet's cells span: about 2 GB of memory
    inflated: int = 2 << 30  # bytes of a workbook's parts, unpacked
    ratio: int = 300  # unpacked bytes for one packed, in a part of more than 64 MB
    line: int = 8 << 20  # bytes of a line of a text table
    depth: int = 64  # tables and lists inside each other, of JSON and TOML
    key: int = 1_000  # characters of a key, of JSON and TOML


_NAMES: Final = {
    "sheets": Bilingual("too many sheets", "工作表过多"),
    "columns": Bilingual("too many columns", "列数过多"),
    "cells": Bilingual("the sheet spans too many cells", "工作表跨越的单元格过多"),
    "inflated": Bilingual("the workbook unpacks to too many bytes", "工作簿解压后过大"),
    "ratio": Bilingual(
        "a part of the workbook unpacks to too many times its size", "工作簿某部分的解压倍数过高"
    ),
    "line": Bilingual("a line is too long", "某一行过长"),
    "depth": Bilingual("tables or lists are nested too deep", "嵌套层数过多"),
    "key": Bilingual("a key is too long", "键名过长"),
}


def limits() -> Limits:
    """Return the limits in force; raises `SubjectError` where the variable is not understood."""
    return _said(os.environ.get(VARIABLE, ""))


@cache
def _said(text: str) -> Limits:
    names = {field.name for field in fields(Limits)}
    found: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, value = (word.strip() for word in part.partition("="))
        if name not in names or not value.isascii() or not value.isdigit():
            raise SubjectError(
                tr("not a limit", "不是有效的上限"),
                part,
                tr("write name=number; names: ", "请写成 名称=数字;名称:")
                + ", ".join(sorted(names)),
                where=VARIABLE,
            )
        found[name] = int(value)
    return replace(Limits(), **found)


def check(
    name: str, found: int, where: str, error: type[CreditError] = SubjectError, said: str = ""
) -> None:
    """Raise `error` where more was found than the limit of a name allows; `said` tells what it is."""
    most = getattr(limits(), name)
    if found > most:
        raise error(
            Problem(
                str(_NAMES[name]),
                f"{said + ': ' if said else ''}{found:,} > {most:,}",
                tr(
                    f"is it the right file? if so, raise the limit: {VARIABLE}={name}={found}",
                    f"请确认文件无误;如确需读取,请提高上限:{VARIABLE}={name}={found}",
                ),
                where=where,
            )
        )


_TEXTS: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|\#[^\n]*', re.DOTALL
)
_BRACKETS: Final = re.compile(r"[\[{\]}]")


def check_nesting(text: str, where: str, error: type[CreditError] = SubjectError) -> None:
    """Raise `error` for JSON or TOML nested too deep, or with a key too long, before it is parsed."""
    most = limits()
    long = re.compile(
        rf'(?:"(?:\\.|[^"\\\n]){{{most.key + 1},}}"|(?<![\w\-])[\w\-]{{{most.key + 1},}})\s*[=:.\]]'
    ).search(text)
    if long is not None:
        check(
            "key", len(long[0].rstrip("=:.] \t\r\n").strip('"')), where, error, long[0][:24] + "…"
        )
    if text.count("[") + text.count("{") + text.count(".") <= most.depth:
        return
    bare = _TEXTS.sub('""', text)
    depth = deepest = 0
    for found in _BRACKETS.finditer(bare):
        depth += 1 if found[0] in "[{" else -1
        deepest = max(deepest, depth)
    dotted = re.search(rf'(?:(?:[\w\-]+|"")[ \t]*\.[ \t]*){{{most.depth},}}', bare)
    deepest = max(deepest, dotted[0].count(".") + 1 if dotted else 0)
    check("depth", deepest, where, error)
