"""Chinese working days: holidays and swapped weekends, from the calendar of the State Council.

The days themselves come from the library chinesecalendar, which follows the yearly notice of the
General Office of the State Council (节假日安排的通知). A year it does not know yet is refused, never
guessed from weekends.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from lishui_credit.errors import SubjectError, refuse
from lishui_credit.language import tr
from lishui_credit.plan.records.record_checks import below_one


@cache
def _known() -> tuple[date, date, NDArray[np.int64]]:
    """Return the first and last day known, and the working days between as days since 1970."""
    import chinese_calendar

    years = {day.year for day in chinese_calendar.holidays}
    first, last = date(min(years), 1, 1), date(max(years), 12, 31)
    days = np.array(
        [day.toordinal() for day in chinese_calendar.get_workdays(first, last)], dtype=np.int64
    )
    return first, last, days - date(1970, 1, 1).toordinal()


def is_working_day(day: date) -> bool:
    """Tell whether people work on a day in China."""
    _refuse_unknown(pl.Series([day]))
    _, _, days = _known()
    number = day.toordinal() - date(1970, 1, 1).toordinal()
    return bool(np.isin(number, days))


def _refuse_unknown(days: pl.Series) -> None:
    first, last, _ = _known()
    low: Any = days.min()
    high: Any = days.max()
    if low is None or (low >= first and high <= last):
        return
    raise SubjectError(
        tr("days outside the calendar of working days", "日期超出工作日历范围"),
        f"{low} .. {high}",
        tr(
            f"the calendar covers {first} to {last}; correct the dates, or upgrade chinesecalendar",
            f"日历范围为 {first} 至 {last};请更正日期,或升级 chinesecalendar",
        ),
    )


def deadlines(days: pl.Series, within: int) -> pl.Series:
    """Return the last day that still is within so many working days of each day."""
    # The day itself does not count; the deadline is the `within`-th working day after it.
    # An act on the weekend after a Friday deadline is late.
    # Source: 民法典 art. 201 (the first day does not count; so art. 154 of 民法通则 before 2021).
    # 国务院办公厅 关于部分节假日安排的通知, of each year.
    refuse(below_one(within=within))
    _refuse_unknown(days)
    _, last, known = _known()
    numbers = days.cast(pl.Int64)
    filled = numbers.fill_null(0).to_numpy()
    places = np.searchsorted(known, filled, side="right") + within - 1
    ends = known[np.minimum(places, len(known) - 1)]
    beyond = pl.Series(places >= len(known)) & days.is_not_null()
    if beyond.any():
        _refuse_unknown(pl.Series([days.filter(beyond).min(), last + timedelta(days=1)]))
    return (
        pl.select(pl.when(numbers.is_not_null()).then(pl.Series(ends)))
        .to_series()
        .cast(pl.Int32)
        .cast(pl.Date)
        .rename(days.name)
    )


def working_days_between(start: date, end: date) -> int:
    """Return the working days after `start` up to and with `end`; 0 where end is not later."""
    _refuse_unknown(pl.Series([start, end]))
    _, _, days = _known()
    origin = date(1970, 1, 1).toordinal()
    low, high = np.searchsorted(
        days, [start.toordinal() - origin, end.toordinal() - origin], side="right"
    )
    return max(int(high - low), 0)
