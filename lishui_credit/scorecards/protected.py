"""Attributes that no model uses by default: protected ones, and fields no credit file may hold.

A protected attribute is used only where the caller names it with a reason, which the card prints.
A banned field is never used.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

from lishui_credit.errors import Problem, refuse
from lishui_credit.language import tr
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.headers import banned_as, normal

PROTECTED: Final[dict[str, tuple[frozenset[str], tuple[str, ...]]]] = {
    "sex": (
        frozenset({"sex", "gender", "male", "female", "woman", "women", "xingbie"}),
        ("性别", "女性", "男性", "男女", "妇女"),
    ),
    "age": (
        frozenset({
            "age", "ages", "birth", "birthday", "birthdate", "dob", "elderly", "nianling",
        }),
        ("年龄", "出生", "生日", "岁数", "周岁", "岁以上", "年纪", "老年", "龄段"),
    ),
    "ethnicity": (
        frozenset({
            "ethnicity", "ethnic", "race", "racial", "nation", "nationality", "minzu",
        }),
        ("民族", "族别", "国籍", "种族", "汉族", "畲族"),
    ),
    "origin": (
        frozenset({"foreign", "foreigner", "immigrant", "citizenship", "hukou", "huji"}),
        ("户籍", "籍贯", "户口", "出身"),
    ),
    "marital status": (
        frozenset({"marital", "marriage", "married", "divorced", "spouse", "hunyin"}),
        ("婚姻", "婚否", "配偶", "已婚", "未婚", "离婚", "离异"),
    ),
    "pregnancy": (frozenset({"pregnant", "pregnancy"}), ("怀孕", "生育")),
    "disability": (frozenset({"disability", "disabled"}), ("残疾",)),
    "politics": (frozenset({"party", "political"}), ("政治面貌", "党员")),
}  # fmt: skip
"""Attribute to the English and pinyin words, and the Chinese phrases, by which a column is named."""

# A place named after an ethnic group, or the date of an event, says nothing about a person.
_INNOCENT: Final = r"\w*族(自治[县州区]|[乡镇])|发生日"
_VALUES: Final[dict[str, frozenset[str]]] = {
    "sex": frozenset({"男", "女", "男性", "女性", "male", "female", "woman", "women"}),
    "ethnicity": frozenset({"汉族", "畲族", "回族", "满族", "苗族", "少数民族", "汉", "畲"}),
    "marital status": frozenset(
        {"已婚", "未婚", "离异", "离婚", "丧偶", "married", "divorced", "widowed"}
    ),
    "politics": frozenset({"中共党员", "党员", "群众"}),
}


def protected_as(name: str) -> str | None:
    """Return the protected attribute that a column's name speaks of, if any.

    Examples
    --------
    >>> protected_as("personal_status_and_sex"), protected_as("age_in_years"), protected_as("婚姻状况")
    ('sex', 'age', 'marital status')
    >>> protected_as("mortgage"), protected_as("average_balance"), protected_as("package")
    (None, None, None)
    >>> protected_as("发生日期"), protected_as("景宁畲族自治县")
    (None, None)
    >>> protected_as("性 别"), protected_as("ｓｅｘ"), protected_as("岁数"), protected_as("是否已婚")
    ('sex', 'sex', 'age', 'marital status')
    """
    column = dictionary().get(name)
    if column is not None and column.privacy == "protected":
        return column.label_en or column.id
    wide = unicodedata.normalize("NFKC", name)
    words = set(re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", wide).lower()))
    plain = re.sub(_INNOCENT, "", re.sub(r"[\W_]+", "", wide))
    for attribute, (english, chinese) in PROTECTED.items():
        if words & english or any(phrase in plain for phrase in chinese):
            return attribute
    return None


def protected_value(text: str) -> str | None:
    """Return the protected attribute that a cell's text tells, whatever its column is called.

    Examples
    --------
    >>> protected_value("女"), protected_value(" Female"), protected_value("景宁畲族自治县")
    ('sex', 'sex', None)
    """
    plain = normal(text)
    for attribute, values in _VALUES.items():
        if plain in values:
            return attribute
    return None


def admitted(
    names: Iterable[str], allowed: Mapping[str, str]
) -> tuple[list[str], dict[str, str], dict[str, str]]:
    """Sort columns into those a model may use, those left out with why, and protected ones with reasons.

    Banned fields, an empty reason, and a reason for a column that does not exist are refused.
    """
    offered = list(names)
    problems = [
        Problem(
            tr("a field no credit file may hold", "信用档案不得采集的信息"),
            name,
            tr("remove the column", "请删除该列"),
        )
        for name in offered
        if banned_as(name)
    ]
    for name, reason in allowed.items():
        if name not in offered:
            problems.append(
                Problem(
                    tr("there is no such column to use", "没有要使用的列"),
                    name,
                    ", ".join(offered[:8]),
                )
            )
        elif not reason.strip():
            problems.append(
                Problem(
                    tr("a protected attribute needs a reason", "使用受保护属性须说明理由"), name
                )
            )
    refuse(problems)
    taken, left, reasons = [], {}, {}
    for name in offered:
        attribute = protected_as(name)
        if attribute is None or name in allowed:
            taken.append(name)
            if name in allowed:
                reasons[name] = allowed[name]
        else:
            left[name] = tr(
                f"protected attribute ({attribute}); name it with a reason to take it",
                f"受保护属性({attribute});如需使用请注明理由",
            )
    return taken, left, reasons
