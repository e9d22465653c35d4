"""The language of messages: English or Chinese, by locale or by choice.

Every message stands once in the code, in both languages, side by side: ``tr("No such file.",
"没有这个文件。")``. Data keep their own labels; only sentences for people pass through here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final, Literal, TypeVar

Language = Literal["en", "zh"]
_Said = TypeVar("_Said", str, tuple[str, ...])

_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

_current: ContextVar[Language | None] = ContextVar("lishui_credit_language", default=None)


def language() -> Language:
    """Return the language in use: the one set, else the locale's, else English.

    Returns
    -------
    {"en", "zh"}
        ``"zh"`` when ``LC_ALL``, ``LC_MESSAGES`` or ``LANG`` (first that is set) starts with zh.

    Examples
    --------
    >>> set_language("zh"); language()
    'zh'
    >>> set_language(None)
    """
    chosen = _current.get()
    if chosen is not None:
        return chosen
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def set_language(value: Language | None) -> None:
    """Set the language of messages for this context.

    Parameters
    ----------
    value : {"en", "zh"} or None
        None returns to the locale's language.
    """
    _current.set(value)


@contextmanager
def one_language() -> Iterator[None]:
    """Keep the language in use for a block, so that the locale is asked once."""
    before = _current.set(language())
    try:
        yield
    finally:
        _current.reset(before)


def tr(en: str, zh: str) -> str:
    """Return the one of two wordings that the language in use asks for.

    Parameters
    ----------
    en, zh : str
        The same message in English and in Chinese.

    Returns
    -------
    str
        `zh` when `language` says so, else `en`.

    Examples
    --------
    >>> set_language("en"); tr("grade", "等级")
    'grade'
    >>> set_language(None)
    """
    return zh if language() == "zh" else en


def either(en: _Said, zh: _Said) -> _Said:
    """Return a text of data in the language in use; in the other where this one was left out.

    Examples
    --------
    >>> set_language("zh"); either("Outline only.", "仅见提纲。"), either("Outline only.", "")
    ('仅见提纲。', 'Outline only.')
    >>> set_language(None)
    """
    return (zh or en) if language() == "zh" else (en or zh)


def plural(number: int | Decimal, noun: str) -> str:
    """Return a count with its English noun, which takes an s unless it is one.

    Examples
    --------
    >>> plural(1, "row"), plural(1_200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def dated(day: date | None, *, short: bool = False) -> str:
    """Return a day as people write it in a text, or with a short month in a cell; a dash for none.

    Examples
    --------
    >>> set_language("zh"); dated(date(2018, 12, 31))
    '2018年12月31日'
    >>> set_language("en"); dated(date(2018, 12, 31))
    '31 December 2018'
    >>> dated(date(2018, 12, 31), short=True)
    '31 Dec 2018'
    >>> set_language(None)
    """
    if day is None:
        return "—"
    month = _MONTHS[day.month - 1][: 3 if short else None]
    return tr(f"{day.day} {month} {day.year}", f"{day.year}年{day.month}月{day.day}日")


def dated_month(day: date, *, short: bool = False) -> str:
    """Return the month of a day as people write it in a text, or short in a cell.

    Examples
    --------
    >>> set_language("en"); dated_month(date(2018, 12, 31))
    'December 2018'
    >>> dated_month(date(2018, 12, 31), short=True)
    'Dec 2018'
    >>> set_language(None)
    """
    month = _MONTHS[day.month - 1][: 3 if short else None]
    return tr(f"{month} {day.year}", f"{day.year}年{day.month}月")


@dataclass(frozen=True, slots=True)
class Bilingual:
    """A text of data in both languages; printed, it is in the language in use.

    Examples
    --------
    >>> set_language("zh"); f"{Bilingual('grade', '等级')}"
    '等级'
    >>> set_language(None)
    """

    en: str
    zh: str

    def __str__(self) -> str:
        """Return the text in the language in use."""
        return tr(self.en, self.zh)


_HAN = "\u3400-\u9fff\u201c\u201d\u3001\u3002\u300a\u300b"
_FULL = str.maketrans(",:;?!", "，：；？！")
_BESIDE = re.compile(f"(?<=[{_HAN}）%])[,:;?!] ?(?=[^\\s]|$)|(?<=[^\\s])[,:;?!] ?(?=[{_HAN}])")
_PLACE = "\ue000"
_KEPT = re.compile(
    r"(?<=“)[^”]*(?=”)|`[^`]*`"
    r"|[^\s“”,:;，：；、。|]+\.(?:csv|xlsx?|xlsm|xlsb|ods|parquet|duckdb|html|pdf|json|toml|zip|tsv|txt)\b"
)
"""What is copied and not set: what stands in quotation marks, code, and names of files."""
_BRACKETS = re.compile(
    f"(?<=[{_HAN}])\\(([^()]*)\\)|\\(([^()]*[\u3400-\u9fff][^()]*)\\)|\\(([^()]*)\\)(?=[{_HAN}])"
)
_ANY_HAN = re.compile("[\u3400-\u9fff]")


def typeset(text: str) -> str:
    """Return Chinese text with the punctuation of print: full width beside Chinese characters.

    Messages are written with half-width marks, which a diff lines up, and are set where they leave:
    on a page, in a report, on a terminal. Text without a Chinese character, what stands in quotation
    marks and names of files are returned as they are.

    Parameters
    ----------
    text : str
        One or more lines.

    References
    ----------
    GB/T 15834-2011, 标点符号用法 (forms of the marks in horizontal text).

    Examples
    --------
    >>> typeset("覆盖率(约束性):滞后,1,234 件,应达 50.0 %")
    '覆盖率（约束性）：滞后，1,234 件，应达 50.0%'
    >>> typeset("缺少“等级(旧)”列:表(新).csv")
    '缺少“等级(旧)”列：表(新).csv'
    >>> typeset("near its path, 50.0 %")
    'near its path, 50.0 %'
    """
    return "\n".join(_set(line) if _ANY_HAN.search(line) else line for line in text.split("\n"))


@lru_cache(maxsize=8192)  # the pages of a site say the same lines hundreds of times
def _set(line: str) -> str:
    kept: list[str] = []

    def taken(found: re.Match[str]) -> str:
        kept.append(found[0])
        return _PLACE

    line = re.sub(r"(?<=\d) %", "%", _KEPT.sub(taken, line))
    pairs = 1
    while pairs:  # brackets inside brackets first
        line, pairs = _BRACKETS.subn("（\\1\\2\\3）", line)
    line = _BESIDE.sub(lambda found: found[0].rstrip(" ").translate(_FULL), line)
    return re.sub(_PLACE, lambda _: kept.pop(0), line)


def spoken(text: str) -> str:
    """Return a text as it leaves for a reader: in Chinese set as print is.

    Examples
    --------
    >>> set_language("zh"); spoken("未完成:共 2 个问题")
    '未完成：共 2 个问题'
    >>> set_language(None)
    """
    return typeset(text) if language() == "zh" else text


def on_one_line(text: str) -> str:
    """Return a text as it is spoken, on one line, for a comment.

    >>> on_one_line("two  blanks ")
    'two blanks'
    """
    return " ".join(spoken(text).split())
