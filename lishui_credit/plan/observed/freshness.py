"""How fresh and how complete the observations are, and what was changed in them, by whom and why."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import polars as pl

from lishui_credit.plan.definitions import END, indicators
from lishui_credit.plan.divisions import CITY, counties
from lishui_credit.plan.observed.observed_table import observed_table
from lishui_credit.plan.observed.table import KEY, MONTHS, period_ends

GRACE: Final = 1
"""Months after the end of a period in which its observation may still be under way. Our choice."""


def freshness(frame: Any, at: date = END) -> pl.DataFrame:
    """Return how old the last observation of each indicator is, and which counties are in it."""
    seen = observed_table(frame, at).latest
    codes = [row.adcode for row in counties()]
    rows = []
    for key, row in indicators().items():
        part = seen.filter(pl.col("indicator") == key)
        made: dict[str, Any] = {"indicator": key, "frequency": row.frequency}
        if not part.height:
            rows.append(made | {"counties": 0, "silent": codes, "state": "none"})
            continue
        last = part["period"].max()
        assert isinstance(last, date)
        now = part.filter(pl.col("period") == last)
        there = set(now["adcode"]) - {CITY}
        size = MONTHS[row.frequency]
        gone = (at.year - last.year) * 12 + at.month - last.month
        whole_periods = max(gone - GRACE, 0) // size
        silent = [code for code in codes if code not in there]
        late = whole_periods * size
        state = "late" if late else "partial" if silent else "current"
        rows.append(
            made
            | {
                "period": last,
                "counties": len(there),
                "silent": silent,
                "months_late": late,
                "state": state,
                "recorded_at": part["recorded_at"].max(),
                "synthetic": bool(part["synthetic"].any()),
            }
        )
    return pl.DataFrame(
        rows,
        schema={
            "indicator": pl.String, "frequency": pl.String, "period": pl.Date,
            "counties": pl.Int64, "silent": pl.List(pl.String), "months_late": pl.Int64,
            "state": pl.String, "recorded_at": pl.Datetime("us", "UTC"), "synthetic": pl.Boolean,
        },
    )  # fmt: skip


def coverage_of_periods(frame: Any, at: date = END) -> pl.DataFrame:
    """Return how many of the periods due each county has observed."""
    seen = observed_table(frame, at).latest.select("indicator", "adcode", "period").unique()
    due = [
        (key, county.adcode, day)
        for key, row in indicators().items()
        for day in period_ends(MONTHS[row.frequency], at)
        for county in counties()
    ]
    schema = {"indicator": pl.String, "adcode": pl.String, "period": pl.Date}
    asked = pl.DataFrame(due, schema=schema, orient="row").join(
        seen.with_columns(pl.lit(True).alias("there")), on=list(schema), how="left"
    )
    there = pl.col("there").fill_null(False)
    return (
        asked.group_by("indicator", "adcode", maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("due"),
            there.sum().cast(pl.Int64).alias("observed"),
            there.mean().alias("share"),
            pl.col("period").filter(~there).min().alias("first_missing"),
        )
    )  # fmt: skip


def replacing_others(frame: pl.DataFrame) -> pl.DataFrame:
    """Return every revision after the first, with the value that it took the place of."""
    before = pl.col("value").shift(1).over(list(KEY)).alias("value_before")
    in_order = frame.sort(*KEY, "revision").with_columns(before)
    return in_order.filter(pl.col("revision") > 1)


def revised(frame: pl.DataFrame) -> pl.DataFrame:
    """Return every change of an observation: from what, to what, by whom, when, why."""
    return (
        replacing_others(frame)
        .select(
            *KEY, "revision", "value_before", "value", "recorded_at", "recorded_by", "reason",
            "note", "synthetic",
        )
        .sort("recorded_at", *KEY, descending=[True, *[False] * len(KEY)], nulls_last=True)
    )  # fmt: skip
