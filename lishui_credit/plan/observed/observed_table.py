"""The observed table: made once of any observations, read by progress, course, league and the pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from lishui_credit.plan.definitions import END
from lishui_credit.plan.observed.city import Aggregated, aggregated
from lishui_credit.plan.observed.series import series
from lishui_credit.plan.observed.table import latest, observations


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedTable:
    """Observations in force, with the city's rows, and one value a period.

    Parameters
    ----------
    latest : polars.DataFrame
        The last revision of every observation; columns of `SCHEMA`.
    whole : Aggregated
        The same with the city's rows, and what kept them from being computed.
    series : polars.DataFrame
        One row per indicator, area and period; counts and amounts as sums of twelve months.
    """

    latest: pl.DataFrame
    whole: Aggregated
    series: pl.DataFrame

    def until(self, at: date) -> ObservedTable:
        """Return the table without the periods that end after a day."""
        known = pl.col("period") <= at
        return ObservedTable(
            latest=self.latest.filter(known),
            whole=Aggregated(
                frame=self.whole.frame.filter(known),
                missing=self.whole.missing.filter(known),
                reconciliation=self.whole.reconciliation.filter(known),
            ),
            series=self.series.filter(known),
        )


def observed_table(frame: Any, at: date = END) -> ObservedTable:
    """Return the observed table of a frame up to a day; a table that is one already is not made again.

    Parameters
    ----------
    frame : ObservedTable, or any narwhals frame of observations
        Of several revisions the last one counts. Texts of computed rows are in the language in
        which the table was made.
    at : date, default 2020-12-31
        Periods that end later are left out.

    Raises
    ------
    SubjectError
        If the frame holds no observations.

    Examples
    --------
    >>> rows = pl.DataFrame({"indicator": ["website_rate"] * 2, "adcode": ["331100"] * 2,
    ...     "period": [date(2018, 6, 30), date(2018, 9, 30)], "frequency": ["quarter"] * 2,
    ...     "numerator": [7, 8], "denominator": [10, 10]})
    >>> table = observed_table(rows)
    >>> observed_table(table, date(2018, 6, 30)).series["value"].to_list()
    [70.0]
    """
    if isinstance(frame, ObservedTable):
        return frame.until(at)
    known = latest(observations(frame))
    whole = aggregated(known)
    return ObservedTable(latest=known, whole=whole, series=series(whole.frame)).until(at)
