"""The city and its nine counties: codes, names, populations, and the codes they had before 2000.

Populations are the censuses of 2010 and 2020; 2015 is interpolated between them, not a statistic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from lishui_credit.errors import SubjectError
from lishui_credit.language import Bilingual, tr

CITY: Final = "331100"
"""Code of the whole city (GB/T 2260)."""


@dataclass(frozen=True, slots=True)
class Division:
    """The city or one county.

    Parameters
    ----------
    adcode : str
        Six digits, GB/T 2260.
    name_zh, name_en : str
        Full Chinese name; short English name.
    short_zh : str
        Chinese name without what kind of division it is.
    population_2010, population_2015, population_2020 : int
        Residents: census, interpolated (geometric, 2015-12-31), census.
    old_codes : tuple of str
        Codes before 2000, still inside real credit codes and identity numbers.
    """

    adcode: str
    name_zh: str
    name_en: str
    short_zh: str
    population_2010: int
    population_2015: int
    population_2020: int
    old_codes: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name in the language in use."""
        return tr(self.name_en, self.name_zh)

    @property
    def short(self) -> str:
        """Name in the language in use, without what kind of division it is."""
        return tr(self.name_en, self.short_zh)

    @property
    def letter(self) -> str:
        """What marks the division where there is room for a character: 莲; of two in English, Ld.

        Examples
        --------
        >>> from lishui_credit.language import set_language
        >>> set_language("en"); [county.letter for county in counties()]
        ['Ld', 'Qt', 'Jy', 'Sc', 'Sy', 'Yh', 'Qy', 'Jn', 'Lq']
        >>> set_language(None)
        """
        return tr(_LETTERS.get(self.adcode, self.name_en[:2]), self.short_zh[0])

    def population(self, year: int) -> float:
        """Return residents at the end of a year, interpolated geometrically between the censuses.

        Both censuses count the first of November, two months before the end of their years.
        The city is the sum of its nine counties.

        Parameters
        ----------
        year : int
            2010 to 2020 are interpolated; other years take the nearer census.

        Examples
        --------
        >>> round(division("331102").population(2020))
        562116
        """
        if self.adcode == CITY:
            return sum(row.population(year) for row in counties())
        share = min(max((year - 2010 + 1 / 6) / 10, 0.0), 1.0)
        return float(self.population_2010 * (self.population_2020 / self.population_2010) ** share)

    @property
    def words(self) -> tuple[str, ...]:
        """Every word that names it in a file: with and without its kind, province and city before it."""
        kind = self.name_zh.removeprefix(self.short_zh)
        kinds = ("", kind, *(kind[start:] for start in (2, 4) if len(kind) > start))
        names = [self.short_zh + one for one in kinds]
        above = (
            ("", "浙江省丽水市", "浙江省", "丽水市", "浙江丽水")
            if self.adcode != CITY
            else ("", "浙江省", "浙江")
        )
        full = (before + name for before in above for name in names)
        codes = (self.adcode, f"{self.adcode}000000", *self.old_codes)
        return tuple(dict.fromkeys((self.name_zh, self.short_zh, *full, self.name_en, *codes)))


_LETTERS: Final[Mapping[str, str]] = {
    "331102": "Ld", "331121": "Qt", "331122": "Jy", "331123": "Sc", "331124": "Sy",
    "331125": "Yh", "331126": "Qy", "331127": "Jn", "331181": "Lq",
}  # fmt: skip

_ALL: Final = (
    Division("331100", "丽水市", "Lishui", "丽水", 2_116_957, 2_305_246, 2_507_396, ("332500",)),
    Division("331102", "莲都区", "Liandu", "莲都", 451_418, 505_555, 562_116, ("332501", "332521", "332582")),
    Division("331121", "青田县", "Qingtian", "青田", 336_542, 416_731, 509_053, ("332522",)),
    Division("331122", "缙云县", "Jinyun", "缙云", 358_917, 382_176, 405_318, ("332526",)),
    Division("331123", "遂昌县", "Suichang", "遂昌", 190_165, 192_333, 194_385, ("332527",)),
    Division("331124", "松阳县", "Songyang", "松阳", 185_051, 195_039, 204_880, ("332528",)),
    Division("331125", "云和县", "Yunhe", "云和", 111_591, 120_370, 129_216, ("332523",)),
    Division("331126", "庆元县", "Qingyuan", "庆元", 141_541, 142_062, 142_551, ("332525",)),
    Division("331127", "景宁畲族自治县", "Jingning", "景宁", 107_106, 109_105, 111_011, ("332529",)),
    Division("331181", "龙泉市", "Longquan", "龙泉", 234_626, 241_875, 248_866, ("332502", "332524", "332581")),
)  # fmt: skip

POPULATION_EVIDENCE: Final[Mapping[str, Bilingual]] = {
    "2010": Bilingual(
        "from memory; the nine add up to the published total", "记忆值,九县之和与公布的全市数一致"
    ),
    "2015": Bilingual("interpolated geometrically, not a statistic", "几何内插,非统计数"),
    "2020": Bilingual(
        "secondary; the nine add up to the published total", "二手转述,九县之和与公布的全市数一致"
    ),
}
"""How well each year's populations are known."""

_EXTRA_WORDS: Final[Mapping[str, str]] = {"全市": CITY, "丽水全市": CITY, "丽水市全市": CITY}


def areas() -> tuple[Division, ...]:
    """Return the city and then its nine counties, by code.

    Examples
    --------
    >>> len(areas()), sum(row.population_2020 for row in counties()) == areas()[0].population_2020
    (10, True)
    """
    return _ALL


def counties() -> tuple[Division, ...]:
    """Return the nine counties, by code."""
    return _ALL[1:]


@cache
def words() -> Mapping[str, str]:
    """Return every word for a division, and its code."""
    return {word: row.adcode for row in _ALL for word in row.words} | dict(_EXTRA_WORDS)


def division(word: str) -> Division:
    """Return a division by code, old code or name.

    Raises
    ------
    SubjectError
        If it is none of the ten.

    Examples
    --------
    >>> division("景宁").adcode, division("332500").name_zh
    ('331127', '丽水市')
    """
    code = words().get(word.strip())
    if code is None:
        raise SubjectError(
            tr("not the city or one of its nine counties", "不是丽水市或其九个县(市、区)"),
            word,
            tr(", ", "、").join(f"{row.adcode} {row.name}" for row in _ALL),
        )
    return next(row for row in _ALL if row.adcode == code)
