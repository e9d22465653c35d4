"""What one event costs, gives back and triggers: every edge of days, amounts, shares and months."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from lishui_credit.language import set_language
from lishui_credit.points import half_away
from lishui_credit.rubrics.engine import events as rules
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.event_rules import EventRule, Percent, RepairWindow
from lishui_credit.rubrics.law.formulas import day_count, day_number
from lishui_credit.rubrics.law.rubric import (
    Indicator,
    OverrideRepair,
    Rubric,
)
from lishui_credit.rubrics.repair_words import window_said

OF_2020 = catalog.rubric("tax-credit@2020-01-01")
OF_2022 = catalog.rubric("tax-credit@2022-01-01")
OF_2025 = catalog.rubric("tax-credit@2025-07-01")
DUE = date(2025, 3, 17)
SCHEMA = {
    "code": pl.String,
    "occurred_on": pl.Date,
    "due_on": pl.Date,
    "recorded_on": pl.Date,
    "corrected_on": pl.Date,
    "tax_type": pl.String,
    "event_id": pl.String,
    "tax_amount": pl.Int64,
    "paid_amount": pl.Int64,
    "short_tax": pl.Int64,
    "tax_payable": pl.Int64,
    "clean_months": pl.Int64,
}


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    """Events of the rows given, due and recorded on `DUE` unless said."""
    usual = {"occurred_on": DUE, "due_on": DUE, "recorded_on": DUE}
    table = pl.DataFrame([usual | row for row in rows], schema=SCHEMA)
    return table.with_columns(_corrected=day_number(pl, "corrected_on"))


def costs(rubric: Rubric, *rows: dict[str, Any]) -> list[tuple[int, int]]:
    """What each event costs and gets back, in hundredths of a point, on both namespaces."""
    codes = {row["code"] for row in rows}
    table = frame(*rows)
    counted = [row for row in rules.event_rows(rubric) if rules.code_of(row) in codes]
    found = table.select(rules.amounts(rubric, counted, pl))
    again = nw.from_native(table).select(rules.amounts(rubric, counted, nw))
    assert found.dtypes == [pl.Int64, pl.Int64]
    assert again.to_native().equals(found)
    return found.select("_deduct", "_restore").rows()


def after(days: int, code: str = "010101", **rest: Any) -> dict[str, Any]:
    """An event corrected so many days after `DUE`, of more tax than counts as little."""
    rest = {"tax_amount": 10_000_000} | rest
    return {"code": code, "corrected_on": DUE + timedelta(days=days), **rest}


def back(rubric: Rubric, *rows: dict[str, Any]) -> list[int]:
    return [restored for _, restored in costs(rubric, *rows)]


# ---- what is given back -------------------------------------------------------------------------


def test_of_2025_the_share_restored_falls_after_3_30_and_90_days() -> None:
    days = [-1, 0, 3, 4, 30, 31, 90, 91, 400]
    assert back(OF_2025, *map(after, days)) == [500, 500, 500, 400, 400, 300, 300, 200, 200]
    of_three_points = [after(day, "010103") for day in days]
    assert back(OF_2025, *of_three_points) == [300, 300, 300, 240, 240, 180, 180, 120, 120]


def test_what_is_not_corrected_or_has_no_day_to_count_from_gives_nothing_back() -> None:
    rows = [{"code": "010101"}, after(1) | {"due_on": None}, after(1)]
    assert costs(OF_2025, *rows) == [(500, 0), (500, 0), (500, 500)]


def test_two_thousand_yuan_or_less_is_restored_in_full_within_thirty_days() -> None:
    for days, expected in ((4, [500, 500, 400, 400]), (30, [500, 500, 400, 400]), (31, [300] * 4)):
        rows = [after(days, tax_amount=fen) for fen in (199_999, 200_000, 200_001, None)]
        assert back(OF_2025, *rows) == expected


def test_of_2020_points_come_back_within_thirty_days_within_the_year_or_later() -> None:
    end = date(2025, 12, 31)
    rows = [after(30), after(31), after((end - DUE).days), after((end - DUE).days + 1)]
    assert back(OF_2020, *rows) == [400, 200, 200, 100]
    # the last window ends with the year after
    rows = [after(0) | {"corrected_on": day} for day in (date(2026, 12, 31), date(2027, 1, 1))]
    assert back(OF_2020, *rows) == [100, 0]
    assert back(OF_2020, *(row | {"code": "010103"} for row in rows)) == [60, 0]
    rows = [row | {"recorded_on": date(2026, 1, 1)} for row in rows]
    assert back(OF_2020, *rows) == [200, 100]
    # thirty days still count across the turn of the year
    turn = [end + timedelta(days=n) for n in (30, 31)]
    rows = [after(0) | {"recorded_on": end, "corrected_on": day} for day in turn]
    assert back(OF_2020, *rows) == [400, 100]
    assert back(OF_2020, after(30, tax_amount=100_000), after(30, tax_amount=100_001)) == [500, 400]
    shares = [after(days, "010103") for days in (30, 31, 400)]  # the last of them in the year after
    assert back(OF_2020, *shares) == [240, 120, 60]


def test_delay_runs_from_the_day_the_edition_names() -> None:
    early = after(10) | {"due_on": DUE - timedelta(days=50)}
    assert back(OF_2020, early) == [400]  # from recorded_on
    assert back(OF_2025, early) == [300]  # from due_on


@pytest.mark.parametrize(("code", "cost"), [("02-REMIT", 1100), ("020101", 500)])
def test_a_repair_gives_back_the_share_paid_rounded_half_away_from_zero(
    code: str, cost: int
) -> None:
    pairs = [(1, 2 * cost - 1), (1, 2 * cost), (1, 2 * cost + 1), (3, 2 * cost), (1, 3), (2, 3)]
    pairs += [(0, 7), (7, 7), (999, 1000)]
    rows = [after(0, code, paid_amount=paid, tax_amount=due) for paid, due in pairs]
    expected = [half_away(Fraction(cost * paid, due)) for paid, due in pairs]
    assert expected[:4] == [1, 1, 0, 2]
    assert back(OF_2025, *rows) == expected


def test_a_payment_of_an_unknown_tax_gives_nothing_back_and_a_day_paid_off_is_enough() -> None:
    rows = [
        after(4, "02-REMIT", paid_amount=paid, tax_amount=due)
        for paid, due in ((None, 100), (None, None), (50, None), (0, 0), (0, None), (50, 100))
    ]
    assert back(OF_2025, *rows) == [880, 880, 0, 0, 0, 440]


def test_no_payment_restores_more_than_its_window_allows() -> None:
    rows = [
        after(4, "02-REMIT", paid_amount=paid, tax_amount=100) for paid in (99, 100, 101, 10**13)
    ]
    assert back(OF_2025, *rows) == [871, 880, 880, 880]


def repaired_by(*windows: RepairWindow) -> Rubric:
    """The edition of 2025 with these windows for late filing."""
    late = next(repair for repair in OF_2025.repairs if repair.id == "late_tax")
    return replace(OF_2025, repairs=(replace(late, windows=windows),))


def test_a_window_may_need_few_days_and_the_same_year() -> None:
    rubric = repaired_by(
        RepairWindow(days_at_most=30, same_year=True, restore=4), RepairWindow(restore=1)
    )
    end = {"due_on": date(2025, 12, 20)}
    rows = [after(30), after(31), after(0) | end | {"corrected_on": date(2025, 12, 31)}]
    rows.append(after(0) | end | {"corrected_on": date(2026, 1, 1)})
    assert back(rubric, *rows) == [400, 100, 400, 100]


def test_after_the_last_window_nothing_comes_back() -> None:
    rubric = repaired_by(RepairWindow(days_at_most=3, restore_percent=100))
    assert back(rubric, after(3), after(4)) == [500, 0]
    none = repaired_by(RepairWindow(days_at_most=3, restore_percent=0), RepairWindow(restore=2))
    assert back(none, after(3), after(4)) == [0, 200]


def test_a_small_amount_without_points_of_its_own_is_restored_like_any_other() -> None:
    rubric = repaired_by(RepairWindow(restore=2, small_amount=1000))
    assert back(rubric, after(1, tax_amount=1), after(1)) == [200, 200]


def test_only_repairs_by_share_look_at_what_was_paid() -> None:
    assert back(OF_2025, after(0, paid_amount=1)) == [500]


def paid(*rows: dict[str, Any]) -> list[tuple[int | None, int | None]]:
    """What was paid of which tax, by event, on both namespaces."""
    table = frame(*rows)
    counted = rules.event_rows(OF_2025)
    found = table.select(rules.paid(OF_2025, counted, pl))
    assert found.schema == {"_paid": pl.Int64, "_tax": pl.Int64}
    again = nw.from_native(table).select(rules.paid(OF_2025, counted, nw))
    assert again.to_native().equals(found)
    return found.rows()


def test_what_was_paid_is_at_most_the_tax_and_all_of_it_where_nothing_is_said() -> None:
    rows = [
        after(4, "02-REMIT", paid_amount=amount, tax_amount=100) for amount in (0, 99, 101, None)
    ]
    assert paid(*rows) == [(0, 100), (99, 100), (100, 100), (100, 100)]
    assert paid(rows[1] | {"corrected_on": None}) == [(0, 100)]
    assert paid(rows[1] | {"code": "010101"}) == [(0, 0)]  # not repaired by share
    late = [row for row in rules.event_rows(OF_2025) if rules.code_of(row) == "010101"]
    assert rules.paid(OF_2025, late, pl) == rules.paid(OF_2020, late, pl) == []


def test_rows_of_before_are_known_by_the_code_they_had() -> None:
    found = rules.former_codes(OF_2022)
    assert found["030104"] == ("0301-DESTROY", "invoices destroyed without leave (each time)")
    assert found["030109"][0] == "0301-HARM"
    assert found["030105"][0] == "0301-FALSE-SPECIAL"
    assert not rules.former_codes(OF_2025)


# ---- what is taken off --------------------------------------------------------------------------


def test_a_percentage_is_added_in_points_rounded_half_away_from_zero() -> None:
    pairs = [(1, 100), (1, 2000), (1, 20_000), (1, 20_001), (1, 19_999), (3, 20_000), (0, 5)]
    rows = [{"code": "050102", "short_tax": top, "tax_payable": over} for top, over in pairs]
    expected = [100 + half_away(Fraction(100 * top, over) * 100) for top, over in pairs]
    assert expected == [200, 105, 101, 100, 101, 102, 100]
    assert [cost for cost, _ in costs(OF_2020, *rows)] == expected


def test_a_percentage_that_cannot_be_told_adds_nothing() -> None:
    pairs = [(5, 0), (5, -1), (None, 100), (5, None), (5, 1)]
    rows = [{"code": "050104", "short_tax": top, "tax_payable": over} for top, over in pairs]
    assert [cost for cost, _ in costs(OF_2020, *rows)] == [300, 300, 300, 300, 50_300]


def test_a_percentage_takes_off_ten_thousand_points_at_most() -> None:
    most = 10**13  # fen: the dictionary's largest
    pairs = [(9999, 100), (10_000, 100), (10_001, 100), (3 * 10**9, 100), (most, 1), (most, most)]
    rows = [{"code": "050102", "short_tax": top, "tax_payable": over} for top, over in pairs]
    expected = [999_900, 1_000_000, 1_000_000, 1_000_000, 1_000_000, 10_000]
    assert [cost for cost, _ in costs(OF_2020, *rows)] == [100 + cost for cost in expected]


def test_events_of_no_row_cost_nothing() -> None:
    assert costs(OF_2025, {"code": "none"}, {"code": None}, after(99)) == [
        (0, 0),
        (0, 0),
        (500, 200),
    ]
    assert costs(OF_2025, {"code": "none"}) == [(0, 0)]


def test_a_net_cost_is_taken_off_in_the_column_of_its_row_alone() -> None:
    counted = rules.event_rows(OF_2025)[:2]
    table = pl.DataFrame({"code": ["010101", "010102", "010103", None], "_net": [500, 300, 200, 7]})
    found = table.select(rules.points(counted, pl))
    assert found.schema == {"points__r010101": pl.Int64, "points__r010102": pl.Int64}
    assert found.rows() == [(-500, 0), (0, -300), (0, 0), (0, 0)]
    assert rules.point_names(counted) == found.columns


# ---- units --------------------------------------------------------------------------------------


def counted_by(count: str) -> Indicator:
    (row,) = [r for r in rules.event_rows(OF_2025) if r.id == "r010101"]
    return replace(row, event=EventRule(code=count, count=count, deduct=1))


WAYS = ("per_tax_type", "per_month", "per_occurrence", "once")
ROWS = [counted_by(count) for count in WAYS]
HELD = [
    {"code": code, "occurred_on": day, "tax_type": tax, "event_id": name}
    for code in WAYS
    for day in (date(2024, 12, 31), date(2025, 1, 1), date(2025, 1, 31))
    for tax in ("增值税", None)
    for name in ("a", "b")
]


def expected_unit(row: dict[str, Any]) -> tuple[str, int, str, str]:
    day = row["occurred_on"]
    return {
        "per_tax_type": ("per_tax_type", day_count(day), row["tax_type"] or "", row["event_id"]),
        "per_month": ("per_month", day.year * 12 + day.month, "", ""),
        "per_occurrence": ("per_occurrence", 0, "", row["event_id"]),
        "once": ("once", 0, "", ""),
    }[row["code"]]


def test_a_unit_is_a_tax_type_of_a_document_a_day_a_calendar_month_an_occurrence_or_all() -> None:
    table = frame(*HELD)
    expected = [expected_unit(row) for row in HELD]
    found = table.select("code", *rules.unit(ROWS, pl))
    assert found.schema == {
        "code": pl.String, "_day": pl.Int64, "_text": pl.String, "_document": pl.String,
    }  # fmt: skip
    assert found.rows() == expected
    again = nw.from_native(table).select(nw.col("code"), *rules.unit(ROWS, nw))
    assert again.rows() == expected


def test_one_way_of_counting_alone_leaves_the_other_keys_blank() -> None:
    for way, row in zip(WAYS, ROWS, strict=True):
        rows = [held for held in HELD if held["code"] == way]
        found = frame(*rows).select("code", *rules.unit([row], pl))
        assert found.rows() == [expected_unit(held) for held in rows]
    assert frame(*HELD).select(rules.unit([], pl)).unique().rows() == [(0, "", "")]


def test_hashes_are_equal_within_a_unit_and_differ_between_units() -> None:
    hashes = frame(*HELD).select(n=rules.unit_hash(ROWS))["n"].to_list()
    by_unit: dict[tuple[str, int, str, str], set[int]] = {}
    for row, number in zip(HELD, hashes, strict=True):
        by_unit.setdefault(expected_unit(row), set()).add(number)
    assert len(by_unit) == 12 + 2 + 2 + 1
    assert all(len(numbers) == 1 for numbers in by_unit.values())
    assert len(set(hashes)) == len(by_unit)
    alone = frame(*HELD).select(n=rules.unit_hash([]))["n"]
    assert alone.n_unique() == len(WAYS)


# ---- overrides ----------------------------------------------------------------------------------


def flagged(rubric: Rubric, row_id: str, *rows: dict[str, Any]) -> list[tuple[int, int]]:
    (row,) = [row for row in rules.triggers(rubric) if row.id == row_id]
    table = frame(*rows)
    found = table.select(rules.flags([row], pl))
    assert found.schema == {f"_event__{row_id}": pl.Int64, f"_repaired__{row_id}": pl.Int64}
    assert found.columns == rules.flag_names([row])
    again = nw.from_native(table).select(rules.flags([row], nw))
    assert again.to_native().equals(found)
    return found.rows()


def test_an_event_without_a_repair_stays_open_whatever_was_corrected() -> None:
    row = next(row for row in rules.triggers(OF_2020) if row.repair is None)
    rows = [after(1, str(row.event), clean_months=99), {"code": row.event}]
    assert flagged(OF_2020, row.id, *rows) == [(1, 0), (1, 0)]
    assert flagged(OF_2020, row.id, after(1, "none"), {"code": None}) == [(0, 0), (0, 0)]


def test_a_repair_counts_up_to_its_last_day_after_the_day_due() -> None:
    row = next(r for r in OF_2020.active_overrides if r.repair and r.repair.within_days == 60)
    code = str(row.event)
    rows = [after(days, code) for days in (-1, 59, 60, 61)]
    rows += [{"code": code}, after(1, code) | {"due_on": None}]
    assert flagged(OF_2020, row.id, *rows) == [(0, 1), (0, 1), (0, 1), (1, 0), (1, 0), (1, 0)]


def test_a_repair_may_need_clean_months() -> None:
    row = next(r for r in OF_2022.active_overrides if r.repair and r.repair.clean_months_at_least)
    assert row.repair is not None
    least = row.repair.clean_months_at_least
    assert least is not None
    code = str(row.event)
    rows = [after(1, code, clean_months=n) for n in (least - 1, least, least + 1, None)]
    rows.append({"code": code, "clean_months": least})
    assert flagged(OF_2022, row.id, *rows) == [(1, 0), (0, 1), (0, 1), (1, 0), (1, 0)]


def test_a_repair_after_the_year_that_follows_may_need_clean_months() -> None:
    days = [date(2025, 12, 31), date(2026, 12, 31), date(2027, 1, 1)]
    rows = [
        {"code": "040103", "corrected_on": day, "clean_months": months}
        for day in days
        for months in (None, 11, 12)
    ]
    found = flagged(OF_2020, "d_r040103", *rows)
    assert found == [(0, 1)] * 6 + [(1, 0), (1, 0), (0, 1)]
    assert flagged(OF_2025, "d_r040103", *rows) == [(0, 1)] * 9
    # the year is that of the event, not of its day due
    early = [row | {"due_on": date(2020, 1, 1), "recorded_on": date(2020, 1, 1)} for row in rows]
    assert flagged(OF_2020, "d_r040103", *early) == found


def test_every_condition_of_a_repair_must_hold() -> None:
    (old,) = [row for row in OF_2022.active_overrides if row.id == "d_r0301_false_special"]
    both = replace(old, repair=OverrideRepair(within_days=60, clean_months_at_least=6))
    rubric = replace(OF_2022, overrides=(both,))
    rows = [
        after(days, "0301-FALSE-SPECIAL", clean_months=months)
        for days, months in ((60, 6), (61, 6), (60, 5), (61, 5))
    ]
    assert flagged(rubric, "d_r0301_false_special", *rows) == [(0, 1), (1, 0), (1, 0), (1, 0)]


# ---- what an edition reads ----------------------------------------------------------------------

ALWAYS = ("code", "occurred_on", "recorded_on", "corrected_on", "tax_type")


def test_an_edition_reads_the_columns_its_repairs_and_percentages_name() -> None:
    assert rules.needed_columns(OF_2025) == (
        *ALWAYS, "due_on", "tax_amount", "paid_amount", "event_id", "exempt",
    )  # fmt: skip
    assert rules.needed_columns(OF_2020) == (
        *ALWAYS, "tax_amount", "short_tax", "tax_payable", "clean_months", "due_on",
        "event_id", "exempt",
    )  # fmt: skip
    assert "clean_months" in rules.needed_columns(OF_2022)
    assert "clean_months" not in rules.needed_columns(OF_2025)
    months = next(row for row in OF_2022.active_overrides if row.repair and row.event)
    clean = replace(OF_2022, indicators=(), overrides=(months,))
    assert rules.needed_columns(clean) == (*ALWAYS, "clean_months", "event_id", "exempt")
    days = next(r for r in OF_2020.active_overrides if r.repair and r.repair.within_days)
    within = replace(OF_2020, indicators=(), overrides=(days,))
    assert rules.needed_columns(within) == (*ALWAYS, "due_on", "event_id", "exempt")
    plain = replace(OF_2025, indicators=(), overrides=())
    assert rules.needed_columns(plain) == (*ALWAYS, "event_id", "exempt")


def test_a_repair_of_plain_shares_reads_no_amounts() -> None:
    def reads(repair: str) -> tuple[str, ...]:
        rows = tuple(r for r in OF_2025.indicators if r.event and r.event.repair == repair)
        return rules.needed_columns(replace(OF_2025, indicators=rows, overrides=()))

    assert reads("percent") == (*ALWAYS, "due_on", "event_id", "exempt")
    assert reads("paid_share") == (
        *ALWAYS, "due_on", "tax_amount", "paid_amount", "event_id", "exempt",
    )  # fmt: skip


def test_an_edition_knows_the_codes_of_all_its_rows_scoring_or_not() -> None:
    found = rules.codes(OF_2025)
    assert found["010101"] == "r010101"
    assert found["010104"] == "bar_zero_vat_event"
    assert found["03-MISC"] == "r03_misc"
    scoring = [row.id for row in rules.event_rows(OF_2025)]
    assert "r010101" in scoring
    assert "r03_misc" not in scoring
    assert [rules.code_of(row) for row in rules.event_rows(OF_2025)][:2] == ["010101", "010102"]
    assert all(row.event is not None for row in rules.triggers(OF_2025))
    assert {row.id for row in rules.triggers(OF_2025)} < {r.id for r in OF_2025.active_overrides}


def test_a_percentage_counts_times_over_in_the_unit_of_the_edition() -> None:
    (row,) = [row for row in OF_2020.scoring if row.id == "r050102"]
    assert row.event is not None
    tenfold = Percent(column="short_tax", over="tax_payable", times=10)
    rows = (replace(row, event=replace(row.event, percent=tenfold)),)
    rubric = replace(OF_2020, indicators=rows, point_unit=10)
    found = costs(rubric, {"code": "050102", "short_tax": 1, "tax_payable": 4})
    assert found == [(10 + 25, 0)]


@pytest.mark.parametrize(
    ("lang", "said"),
    [("en", "within 1 day: 1 point back"), ("zh", "1 日内:退回 1 分")],
)
def test_one_point_and_one_day_are_said_in_the_singular(lang: Any, said: str) -> None:
    set_language(lang)
    assert window_said(RepairWindow(days_at_most=1, restore=1)) == said
    set_language(None)
