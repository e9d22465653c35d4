"""Rows that were rejected, kept with the store: of which file, which line, why, loaded when and by whom.

A file that is loaded again from its place, or mended and given back, settles what was rejected of it
before: settled rows stay in the store, and are no longer shown.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from lishui_credit.language import language
from lishui_credit.plan.divisions import areas
from lishui_credit.plan.observed.reading import Intake, columns, read_observations
from lishui_credit.proof import turned
from lishui_credit.tables.beside import sha256
from lishui_credit.tables.frames import DAMAGED
from lishui_credit.tables.header_words import normal
from lishui_credit.tables.headers import BESIDE, REASON, spellings
from lishui_credit.tables.write import replacing

if TYPE_CHECKING:
    import duckdb

REJECTED: Final = pl.Schema(
    {
        "file": pl.String(),
        "sha256": pl.String(),
        "row": pl.Int64(),
        "reasons": pl.String(),
        "cells": pl.String(),
        "loaded_on": pl.Datetime("us", "UTC"),
        "loaded_by": pl.String(),
        "reasons_en": pl.String(),
    }
)
"""Columns of the rejected rows: the file, its line, why, the cells as they stand, loaded when, by whom.

``reasons`` are in Chinese, and ``reasons_en`` in English; rows kept before there were both have
``reasons`` alone, in the language in which they were loaded."""

KEPT: Final = pl.Schema({"origin": pl.String(), **REJECTED, "settled_on": pl.Datetime("us", "UTC")})
"""Columns as a store keeps them: ``origin`` is the same for a file loaded again from its place."""

_COLUMNS: Final = {"adcode": "area"}
"""Ids of columns that no reader would know, in words."""

_TABLE: Final = "rejected"
_ENDING: Final = ".rejected.csv"
_TYPES: Final = {pl.String(): "VARCHAR", pl.Int64(): "BIGINT"}  # any other column is a time


def none_rejected() -> pl.DataFrame:
    """Return a frame of rejected rows without any."""
    return pl.DataFrame(schema=REJECTED)


def origin_of(path: Path) -> str:
    """Return what a file and its mended rows share, by the place they are loaded from."""
    place = path.resolve()
    return hashlib.sha256(
        str(place.with_name(place.name.removesuffix(_ENDING))).encode()
    ).hexdigest()[:24]


def as_rows(frame: pl.DataFrame, file: str, **told: Any) -> pl.DataFrame:
    """Return rejected rows in one shape, whatever the columns of their file."""
    frame = frame.rename({"_row": "row", "_reasons": "reasons"}, strict=False)
    if not {"row", "reasons"} <= set(frame.columns):
        return none_rejected()
    beside = {"row", "reasons", "reasons_en", *BESIDE}
    rest = [name for name in frame.columns if name not in beside and not name.endswith(REASON)]
    parts = [
        pl.concat_str(pl.lit(f"{name} "), pl.col(name).cast(pl.String).str.strip_chars())
        for name in rest
    ]
    cells = pl.concat_str(parts, separator=" · ", ignore_nulls=True) if parts else pl.lit("")
    known = {"file": file, **told}
    if "reasons_en" not in frame.columns:
        frame = frame.with_columns(pl.lit(None, pl.String).alias("reasons_en"))
    return frame.select(
        pl.col("row").cast(pl.Int64, strict=False),
        pl.col("reasons").cast(pl.String).str.strip_chars(),
        cells.alias("cells"),
        "reasons_en",
        *(
            pl.lit(known.get(name), dtype=kind).alias(name)
            for name, kind in REJECTED.items()
            if name not in ("row", "reasons", "cells", "reasons_en")
        ),
    ).select(list(REJECTED))


def in_both(path: Path, found: Intake, today: date | None) -> pl.DataFrame:
    """Return the rejected rows of a file that was read, with every reason in both languages."""
    if found.rejected.is_empty():
        return found.rejected
    own = found.rejected["reasons"]  # in the language in use
    other = turned(lambda: read_observations(path, today=today).rejected["reasons"])
    zh, en = (own, other) if language() == "zh" else (other, own)
    return found.rejected.with_columns(
        zh.alias("reasons"), pl.Series("reasons_en", map(_english, en), pl.String)
    )


def said(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rejected rows with their reasons in the language in use, where they are known in it."""
    why = pl.coalesce("reasons_en", "reasons") if language() == "en" else pl.col("reasons")
    return rows.with_columns(why.alias("reasons")).drop("reasons_en")


def _english(reasons: str) -> str:
    """Return reasons in English with the columns they name, and the places among them, in English."""
    named = {word: name for name, column in columns().items() for word in spellings(column)}
    made = []
    for reason in reasons.split("; "):
        header, colon, why = reason.partition(": ")
        name = named.get(normal(header)) if colon else None
        made.append(f"{_COLUMNS.get(name, name)}: {why}" if name else reason)
    told = "; ".join(made)
    for area in areas():
        told = told.replace(area.name_zh, area.name_en)
    return told.replace("、", ", ")


def of_load(path: Path, rejected: pl.DataFrame, by: str, now: datetime) -> pl.DataFrame:
    """Return the rejected rows of a file that is being loaded."""
    return as_rows(rejected, path.name, sha256=sha256(path), loaded_on=now, loaded_by=by)


def rejected_beside(path: Path | str) -> pl.DataFrame:
    """Return the rows that were rejected when files beside a store were loaded into it."""
    found = [none_rejected()]
    for file in sorted(Path(path).parent.glob(f"*{_ENDING}")):
        try:
            frame = pl.read_csv(file, infer_schema=False)
        except DAMAGED:
            continue
        found.append(as_rows(frame, file.name.removesuffix(_ENDING)))
    return pl.concat(found)


def kept(
    before: pl.DataFrame | None, new: pl.DataFrame, origin: str, now: datetime
) -> pl.DataFrame:
    """Return the rows a store keeps once a file was loaded: those before it settled, its own added."""
    known = pl.DataFrame(schema=KEPT) if before is None else before
    mine = (pl.col("origin") == origin) & pl.col("settled_on").is_null()
    same = ("sha256", "row", "reasons")
    if new.height and known.filter(mine).select(same).equals(new.select(same)):
        return known  # the same file once more
    settled = pl.when(mine).then(pl.lit(now, KEPT["settled_on"])).otherwise("settled_on")
    added = new.with_columns(
        pl.lit(origin).alias("origin"), pl.lit(None, KEPT["settled_on"]).alias("settled_on")
    )
    return pl.concat(
        [known.with_columns(settled.alias("settled_on")), added.select(list(KEPT)).cast(KEPT)]
    )


def shown(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of a store that nothing has settled, the last load first."""
    return (
        rows.filter(pl.col("settled_on").is_null())
        .select(list(REJECTED))
        .sort("loaded_on", "file", "row", descending=[True, False, False], nulls_last=True)
    )


def known_by(rows: pl.DataFrame, day: date | None) -> pl.DataFrame:
    """Return the rejected rows that were loaded by the end of a day (UTC), all without one."""
    if day is None:
        return rows
    return rows.filter(pl.col("loaded_on").dt.date() <= day)


# ---- in a DuckDB file -------------------------------------------------------------------------


def table_of(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame | None:
    """Return what a DuckDB store keeps, None where it was made before rejected rows were kept."""
    told = "SELECT 1 FROM information_schema.tables WHERE table_name = ?"
    if not connection.execute(told, [_TABLE]).fetchall():
        return None
    return _whole(pl.DataFrame(connection.sql(f"SELECT * FROM {_TABLE} ORDER BY rowid")))


def _whole(rows: pl.DataFrame) -> pl.DataFrame:
    """Return kept rows with the columns that a store made before there were all of them lacks."""
    lacking = [name for name in ("reasons_en",) if name not in rows.columns]
    return (
        rows.with_columns(pl.lit(None).alias(name) for name in lacking)
        .select(list(KEPT))
        .cast(KEPT)
    )


def put_table(connection: duckdb.DuckDBPyConnection, rows: pl.DataFrame, draft: Path) -> None:
    """Write what a DuckDB store keeps, within the transaction of the connection."""
    columns = ", ".join(f'"{n}" {_TYPES.get(kind, "TIMESTAMPTZ")}' for n, kind in KEPT.items())
    rows.write_parquet(draft)
    connection.execute(f"CREATE TABLE IF NOT EXISTS {_TABLE} ({columns})")
    connection.execute(f"ALTER TABLE {_TABLE} ADD COLUMN IF NOT EXISTS reasons_en VARCHAR")
    connection.execute(f"DELETE FROM {_TABLE}")
    names = ", ".join(f'"{name}"' for name in KEPT)
    connection.execute(
        f"INSERT INTO {_TABLE} ({names}) SELECT {names} FROM read_parquet(?)", [str(draft)]
    )


# ---- beside a Parquet file --------------------------------------------------------------------


def _beside(store: Path) -> Path:
    return store.with_name(f"{store.name}.rejected.parquet")


def kept_beside(path: Path) -> Path | None:
    """Return the file of rejected rows beside a Parquet store, None where there is none."""
    beside = _beside(path)
    return beside if path.suffix.lower() == ".parquet" and beside.is_file() else None


def file_of(store: Path) -> pl.DataFrame | None:
    """Return what is kept beside a Parquet store, None where nothing is."""
    try:
        frame = pl.read_parquet(_beside(store))
    except DAMAGED:
        return None
    known = {name: kind for name, kind in KEPT.items() if name != "reasons_en"}
    there = dict(frame.schema)
    there.pop("reasons_en", None)
    return _whole(frame) if there == known else None


def put_file(store: Path, rows: pl.DataFrame) -> None:
    """Write what is kept beside a Parquet store."""
    with replacing(_beside(store)) as draft:
        rows.write_parquet(draft)
