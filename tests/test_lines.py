"""Lines and rates from grades: written-out cases, fractions, and a graded synthetic village."""

from datetime import date
from fractions import Fraction

import pandas as pd
import polars as pl
import pytest

import lishui_credit as lc
from lishui_credit.errors import SubjectError
from lishui_credit.pricing.credit_lines import (
    DRAWN_BP,
    GRADE_LINES,
    YUNHE_LINES,
    LineTable,
    Markups,
    exposure,
    exposure_change,
    grade_lines,
    liuyang_markup,
    rates,
    wholesale,
)
from lishui_credit.samples import households

WAN = 1_000_000  # fen in 万元


def test_the_share_drawn_is_the_plans_two_figures() -> None:
    assert round(Fraction(988, 1689) * 10_000) == DRAWN_BP  # 98.8 亿 of 168.9 亿


def test_a_line_is_base_plus_shares_up_to_the_cap() -> None:
    frame = pl.DataFrame(
        {
            "grade": ["AAA", "AA", "A", "AAA", "none", None, "AAA"],
            "total_assets": [20 * WAN, 20 * WAN, 33, 100 * WAN, 20 * WAN, 20 * WAN, None],
            "operating_income": [10 * WAN, 0, 0, 10 * WAN, 0, 0, 0],
        }
    )
    found = grade_lines(frame, GRADE_LINES)["line_fen"]
    assert found.to_list() == [15 * WAN, 10 * WAN, 5 * WAN + 3, 20 * WAN, 0, None, None]
    assert found.dtype == pl.Int64
    assert grade_lines(frame, YUNHE_LINES)["line_fen"].to_list() == [
        *(10 * WAN, 0, 0, 10 * WAN, 0, None, 10 * WAN)
    ]


@pytest.mark.parametrize("base", [0, 1, 435, 475, 999])
@pytest.mark.parametrize("percent", [-100, -10, -1, 0, 13, 30, 150])
def test_a_rate_is_the_base_and_its_mark_up_rounded_once(base: int, percent: int) -> None:
    exact = Fraction(base * (100 + percent), 100)
    wanted = int(exact + Fraction(1, 2))  # not negative: half away from zero
    found = rates(
        pl.DataFrame({"grade": ["A", "B"]}), Markups(percent={"A": percent}), base_bp=base
    )
    assert found["rate_bp"].to_list() == [wanted, None]


def test_the_lenders_mark_up_falls_with_the_amount() -> None:
    amounts = [10 * WAN - 1, 10 * WAN, 50 * WAN, 50 * WAN + 1, 200 * WAN, 200 * WAN + 1]
    amounts += [500 * WAN, 500 * WAN + 1, 1000 * WAN, 1000 * WAN + 1, None]
    frame = pl.DataFrame({"amount": amounts, "points": [100] * len(amounts)})
    found = frame.select(liuyang_markup(pl.col("points"), pl.col("amount"))).to_series()
    assert found.to_list() == [None, 25, 25, 20, 20, 15, 15, 10, 10, 5, None]
    high = pl.DataFrame({"amount": [10 * WAN] * 2, "points": [125, 140]})
    assert high.select(
        liuyang_markup(pl.col("points"), pl.col("amount"))
    ).to_series().to_list() == [
        0,
        0,
    ]


def test_exposure_adds_up_and_counts_what_it_does_not_know() -> None:
    frame = pl.DataFrame(
        {
            "county": ["x", "x", "x", "y"],
            "line_fen": [1_000, 0, None, 333],
            "rate_bp": [400, 400, 400, None],
        }
    )
    found = exposure(frame, rate="rate_bp", drawn_bp=5_000)
    assert found.rows() == [
        ("x", 3, 1, 1, 1_000, 500, 1_000, 20, 0),
        ("y", 1, 1, 0, 333, 166, 333, 0, 1),
    ]
    whole = exposure(frame, by=(), drawn_bp=5_000)
    assert whole["line_fen"].item() == found["line_fen"].sum()
    known = frame.drop_nulls()
    assert exposure(pd.DataFrame(known.to_dict(as_series=False))).equals(exposure(known))
    assert exposure(frame.reverse(), rate="rate_bp", drawn_bp=5_000).equals(found)


def test_a_change_of_mark_ups_moves_interest_and_not_lines() -> None:
    frame = pl.DataFrame({"county": ["x", "y"], "grade": ["A", "B"], "line_fen": [WAN, 2 * WAN]})
    old = exposure(
        rates(frame, Markups(percent={"A": 0, "B": 50}), base_bp=400),
        rate="rate_bp",
        drawn_bp=10_000,
    )
    new = exposure(
        rates(frame, Markups(percent={"A": -10, "B": 50}), base_bp=400),
        rate="rate_bp",
        drawn_bp=10_000,
    )
    change = exposure_change(old, new)
    assert change["line_fen_change"].to_list() == [0, 0]
    assert change["interest_fen_before"].to_list() == [40_000, 120_000]
    assert change["interest_fen_change"].to_list() == [-4_000, 0]


@pytest.mark.parametrize(("share", "granted"), [(6_666, True), (6_667, False), (0, True)])
def test_a_village_is_granted_on_its_share_and_not_below(share: int, granted: bool) -> None:
    frame = pl.DataFrame(
        {"village": ["x"] * 3, "grade": ["A", "A", None], "max_line_fen": [700, 500, 400]}
    )
    found = wholesale(
        frame, credit_grades=["A"], village=["village"], share_at_least_bp=share, cap_fen=1_000
    )
    wanted = ("x", 3, 2, True, 1_000, 200) if granted else ("x", 3, 2, False, 0, 0)
    assert found.row(0) == wanted


def test_the_rubrics_own_lines_add_up_by_village_and_county() -> None:
    day = date(2016, 6, 30)
    rubric = lc.rubric("farmer-household", on=day)
    raw = households.households(400, seed=3)  # synthetic
    taken = lc.intake(rubric, raw, bases=households.county_bases(2015), as_of=day)
    graded = lc.evaluate(taken.subjects, rubric, as_of=day).grades().collect()
    counties = exposure(graded, line="max_line_fen")
    villages = exposure(graded, line="max_line_fen", by=("county", "township", "village"))
    for name in ("subjects", "with_line", "without_line", "line_fen"):
        assert counties[name].sum() == villages[name].sum()
    assert counties["line_fen"].sum() == graded["max_line_fen"].sum()
    credit = ["tier1", "tier2", "tier3"]
    everyone = wholesale(graded, credit_grades=credit, share_at_least_bp=0)
    assert (
        everyone["line_fen"].sum()
        == graded.filter(pl.col("grade").is_in(credit))["max_line_fen"].sum()
    )
    some = wholesale(graded, credit_grades=credit)
    assert 0 < some["granted"].sum() < some.height
    assert some["line_fen"].sum() < everyone["line_fen"].sum()


def test_every_problem_is_told_at_once() -> None:
    frame = pl.DataFrame({"grade": ["A"], "total_assets": [1.5], "operating_income": [-1]})
    with pytest.raises(SubjectError) as caught:
        grade_lines(frame, GRADE_LINES, grade="grad")
    assert [problem.where for problem in caught.value.problems] == [
        "",
        "total_assets",
        "operating_income",
    ]
    with pytest.raises(SubjectError) as caught:
        exposure(frame, line="line", by=("conty",), drawn_bp=10_001)
    assert len(caught.value.problems) == 3
    with pytest.raises(SubjectError) as caught:
        wholesale(
            frame,
            credit_grades=["Z"],
            line="operating_income",
            village=["grade"],
            share_at_least_bp=-1,
        )
    assert len(caught.value.problems) == 3
    with pytest.raises(SubjectError) as caught:
        rates(frame, Markups(percent={"A": -101}), base_bp=-1)
    assert len(caught.value.problems) == 2
    with pytest.raises(SubjectError, match="no column 'county'"):
        exposure_change(frame, frame)


def test_a_table_of_ones_own_needs_nothing_but_grades() -> None:
    mine = LineTable(title_zh="自定", base_fen={"A": 5})
    assert grade_lines(pl.DataFrame({"grade": ["A", "B"]}), mine)["line_fen"].to_list() == [5, 0]


def test_columns_of_32_bits_give_the_same_money_as_of_64():
    wide = pl.DataFrame(
        {
            "county": ["x"] * 300,
            "grade": ["AAA"] * 300,
            "total_assets": [50_000_000] * 300,
            "operating_income": [0] * 300,
            "line_fen": [10_000_000] * 300,
            "rate_bp": [435] * 300,
        }
    )
    narrow = wide.with_columns(
        pl.col("total_assets", "operating_income", "line_fen").cast(pl.Int32),
        pl.col("rate_bp").cast(pl.Int16),
    )
    assert grade_lines(narrow, GRADE_LINES, name="n")["n"].unique().to_list() == [15_000_000]
    found = exposure(narrow, rate="rate_bp")
    assert found.equals(exposure(wide, rate="rate_bp"))
    assert found["line_fen"].to_list() == [3_000_000_000]
    options = {"credit_grades": ["AAA"], "line": "line_fen", "village": ["county"]}
    assert wholesale(narrow, **options)["line_fen"].to_list() == [3_000_000_000]
    beyond = wide.with_columns(line_fen=pl.lit(10**16))
    with pytest.raises(SubjectError, match="ten trillion"):
        exposure(beyond)
