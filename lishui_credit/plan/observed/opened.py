"""Observations opened to be looked at: a store with its revisions, or a file that is only read.

Nothing is written. What could not be taken stands beside, with every reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import tr
from lishui_credit.plan.definitions import BASE, END
from lishui_credit.plan.observed.reading import read_observations
from lishui_credit.plan.observed.store import Store, is_store
from lishui_credit.plan.observed.table import empty, latest

REJECTED: Final = pl.Schema(
    {"file": pl.String(), "row": pl.Int64(), "reasons": pl.String(), "cells": pl.String()}
)
"""Columns of the rejected rows: the file, its line, why, and the cells as they stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Observations and what is known about them.

    Parameters
    ----------
    name : str
        File name.
    revisions : polars.DataFrame
        Every revision; columns of `lishui_credit.plan.observed.table.SCHEMA`.
    rejected : polars.DataFrame
        Columns of `REJECTED`.
    notes : tuple of str
        Encoding, ignored columns.
    """

    name: str
    revisions: pl.DataFrame
    rejected: pl.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def latest(self) -> pl.DataFrame:
        """The revision in force of every observation."""
        return latest(self.revisions)

    @property
    def synthetic(self) -> bool:
        """Whether any observation is made up."""
        return bool(self.revisions["synthetic"].any())


def _as_text(frame: pl.DataFrame, file: str) -> pl.DataFrame:
    """Rejected rows in one shape, whatever the columns of their file."""
    if not {"row", "reasons"} <= set(frame.columns):
        return pl.DataFrame(schema=REJECTED)
    rest = [name for name in frame.columns if name not in ("row", "reasons")]
    parts = [
        pl.concat_str(pl.lit(f"{name} "), pl.col(name).cast(pl.String).str.strip_chars())
        for name in rest
    ]
    cells = pl.concat_str(parts, separator=" · ", ignore_nulls=True) if parts else pl.lit("")
    return frame.select(
        pl.lit(file).alias("file"),
        pl.col("row").cast(pl.Int64, strict=False),
        pl.col("reasons").cast(pl.String).str.strip_chars(),
        cells.alias("cells"),
    )


def rejected_beside(path: Path | str) -> pl.DataFrame:
    """Return the rows that were rejected when files were loaded into a store.

    Parameters
    ----------
    path : path-like
        The store; its folder holds what `Store.load` left there (``*.rejected.csv``).

    Returns
    -------
    polars.DataFrame
        Columns of `REJECTED`.
    """
    found = [pl.DataFrame(schema=REJECTED)]
    for file in sorted(Path(path).parent.glob("*.rejected.csv")):
        try:
            frame = pl.read_csv(file, infer_schema=False)
        except (pl.exceptions.PolarsError, OSError):
            continue
        found.append(_as_text(frame, file.name.removesuffix(".rejected.csv")))
    return pl.concat(found)


def open_observations(path: Path | str, *, today: date | None = None) -> Opened:
    r"""Open observations for reading.

    Parameters
    ----------
    path : path-like
        ``.duckdb`` or a Parquet export: a store, with its revisions and what was rejected beside
        it. ``.csv``, ``.xlsx`` or another ``.parquet``: a file, read by the rules of intake.
    today : date, optional
        A period of a file that ends later is rejected; the day it runs by default.

    Returns
    -------
    Opened

    Raises
    ------
    SubjectError
        If there is no such file, or it cannot be read.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name) / "a.csv"
    >>> _ = path.write_text("指标,地区,时期,分子,分母\n5,全市,2018Q2,7,10\n5,全市,2018Q3,11,10\n")
    >>> found = open_observations(path)
    >>> found.latest["value"].to_list(), found.rejected.select("row", "reasons").rows()
    ([70.0], [(3, 'numerator above denominator')])
    >>> folder.cleanup()
    """
    path = Path(path)
    if not path.is_file():
        raise SubjectError(Problem(tr("no such file", "没有这个文件"), where=str(path)))
    if is_store(path):
        store = Store.open(path, read_only=True)
        return Opened(name=path.name, revisions=store.revisions(), rejected=rejected_beside(path))
    read = read_observations(path, today=today)
    return Opened(
        name=path.name,
        revisions=read.frame,
        rejected=_as_text(read.rejected, path.name),
        notes=read.notes,
    )


def nothing_observed(name: str) -> Opened:
    """Return observations without a row, for a folder that holds none.

    Examples
    --------
    >>> nothing_observed("board").latest.height
    0
    """
    return Opened(name=name, revisions=empty(), rejected=pl.DataFrame(schema=REJECTED))


def days_to_ask(frame: pl.DataFrame) -> dict[int, dict[int, date]]:
    """Return the days a reader can ask about: the ends of quarters that observations reach.

    Parameters
    ----------
    frame : polars.DataFrame
        Observations.

    Returns
    -------
    dict of int to dict of int to date
        Year, then quarter (1 to 4), within the plan; the last quarter is the one that holds the
        last period observed. Empty where nothing was observed after 2015.

    Examples
    --------
    >>> rows = pl.DataFrame({"period": [date(2016, 5, 31)]})
    >>> days_to_ask(rows)
    {2016: {1: datetime.date(2016, 3, 31), 2: datetime.date(2016, 6, 30)}}
    """
    last = frame["period"].max()
    found: dict[int, dict[int, date]] = {}
    if not isinstance(last, date) or last <= BASE:
        return found
    for year in range(BASE.year + 1, END.year + 1):
        for quarter in range(1, 5):
            day = date(year, 3 * quarter, 31 if quarter in (1, 4) else 30)
            before = date(year, 3 * quarter - 2, 1)
            if before <= last:
                found.setdefault(year, {})[quarter] = day
    return found
