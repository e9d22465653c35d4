"""Rows in which two frames of the same subjects differ."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import polars as pl

AGAIN: Final = "_again"
"""Ends the columns of the second frame."""


def differences(
    stored: pl.LazyFrame,
    again: pl.LazyFrame,
    key: str,
    compared: Sequence[str],
    *,
    shown: Sequence[str],
    nearly: Collection[str] = (),
) -> tuple[pl.DataFrame, int]:
    """Return rows that differ between a file and its re-run, and the number of rows compared.

    Columns in `nearly` hold numbers as text, and are the same as far as a workbook keeps digits.
    """
    old, new = (frame.select(key, *compared) for frame in (stored, again))
    joined = old.join(new, on=key, how="full", suffix=AGAIN, coalesce=False)
    unlike = [
        ~_near(name) if name in nearly else pl.col(name).ne_missing(pl.col(f"{name}{AGAIN}"))
        for name in (key, *compared)
    ]
    marked = joined.with_columns(pl.any_horizontal(unlike).alias("_unlike"))
    counted = marked.select(pl.len()).collect(engine="streaming").item()
    pairs = [side for name in shown for side in (name, f"{name}{AGAIN}")]
    different = (
        marked.filter("_unlike")
        .select(pl.coalesce(key, f"{key}{AGAIN}").alias(key), *pairs)
        .collect(engine="streaming")
        .sort(key)
    )
    return different, int(counted)


def _near(name: str) -> pl.Expr:
    one, other = pl.col(name), pl.col(f"{name}{AGAIN}")
    x, y = (text.cast(pl.Float64, strict=False) for text in (one, other))
    near = ((x - y).abs() <= 1e-12 * pl.max_horizontal(x.abs(), y.abs())).fill_null(False)
    return one.eq_missing(other) | near
