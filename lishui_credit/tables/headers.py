"""Headers of a file to columns of the data dictionary.

Headers are matched in Chinese or English, with units in brackets (``总资产(万元)``) or as a suffix
(``total_assets_wan``). What is wrong with them (a missing column, two headers for one column, a
field no credit file may hold) is one `SubjectError` with all problems.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Final

from lishui_credit.errors import Problem, refuse
from lishui_credit.language import Bilingual, tr
from lishui_credit.tables.columns import NUMERIC, Column, ColumnType, dictionary
from lishui_credit.tables.header_rows import IsHeader
from lishui_credit.tables.header_words import (
    UNITS,
    nearest,
    no_column,
    normal,
    simplified,
    split_unit,
)
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

BESIDE: Final = ("_sheet", "_row", "_reasons")
REASON: Final = " ✗"
"""Columns that a file of rejected rows has beside its own, which no reader takes for data."""

_ALSO: Final[dict[str, tuple[str, ...]]] = {
    "人": ("名", "口", "persons", "people"),
    "户": ("households",),
    "个": ("家",),
    "项": ("个", "items"),
    "月": ("个月", "months"),
    "年": ("years",),
    "分": ("points",),
    "db(a)": ("db", "分贝"),
}
"""Other words for a column's own unit."""


def own_units(column: Column) -> tuple[str, ...]:
    """Return how a header or a cell may write the unit a column is printed in, by the dictionary."""
    unit = normal(column.unit)
    return (unit, *_ALSO.get(unit, ())) if unit else ()


def banned_as(name: str) -> str | None:
    """Return the banned field a column's name speaks of, if any.

    Examples
    --------
    >>> banned_as("宗教信仰"), banned_as("blood_type"), banned_as("income")
    ('宗教', 'blood_type', None)
    >>> banned_as("指紋")
    '指纹'
    """
    plain = normal(simplified(name))
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


def spellings(column: Column) -> set[str]:
    """Return every normal header a column answers to, without units."""
    names = (column.id, column.label_zh, column.label_en, *column.aliases)
    return {normal(name) for name in names if name}


def heads(columns: Iterable[Column]) -> IsHeader:
    """Return the test whether a text is a header of one of some columns, with a unit or without."""
    words: frozenset[str] = frozenset().union(*map(spellings, columns))

    def test(text: str) -> bool:
        plain = normal(text)
        return plain in words or split_unit(plain)[0] in words

    return test


def is_header(text: str) -> bool:
    """Tell whether a text is a header of any column of the dictionary."""
    return _of_dictionary(None)(text)


def is_date(text: str) -> bool:
    """Tell whether a text is a header of a date column of the dictionary."""
    return _of_dictionary("date")(text)


@cache
def _of_dictionary(kind: ColumnType | None) -> IsHeader:
    return heads(column for column in dictionary().values() if kind in (None, column.type))


def match(
    headers: Sequence[str],
    wanted: Mapping[str, bool],
    where: str,
    known: Mapping[str, Column] | None = None,
) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """Match a file's headers to columns: (header, unit) by column id, and headers not asked for."""
    # Raises at once whatever `compared` finds wrong.
    matched, ignored, problems = compared(headers, wanted, where, known)
    refuse(problems)
    return matched, ignored


def compared(
    headers: Sequence[str],
    wanted: Mapping[str, bool],
    where: str,
    known: Mapping[str, Column] | None = None,
) -> tuple[dict[str, tuple[str, str]], list[str], list[Problem]]:
    """Match a file's headers as `match` does, and return what is wrong with them."""
    # `wanted` tells whether each column must be there; `known` are columns of another kind of file.
    # Wrong are columns that are missing (with the nearest header), columns that two headers claim,
    # unknown units, near misses, banned fields; or, where no header is known at all, only that.
    known = dictionary() if known is None else known
    problems: list[Problem] = []
    matched: dict[str, tuple[str, str]] = {}
    ignored: list[str] = []
    names = {spelling: name for name in wanted for spelling in spellings(known[name])}
    for header in headers:
        if header in BESIDE or header.endswith(REASON):
            continue
        plain = normal(re.sub(TWIN, "", header))
        bare, unit = (plain, "") if plain in names else split_unit(plain)
        if (problem := banned(header, where)) is not None:
            problems.append(problem)
            continue
        found = names.get(bare)
        if found is None:
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
        elif (stated := _unit(known[found], unit)) is None:
            problems.append(_unknown_unit(known[found], header, unit, where))
            matched[found] = (header, "")
        else:
            matched[found] = (header, stated)
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
        problems += _nearly(
            ignored, [known[n] for n in wanted if n not in (*matched, *lacking)], where
        )
    return matched, ignored, problems


def _missing(column: Column, unused: Sequence[str], where: str) -> Problem:
    return no_column(
        column.id,
        unused,
        where,
        label=column.label_zh,
        also=spellings(column),
        hint=tr(f"add a column '{column.id}'", f"请补充“{column.label_zh}”列"),
    )


def _unit(column: Column, stated: str) -> str | None:
    """Return the unit of `UNITS` a header states, "" for the column's own, None for another."""
    if stated in UNITS.get(column.type, {}):
        return stated
    remark = column.type not in NUMERIC and not any(stated in units for units in UNITS.values())
    return "" if not stated or remark or stated in own_units(column) else None


def _unknown_unit(column: Column, header: str, unit: str, where: str) -> Problem:
    allowed = (*UNITS.get(column.type, {}), *own_units(column))
    return Problem(
        tr("a unit this column cannot have", "该列不能使用的单位"),
        f"{header}: {unit}",
        tr(f"one of {', '.join(allowed)}, or none", f"可用:{'、'.join(allowed)},或不写")
        if allowed
        else tr("leave it out", "请删去"),
        where=where,
    )


def _nearly(ignored: Sequence[str], absent: Sequence[Column], where: str) -> list[Problem]:
    """Return a problem for each unused header that is nearly one of the columns a file may have."""
    # Where an absent column means the favourable thing, a slip of the pen must not make it absent.
    problems = []
    for header in ignored:
        bare = split_unit(normal(re.sub(TWIN, "", header)))[0]
        if is_header(header):
            continue
        words = {word: column for column in absent for word in sorted(spellings(column))}
        near = nearest([bare], words, _NEAR)
        if near and min(len(near), len(bare)) >= _SHORTEST:
            column = words[near]
            problems.append(
                Problem(
                    tr(
                        f"nearly the column '{column.id}' ({column.label_zh}), which would not be read",
                        f"与“{column.label_zh}”({column.id})相近,但不会被读取",
                    ),
                    header,
                    tr(
                        f"did you mean '{near}'? if not, rename or delete the column",
                        f"是否应为“{near}”?若不是,请改名或删除该列",
                    ),
                    where=where,
                )
            )
    return problems


_NEAR: Final = 0.75  # of the ratio in `nearest`
_SHORTEST: Final = 3  # characters of names that can be nearly alike
