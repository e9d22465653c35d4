"""The way of every indicator as lines to draw: what was observed, what was due, where it leads.

One long frame; everything in it was judged by `lishui_credit.plan.standings.progress` already, only
the days between are filled in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

import polars as pl

from lishui_credit.language import Bilingual
from lishui_credit.plan.definitions import BASE, END, indicators
from lishui_credit.plan.observed.observed_table import observed_table
from lishui_credit.plan.observed.table import period_ends
from lishui_credit.plan.standings import loaded_for
from lishui_credit.plan.ways import Way

COURSE: Final = pl.Schema(
    {
        "indicator": pl.String(),
        "adcode": pl.String(),
        "series": pl.String(),
        "day": pl.Date(),
        "value": pl.Float64(),
        "low": pl.Float64(),
        "high": pl.Float64(),
        "source": pl.String(),
        "synthetic": pl.Boolean(),
    }
)
"""Columns of a course, in the indicator's unit.

``series`` is ``observed`` (one row a period, with the interval of a survey), ``path`` (what is due
at the end of each quarter), ``projection`` (the last observation, and 2020-12-31 with its interval)
or ``target`` (2020-12-31)."""

SERIES: Final[Mapping[str, Bilingual]] = {
    "observed": Bilingual("observed", "实际值"),
    "path": Bilingual("expected path", "应达进度"),
    "projection": Bilingual("projection", "趋势预测"),
    "target": Bilingual("2020 target", "2020年目标"),
}
"""What each series is called in a chart, whatever draws it."""


def quarters() -> tuple[date, ...]:
    """Return the base day and the ends of the plan's twenty quarters."""
    return tuple(period_ends(3))


def quarter_before(at: date) -> date:
    """Return the last end of a quarter before a day; the base day for days of the first quarter."""
    return max((day for day in quarters() if day < at), default=BASE)


def course(
    frame: Any, table: pl.DataFrame, at: date = END, *, targets: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Return the course of every indicator and area up to a day.

    Parameters
    ----------
    frame : ObservedTable, or any narwhals frame
        Observations.
    table : polars.DataFrame
        Progress of the same observations on the same day, with the same targets.
    at : date, default 2020-12-31
        Observations of periods that end later are left out.
    targets : polars.DataFrame, optional
        As given to `progress`.

    Returns
    -------
    polars.DataFrame
        Columns of `COURSE`, by indicator, area, series and day. No path where there is no base.

    Examples
    --------
    >>> from lishui_credit.plan.standings import progress
    >>> rows = pl.DataFrame({"indicator": ["website_rate"] * 2, "adcode": ["331100"] * 2,
    ...     "period": [BASE, date(2016, 6, 30)], "frequency": ["quarter"] * 2,
    ...     "numerator": [0, 2], "denominator": [10, 10]})
    >>> found = course(rows, progress(rows, date(2016, 6, 30)), date(2016, 6, 30))
    >>> found.filter(series="path", adcode="331100")["value"].head(3).to_list()
    [0.0, 5.0, 10.0]
    """
    seen = observed_table(frame, at).series.filter(pl.col("period") >= BASE)
    observed = seen.select(
        "indicator", "adcode", pl.lit("observed").alias("series"), pl.col("period").alias("day"),
        "value", "low", "high", "source", "synthetic",
    )  # fmt: skip
    loaded = loaded_for(targets)
    drawn = [
        row
        for found in table.iter_rows(named=True)
        for row in _drawn(found, loaded.get((found["indicator"], found["adcode"]), ({}, "plan")))
    ]
    return pl.concat([observed, pl.DataFrame(drawn, schema=COURSE, orient="row")]).sort(
        "indicator", "adcode", "series", "day"
    )


def _drawn(
    found: dict[str, Any], stated: tuple[dict[int, float], str]
) -> Iterator[tuple[Any, ...]]:
    """The rows of one indicator and area that are no observations."""
    key, adcode, made_up = found["indicator"], found["adcode"], found["synthetic"]
    years, basis = stated
    way = Way(indicators()[key], found["base"], found["target"], basis, years)

    def row(
        name: str, day: date, value: float, low: Any = None, high: Any = None
    ) -> tuple[Any, ...]:
        return (key, adcode, name, day, value, low, high, basis, made_up)

    for day in quarters() if way.begins else ():
        level = way.at(day)
        if level is not None and (day > BASE or found["base"] is not None):
            yield row("path", day, found["base"] if day == BASE else level)
    if found["target"] is not None:
        yield row("target", END, found["target"])
    if found["projected"] is not None and found["period"] < END:
        value = found["value"]
        yield row("projection", found["period"], value, value, value)
        yield row(
            "projection", END, found["projected"], found["projected_low"], found["projected_high"]
        )


def companion_course(frame: pl.DataFrame, key: str, adcode: str, at: date = END) -> pl.DataFrame:
    """Return the companion series of one indicator and area."""
    head = f"{key}."
    return (
        frame.filter(
            pl.col("indicator").str.starts_with(head)
            & (pl.col("adcode") == adcode)
            & (pl.col("period") <= at)
            & pl.col("value").is_not_null()
        )
        .select(
            pl.col("indicator").str.strip_prefix(head).alias("companion"),
            pl.col("period").alias("day"),
            "value", "low", "high", "source", "synthetic",
        )
        .sort("companion", "day")
    )  # fmt: skip
