"""Counts and amounts that jump as only a wrong unit makes them: 元 for 万元, 次 for 万次.

Nothing is changed or refused for it; whoever sends or records the figures is told to look again.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from lishui_credit.language import dated, tr
from lishui_credit.plan.definitions import indicators
from lishui_credit.plan.divisions import division

TIMES: Final = 100
"""From one period to the next, so many times as much or as little is told. Our choice."""

_SHOWN: Final = 20


def leaps(frame: pl.DataFrame) -> pl.DataFrame:
    """Return where a count or an amount leaps from one observation to the next."""
    kinds = [key for key, row in indicators().items() if row.kind == "doubling"]
    series = ["indicator", "adcode", "frequency"]
    value, before = pl.col("value"), pl.col("before")
    return (
        frame.filter(pl.col("indicator").is_in(kinds) & (value > 0))
        .sort(*series, "period")
        .with_columns(value.shift(1).over(series).alias("before"))
        .filter((value >= before * TIMES) | (before >= value * TIMES))
        .select(*series, "period", "before", "value")
    )


def leaps_said(frame: pl.DataFrame) -> tuple[str, ...]:
    """Return the leaps of a frame in words, at most twenty."""
    told = []
    for row in leaps(frame).head(_SHOWN).iter_rows(named=True):
        what, where = indicators()[row["indicator"]].short, division(row["adcode"]).name
        place = f"{what} {where} {dated(row['period'])}"
        before, value = f"{row['before']:,.0f}", f"{row['value']:,.0f}"
        en = f"sudden change, check the unit: {place}: {before} -> {value}"
        told.append(tr(en, f"数值骤变,请核对单位(元、万元):{place}:{before} → {value}"))
    return tuple(told)
