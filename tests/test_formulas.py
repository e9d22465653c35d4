"""The rules no table can hold, against independent arithmetic with exact fractions."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import duckdb
import narwhals as nw
import polars as pl
import pytest
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


def records(*rows: dict[str, object], unit: int = 10, ns: Any = pl) -> list[int | None]:
    frame = pl.DataFrame(
        list(rows),
        schema={
            "performance_record": pl.String,
            "default_item": pl.String,
            "defaulted_on": pl.Date,
            "repaid_on": pl.Date,
            "default_measure": pl.String,
        },
    )
    given = frame if ns is pl else nw.from_native(frame)
    points: list[int | None] = given.select(p=hunan_default_record(ns, {}, unit, DAY))[
        "p"
    ].to_list()
    return points


def record(facts: dict[str, object]) -> int | None:
    return records(facts)[0]


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


def default(start: date, repaid: date | None, **rest: object) -> dict[str, object]:
    facts: dict[str, object] = {
        "performance_record": "default",
        "default_item": "principal",
        "defaulted_on": start,
        "repaid_on": repaid,
        "default_measure": "normal",
    }
    return facts | rest


BY_DAYS = {
    -1: 80, 0: 80, 14: 80, 15: 80,  # at most 15 days late: 8 points
    16: 0, 30: 0,  # no factor of lateness yet
    31: -66, 90: -66,  # 6 * 1.1 * 1
    91: -132, 180: -132,
    181: -198, 360: -198,
    361: -264, 720: -264,
    721: -528, 4000: -528,
}  # fmt: skip
BY_YEAR = {2016: -66, 2015: -45, 2014: -30, 2013: -15, 2012: 0, 2011: 0}
BY_KIND = {
    ("principal", "normal"): -66,
    ("interest", "normal"): -33,
    ("principal_and_interest", "normal"): -86,  # 8.58
    ("principal", "administrative"): -132,
    ("principal", "judicial"): -198,
    ("interest", "judicial"): -99,
}


def test_an_open_default_counts_by_its_days_up_to_the_day_of_grading() -> None:
    rows = [default(DAY - timedelta(days=days), None) for days in BY_DAYS]
    assert records(*rows) == list(BY_DAYS.values())


def test_fifteen_days_late_still_earns_eight_points_and_sixteen_none() -> None:
    start = date(2016, 3, 1)
    rows = [default(start, date(2016, 3, day)) for day in (15, 16, 17)]
    assert records(*rows) == [80, 80, 0]


def test_a_settled_default_fades_with_the_calendar_years_since() -> None:
    for month, day in ((1, 1), (12, 31)):
        settled = [date(year, month, day) for year in BY_YEAR]
        rows = [default(repaid - timedelta(days=31), repaid) for repaid in settled]
        assert records(*rows) == list(BY_YEAR.values())


def test_what_is_owed_and_how_it_is_collected_multiply() -> None:
    start = DAY - timedelta(days=31)
    rows = [default(start, None, default_item=i, default_measure=m) for i, m in BY_KIND]
    assert records(*rows) == list(BY_KIND.values())


def test_a_default_earns_the_same_through_narwhals() -> None:
    rows = [default(DAY - timedelta(days=days), None) for days in BY_DAYS]
    rows += [default(date(year, 1, 1), date(year, 12, 31)) for year in BY_YEAR]
    rows += [default(date(2016, 1, 1), None, default_item=i, default_measure=m) for i, m in BY_KIND]
    rows += [default(DAY, None) | {name: None} for name in default(DAY, None)]
    assert records(*rows, ns=nw) == records(*rows)


def test_points_of_a_default_follow_the_unit_of_the_edition() -> None:
    rows = default(DAY - timedelta(days=31), None), default(DAY, None)
    assert records(*rows, unit=100) == [-660, 800]


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
    whole = default(DAY - timedelta(days=31), None)
    facts = ("default_item", "default_measure", "defaulted_on", "performance_record")
    assert records(whole) == [-66]
    assert records(*(whole | {fact: None} for fact in facts)) == [None] * 4


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
    assert found["line"][0] == max(line, 0)
    assert found["micro"][0] == max(half_away(micro / wan * 100) * wan // 100, 0)


WAN = 1_000_000  # fen in 万元
FACTORS = {
    "v1": {"a": "0.6", "b": "0", "c": "0", "d": "1"},
    "v2": {"a": "0.9", "b": "0.1", "c": "0", "d": "1"},
}


def lines(
    grade: str | None, ns: Any = pl, share_weight: str = "0.3", **facts: int | None
) -> tuple[int | None, int | None]:
    """Credit line and microcredit line of one household, in fen."""
    columns = ("total_assets", "net_assets", "disposable_assets", "net_income", "base_net_income")
    cells = dict.fromkeys((*columns, "coop_shares", "labourers"), 0) | facts
    frame = pl.DataFrame(
        {name: [value] for name, value in cells.items()} | {"_grade_in_use": [grade]},
        schema=dict.fromkeys(cells, pl.Int64) | {"_grade_in_use": pl.String},
    )
    params = FACTORS | {"share_weight": share_weight}
    given = frame if ns is pl else nw.from_native(frame)
    found = given.select(
        line=hunan_credit_line(ns, params, 10, DAY),
        micro=hunan_microcredit_line(ns, params, 10, DAY),
    )
    (row,) = found.rows()
    return row


def test_each_asset_counts_a_third_of_the_first_factor_and_net_income_of_the_second() -> None:
    assert lines("a", total_assets=30 * WAN)[0] == 6 * WAN
    assert lines("a", net_assets=30 * WAN)[0] == 6 * WAN
    assert lines("a", disposable_assets=30 * WAN)[0] == 6 * WAN
    assert lines("a", net_income=30 * WAN)[0] == 9 * WAN
    assert lines("a", base_net_income=20 * WAN)[0] == 9 * WAN
    assert lines("a", coop_shares=30 * WAN, labourers=3)[0] == 0
    assert lines("d", total_assets=30 * WAN)[0] == 10 * WAN
    assert lines("d", net_income=30 * WAN)[0] == 10 * WAN


def test_a_credit_line_is_rounded_to_a_tenth_of_wan_half_away_from_zero() -> None:
    # a fifth of the assets is the line: 0.25 and 0.05 万元 stand on the half
    assert lines("a", total_assets=1_249_999)[0] == 200_000
    assert lines("a", total_assets=1_250_000)[0] == 300_000
    less = {"total_assets": 5 * WAN}
    assert lines("a", net_assets=-1_249_999, **less)[0] == 800_000
    assert lines("a", net_assets=-1_250_000, **less)[0] == 800_000
    assert lines("a", net_assets=-1_250_001, **less)[0] == 700_000


def test_a_microcredit_line_adds_assets_income_shares_and_hands() -> None:
    assert lines("a", net_assets=100 * WAN)[1] == 1_500_000  # / 2 * 0.6 * 0.05
    assert lines("a", disposable_assets=100 * WAN)[1] == 1_500_000
    assert lines("a", total_assets=100 * WAN)[1] == 0
    assert lines("a", net_income=10 * WAN)[1] == 1_200_000  # / 3 * 0.9 * 0.4
    assert lines("a", base_net_income=10 * WAN)[1] == 1_800_000
    assert lines("a", coop_shares=WAN)[1] == 300_000
    assert lines("a", labourers=2)[1] == 200_000
    assert lines("a", labourers=5_000)[1] == 5_000 * 100_000
    assert lines("a", coop_shares=WAN, share_weight="0.2")[1] == 200_000
    assert lines("a", coop_shares=WAN, share_weight="1")[1] == WAN
    assert lines("d", net_assets=100 * WAN)[1] == 2_500_000
    assert lines("d", net_income=30 * WAN)[1] == 4_000_000
    assert lines("a", coop_shares=16_666)[1] == 0  # 0.0049998 万元
    assert lines("a", coop_shares=16_667)[1] == 10_000  # 0.0050001 万元 is one hundredth


def test_only_a_grade_with_both_factors_zero_has_no_microcredit() -> None:
    assert lines("c", coop_shares=WAN, labourers=2) == (0, 0)
    assert lines("b", coop_shares=WAN, labourers=2) == (0, 500_000)


def test_a_household_without_a_grade_or_a_figure_has_no_line() -> None:
    assert lines(None, total_assets=WAN) == (None, None)
    assert lines("unheard of", total_assets=WAN) == (None, None)
    assert lines("a", net_income=None) == (None, None)


def test_lines_are_the_same_through_narwhals() -> None:
    facts = {"total_assets": 1_250_000, "net_income": 777_777, "coop_shares": 16_667}
    for grade in ("a", "b", "c", None):
        assert lines(grade, nw, **facts) == lines(grade, **facts)


@pytest.mark.parametrize("ns", [pl, nw], ids=["polars", "narwhals"])
def test_a_line_is_never_below_nothing(ns: Any) -> None:
    assert lines("a", ns, net_assets=-40 * WAN) == (0, 0)
    assert lines("a", ns, net_assets=-40 * WAN, total_assets=41 * WAN)[0] == 2 * WAN // 10
    assert lines("d", ns, net_assets=-1) == (0, 0)
    assert lines(None, ns, net_assets=-1) == (None, None)
