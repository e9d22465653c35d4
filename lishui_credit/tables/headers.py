"""Headers of a file to columns of the data dictionary.

Headers are matched in Chinese or English, with units in brackets (``总资产(万元)``) or as a suffix
(``total_assets_wan``). What is wrong with them (a missing column, two headers for one column, a
field no credit file may hold) is one `SubjectError` with all problems.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Final

from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import Bilingual, tr
from lishui_credit.tables.columns import Column, dictionary
from lishui_credit.tables.read import TWIN

BANNED: Final = (
    Bilingual("religion", "宗教"),
    Bilingual("gene", "基因"),
    Bilingual("fingerprint", "指纹"),
    Bilingual("blood_type", "血型"),
    Bilingual("disease", "疾病"),
    Bilingual("medical_history", "病史"),
)
"""Fields no credit file may hold (征信业管理条例 art. 14; 浙江省公共信用信息管理条例)."""

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


def normal(header: str) -> str:
    """Return a header without spaces, case and full-width forms."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", header)).lower()


def banned_as(name: str) -> str | None:
    """Return the banned field a column's name speaks of, if any.

    Examples
    --------
    >>> banned_as("宗教信仰"), banned_as("blood_type"), banned_as("income")
    ('宗教', 'blood_type', None)
    """
    plain = normal(name)
    for field in BANNED:
        if field.zh in plain:
            return field.zh
        if plain == field.en:
            return field.en
    return None


def banned(header: str, where: str) -> Problem | None:
    """Return the problem of a header that speaks of a field no credit file may hold, if it does."""
    if banned_as(re.sub(TWIN, "", header)) is None:
        return None
    return Problem(
        tr("a field no credit file may hold", "信用档案不得采集的信息"),
        header,
        tr("delete the column", "请删除该列"),
        where=where,
    )


def split_unit(header: str) -> tuple[str, str]:
    """Return a normal header's name and the unit it states, if any.

    Examples
    --------
    >>> split_unit("总资产(万元)"), split_unit("total_assets_fen"), split_unit("county")
    (('总资产', '万元'), ('total_assets', 'fen'), ('county', ''))
    """
    for units in UNITS.values():
        for unit in units:
            if header.endswith(f"({unit})"):
                return header[: -len(unit) - 2], unit
            if unit.isascii() and header.endswith(f"_{unit}"):
                return header[: -len(unit) - 1], unit
    return header, ""


def spellings(column: Column) -> set[str]:
    """Return every normal header a column answers to, without units."""
    names = (column.id, column.label_zh, column.label_en, *column.aliases)
    return {normal(name) for name in names if name}


def is_header(text: str) -> bool:
    """Tell whether a text is a header of any column of the dictionary."""
    plain = normal(text)
    return plain in _all_spellings() or split_unit(plain)[0] in _all_spellings()


def is_date(text: str) -> bool:
    """Tell whether a text is a header of a date column of the dictionary."""
    return normal(text) in _date_spellings()


@cache
def _date_spellings() -> frozenset[str]:
    dates = (column for column in dictionary().values() if column.type == "date")
    return frozenset().union(*(spellings(column) for column in dates))


@cache
def _all_spellings() -> frozenset[str]:
    return frozenset().union(*(spellings(column) for column in dictionary().values()))


def match(
    headers: Sequence[str],
    wanted: Mapping[str, bool],
    where: str,
    known: Mapping[str, Column] | None = None,
) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """Match a file's headers to columns: (header, unit) by column id, and headers not asked for."""
    # `wanted` tells whether each column must be there; `known` are columns of another kind of file.
    # Raised at once: columns that are missing (with the nearest header), columns that two headers
    # claim, banned fields; or, where no header is known at all, only that.
    known = dictionary() if known is None else known
    problems: list[Problem] = []
    matched: dict[str, tuple[str, str]] = {}
    ignored: list[str] = []
    names = {spelling: name for name in wanted for spelling in spellings(known[name])}
    for header in headers:
        plain = normal(re.sub(TWIN, "", header))
        bare, unit = (plain, "") if plain in names else split_unit(plain)
        if (problem := banned(header, where)) is not None:
            problems.append(problem)
            continue
        found = names.get(bare)
        if found is None or (unit and unit not in UNITS.get(known[found].type, {})):
            ignored.append(header)
        elif found in matched:
            problems.append(
                Problem(
                    tr(f"two headers for '{found}'", f"'{found}' 对应两列"),
                    f"{matched[found][0]}, {header}",
                    tr("keep one", "请保留一列"),
                    where=where,
                )
            )
        else:
            matched[found] = (header, unit)
    lacking = [name for name, required in wanted.items() if required and name not in matched]
    if lacking and not matched and not problems and not any(map(is_header, headers)):
        problems.append(
            Problem(
                tr("no header is known", "没有可识别的表头"),
                ", ".join(headers[:4]) + ("…" if len(headers) > 4 else ""),
                tr(
                    "the first row must name the columns; is it the right file and encoding?",
                    "第一行须为列名;请检查文件与编码是否正确",
                ),
                where=where,
            )
        )
    else:
        problems += [_missing(known[name], ignored, where) for name in lacking]
    if problems:
        raise SubjectError(problems)
    return matched, ignored


def _missing(column: Column, ignored: list[str], where: str) -> Problem:
    targets = spellings(column)
    near = max(
        ignored,
        key=lambda header: max(
            difflib.SequenceMatcher(None, split_unit(normal(header))[0], target).ratio()
            for target in targets
        ),
        default="",
    )
    hint = tr(f"add a column '{column.id}'", f"请补充“{column.label_zh}”列")
    if near:
        close = difflib.get_close_matches(split_unit(normal(near))[0], targets, n=1, cutoff=0.5)
        if close:
            hint = tr(f"did you mean the column '{near}'?", f"是否就是“{near}”列?")
    return Problem(
        tr(
            f"no column '{column.id}' ({column.label_zh})",
            f"缺少“{column.label_zh}”列({column.id})",
        ),
        tr("nearest: ", "最接近:") + near if near else "",
        hint,
        where=where,
    )


_YUAN: Final = ("yuan", "元", "wan")


def says_yuan(name: str) -> bool:
    """Tell whether a header says that its money is in yuan, or in ten thousand of them.

    Examples
    --------
    >>> says_yuan("金额（元）"), says_yuan("loan_yuan"), says_yuan("amount_fen"), says_yuan("amount")
    (True, True, False, False)
    """
    plain = normal(name)
    return plain.endswith(_YUAN) or split_unit(plain)[1].endswith(_YUAN)
