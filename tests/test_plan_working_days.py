"""Working days of China: Spring Festival, swapped weekends, deadlines on them."""

from datetime import date, timedelta

import polars as pl
import pytest

from lishui_credit.errors import SubjectError
from lishui_credit.plan.records.working_days import deadlines, is_working_day, working_days_between

# Notice of the State Council's General Office on the holidays of 2018, Spring Festival (number not
# seen): 15 to 21 February off; 11 and 24 February (Sunday, Saturday) worked.
SPRING_2018_OFF = [date(2018, 2, day) for day in range(15, 22)]


def test_spring_festival_2018_is_off_and_its_swapped_weekends_are_worked():
    assert not any(is_working_day(day) for day in SPRING_2018_OFF)
    assert is_working_day(date(2018, 2, 11))
    assert is_working_day(date(2018, 2, 24))
    assert not is_working_day(date(2018, 2, 25))


def test_national_day_2017_was_eight_days_with_a_worked_saturday_before():
    assert not any(is_working_day(date(2017, 10, day)) for day in range(1, 9))
    assert is_working_day(date(2017, 9, 30))


@pytest.mark.parametrize(
    ("decided", "deadline"),
    [
        (date(2018, 2, 13), date(2018, 2, 28)),  # 14, 22, 23, 24 (Saturday), 26, 27, 28
        (date(2018, 2, 14), date(2018, 3, 1)),
        (date(2018, 2, 16), date(2018, 3, 1)),  # in the festival: 22, 23, 24, 26, 27, 28, 1
        (date(2018, 2, 9), date(2018, 2, 24)),  # 11 (Sunday), 12, 13, 14, 22, 23, 24
        (date(2018, 3, 5), date(2018, 3, 14)),  # an ordinary Monday
        (date(2018, 3, 2), date(2018, 3, 13)),  # a Friday
        (date(2018, 3, 3), date(2018, 3, 13)),  # the Saturday after it
    ],
)
def test_seven_working_days_are_counted_from_the_day_after(decided, deadline):
    assert deadlines(pl.Series([decided]), 7).to_list() == [deadline]


def test_deadlines_agree_with_counting_day_by_day():
    days = [date(2016, 1, 1) + timedelta(days=step) for step in range(0, 5 * 365, 3)]

    def counted(day):
        left = 7
        while left:
            day += timedelta(days=1)
            left -= is_working_day(day)
        return day

    assert deadlines(pl.Series(days), 7).to_list() == [counted(day) for day in days]


def test_a_deadline_is_always_a_working_day():
    days = pl.Series([date(2018, 1, 1) + timedelta(days=step) for step in range(365)])
    assert all(is_working_day(day) for day in deadlines(days, 7))


def test_between_a_day_and_its_deadline_lie_as_many_working_days():
    for step in range(0, 365, 11):
        day = date(2019, 1, 1) + timedelta(days=step)
        assert working_days_between(day, deadlines(pl.Series([day]), 7)[0]) == 7
    assert working_days_between(date(2018, 3, 2), date(2018, 3, 1)) == 0


def test_a_null_stays_null():
    assert deadlines(pl.Series([None, date(2018, 3, 5)], dtype=pl.Date), 1).to_list() == [
        None,
        date(2018, 3, 6),
    ]


def test_years_the_calendar_does_not_know_are_refused():
    for day in (date(1999, 1, 4), date(2999, 1, 4)):
        with pytest.raises(SubjectError, match="outside the calendar"):
            deadlines(pl.Series([day]), 7)
        with pytest.raises(SubjectError, match="outside the calendar"):
            is_working_day(day)


def test_a_deadline_beyond_the_calendar_is_refused():
    import chinese_calendar

    last = max(day.year for day in chinese_calendar.holidays)
    with pytest.raises(SubjectError, match="outside the calendar"):
        deadlines(pl.Series([date(last, 12, 30)]), 7)


def test_a_limit_of_no_days_is_refused():
    with pytest.raises(SubjectError, match="1 or more"):
        deadlines(pl.Series([date(2018, 3, 5)]), 0)
