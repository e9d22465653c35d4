"""Attributes that no model uses by default: protected ones, and fields no credit file may hold.

A protected attribute is used only where the caller names it with a reason, which the card prints.
A banned field is never used.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import cache

import polars as pl

from lishui_credit.errors import Problem, SubjectError, refuse
from lishui_credit.language import Bilingual, tr
from lishui_credit.scorecards.protected_words import (
    ALONE,
    BESIDE,
    COUNTRIES,
    ENGLISH_GROUPS,
    GROUPS,
    INSIDE,
    LETTERS,
    MAYBE,
    OTHERWISE,
    PHRASES,
    PINYIN,
    SILENT,
    TELLS,
    VALUES,
    WHOLE,
    WORDS,
)
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.header_words import no_column, normal, simplified
from lishui_credit.tables.headers import banned_as

# A place named after an ethnic group, or the date of an event, says nothing about a person.
_INNOCENT = r"\w*族(自治[县州区旗]|[乡镇旗])|\w*自治[县州区旗]|发生日"
_PLACE = "自治|斯坦|国|旗|县|区|州|镇|乡"


@cache
def _patterns() -> tuple[re.Pattern[str], dict[str, re.Pattern[str]]]:
    """Return what finds a group in a Chinese name, and an attribute in a word of letters."""
    bare = [name for name in GROUPS if len(name) > 1 and name not in OTHERWISE | COUNTRIES]
    group = re.compile(f"({'|'.join(GROUPS)})族|({'|'.join(bare)})(?!{_PLACE})")
    words = {
        attribute: "|".join(
            f"(?:{'|'.join(BESIDE[script])})*(?:{'|'.join(sorted(own))})(?:{'|'.join(BESIDE[script])})*"
            for script, own in (("english", WORDS[attribute]), ("pinyin", PINYIN[attribute]))
        )
        for attribute in WORDS
    }
    groups = "|".join([*sorted(ENGLISH_GROUPS), *(f"{pinyin}zu" for pinyin in GROUPS.values())])
    words["ethnicity"] += f"|(?:is|shifou|sf)?(?:{groups})"
    return group, {attribute: re.compile(pattern) for attribute, pattern in words.items()}


def protected_as(name: str) -> str | None:
    """Return the protected attribute that a column's name speaks of, if any.

    Examples
    --------
    >>> protected_as("personal_status_and_sex"), protected_as("age_in_years"), protected_as("婚姻状况")
    ('sex', 'age', 'marital status')
    >>> protected_as("mortgage"), protected_as("average_balance"), protected_as("package")
    (None, None, None)
    >>> protected_as("发生日期"), protected_as("景宁畲族自治县"), protected_as("duration_ms")
    (None, None, None)
    >>> protected_as("性 别"), protected_as("ｓｅｘ"), protected_as("岁数"), protected_as("是否已婚")
    ('sex', 'sex', 'age', 'marital status')
    >>> protected_as("性別"), protected_as("birthyear"), protected_as("mz"), protected_as("維吾爾族")
    ('sex', 'age', 'ethnicity', 'ethnicity')
    >>> protected_as("khxb"), protected_as("custAge"), protected_as("宗教信仰"), protected_as("shezu")
    ('sex', 'age', 'religion', 'ethnicity')
    """
    column = dictionary().get(name)
    if column is not None and column.privacy == "protected":
        return column.label_en or column.id
    wide = simplified(name)
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", wide).lower()
    words = re.findall(r"[a-z]+", spaced)
    group, told = _patterns()
    parts = {re.sub(_INNOCENT, "", part) for part in re.split(r"[\W_]+", wide)}
    plain = re.sub(_INNOCENT, "", re.sub(r"[\W_]+", "", wide))
    for attribute, phrases in PHRASES.items():
        pattern = told[attribute]
        if any(phrase in plain for phrase in phrases) or any(map(pattern.fullmatch, words)):
            return attribute
    for part, attribute in INSIDE.items():
        if any(part in word for word in words):
            return attribute
    if parts & ALONE or group.search(plain):
        return "ethnicity"
    return WHOLE.get(spaced)


def protected_value(text: str) -> str | None:
    """Return the protected attribute that a cell's text tells, whatever its column is called.

    Examples
    --------
    >>> protected_value("女"), protected_value(" Female"), protected_value("景宁畲族自治县")
    ('sex', 'sex', None)
    >>> protected_value("女士"), protected_value("維吾爾族"), protected_value("60岁以上")
    ('sex', 'ethnicity', 'age')
    >>> protected_value("王小姐"), protected_value("Mr Wang"), protected_value("先生路")
    ('sex', 'sex', None)
    """
    spaced = simplified(text).strip().lower()
    plain = normal(spaced)
    parts = {plain, *re.split(r"[\W_]+", plain)}
    for attribute, values in VALUES.items():
        if parts & values:
            return attribute
    for attribute, pattern in TELLS.items():
        if re.fullmatch(pattern, spaced, re.DOTALL):
            return attribute
    return None


def told_by_values(frame: pl.DataFrame) -> dict[str, str]:
    """Return the columns of text whose values tell one protected attribute, and which.

    Every value tells it, is one that tells nothing (未知, other), or is a group's name that means
    something else elsewhere (白, 水). A column of M and F alone tells the sex.

    >>> told_by_values(pl.DataFrame({"f1": ["男", "女", "未知"], "f2": ["男", "茶叶", "女"]}))
    {'f1': 'sex'}
    >>> told_by_values(pl.DataFrame({"a": ["汉", "白", "水"], "b": ["白", "水", "黑"], "c": ["M", "F", None]}))
    {'a': 'ethnicity', 'c': 'sex'}
    """
    found = {}
    for name, kind in frame.schema.items():
        if kind in (pl.String, pl.Categorical, pl.Enum):
            values = frame[name].drop_nulls().unique().cast(pl.String)
            if attribute := _told(values):
                found[name] = attribute
    return found


def _told(values: Iterable[str]) -> str | None:
    kinds, maybe, letters = set(), False, set()
    for text in values:
        plain = normal(simplified(text))
        if attribute := protected_value(text):
            kinds.add(attribute)
        elif plain in LETTERS:
            letters.add(plain)
        elif plain in MAYBE:
            maybe = True
        elif plain not in SILENT:
            return None
        if len(kinds) > 1:
            return None
    if letters:
        return "sex" if letters == LETTERS and kinds <= {"sex"} and not maybe else None
    if maybe and kinds != {"ethnicity"}:
        return None
    return kinds.pop() if kinds else None


def admitted(
    names: Iterable[str],
    allowed: Mapping[str, str],
    labels: Mapping[str, str] | None = None,
    told: Mapping[str, str] | None = None,
) -> tuple[list[str], dict[str, Bilingual], dict[str, str]]:
    """Sort columns into those a model may use, those left out with why, and protected ones with reasons.

    Banned fields, an empty reason, and a reason for a column that does not exist are refused. A
    column is also what its label says it is, and what its values told (see `told_by_values`).
    """
    called = labels or {}
    offered = list(names)
    problems = [
        Problem(
            tr("a field no credit file may hold", "信用档案不得采集的信息"),
            name,
            tr("remove the column", "请删除该列"),
        )
        for name in offered
        if banned_as(name) or banned_as(called.get(name, ""))
    ]
    for name, reason in allowed.items():
        if name not in offered:
            problems.append(no_column(name, offered))
        elif not reason.strip():
            problems.append(
                Problem(
                    tr("a protected attribute needs a reason", "使用受保护属性须说明理由"), name
                )
            )
    refuse(problems)
    taken: list[str] = []
    left: dict[str, Bilingual] = {}
    reasons: dict[str, str] = {}
    for name in offered:
        attribute = protected_as(name) or protected_as(called.get(name, ""))
        attribute = attribute or (told or {}).get(name)
        if attribute is None or name in allowed:
            taken.append(name)
            if name in allowed:
                reasons[name] = allowed[name]
        else:
            left[name] = Bilingual(
                f"protected attribute ({attribute}); name it with a reason to take it",
                f"受保护属性({attribute});如需使用请注明理由",
            )
    return taken, left, reasons


def refuse_none(taken: Collection[str], left: Mapping[str, Bilingual]) -> None:
    """Refuse to fit where every column was left out, and say why each was."""
    if not taken:
        raise SubjectError(
            tr("no column may be used", "没有可用的列"),
            hint="; ".join(f"{name}: {why}" for name, why in left.items()),
        )
