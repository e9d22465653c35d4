"""Number formats of cells: which show a percentage or a day, and what such a cell is read as.

The reader gives the number itself, 0.97 of a cell that shows 97%; and a day it cannot express it
gives as an empty cell. Both are told as texts instead, so that a sheet reads as its CSV does.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from lishui_credit.language import tr
from lishui_credit.tables.unreadable import error

_PERCENT: Final = frozenset({9, 10})
_DAY: Final = frozenset({*range(14, 23), *range(45, 48)})
_CHINESE_DAY: Final = frozenset({*range(27, 37), *range(50, 59)})
"""Built-in formats of days and times in Chinese, which the reader does not know."""

_LITERALS: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]', re.DOTALL)
_DAY_SIGNS: Final = re.compile(r"[ymdhs]", re.IGNORECASE)
_EPOCHS: Final = {False: dt.datetime(1899, 12, 30), True: dt.datetime(1904, 1, 1)}
_LAST: Final = {False: 2_958_466, True: 2_957_004}  # the first of January of the year 10000
_LEAP: Final = 60  # the day 1900-02-29, which there was not


@dataclass(frozen=True, slots=True)
class Formats:
    """Which styles of a workbook show percentages and days, by their index, and its epoch."""

    percent: frozenset[int] = frozenset()
    day: frozenset[int] = frozenset()
    chinese_day: frozenset[int] = frozenset()
    is_1904: bool = False

    def told(self, style: int, number: str) -> str | None:
        """Return what a cell of a style and number is read as; None where as it stands."""
        if style in self.percent:
            return percent(number)
        if style in self.day or style in self.chinese_day:
            return day(number, is_1904=self.is_1904, known=style in self.day)
        return None


def formats(styles: Iterable[int], codes: Mapping[int, str], *, is_1904: bool) -> Formats:
    """Return the formats of styles, given the number format of each and the workbook's own codes."""
    kinds: dict[str, set[int]] = {"percent": set(), "day": set(), "chinese_day": set()}
    for style, number in enumerate(styles):
        if (kind := _kind(number, codes.get(number))) is not None:
            kinds[kind].add(style)
    return Formats(
        frozenset(kinds["percent"]),
        frozenset(kinds["day"]),
        frozenset(kinds["chinese_day"]),
        is_1904,
    )


def _kind(number: int, code: str | None) -> str | None:
    if code is None:
        known = (("percent", _PERCENT), ("day", _DAY), ("chinese_day", _CHINESE_DAY))
        return next((kind for kind, numbers in known if number in numbers), None)
    plain = _LITERALS.sub("", code)
    if "%" in plain:
        return "percent"
    return "day" if _DAY_SIGNS.search(plain) and "general" not in plain.lower() else None


def percent(number: str) -> str | None:
    """Return a number as a percentage, exactly; None where it is none.

    Examples
    --------
    >>> percent("0.97"), percent("0.07"), percent("1"), percent("1.2E-3"), percent("x")
    ('97%', '7%', '100%', '0.12%', None)
    """
    value = _decimal(number)
    if value is None:
        return None
    text = f"{value * 100:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "%"


def day(number: str, *, is_1904: bool, known: bool) -> str | None:
    """Return a day counted in a workbook's epoch as ISO text, a number that is no day as unreadable.

    None where the reader tells the same, which it does of formats that are `known` to it.

    Examples
    --------
    >>> day("43000", is_1904=False, known=False), day("43000", is_1904=False, known=True)
    ('2017-09-22 00:00:00', None)
    """
    value = _decimal(number)
    if value is None:
        return None
    if not 0 <= value < _LAST[is_1904]:
        shown = number.strip().removesuffix(".0")
        return error(tr(f"#ERROR! {shown} is no day", f"#ERROR! {shown} 不是日期"))
    if known:
        return None
    first = 0 < value < _LEAP and not is_1904
    seconds = round(value * 86_400)
    told = _EPOCHS[is_1904] + dt.timedelta(days=int(first), seconds=seconds)
    return told.isoformat(sep=" ")


def _decimal(number: str) -> Decimal | None:
    """Return the shortest decimal of a number as a spreadsheet holds it, in 64 bits."""
    try:
        value = float(number)
    except ValueError:
        return None
    return Decimal(repr(value)) if math.isfinite(value) else None
