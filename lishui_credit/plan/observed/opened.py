"""Observations opened to be looked at: a store with its revisions, or a file that is only read.

Nothing is written. What could not be taken stands beside, with every reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from lishui_credit.errors import SubjectError
from lishui_credit.language import dated, tr
from lishui_credit.plan.definitions import BASE
from lishui_credit.plan.observed.reading import read_observations
from lishui_credit.plan.observed.rejections import as_rows, in_both, none_rejected
from lishui_credit.plan.observed.store import Store, is_store
from lishui_credit.plan.observed.table import empty, latest, period_ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Observations and what is known about them."""

    revisions: pl.DataFrame
    rejected: pl.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What they are, in words; where they lie is nobody's business."""
        last = self.revisions["period"].max()
        if not isinstance(last, date):
            return tr("no observations", "没有观测")
        return tr(f"observations up to {dated(last)}", f"截至{dated(last)}的观测")

    @property
    def latest(self) -> pl.DataFrame:
        """The revision in force of every observation."""
        return latest(self.revisions)

    @property
    def synthetic(self) -> bool:
        """Whether any observation is made up."""
        return bool(self.revisions["synthetic"].any())


def open_observations(path: Path | str, *, today: date | None = None) -> Opened:
    """Open observations for reading."""
    path = Path(path)
    if not path.is_file():
        raise SubjectError(tr("no such file", "没有这个文件"), where=str(path))
    if is_store(path):
        store = Store.open(path, read_only=True)
        return Opened(revisions=store.revisions(), rejected=store.rejected())
    read = read_observations(path, today=today)
    return Opened(
        revisions=read.frame,
        rejected=as_rows(in_both(path, read, today), path.name),
        notes=read.notes,
    )


def nothing_observed() -> Opened:
    """Return observations without a row, for a folder that holds none."""
    return Opened(revisions=empty(), rejected=none_rejected())


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
