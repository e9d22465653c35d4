"""Synthetic observations of the plan's twelve indicators, 2015 to 2020, for the city and its counties.

No value of any of the twelve was found published for Lishui: every number here is made up by a
seeded process, and every row says so. Something is wrong on purpose, so that a page has something to
say: indicators and counties off their paths, no baseline for one survey, a county that stops
reporting for two months, a reported city value that does not add up, and a corrected observation.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any, Final

import numpy as np
import polars as pl

from lishui_credit.plan.definitions import PlanIndicator, indicators
from lishui_credit.plan.divisions import CITY, Division, areas, counties
from lishui_credit.plan.observed.table import FREQUENCIES, KEY, MONTHS, SCHEMA, latest, observations
from lishui_credit.points import half_away
from lishui_credit.samples.registers import SEED

YEARS: Final = (2015, 2020)
SOURCE: Final = "合成数据"

# Share (percent) at the end of 2015 and 2020, of a typical county: design choices.
_SHARES: Final[dict[str, tuple[float, float]]] = {
    "uscc_coverage": (22, 99.7),
    "double_publicity_coverage": (35, 99),
    "blacklist_coverage": (14, 84),
    "collection_completeness": (30, 108),
    "website_rate": (0, 100),
    "client_rate": (0, 100),
    "satisfaction_government": (84, 90.5),
    "satisfaction_business": (78, 86),
    "satisfaction_social": (79, 82.5),
    "satisfaction_judicial": (82, 89),
}
# Points a county is above or below that by 2020.
_TILT: Final[dict[tuple[str, str], float]] = {
    ("uscc_coverage", "331126"): -13,
    ("double_publicity_coverage", "331127"): -34,
    ("double_publicity_coverage", "331102"): 9,
    ("collection_completeness", "331125"): -25,
    ("collection_completeness", "331102"): 12,
    ("satisfaction_government", "331121"): -5,
    ("satisfaction_social", "331181"): -3,
}
# Growth a year of counts and money; doubling in five years needs 14.9%.
_GROWTH: Final[dict[str, float]] = {"query_volume": 0.165, "service_revenue": 0.09}
_OPENED: Final = {"331102": 2016.4, "331181": 2016.6, "331122": 2016.9, "331121": 2017.4, "331123": 2017.6,
                  "331124": 2017.9, "331125": 2018.2, "331126": 2018.9, "331127": 2019.4}  # fmt: skip
_SILENT: Final = ("collection_completeness", "331125", (date(2018, 5, 31), date(2018, 6, 30)))
_NO_BASE: Final = "satisfaction_judicial"
_MISREPORTED: Final = ("double_publicity_coverage", date(2017, 12, 31))
_CORRECTED: Final = ("query_volume", "331121", date(2017, 3, 31))


def _periods(years: tuple[int, int], frequency: str) -> Iterator[tuple[date, float]]:
    """Ends of periods, with years since the end of 2015; of 2015 only what a base needs."""
    size = MONTHS[frequency]
    for year in range(years[0], years[1] + 1):
        for month in range(size, 13, size):
            yield (
                date(year, month, calendar.monthrange(year, month)[1]),
                year - 2016 + month / 12,
            )


def _share(row: PlanIndicator, area: Division, since: float) -> float:
    start, end = _SHARES[row.key]
    end += _TILT.get((row.key, area.adcode), 0)
    gone = since / 5
    if row.path.kind == "step":  # done by the day the step asks for, and left there
        gone = min(since / 2, 1.0)
    return min(max((start + (end - start) * gone) / 100, 0.0), 1.0)


def _counted(
    row: PlanIndicator,
    area: Division,
    day: date,
    since: float,
    months: int,
    rng: np.random.Generator,
) -> tuple[int, int | None]:
    """Numerator and denominator of one county in one period."""
    people = area.population(day.year)
    if row.kind == "doubling":
        level = (1 + _GROWTH[row.key]) ** since * months / 12
        if row.key == "query_volume":
            return int(rng.poisson(people * 0.2 * level)), None
        return round(people * 900 * level * float(rng.uniform(0.95, 1.05))), None
    if row.key in ("website_rate", "client_rate"):
        late = 0.0 if row.key == "website_rate" else 0.7
        return int(2016 + since >= _OPENED[area.adcode] + late), 1
    size = {
        "uscc_coverage": round(people / 25),
        "double_publicity_coverage": round(people / 300 * months),
        "blacklist_coverage": 7,
        "collection_completeness": 120,
    }.get(row.key, 400)
    share = _share(row, area, since)
    if row.key == "blacklist_coverage":  # sectors that have a list keep it
        return min(7, half_away(Fraction(7 * share))), 7
    return int(rng.binomial(size, share)), size


def _own(row: PlanIndicator, since: float, nine: int) -> tuple[int, int]:
    """The whole city where it has units of its own: those that opened, and the counties'."""
    opened = round(row.own * min(max((since + 0.2) / 4.6, 0.0), 1.0))
    return nine + opened, row.own + len(counties())


def plan_observations(
    *, seed: int = SEED, years: tuple[int, int] = YEARS, frequency: str | None = None
) -> pl.DataFrame:
    """Return synthetic observations with all their revisions.

    Parameters
    ----------
    seed : int
        The same seed makes the same frame.
    years : (int, int), default (2015, 2020)
        First and last.
    frequency : {"month", "quarter", "year"}, optional
        Of every indicator; each one's own by default.

    Returns
    -------
    polars.DataFrame
        Columns of `lishui_credit.plan.observed.table.SCHEMA`; ``synthetic`` is true on every row. Of
        one observation there are two revisions, see `lishui_credit.plan.observed.table.latest`.

    Examples
    --------
    >>> made = plan_observations()
    >>> made["indicator"].n_unique(), made["adcode"].n_unique(), made["synthetic"].all()
    (12, 10, True)
    """
    rows: list[dict[str, Any]] = []
    for row in indicators().values():
        every = frequency or row.frequency
        totals: dict[date, tuple[int, int]] = {}
        for place, area in enumerate(counties()):
            rng = np.random.default_rng([seed, 5_000 + row.number, place])
            for day, since in _periods(years, every):
                n, d = _counted(row, area, day, since, MONTHS[every], rng)
                seen = totals.get(day, (0, 0))
                totals[day] = seen[0] + n, seen[1] + (d or 0)
                if row.key == _NO_BASE and day.year == 2015:
                    continue
                if (row.key, area.adcode) == _SILENT[:2] and day in _SILENT[2]:
                    continue
                rows += _stated(row, area.adcode, day, every, n, d)
        for day, since in _periods(years, every):
            if row.own:
                rows += _stated(row, CITY, day, every, *_own(row, since, totals[day][0]))
            elif day.month == 12 and row.key in ("double_publicity_coverage", "service_revenue"):
                n, d = totals[day]
                if (row.key, day) == _MISREPORTED:
                    n = round(d * 0.97)
                rows += _stated(row, CITY, day, every, n, d or None)
    return observations(pl.DataFrame(rows, schema_overrides=dict(SCHEMA))).sort(*KEY, "revision")


def _stated(
    row: PlanIndicator, adcode: str, day: date, every: str, n: int, d: int | None
) -> list[dict[str, Any]]:
    known = datetime(day.year, day.month, day.day, 2, tzinfo=UTC) + timedelta(days=15)
    made: dict[str, Any] = {
        "indicator": row.key,
        "adcode": adcode,
        "period": day,
        "frequency": every,
        "numerator": n,
        "denominator": d,
        "source": SOURCE,
        "synthetic": True,
        "note": "",
        "revision": 1,
        "recorded_at": known,
        "recorded_by": "合成录入员甲",
        "reason": "按期报送",
    }
    if (row.key, adcode, day) != _CORRECTED:
        return [made]
    wrong = made | {"numerator": n * 10}
    mended = made | {
        "note": "更正",
        "revision": 2,
        "recorded_at": known + timedelta(days=40),
        "recorded_by": "合成录入员乙",
        "reason": "原报数多写一位",
    }
    return [wrong, mended]


def office_file(frame: pl.DataFrame) -> pl.DataFrame:
    """Return observations as an office would send them: Chinese headers and words, one row each."""
    names = {row.key: row.short_zh for row in indicators().values()}
    places = {row.adcode: row.name_zh for row in areas()}
    often = {key: words[1] for key, words in FREQUENCIES.items()}
    return latest(frame).select(
        pl.col("indicator").replace_strict(names).alias("指标"),
        pl.col("adcode").replace_strict(places).alias("地区"),
        pl.col("period").alias("期末"),
        pl.col("frequency").replace_strict(often).alias("频率"),
        pl.col("numerator").alias("分子"),
        pl.col("denominator").alias("分母"),
        pl.col("source").alias("来源"),
        pl.lit("是").alias("合成数据"),
        pl.col("note").alias("备注"),
    )
