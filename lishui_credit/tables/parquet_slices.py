"""Parquet read slice by slice, so that memory does not follow the row groups it was written in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl
from polars.io.plugins import register_io_source

ROWS: Final = 500_000
"""Rows of a slice."""

PART: Final = 100_000
"""Rows of a slice that the engine is handed at a time: what it makes of them is several times as large."""


def scan_slices(path: Path) -> pl.LazyFrame:
    """Return the rows of a Parquet file, decoded one slice after another where it has several.

    polars decodes a row group whole: one of 20 million rows takes gigabytes, a slice of it does not.
    """
    whole = pl.scan_parquet(path)
    rows = whole.select(pl.len()).collect().item()
    if rows <= ROWS:
        return whole

    def source(
        names: list[str] | None, predicate: pl.Expr | None, most: int | None, _size: int | None
    ) -> Iterator[pl.DataFrame]:
        end = rows if most is None else min(rows, most)
        for piece in _pieces(whole if names is None else whole.select(names), end):
            for part in piece.iter_slices(PART):
                yield part if predicate is None else part.filter(predicate)

    return register_io_source(source, schema=whole.collect_schema(), is_pure=True)


def slices(path: Path) -> Iterator[pl.DataFrame]:
    """Yield the rows of a Parquet file, slice by slice."""
    whole = pl.scan_parquet(path)
    return _pieces(whole, whole.select(pl.len()).collect().item())


def _pieces(whole: pl.LazyFrame, end: int) -> Iterator[pl.DataFrame]:
    for start in range(0, end, ROWS):
        yield whole.slice(start, min(ROWS, end - start)).collect()
