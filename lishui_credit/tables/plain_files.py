"""Columns that need little reading: of cells in one plain form, or of what is meant as it is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from lishui_credit.tables.cells import cell as read
from lishui_credit.tables.column_cells import Cell, held
from lishui_credit.tables.columns import Column
from lishui_credit.tables.headers import BESIDE
from lishui_credit.tables.keys import collect
from lishui_credit.tables.read import Raw

GLANCE: Final = 1_000
"""Rows by which a short way is chosen, before it is proven for all."""


def plain_ways(raw: Raw, cells: Mapping[str, Cell], rows: int | None = None) -> dict[str, int]:
    """Return the columns whose cells (in the first `rows`) stand one short way, and the first such way."""
    frame = raw.frame if rows is None else raw.frame.head(rows)
    ways = [(name, way) for name, cell in cells.items() for way in range(len(cell.plain))]
    if not ways:
        return {}
    holds = [cells[name].plain[way].holds.all().alias(f"{name}__{way}") for name, way in ways]
    found = collect(raw, frame.select(holds)).row(0, named=True)
    return dict(reversed([(name, way) for name, way in ways if found[f"{name}__{way}"]]))


def as_written(
    schema: pl.Schema, matched: Mapping[str, tuple[str, str]], known: Mapping[str, Column]
) -> dict[str, pl.Expr]:
    """Return what the columns of a file say that need no reading; none of another file."""
    # A total row is known by the first column, which must be among those read.
    first = next((name for name in schema if name not in BESIDE), None)
    values = {}
    for name, (header, unit) in matched.items():
        cell = read(known[name], header, unit, schema[header])
        whole = known[name].numeric and [way.value is cell.value for way in cell.plain] == [True]
        if schema[header] == held(known[name]) and (whole or not known[name].numeric):
            values[name] = cell.value if whole else pl.col(header)
    every = len(values) == len(matched) and first in {header for header, _ in matched.values()}
    return values if every else {}
