"""The rules no table can hold, against independent arithmetic with exact fractions."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import duckdb
import narwhals as nw
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from lishui_credit.points import half_away
from lishui_credit.rubrics.law.formulas import (
    day_count,
    day_number,
    hunan_credit_line,
    hunan_default_record,
    hunan_microcredit_line,
)

F = Fraction
DAY = date(2016, 6, 30)
DAYS = st.dates(date(1990, 1, 1), date(2090, 12, 31))
ITEMS = {"principal": F(1), "interest": F(1, 2), "principal_and_interest": F(13, 10)}
MEASURES = {"normal": 1, "administrative": 2, "judicial": 3}


@given(DAYS, DAYS)
def test_day_numbers_differ_as_dates_do(a: date, b: date) -> None:
    assert day_count(a) - day_count(b) == (a - b).days


def test_day_numbers_are_the_same_on_polars_and_duckdb() -> None:
    days = [date(1999, 12, 31) + timedelta(days=17 * n) for n in range(900)] + [None]
    frame = pl.DataFrame({"day": days})
    expected = [None if day is None else day_count(day) for day in days]
    assert frame.select(day_number(pl, "day").alias("n"))["n"].to_list() == expected
    connection = duckdb.connect()
    connection.register("frame", frame.to_arrow())
    lazy = nw.from_native(connection.sql("select * from frame"))
    found = lazy.select("day", day_number(nw, "day").alias("n")).collect("polars").to_native()
    assert found.sort("day")["n"].to_list() == sorted(expected, key=lambda n: (n is not None, n))


def record(facts: dict[str, object]) -> int | None:
    frame = pl.DataFrame(
        {name: [value] for name, value in facts.items()},
        schema={
            "performance_record": pl.String,
            "default_item": pl.String,
            "defaulted_on": pl.Date,
            "repaid_on": pl.Date,
            "default_measure": pl.String,
        },
    )
    points: int | None = frame.select(hunan_default_record(pl, {}, 10, DAY).alias("p"))["p"][0]
    return points


def oracle(item: str, measure: str, start: date, repaid: date | None) -> int:
    """Points in tenths, as the sheet computes them."""
    late = ((repaid or DAY) - start).days
    if late <= 15:
        return 80
    steps = ((30, 0), (90, 1), (180, 2), (360, 3), (720, 4))
    lateness = next((value for upper, value in steps if late <= upper), 8)
    recency = F(11, 10)
    if repaid is not None:
        years = DAY.year - repaid.year
        recency = {0: F(11, 10), 1: F(3, 4), 2: F(1, 2), 3: F(1, 4)}.get(max(years, 0), F(0))
    return half_away(-6 * ITEMS[item] * lateness * recency * MEASURES[measure] * 10)


@given(
    st.sampled_from(sorted(ITEMS)),
    st.sampled_from(sorted(MEASURES)),
    st.dates(date(2008, 1, 1), date(2016, 6, 1)),
    st.none() | st.integers(0, 3000),
)
def test_the_default_deduction_equals_exact_arithmetic(
    item: str, measure: str, start: date, after: int | None
) -> None:
    repaid = None if after is None else min(start + timedelta(days=after), DAY)
    facts = {
        "performance_record": "default",
        "default_item": item,
        "defaulted_on": start,
        "repaid_on": repaid,
        "default_measure": measure,
    }
    assert record(facts) == oracle(item, measure, start, repaid)


def test_two_and_a_quarter_off_rounds_away_from_zero() -> None:
    facts = {
        "performance_record": "default",
        "default_item": "interest",
        "defaulted_on": date(2015, 3, 1),
        "repaid_on": date(2015, 4, 30),
        "default_measure": "normal",
    }
    assert record(facts) == -23


def test_a_clean_record_and_no_business_earn_the_printed_points() -> None:
    blank = dict.fromkeys(("default_item", "defaulted_on", "repaid_on", "default_measure"))
    assert record({"performance_record": "normal", **blank}) == 100
    assert record({"performance_record": "no_business", **blank}) == 50


def test_a_default_without_its_facts_earns_nothing_decided() -> None:
    blank = dict.fromkeys(("default_item", "defaulted_on", "repaid_on", "default_measure"))
    assert record({"performance_record": "default", **blank}) is None
    assert record({"performance_record": None, **blank}) is None


MONEY = st.integers(0, 10**9)


@given(MONEY, st.integers(-(10**9), 10**9), MONEY, MONEY, MONEY, MONEY, st.integers(0, 12))
def test_credit_lines_equal_exact_arithmetic(
    assets: int, net: int, disposable: int, income: int, base: int, shares: int, labour: int
) -> None:
    v1, v2, k = F("0.6"), F("0.9"), F("0.3")
    frame = pl.DataFrame(
        {
            "total_assets": [assets],
            "net_assets": [net],
            "disposable_assets": [disposable],
            "net_income": [income],
            "base_net_income": [base],
            "coop_shares": [shares],
            "labourers": [labour],
            "_grade_in_use": ["tier2"],
        }
    )
    params = {"v1": {"tier2": "0.6"}, "v2": {"tier2": "0.9"}, "share_weight": "0.3"}
    wan = 1_000_000
    earnings = (F(income) + F(3, 2) * base) / 3 * v2
    line = half_away((F(assets + net + disposable) / 3 * v1 + earnings) / wan * 10) * wan // 10
    micro = (
        F(net + disposable) / 2 * v1 * F(1, 20)
        + earnings * F(2, 5)
        + shares * k
        + F(labour, 10) * wan
    )
    found = frame.select(
        line=hunan_credit_line(pl, params, 10, DAY),
        micro=hunan_microcredit_line(pl, params, 10, DAY),
    )
    assert found["line"][0] == line
    assert found["micro"][0] == half_away(micro / wan * 100) * wan // 100
