"""Observations opened to be looked at: a store with its revisions, or a file that is only read.

Nothing is written. What could not be taken stands beside, with every reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.plan.definitions import BASE
from lishui_credit.plan.observed.reading import read_observations
from lishui_credit.plan.observed.store import Store, is_store
from lishui_credit.plan.observed.table import empty, latest, period_ends

REJECTED: Final = pl.Schema(
    {"file": pl.String(), "row": pl.Int64(), "reasons": pl.String(), "cells": pl.String()}
)
"""Columns of the rejected rows: the file, its line, why, and the cells as they stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Observations and what is known about them."""

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
    """Return the rows that were rejected when files were loaded into a store."""
    found = [pl.DataFrame(schema=REJECTED)]
    for file in sorted(Path(path).parent.glob("*.rejected.csv")):
        try:
            frame = pl.read_csv(file, infer_schema=False)
        except (pl.exceptions.PolarsError, OSError):
            continue
        found.append(_as_text(frame, file.name.removesuffix(".rejected.csv")))
    return pl.concat(found)


def open_observations(path: Path | str, *, today: date | None = None) -> Opened:
    """Open observations for reading."""
    path = Path(path)
    if not path.is_file():
        raise SubjectError(tr("no such file", "没有这个文件"), where=str(path))
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
    """Return observations without a row, for a folder that holds none."""
    return Opened(name=name, revisions=empty(), rejected=pl.DataFrame(schema=REJECTED))


def days_to_ask(frame: pl.DataFrame) -> dict[int, dict[int, date]]:
    """Return the days a reader can ask about: the ends of quarters that observations reach."""
    last = frame["period"].max()
    found: dict[int, dict[int, date]] = {}
    if not isinstance(last, date) or last <= BASE:
        return found
    for day in period_ends(3)[1:]:
        if day.replace(month=day.month - 2, day=1) <= last:
            found.setdefault(day.year, {})[day.month // 3] = day
    return found
