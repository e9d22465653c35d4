"""Cells that are not empty and yet give no value: errors of a spreadsheet, formulas never computed.

Every reader of cells rejects them in whatever column it reads. An empty cell may mean the favourable
thing; an unreadable one never does.
"""

from __future__ import annotations

import re
from typing import Final

import polars as pl

from lishui_credit.language import tr

_ERROR, _FORMULA = "#ERROR!", "#FORMULA!"  # errors of unknown names, and formulas, begin so
ABSENT: Final = "#MISSING!"
"""What stands for a cell that a row shorter than its header does not have."""
BLANKS: Final = (
    r"\t-\r\x1c-\x20\x85\xa0" "\u1680\u2000-\u200f\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
)
"""Blanks of every kind and of no width, as members of a set of any engine's regular expressions."""
_CHINESE: Final = "值|引用|名称|数字|空|除/0|溢出|计算|字段|阻止|连接|忙|未知"
_HASH: Final = "[#\uff03]"  # of half and of full width, as the letters and marks behind it
_LETTERS: Final = "A-Z\uff21-\uff3a"
_SLASH: Final = "/\uff0f"
_ZERO: Final = "0\uff10"
_MARK: Final = "[!?\uff01\uff1f]"
_NOT_AVAILABLE: Final = f"[Nn\uff2e\uff4e][{_SLASH}][Aa\uff21\uff41]"
PATTERN: Final = (
    rf"^[{BLANKS}]*(?:"
    # Of Excel, WPS and Google, also to come.
    rf"{_HASH}(?:{_NOT_AVAILABLE}|[{_LETTERS}][{_LETTERS}_{_ZERO}{_SLASH}]{{2,}}{_MARK}|GETTING_DATA)"
    rf"|{_HASH}(?:{_CHINESE}){_MARK}|#正在获取数据"
    rf"|{_HASH}{{2,}}"  # a column too narrow for its number, saved as text
    r"|Err:[0-9０-９]{3}"  # of LibreOffice
    rf"|(?:{_ERROR}|{_FORMULA})[{BLANKS}].*"
    rf")[{BLANKS}]*$"
)
"""Texts that are no value, as a regular expression in which a dot is any sign."""
_COMPILED: Final = re.compile(PATTERN, re.DOTALL)


def unreadable(cell: pl.Expr) -> pl.Expr:
    """Return whether text cells hold an error or a formula without a value; null where null."""
    return cell.str.contains(f"(?s){PATTERN}")


def surely_readable(cell: pl.Expr) -> pl.Expr:
    """Return whether text cells, bare of blanks, begin as no unreadable one does."""
    # It costs a tenth of `unreadable`, and says no of a few readable texts as well.
    bare = ((cell >= "$") & (cell < "\x80")) | ((cell > "\u3000") & (cell < "\ufeff"))
    return bare & ~cell.str.starts_with("Err:")


def is_unreadable(text: str) -> bool:
    """Tell whether a text is an error or a formula without a value."""
    return _COMPILED.search(text) is not None


def no_value() -> str:
    """Return what is said of a cell that is unreadable."""
    return tr(
        "no readable value (correct the cell, or open the workbook and save it again)",
        "没有可读取的值(请更正该单元格,或打开工作簿后重新保存)",
    )


def error(text: str) -> str:
    """Return the text that stands for an error, known by `is_unreadable` whatever its name.

    Examples
    --------
    >>> error("#N/A"), error("#VALEUR")
    ('#N/A', '#ERROR! #VALEUR')
    """
    text = " ".join(text.split())
    return text if is_unreadable(text) else f"{_ERROR} {text}".rstrip()


def formula(text: str) -> str:
    """Return the text that stands for a formula without a stored value."""
    said = tr("a formula without a stored value: =", "没有存储值的公式:=")
    return f"{_FORMULA} {said}{text.strip().removeprefix('=')}"
