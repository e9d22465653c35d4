"""Periods as people write them: 2018Q2, 2018年第二季度, 201806, 2018/6/30, 二〇一八年六月, 2017年12月底."""

from __future__ import annotations

import calendar
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

_DIGITS: Final = "〇一二三四五六七八九"
_QUARTERS: Final = {"一": 1, "二": 2, "三": 3, "四": 4}
_WHOLE: Final = re.compile(r"(?<=\d)\.0$")  # a year that was a float on the way
_YEAR: Final = r"((?:19|20)\d\d)"
_SPELT_YEAR: Final = re.compile(rf"^([{_DIGITS}零○]{{4}})(?=年)")
_SPELT: Final = re.compile(r"(?<=[年月])(三?十[一二三四五六七八九]?|二十[一二三四五六七八九]?|[一二三四五六七八九])(?=[月日])")  # fmt: skip
_SHORT_YEAR: Final = re.compile(
    r"^(1[5-9]|20)(?=年)"
)  # the plan's years, where 年 tells that it is one
_AS_OF: Final = re.compile(r"^(?:截至|截止至?)(.+)$|^(.+)[底末]$")
_YEARLY: Final = re.compile(_YEAR + r"(?:年度?|全年|年全年)?")
_QUARTERLY: Final = re.compile(_YEAR + r"年?[-/]?(?:Q([1-4])|第?([一二三四1-4])季度?)")
_MONTHLY: Final = re.compile(_YEAR + r"(?:[-/.年](\d{1,2})(?:月份?)?|(\d\d))")
_DAILY: Final = re.compile(_YEAR + r"年(\d{1,2})月(\d{1,2})日")
_SEVERAL: Final = re.compile(
    r"半年|H[12]|(?<!\d)\d{1,2}月?[-~—–至到]\d{1,2}月|前[二三四两2-4]个?季度"
    r"|[一二三四1-4][-~—–至到、,和][一二三四1-4]季"
)
_UNCLEAR: Final = re.compile(
    r"\d{4}\.1"
)  # January, or October that a spreadsheet took for a number


@dataclass(frozen=True, slots=True)
class Period:
    """What a text says of a period."""

    end: str  # the day it ends, or the text where it is not known
    frequency: str | None = None  # where the text tells it
    as_of: bool = False  # the state on its last day is meant, of a flow nobody can say what
    several: bool = False  # a stretch of several periods: half a year, January to June


def _number(spelt: str) -> int:
    """Return a number below 40 in Chinese numerals.

    >>> [_number(text) for text in ("六", "十", "十一", "三十", "二十九")]
    [6, 10, 11, 30, 29]
    """
    tens, _, ones = spelt.rpartition("十")
    first = _DIGITS.index(tens) if tens else int("十" in spelt)
    return 10 * first + (_DIGITS.index(ones) if ones else 0)


def _plain(text: str) -> str:
    """Return a text in half width, without blanks, its numerals as digits."""
    made = _WHOLE.sub("", re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper())
    if spelt := _SPELT_YEAR.match(made):
        digits = (str(_DIGITS.index("〇" if d in "零○" else d)) for d in spelt[1])
        made = "".join(digits) + made[spelt.end() :]
    made = _SPELT.sub(lambda found: str(_number(found[1])), made)
    return _SHORT_YEAR.sub(r"20\1", made)


def period_said(text: str) -> Period:
    """Return what a text says of a period.

    >>> period_said("二〇一八年六月"), period_said("2018年上半年").several
    (Period(end='2018-06-30', frequency='month', as_of=False, several=False), True)
    """
    plain = _plain(text)
    if _SEVERAL.search(plain):
        return Period(text, several=True)
    as_of = _AS_OF.match(plain)
    bare = next(part for part in as_of.groups() if part) if as_of else plain
    bare = bare.rstrip("底末") if as_of else bare
    if year := _YEARLY.fullmatch(bare):
        return Period(f"{year[1]}-12-31", "year", bool(as_of))
    if quarter := _QUARTERLY.fullmatch(bare):
        found = quarter[2] or quarter[3]
        month = 3 * (_QUARTERS.get(found) or int(found))
        end = f"{quarter[1]}-{month:02}-{30 if month in (6, 9) else 31}"
        return Period(end, "quarter", bool(as_of))
    if _UNCLEAR.fullmatch(bare):
        return Period(text)
    stood = _MONTHLY.fullmatch(bare)
    if stood and 1 <= int(stood[2] or stood[3]) <= 12:
        month = int(stood[2] or stood[3])
        last = calendar.monthrange(int(stood[1]), month)[1]
        return Period(f"{stood[1]}-{month:02}-{last}", "month", bool(as_of))
    if day := _DAILY.fullmatch(bare):
        return Period(f"{day[1]}-{int(day[2]):02}-{int(day[3]):02}", None, bool(as_of))
    return Period(text, None, bool(as_of))
