"""Words of headers: a header's plain form, the unit behind it, and the known name nearest to one.

Whoever is given a name that nobody knows says so by `no_column`, or asks `did_you_mean`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Final

from lishui_credit.errors import Problem
from lishui_credit.language import tr

UNITS: Final[dict[str, dict[str, Decimal]]] = {
    "money": {
        "万元": Decimal(10_000),
        "元": Decimal(1),
        "分": Decimal("0.01"),
        "wan": Decimal(10_000),
        "yuan": Decimal(1),
        "fen": Decimal("0.01"),
        "亿元": Decimal(100_000_000),
    },
    "rate": {
        "%": Decimal("0.01"),
        "pct": Decimal("0.01"),
        "bp": Decimal("0.0001"),
        "万分之一": Decimal("0.0001"),
    },
}
"""Units a header may state: printed units per one of them."""

_BRACKETS: Final = re.compile(r"(.+?)[(\[]((?:[^()\[\]]|\([^()]*\))+)[)\]]")
_NEAR: Final = 0.6  # of difflib's ratio, as difflib itself has it for words of letters
_NEAR_ZH: Final = 0.5  # 公示时问 is near 公示日期
_SHOWN: Final = 12  # names listed of those that are there
_YUAN: Final = ("yuan", "元", "wan")
# Traditional characters and variants of the words by which columns are refused or left out, from
# OpenCC's table; a test draws the words anew.
_SIMPLE: Final = str.maketrans(
    "業東喪烏鄉眾衆倫彿剋黨蘭農況齣別彆區單縣發髮後員週迴團糰國壯婦傢爾嵗歲佈異懷戶敎數旂無機構殘漢溫滿獨環"
    "瑤離種稱紀納紋績維羅羣薩懞濛矇詳說説諾謂貫達錫鎭鎮門麪麫麵頗鮮齡龍類",
    "业东丧乌乡众众伦佛克党兰农况出别别区单县发发后员周回团团国壮妇家尔岁岁布异怀户教数旗无机构残汉温满独环"
    "瑶离种称纪纳纹绩维罗群萨蒙蒙蒙详说说诺谓贯达锡镇镇门面面面颇鲜龄龙类",
)


def normal(header: str) -> str:
    """Return a header without spaces, case and full-width forms."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", header)).lower()


def simplified(text: str) -> str:
    """Return a text in narrow forms, and in simplified characters where a refused word has them.

    >>> simplified("性別"), simplified("ｓｅｘ")
    ('性别', 'sex')
    """
    return unicodedata.normalize("NFKC", text).translate(_SIMPLE)


def split_unit(header: str) -> tuple[str, str]:
    """Return a normal header's name and what stands behind it in brackets or as a money's suffix.

    Examples
    --------
    >>> split_unit("总资产(万元)"), split_unit("total_assets_fen"), split_unit("county")
    (('总资产', '万元'), ('total_assets', 'fen'), ('county', ''))
    >>> split_unit("自愿活动项数(项)"), split_unit("噪声(db(a))")
    (('自愿活动项数', '项'), ('噪声', 'db(a)'))
    """
    if in_brackets := _BRACKETS.fullmatch(header):
        return in_brackets[1], in_brackets[2]
    for units in UNITS.values():
        for unit in units:
            if unit.isascii() and header.endswith(f"_{unit}"):
                return header[: -len(unit) - 1], unit
    return header, ""


def says_yuan(name: str) -> bool:
    """Tell whether a header says that its money is in yuan, or in ten thousand of them.

    Examples
    --------
    >>> says_yuan("金额（元）"), says_yuan("loan_yuan"), says_yuan("amount_fen"), says_yuan("amount")
    (True, True, False, False)
    """
    plain = normal(name)
    return plain.endswith(_YUAN) or split_unit(plain)[1].endswith(_YUAN)


def nearest(names: Iterable[str], known: Iterable[str], least: float | None = None) -> str:
    """Return the known name nearest to one of some names, in any width, case and unit; "" if none is.

    Examples
    --------
    >>> nearest(["countty"], ["town", "County"]), nearest(["x"], ["town"])
    ('County', '')
    """
    words = [split_unit(normal(name))[0] for name in names]
    best, found = 0.0, ""
    for name in known:
        other = split_unit(normal(name))[0]
        ratio = max((SequenceMatcher(None, other, word).ratio() for word in words), default=0.0)
        if ratio > best and ratio >= (least or (_NEAR if other.isascii() else _NEAR_ZH)):
            best, found = ratio, name
    return found


def did_you_mean(names: Iterable[str], known: Iterable[str], least: float | None = None) -> str:
    """Return the question whether the nearest known name was meant; "" where none is near."""
    near = nearest(names, known, least)
    return tr(f"did you mean '{near}'?", f"是否应为“{near}”?") if near else ""


def no_column(
    name: str,
    columns: Iterable[str],
    where: str = "",
    *,
    label: str = "",
    also: Iterable[str] = (),
    hint: str = "",
) -> Problem:
    """Say that a column, by its name or `also` by others, is none of those at hand, and which is nearest.

    Examples
    --------
    >>> str(no_column("county", ["id", "countty"]))
    "no column 'county' · found: id, countty · hint: did you mean 'countty'?"
    """
    listed = list(columns)
    more = "…" if len(listed) > _SHOWN else ""
    return Problem(
        tr(
            f"no column '{name}'" + (f" ({label})" if label else ""),
            f"缺少“{label or name}”列" + (f"({name})" if label else ""),
        ),
        ", ".join(listed[:_SHOWN]) + more,
        f"{did_you_mean([name, *also], listed)} {hint}".strip(),
        where,
    )
