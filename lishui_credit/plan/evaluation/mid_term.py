"""What a mid-term evaluation rests on: where each indicator stood on a day, and the data behind it.

Facts only, gathered once; the page, the workbook and the PDF are three prints of them. Nothing is
judged here that `progress` does not judge.
"""

from __future__ import annotations

import calendar
import hashlib
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Final

import polars as pl
from narwhals.typing import IntoFrame

from lishui_credit.language import tr
from lishui_credit.plan.definitions import BASE, END, PlanIndicator, indicators, plan
from lishui_credit.plan.divisions import CITY, Division, division
from lishui_credit.plan.observed.freshness import replacing_others
from lishui_credit.plan.observed.observed_table import ObservedTable, observed_table
from lishui_credit.plan.observed.table import (
    CONTENT,
    KEY,
    SCHEMA,
    observations,
    only_county,
    period_ends,
)
from lishui_credit.plan.sentences import attention, changes
from lishui_credit.plan.standings import expected, progress

REVISIONS: Final = pl.Schema(
    {
        **{name: SCHEMA[name] for name in KEY},
        "value_before": pl.Float64(),
        "value": pl.Float64(),
        **{name: SCHEMA[name] for name in ("revision", "recorded_at", "recorded_by", "reason")},
    }
)
"""Columns of the revisions of a report: what an observation was, what it became, who, when, why."""


_Parts = dict[tuple[Any, ...], pl.DataFrame]


@dataclass(frozen=True, kw_only=True)
class MidTerm:
    """The facts of an evaluation on a day.

    Parameters
    ----------
    at : date
        Day evaluated; no period that ends later counts.
    before_at : date
        The same day a year earlier, which changes are measured from.
    known_on : date, optional
        Day whose knowledge the data are; None for what is known now.
    area : Division
        Whose table of twelve it is: the city, or a county.
    synthetic : int
        Observations used that are made up.
    total : int
        Observations used.
    seen : ObservedTable
        What the rest is judged by.
    table : polars.DataFrame
        `lishui_credit.plan.standings.PROGRESS`: 12 indicators x 10 areas.
    attention : polars.DataFrame
        The three that need it most, in sentences.
    changed : polars.DataFrame
        What differs in the area from a year earlier, by what is known now of both days.
    lines : polars.DataFrame
        One value per indicator, area and period, from the end of 2015 on, in the columns of `SCHEMA`;
        the city is computed from its counties where it can be.
    path : polars.DataFrame
        ``indicator``, ``adcode``, ``period`` (ends of months), ``path``.
    observations : polars.DataFrame
        Columns of `SCHEMA`: the revisions in force, as reported.
    revisions : polars.DataFrame
        Columns of `REVISIONS`.
    missing, reconciliation : polars.DataFrame
        See `lishui_credit.plan.observed.city.Aggregated`.
    digest : str
        SHA-256 of the observations used, hexadecimal.
    """

    at: date
    before_at: date
    known_on: date | None
    area: Division
    synthetic: int
    total: int
    seen: ObservedTable
    table: pl.DataFrame
    attention: pl.DataFrame
    changed: pl.DataFrame
    lines: pl.DataFrame
    path: pl.DataFrame
    observations: pl.DataFrame
    revisions: pl.DataFrame
    missing: pl.DataFrame
    reconciliation: pl.DataFrame
    digest: str

    @property
    def title(self) -> str:
        """Title of the document; made-up data come first in it."""
        made_up = tr("SYNTHETIC DATA: ", "【合成数据】") if self.synthetic else ""
        name = tr(plan().title_en, f"《{plan().title_zh}》")
        told = tr(f"{name}: mid-term evaluation", f"{name}实施情况中期评估报告")
        return made_up + told

    def row(self, key: str, adcode: str | None = None) -> dict[str, Any]:
        """Return the progress of one indicator in an area, by default the report's own."""
        return self._rows[key, self.area.adcode if adcode is None else adcode]

    @cached_property
    def _rows(self) -> dict[tuple[str, str], dict[str, Any]]:
        """The table by indicator and area: a report asks for its rows some hundred times."""
        return {(row["indicator"], row["adcode"]): row for row in self.table.iter_rows(named=True)}

    def drawn(self, key: str, adcode: str) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the `lines` and the `path` of one indicator in an area."""
        lines, path = self._parts
        here = (key, adcode)
        return lines.get(here, self.lines.clear()), path.get(here, self.path.clear())

    @cached_property
    def _parts(self) -> tuple[_Parts, _Parts]:
        lines, path = (
            frame.partition_by("indicator", "adcode", as_dict=True)
            for frame in (self.lines, self.path)
        )
        return lines, path

    def mine(self) -> list[tuple[PlanIndicator, dict[str, Any]]]:
        """Return the twelve of the report's area with their progress, as printed in the plan."""
        return [(row, self.row(key)) for key, row in indicators().items()]


def year_before(day: date) -> date:
    """Return the same day a year earlier; the end of a month stays the end of that month.

    Examples
    --------
    >>> year_before(date(2018, 6, 30)), year_before(date(2021, 2, 28)), year_before(date(2020, 2, 29))
    (datetime.date(2017, 6, 30), datetime.date(2020, 2, 29), datetime.date(2019, 2, 28))
    """
    last = calendar.monthrange(day.year - 1, day.month)[1]
    at_end = day.day == calendar.monthrange(day.year, day.month)[1]
    return date(day.year - 1, day.month, last if at_end else min(day.day, last))


def mid_term(
    frame: IntoFrame,
    at: date = END,
    *,
    area: str | None = None,
    targets: pl.DataFrame | None = None,
    known_on: date | None = None,
) -> MidTerm:
    """Gather the facts of a mid-term evaluation.

    Parameters
    ----------
    frame : any narwhals frame
        Observations, best with all their revisions.
    at : date, default 2020-12-31
        Day evaluated.
    area : str, optional
        Code or name of the area whose table of twelve it is; by default the city, or the one county
        that the observations are of.
    targets : polars.DataFrame, optional
        Yearly targets, see `lishui_credit.plan.targets.read_targets`.
    known_on : date, optional
        Said in the report; rows recorded later are for the caller to leave out.

    Returns
    -------
    MidTerm

    Raises
    ------
    SubjectError
        If the frame holds no observations, or the area is none of the ten.

    References
    ----------
    丽水市社会信用体系建设“十三五”规划, 八(五): 做好规划实施的评估和监督工作. 国家发展改革委,
    发改规划〔2018〕238号 (mid-term evaluation of plans of the 13th five years).

    Examples
    --------
    >>> from lishui_credit.samples.plan_observations import plan_observations
    >>> found = mid_term(plan_observations(), date(2018, 6, 30))
    >>> found.table.height, found.revisions["value_before"].item() / found.revisions["value"].item()
    (120, 10.0)
    """
    every = observations(frame).filter(pl.col("period") <= at)
    alone = only_county(every)
    place = division(area or alone or CITY)
    seen = observed_table(every, at)
    used = seen.latest
    table = progress(seen, at, targets=targets)
    before_at = year_before(at)
    mine = table.filter(pl.col("adcode") == place.adcode)
    before = progress(seen, before_at, targets=targets)
    return MidTerm(
        at=at,
        before_at=before_at,
        known_on=known_on,
        area=place,
        synthetic=int(used["synthetic"].sum()),
        total=used.height,
        seen=seen,
        table=table,
        attention=attention(table, adcode=place.adcode),
        changed=changes(before, mine),
        lines=seen.series.filter(pl.col("period") >= BASE),
        path=expected(table, period_ends(1), targets=targets),
        observations=used,
        revisions=replacing_others(every)
        .select(list(REVISIONS))
        .sort("recorded_at", *KEY, nulls_last=True),
        missing=seen.whole.missing.clear() if alone else seen.whole.missing,
        reconciliation=seen.whole.reconciliation,
        digest=_digest(used),
    )


def _digest(used: pl.DataFrame) -> str:
    text = used.select(*KEY, *CONTENT).sort(KEY).write_csv()
    return hashlib.sha256(text.encode()).hexdigest()
