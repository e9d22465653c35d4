"""What can be wrong with a row by its own cells: a total row, an unreadable cell, no key."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Final

import polars as pl

from lishui_credit.language import Bilingual, tr
from lishui_credit.tables.column_cells import Cell
from lishui_credit.tables.headers import BESIDE
from lishui_credit.tables.unreadable import no_value

_TOTAL: Final = (
    r"^\s*([本全][页村乡镇县市区])?\s*([合总小共累]\s*计|[Tt]otal|TOTAL|[Ss]um)"  # also 合 计
)
_CODES: Final = ("uscc", "resident_id")
TOTAL_SAID: Final = Bilingual("a total row, not a subject", "合计行,不是主体")


def is_total(reasons: pl.Expr) -> pl.Expr:
    """Tell whether a row was rejected as a total row."""
    return reasons == str(TOTAL_SAID)


def faults_of(
    cells: Mapping[str, Cell], key: str | None, schema: pl.Schema
) -> list[tuple[str | pl.Expr, pl.Expr]]:
    """Return what can be wrong with a row, and the test for it; unreadable cells are quoted."""
    faults: list[tuple[str | pl.Expr, pl.Expr]] = []
    # A code whose check digit is proven throughout says nothing of totals.
    proven = {c.header for c in cells.values() if c.column.type in _CODES and not c.faults}
    first = next((name for name in schema if name not in BESIDE), None)
    texts = [
        pl.col(name).str.contains(_TOTAL)
        for name, kind in schema.items()
        if kind == pl.String
        and name not in proven
        and (name == first or (key in cells and name == cells[str(key)].header))
    ]
    total = reduce(or_, texts).fill_null(False) if texts else None
    if total is not None:
        faults.append((str(TOTAL_SAID), total))
    unreadable = no_value()
    for name, cell in cells.items():
        for reason, test in cell.faults:
            where = f"{name} ({cell.header})" if cell.header != name else name
            said: str | pl.Expr = f"{where}: {reason}"
            if reason == unreadable:
                said = pl.concat_str(pl.lit(f"{said}: "), pl.col(cell.header).cast(pl.String))
            faults.append((said, test.fill_null(False)))
    if key is not None and key in cells:
        empty = cells[key].value.is_null()
        for _, test in cells[key].faults:
            empty = empty & ~test.fill_null(False)
        faults.append((tr(f"no {key}", f"缺少 {key}"), empty))
    return faults
