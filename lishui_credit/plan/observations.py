"""Observations of the plan's indicators: the shared columns, and what makes a row complete.

One row is one indicator in one area at the end of one period, as known at one time. Numerator and
denominator are the truth; a value stands alone only where they are not known.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from lishui_credit.plan.definitions import indicators

SCHEMA: Final = pl.Schema(
    {
        "indicator": pl.String(),
        "adcode": pl.String(),
        "period": pl.Date(),
        "frequency": pl.String(),
        "numerator": pl.Int64(),
        "denominator": pl.Int64(),
        "value": pl.Float64(),
        "low": pl.Float64(),
        "high": pl.Float64(),
        "source": pl.String(),
        "synthetic": pl.Boolean(),
        "note": pl.String(),
        "revision": pl.Int64(),
        "recorded_at": pl.Datetime("us", "UTC"),
        "recorded_by": pl.String(),
        "reason": pl.String(),
    }
)
"""Columns of an observation frame, in order.

``indicator`` is a key of `indicators`; ``adcode`` one of the ten divisions; ``period`` the last day
observed; ``frequency`` year, quarter or month. ``value``, ``low`` and ``high`` are in the
indicator's unit: percent 0 to 100, queries, yuan. For queries ``numerator`` is the count, for yuan
it counts fen; both have no denominator. ``revision`` counts from 1; the last one is in force."""

KEY: Final = ("indicator", "adcode", "period", "frequency")
"""What an observation is of; its revisions share it."""

CONTENT: Final = ("numerator", "denominator", "value", "low", "high", "source", "synthetic", "note")
"""What an observation says; a change of any of it is a revision."""


def empty() -> pl.DataFrame:
    """Return an observation frame without rows."""
    return pl.DataFrame(schema=SCHEMA)


def keys_of(unit: str) -> list[str]:
    """Return the keys of the indicators counted in a unit.

    Examples
    --------
    >>> keys_of("yuan")
    ['service_revenue']
    """
    return [key for key, row in indicators().items() if row.unit == unit]


def computed(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame with the value of each row computed from its numerator and denominator.

    100 n / d for percent, the count for queries, fen / 100 for money; a value that stands alone is
    kept, and gives the numerator where it is a whole count or a whole number of fen.

    Parameters
    ----------
    frame : polars.DataFrame
        With ``indicator``, ``numerator``, ``denominator``, ``value``.

    Examples
    --------
    >>> rows = {"indicator": ["website_rate", "service_revenue"], "numerator": [7, None],
    ...         "denominator": [10, None], "value": [None, 12.5]}
    >>> computed(pl.DataFrame(rows)).select("numerator", "value").rows()
    [(7, 70.0), (1250, 12.5)]
    """
    n, d, value = pl.col("numerator"), pl.col("denominator"), pl.col("value")
    name = pl.col("indicator")
    queries, money = name.is_in(keys_of("queries")), name.is_in(keys_of("yuan"))
    scaled = pl.when(money).then(value * 100).when(queries).then(value)
    whole = pl.when((scaled - scaled.round()).abs() < 1e-6).then(scaled.round()).cast(pl.Int64)
    return frame.with_columns(pl.coalesce(n, whole).alias("numerator")).with_columns(
        pl.when(money)
        .then(pl.coalesce(n / 100, value))
        .when(queries)
        .then(pl.coalesce(n.cast(pl.Float64), value))
        .otherwise(pl.coalesce(n * 100 / d, value))
        .alias("value")
    )
