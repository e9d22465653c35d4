"""Values of the data that have an English name: counties, sexes, synthetic sources, units."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from lishui_credit.language import language, tr

if TYPE_CHECKING:
    import polars as pl

ENGLISH: Final[Mapping[str, str]] = MappingProxyType({
    "丽水市": "Lishui", "莲都区": "Liandu", "青田县": "Qingtian", "缙云县": "Jinyun",
    "遂昌县": "Suichang", "松阳县": "Songyang", "云和县": "Yunhe", "庆元县": "Qingyuan",
    "景宁畲族自治县": "Jingning", "龙泉市": "Longquan", "女": "female", "男": "male",
    "合成数据": "synthetic data", "增值税": "VAT", "消费税": "consumption tax", "营业税": "business tax",
    "企业所得税": "corporate income tax", "个人所得税": "personal income tax", "印花税": "stamp duty",
    "房产税": "property tax", "城镇土地使用税": "land use tax", "城市维护建设税": "urban maintenance tax",
    "土地增值税": "land appreciation tax", "资源税": "resource tax", "环境保护税": "environment tax",
    "信用县(市)": "credit county", "信用乡镇": "credit township", "信用村": "credit village",
    "市级信用村(社区)": "credit village of the city", "县级信用村(社区)": "credit village of the county",
    "按期报送": "reported when due", "原报数多写一位": "one digit too many was reported at first",
    "年报": "annual return", "十二个月内违约": "default within twelve months", "未达标": "not reached", "人": "people", "户": "households", "年": "years", "月": "months",
    "项": "items", "分": "points", "个": "", "次": "times", "美元": "US dollars",
})  # fmt: skip


CROSSING: Final = " × "
"""Between the values of columns that are crossed: 女 × 莲都区."""


def in_words(value: str) -> str:
    """Return a value of the data, or of crossed columns, in the language in use, where it is known.

    Examples
    --------
    >>> from lishui_credit.language import set_language
    >>> set_language("en"); in_words("莲都区"), in_words("张三"), in_words("女 × 莲都区")
    ('Liandu', '张三', 'female × Liandu')
    >>> set_language(None)
    """
    if not value:  # nothing says nothing in either language
        return value
    parts = value.split(CROSSING)
    return tr(CROSSING.join(ENGLISH.get(part, part) for part in parts), value)


def counted(unit: str, number: object) -> str:
    """Return the word of a unit behind a number; of one it is singular in English."""
    word = in_words(unit)
    if number != 1 or word == unit:
        return word
    return "person" if word == "people" else word.removesuffix("s")


def worded(frame: pl.DataFrame, *names: str) -> pl.DataFrame:
    """Return a frame with columns as texts, `in_words`."""
    import polars as pl

    texts = [pl.col(name).cast(pl.String) for name in names]
    return frame.with_columns(
        text if language() == "zh" else text.replace(dict(ENGLISH)) for text in texts
    )
