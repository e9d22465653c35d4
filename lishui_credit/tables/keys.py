"""The keys of a file: whether they rise, which stand twice, which are none of another file's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Final

import polars as pl

from lishui_credit.language import tr
from lishui_credit.tables.column_cells import Cell
from lishui_credit.tables.frames import DAMAGED, stands_in_order
from lishui_credit.tables.read import Raw, broken

_PARTS: Final = 64
_PART_ROWS = 2_000_000


@dataclass(frozen=True, slots=True)
class Known:
    """The keys a file may name; rows with another are rejected for `reason`, their key in its {}."""

    keys: pl.LazyFrame  # one column: every key readable, and once
    reason: str


def wrong_keys(
    raw: Raw, cell: Cell, rows: int, among: Known | None, *, unique: bool, in_order: bool
) -> list[pl.DataFrame]:
    """Return tables of keys (``_key``) that no row may have, and what is said of a row (``_said``)."""
    wrong = []
    if among is not None:
        wrong.append((among.reason, strangers(raw, cell, among, in_order=in_order)))
    if unique and not in_order:
        said = tr("{} occurs {} times", "{} 重复出现 {} 次")
        wrong.append((said, _doubled(raw, cell, rows)))
    return [
        keys.select("_key", pl.format(said, *keys.columns).alias("_said"))
        for said, keys in wrong
        if keys.height
    ]


def collect(raw: Raw, frame: pl.LazyFrame) -> pl.DataFrame:
    """Run a query over a raw file, streaming; raises for rows that do not fit its header."""
    try:
        return frame.collect(engine="streaming")
    except DAMAGED as error:
        raise broken(raw.name, error, raw.text) from None


def rise(raw: Raw, cell: Cell, *, strictly: bool) -> bool:
    """Tell whether the keys rise, so that equal ones stand together, or strictly, none twice."""
    try:
        return stands_in_order(raw.frame, cell.value, strictly=strictly)
    except DAMAGED as error:
        raise broken(raw.name, error, raw.text) from None


def _doubled(raw: Raw, cell: Cell, rows: int) -> pl.DataFrame:
    """Return keys that stand more than once, with how often, in bounded memory."""
    # Counted part by part of a hash, so that only a part of them is held at a time.
    keys = raw.frame.select(cell.value.alias("_key")).filter(pl.col("_key").is_not_null())
    parts = min(max(rows // _PART_ROWS, 1), _PARTS)
    found = []
    for part in range(parts):
        chosen = keys if parts == 1 else keys.filter(pl.col("_key").hash() % parts == part)
        counted = chosen.group_by("_key").agg(pl.len().alias("_times"))
        found.append(counted.filter(pl.col("_times") > 1).collect(engine="streaming"))
    return pl.concat(found)


def strangers(raw: Raw, cell: Cell, among: Known, *, in_order: bool) -> pl.DataFrame:
    """Return the readable keys that are none of the known ones, each once."""
    # Keys in order are merged with known ones in order. Of others only the distinct ones are held:
    # the known ones may be a thousand times as many.
    faults = [test.fill_null(False) for _, test in cell.faults]
    readable = raw.frame.filter(~reduce(or_, faults)) if faults else raw.frame
    keys = readable.select(cell.value.alias("_key"))
    known = among.keys.select(pl.first().alias("_key"))
    if in_order:
        marked = keys.set_sorted("_key").join(
            known.with_columns(pl.lit(True).alias("_known")),
            on="_key",
            how="left",
            maintain_order="left",
        )
        return collect(raw, marked.filter(pl.col("_known").is_null()).select("_key").unique())
    named = collect(raw, keys.filter(pl.col("_key").is_not_null()).unique())
    found = known.join(named.lazy(), on="_key", how="semi").collect(engine="streaming")
    return named.join(found, on="_key", how="anti")
