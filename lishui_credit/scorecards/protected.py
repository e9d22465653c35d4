"""Attributes that no model uses by default: protected ones, and fields no credit file may hold.

A protected attribute is used only where the caller names it with a reason, which the card prints.
A banned field is never used.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

import polars as pl

from lishui_credit.errors import Problem, refuse
from lishui_credit.language import Bilingual, tr
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.header_words import no_column, normal
from lishui_credit.tables.headers import banned_as

PROTECTED: Final[dict[str, tuple[frozenset[str], tuple[str, ...]]]] = {
    "sex": (
        frozenset({
            "sex", "sexes", "male", "female", "woman", "women", "xingbie", "xb",
            "xbdm", "sexcode", "ismale", "isfemale", "ladies", "girl", "boy",
        }),
        ("性别", "女性", "男性", "男女", "妇女", "女士", "是否女", "是否男"),
    ),
    "age": (
        frozenset({
            "age", "ages", "dob", "yob", "born", "elderly", "nianling", "nl", "csrq", "csny",
            "csnf", "agegroup", "ageband", "agerange", "ageyears", "agecode", "agebracket",
        }),
        ("年龄", "出生", "生日", "岁数", "周岁", "岁以上", "岁以下", "年纪", "老年", "龄段", "生年"),
    ),
    "ethnicity": (
        frozenset({"race", "races", "racial", "nation", "minzu", "mz", "mzdm", "zubie"}),
        ("民族", "族别", "国籍", "种族", "族裔", "少数民"),
    ),
    "origin": (
        frozenset({"foreign", "foreigner", "hukou", "huji", "hjlx", "hklx", "guoji", "jiguan"}),
        ("户籍", "籍贯", "户口", "出身", "出生地"),
    ),
    "marital status": (
        frozenset({"divorced", "spouse", "hunyin", "hyzk", "hyzkdm", "widowed", "hunfou"}),
        ("婚姻", "婚否", "配偶", "已婚", "未婚", "离婚", "离异", "丧偶", "再婚"),
    ),
    "pregnancy": (frozenset({"pregnant", "pregnancy", "maternity"}), ("怀孕", "生育", "孕期")),
    "disability": (frozenset({"disability", "disabled", "canji"}), ("残疾", "残障")),
    "politics": (
        frozenset({"party", "political", "zzmm", "dangyuan"}),
        ("政治面貌", "党员", "党派"),
    ),
}  # fmt: skip
"""Attribute to the English and pinyin words, and the Chinese phrases, by which a column is named.

Pinyin abbreviations are those of national code tables: xb, mz, hyzk, csrq, zzmm.
"""

_INSIDE: Final = {
    "birth": "age",
    "gender": "sex",
    "ethnic": "ethnicity",
    "nationalit": "ethnicity",
    "immigra": "origin",
    "citizenship": "origin",
    "marital": "marital status",
    "marriage": "marital status",
    "married": "marital status",
}
"""Parts of English words that no other word has."""

# The 56 ethnic groups of GB/T 3304; Han is one of them.
_GROUPS: Final = frozenset(
    [
        "汉",
        "蒙古",
        "回",
        "藏",
        "维吾尔",
        "苗",
        "彝",
        "壮",
        "布依",
        "朝鲜",
        "满",
        "侗",
        "瑶",
        "白",
        "土家",
        "哈尼",
        "哈萨克",
        "傣",
        "黎",
        "傈僳",
        "佤",
        "畲",
        "高山",
        "拉祜",
        "水",
        "东乡",
        "纳西",
        "景颇",
        "柯尔克孜",
        "土",
        "达斡尔",
        "仫佬",
        "羌",
        "布朗",
        "撒拉",
        "毛南",
        "仡佬",
        "锡伯",
        "阿昌",
        "普米",
        "塔吉克",
        "怒",
        "乌孜别克",
        "俄罗斯",
        "鄂温克",
        "德昂",
        "保安",
        "裕固",
        "京",
        "塔塔尔",
        "独龙",
        "鄂伦春",
        "赫哲",
        "门巴",
        "珞巴",
        "基诺",
    ]
)
_ALONE: Final = frozenset(
    ["汉", "回", "藏", "苗", "彝", "壮", "侗", "瑶", "傣", "畲", "羌"]
)  # of one character, told alone
# Traditional characters of the words here; a whole table of them is not needed.
_SIMPLE: Final = str.maketrans(
    "別齡國戶貫離異殘黨懷歲婦種漢滿維爾壯東鄉納頗達錫烏羅溫獨龍倫門諾鮮瑤薩發產喪團眾業農數員類況",
    "别龄国户贯离异残党怀岁妇种汉满维尔壮东乡纳颇达锡乌罗温独龙伦门诺鲜瑶萨发产丧团众业农数员类况",
)
# A place named after an ethnic group, or the date of an event, says nothing about a person.
_INNOCENT: Final = r"\w*族(自治[县州区]|[乡镇])|发生日"
_VALUES: Final[dict[str, frozenset[str]]] = {
    "sex": frozenset({
        "男", "女", "男性", "女性", "男士", "女士", "先生", "小姐", "太太", "夫人", "男孩", "女孩",
        "男人", "女人", "妇女", "male", "female", "man", "men", "woman", "women", "mr", "mrs", "ms",
        "miss", "madam", "girl", "boy",
    }),
    "ethnicity": frozenset({"少数民族", "han", "uyghur", "uighur", "tibetan", "mongol", "hui"})
    | _ALONE
    | {f"{name}族" for name in _GROUPS}
    | {name for name in _GROUPS if len(name) > 1 and name not in ("保安", "高山", "东乡", "土家")},
    "marital status": frozenset({
        "已婚", "未婚", "离异", "离婚", "丧偶", "再婚", "初婚", "单身", "married", "unmarried",
        "divorced", "widowed",
    }),
    "politics": frozenset({"中共党员", "党员", "群众", "共青团员", "团员", "民主党派"}),
    "religion": frozenset({
        "佛教", "道教", "基督教", "天主教", "伊斯兰教", "穆斯林", "buddhist", "christian", "muslim",
    }),
    "disability": frozenset({"残疾", "残疾人", "残障", "disabled"}),
    "pregnancy": frozenset({"怀孕", "孕妇", "已孕", "未孕", "pregnant"}),
}  # fmt: skip
_MOST_VALUES: Final = 100  # a column of more is no attribute of a few values
_TELLS: Final = {
    "age": r"\d{1,3}周?岁|[3-9]0后|[01]0后|老年人?|青年|中年|未成年",
    "origin": r"(非?农业?|本地|外地|外省|城镇|农村)(户口|户籍)",
}
"""Patterns of the same kind, found anywhere in a cell."""


def simplified(text: str) -> str:
    """Return a text in narrow forms and simplified characters.

    >>> simplified("性別"), simplified("ｓｅｘ")
    ('性别', 'sex')
    """
    return unicodedata.normalize("NFKC", text).translate(_SIMPLE)


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
    >>> protected_as("性別"), protected_as("birthyear"), protected_as("mz"), protected_as("維吾爾族")
    ('sex', 'age', 'ethnicity', 'ethnicity')
    """
    column = dictionary().get(name)
    if column is not None and column.privacy == "protected":
        return column.label_en or column.id
    wide = simplified(name)
    words = set(re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", wide).lower()))
    plain = re.sub(_INNOCENT, "", re.sub(r"[\W_]+", "", wide))
    for attribute, (english, chinese) in PROTECTED.items():
        if words & english or any(phrase in plain for phrase in chinese):
            return attribute
    inside = [of for part, of in _INSIDE.items() if any(part in word for word in words)]
    if inside:
        return inside[0]
    return "ethnicity" if any(f"{group}族" in plain for group in _GROUPS) else None


def protected_value(text: str) -> str | None:
    """Return the protected attribute that a cell's text tells, whatever its column is called.

    Examples
    --------
    >>> protected_value("女"), protected_value(" Female"), protected_value("景宁畲族自治县")
    ('sex', 'sex', None)
    >>> protected_value("女士"), protected_value("維吾爾族"), protected_value("60岁以上")
    ('sex', 'ethnicity', 'age')
    """
    plain = normal(simplified(text))
    parts = {plain, *re.split(r"[\W_]+", plain)}
    for attribute, values in _VALUES.items():
        if parts & values:
            return attribute
    for attribute, pattern in _TELLS.items():
        if re.search(pattern, plain):
            return attribute
    return None


def told_by_values(frame: pl.DataFrame) -> dict[str, str]:
    """Return the columns of text whose every value tells one protected attribute, and which.

    >>> told_by_values(pl.DataFrame({"f1": ["男", "女", None], "f2": ["男", "茶叶", "女"]}))
    {'f1': 'sex'}
    """
    found = {}
    for name, kind in frame.schema.items():
        if kind not in (pl.String, pl.Categorical, pl.Enum):
            continue
        values = frame[name].drop_nulls().unique()
        if not 0 < len(values) <= _MOST_VALUES:
            continue
        told = {protected_value(text) for text in values.cast(pl.String)}
        if len(told) == 1 and (attribute := told.pop()):
            found[name] = attribute
    return found


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
