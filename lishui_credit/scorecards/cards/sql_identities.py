"""A card's SQL run in the databases that can run here, and columns stored in other types.

The types are those that files and databases bring: floats of 32 bits, decimals, booleans. SQLite
and DuckDB store them in different ways, and every way must give the score that doubles give.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

import polars as pl

from lishui_credit.backends.local_databases import Database, InDuckDB, InSQLite
from lishui_credit.language import tr
from lishui_credit.scorecards.cards.card import Card
from lishui_credit.scorecards.cards.card_code import to_python
from lishui_credit.scorecards.cards.card_sql import to_sql

_ROW: Final = "row_number"
_FLOAT32: Final = 3e38  # beyond, a float of 32 bits is infinite


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One identity: what it says, whether it holds (None where it cannot be checked here), what was found."""

    name: str
    holds: bool | None
    found: str


def sql_identities(card: Card, hostile: pl.DataFrame) -> Iterator[Identity]:
    """Yield whether the types of columns decide, in polars, plain Python, SQLite and DuckDB."""
    wide, narrow = other_types(card, hostile)
    asked = wide.select(card.expr()).to_series()
    types = tr("32 bits, decimals, booleans = doubles", "单精度、定点数、布尔 = 双精度")
    scorer = to_python(card)
    found = {
        "polars": narrow.select(card.expr()).to_series(),
        "Python": pl.Series([scorer(row) for row in narrow.iter_rows(named=True)]),
        "SQLite": in_sqlite(card, narrow),
    }
    if find_spec("duckdb") is not None:
        found["DuckDB"] = _in_database(InDuckDB(), card, narrow)
    for engine, scored in found.items():
        yield equal(f"{types} ({engine})", asked, scored)


def other_types(card: Card, hostile: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the rows that other types can hold, as doubles and texts and in these types."""
    wide, narrow = [], []
    for item in card.characteristics:
        cell = pl.col(item.feature)
        kind = item.binning.type
        if kind == "number":
            short = pl.when(cell.abs() < _FLOAT32).then(cell).cast(pl.Float32)
            wide.append(short.cast(pl.Float64))
            narrow.append(short)
        elif kind == "coded":
            whole = pl.when(cell == cell.round()).then(cell).fill_nan(None)
            wide.append(whole)
            narrow.append(whole.cast(pl.Decimal(18, 2)))
        elif item.binning.flag:
            text = pl.when(cell.is_in(["true", "false"])).then(cell)
            wide.append(text)
            narrow.append(text == "true")
        else:
            wide.append(cell)
            narrow.append(cell)
    return hostile.select(wide), hostile.select(narrow)


def in_sqlite(card: Card, frame: pl.DataFrame) -> pl.Series:
    """Return the scores that a card's SQL gives in SQLite, stored as Python's driver stores them."""
    return _in_database(InSQLite(), card, frame)


def _in_database(base: Database, card: Card, frame: pl.DataFrame) -> pl.Series:
    subjects = frame.with_row_index(_ROW).cast({_ROW: pl.Int64})
    found = base.answer(to_sql(card, base.dialect, key=_ROW), {"subjects": subjects})
    return found.cast(pl.Int64).sort(_ROW)["score"]


def equal(name: str, one: pl.Series, other: pl.Series) -> Identity:
    """Return whether two columns of scores are the same, nulls too."""
    first, second = one.cast(pl.Int64), other.cast(pl.Int64)
    apart = int((first != second).sum()) + int((first.is_null() != second.is_null()).sum())
    rows = len(one)
    found = tr(f"{apart} of {rows} rows differ", f"{rows} 行中 {apart} 行不同")
    return said(name, apart == 0 and rows == len(other), found)


def said(name: str, holds: bool, found: str) -> Identity:
    """Return an identity that was checked."""
    return Identity(name=name, holds=bool(holds), found=found)
