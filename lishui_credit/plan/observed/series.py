"""One value a period for every indicator and area, as progress needs it.

A coverage or satisfaction is a state at a day and is taken as it stands. Counts and money flow: those
of months and quarters are added over the twelve months that end with the period, all of them or none.
"""

from __future__ import annotations

import polars as pl

from lishui_credit.plan.definitions import indicators
from lishui_credit.plan.observed.table import MONTHS, SCHEMA, computed


def series(frame: pl.DataFrame) -> pl.DataFrame:
    """Return observations with one row per indicator, area and period, flows as yearly sums."""
    flows = [key for key, row in indicators().items() if row.flow]
    own = {key: row.frequency for key, row in indicators().items()}
    flowing = pl.col("indicator").is_in(flows)
    states = frame.filter(~flowing).with_columns(
        pl.when(
            pl.col("frequency") == pl.col("indicator").replace_strict(own, return_dtype=pl.String)
        )
        .then(0)
        .otherwise(pl.col("frequency").replace_strict(MONTHS, return_dtype=pl.Int32))
        .alias("_rank")
    )
    yearly = frame.filter(flowing & (pl.col("frequency") == "year")).with_columns(
        pl.lit(0, pl.Int32).alias("_rank")
    )
    parts = [states, yearly]
    parts += [
        _trailing(frame.filter(flowing & (pl.col("frequency") == name)), 12 // months).with_columns(
            pl.lit(months, pl.Int32).alias("_rank")
        )
        for name, months in MONTHS.items()
        if name != "year"
    ]
    same = ["indicator", "adcode", "period"]
    return (
        pl.concat(part.cast({"_rank": pl.Int32}) for part in parts)
        .filter(pl.col("value").is_not_null())
        .sort(*same, "_rank")
        .unique(same, keep="first", maintain_order=True)
        .select(list(SCHEMA))
    )


def _trailing(frame: pl.DataFrame, periods: int) -> pl.DataFrame:
    """Sums over a year's worth of consecutive periods, at the end of each."""
    group = ["indicator", "adcode"]
    month = pl.col("period").dt.year().cast(pl.Int32) * 12 + pl.col("period").dt.month()
    first = month.shift(periods - 1).over(group)
    unbroken = first == month - 12 + 12 // periods
    summed = (
        frame.sort(*group, "period")
        .with_columns(
            *(pl.col(n).rolling_sum(periods).over(group).alias(n) for n in ("numerator", "value")),
            pl.col("synthetic").cast(pl.Int8).rolling_max(periods).over(group).cast(pl.Boolean),
            unbroken.fill_null(False).alias("_unbroken"),
            pl.lit("year").alias("frequency"),
        )
        .filter("_unbroken")
        .drop("_unbroken")
        .with_columns(pl.lit(None, pl.Float64).alias(name) for name in ("low", "high"))
    )
    return computed(summed)  # from whole numbers, where a rolling sum of floats would drift
