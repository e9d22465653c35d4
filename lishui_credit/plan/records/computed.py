"""What every computation from raw records gives back: observations, a detail table, and remarks.

`Computed` is the one result of `codes`, `publicity`, `lists`, `collection`, `usage`, `openings`,
`revenue` and `survey`. Its observations go into the store as any loaded ones do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Self

import polars as pl

from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.plan.divisions import CITY
from lishui_credit.plan.observed.table import MONTHS, SCHEMA, computed


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """Observations computed from raw records, and what they rest on.

    Parameters
    ----------
    observations : polars.DataFrame
        Rows of `lishui_credit.plan.observed.table.SCHEMA`: the indicator, by county and for the city.
    companions : polars.DataFrame
        Rows of the same columns for its companion series, named ``indicator.companion``. They do
        not go into the store, which holds the twelve.
    detail : polars.DataFrame
        What was counted and what was left out, by area; each function says which columns.
    notes : tuple of str
        What a reader must know: rows left out, records that fit nothing, areas without data.
    """

    observations: pl.DataFrame
    companions: pl.DataFrame
    detail: pl.DataFrame
    notes: tuple[str, ...] = ()

    @classmethod
    def of_rows(
        cls,
        rows: Iterable[dict[str, Any]],
        *records: pl.DataFrame,
        frequency: str,
        source: str,
        detail: pl.DataFrame,
        notes: Iterable[str] = (),
        **more: Any,
    ) -> Self:
        """Return the result whose observations have the given cells; what is absent is null.

        Where any of the records is made up, all of it is.
        """
        synthetic = any(frame["synthetic"].any() for frame in records)
        same = {"frequency": frequency, "source": source, "synthetic": synthetic, "note": ""}
        cells = [{**dict.fromkeys(SCHEMA), **same, "revision": 1, **row} for row in rows]
        frame = computed(pl.DataFrame(cells, schema=SCHEMA).sort("indicator", "period", "adcode"))
        companion = frame["indicator"].str.contains(".", literal=True)
        return cls(
            observations=frame.filter(~companion),
            companions=frame.filter(companion),
            detail=detail,
            notes=tuple(notes),
            **more,
        )

    def of(self, indicator: str, adcode: str = CITY) -> dict[str, Any]:
        """Return the one observation of an indicator or companion, and area; KeyError unless there is just one."""
        rows = pl.concat([self.observations, self.companions]).filter(
            indicator=indicator, adcode=adcode
        )
        if rows.height != 1:
            raise KeyError(f"{indicator} {adcode}: {rows.height}")
        return rows.row(0, named=True)


def shares(
    table: pl.DataFrame, series: Mapping[str, tuple[str, str]], period: date | None = None
) -> list[dict[str, Any]]:
    """Return the cells of every area and series whose denominator is above 0."""
    # A series is named by the columns of its numerator and denominator; where no period is
    # given, the table has a column of it.
    return [
        {
            "indicator": name,
            "adcode": row["adcode"],
            "period": period or row["period"],
            "numerator": row[above],
            "denominator": row[below],
        }
        for row in table.iter_rows(named=True)
        for name, (above, below) in series.items()
        if row[below]
    ]


def first_of(cases: Mapping[str, pl.Expr], otherwise: str | None = None) -> pl.Expr:
    """Return the name of the first case that holds for a row."""
    named = (pl.when(holds).then(pl.lit(name)) for name, holds in cases.items())
    return pl.coalesce(*named, pl.lit(otherwise, pl.String))


def check_frequency(frequency: str) -> None:
    """Refuse a frequency that is not month, quarter or year."""
    if frequency not in MONTHS:
        known = ", ".join(reversed(MONTHS))
        raise SubjectError(tr("no such frequency", "没有这种频率"), frequency, known, "frequency")


def period_of(day: pl.Expr, frequency: str) -> pl.Expr:
    """Return the last day of the month, quarter or year a day lies in."""
    check_frequency(frequency)
    months = MONTHS[frequency]
    return day.dt.truncate(f"{months}mo").dt.offset_by(f"{months}mo").dt.offset_by("-1d")


def period_start(period: date, frequency: str) -> date:
    """Return the first day of the period that ends on a day."""
    check_frequency(frequency)
    month = period.month - MONTHS[frequency] + 1
    return date(period.year, month, 1)


def check_period(period: date, frequency: str) -> None:
    """Refuse a day that is not the last one of a month, quarter or year."""
    check_frequency(frequency)
    following = period + timedelta(days=1)
    if following.day != 1 or period.month % MONTHS[frequency]:
        raise SubjectError(
            tr(f"not the last day of a {frequency}", "不是期末日"),
            str(period),
            tr("write 2018-12-31 for the year 2018", "2018 年请写 2018-12-31"),
            "period",
        )


def by_area(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame's rows once for their county and once for the city, to be counted by area."""
    # Rows of the city's own bodies (331100) count for the city only; so the city is all
    # there is, not only what the counties hold.
    counties = frame.filter(pl.col("adcode") != CITY)
    return pl.concat([counties, frame.with_columns(pl.lit(CITY).alias("adcode"))])


def left_out(count: int, en: str, zh: str) -> list[str]:
    """Return a remark that so many rows were left out, none where there are none."""
    return [tr(f"{count:,} {en}", f"{count:,} {zh}")] if count else []
