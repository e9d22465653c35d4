"""Sentences above charts are those that their frames bear out, in both languages."""

import polars as pl
import pytest

from lishui_credit.figures import findings
from lishui_credit.figures.captions import captions
from lishui_credit.language import set_language


@pytest.fixture(autouse=True)
def _english():
    set_language("en")
    yield
    set_language(None)


def both(say, *given, **more):
    """What is said in English and in Chinese."""
    made = []
    for spoken in ("en", "zh"):
        set_language(spoken)
        made.append(say(*given, **more))
    set_language("en")
    return tuple(made)


def compared(**tried):
    force = {
        "cut_off": 560,
        "approval_rate": 0.71,
        "bad_rate_approved": 0.04,
        "profit_fen": 5_000_000_00,
    }
    return pl.DataFrame([{"what": "in force", **force}, {"what": "tried", **force, **tried}])


def test_the_trade_is_said_as_two_moves():
    made = compared(cut_off=580, approval_rate=0.64, bad_rate_approved=0.028)
    assert both(findings.trade, made) == (
        "The approval rate falls from 71.0% to 64.0%, the bad rate falls from 4.0% to 2.8%",
        "通过率由 71.0% 降至 64.0%，坏账率由 4.0% 降至 2.8%",
    )
    assert findings.trade(compared()) == "At 560, 71.0% are approved, of whom 4.0% go bad"
    nobody = compared(cut_off=700, approval_rate=0.0, bad_rate_approved=None)
    assert findings.trade(nobody) == "At 700 nobody is approved"


def test_the_profit_is_said_against_the_policy_or_the_best():
    swept = pl.DataFrame(
        {"cut_off": [540, 560, None], "profit_fen": [6_000_000_00, 5_000_000_00, 0]}
    )
    moved = compared(cut_off=580, profit_fen=4_000_000_00)
    assert findings.profit(moved, swept) == "580 earns 4.00 million yuan, against 5.00 in force"
    assert (
        findings.profit(compared(), swept) == "560 earns 5.00, the most is 6.00 million yuan at 540"
    )
    best = pl.DataFrame([{"what": "tried", "cut_off": 540, "profit_fen": 6_000_000_00}])
    assert findings.profit(best, swept) == "540 earns the most: 6.00 million yuan"


def test_a_swap_of_nobody_has_no_finding():
    table = pl.DataFrame(
        {
            "set": ["both", "swap_out", "swap_in"],
            "applicants": [9, 0, 0],
            "bad_rate": [0.1, None, None],
        }
    )
    assert findings.swapped(table) == ""
    assert findings.swap_rates(table) == ""
    moved = table.with_columns(
        applicants=pl.Series([9, 1200, 0]), bad_rate=pl.Series([0.1, 0.3, None])
    )
    assert findings.swapped(moved) == "1,200 lose their approval, 0 gain one"
    assert findings.swap_rates(moved) == "Bad rate: those who leave 30.0%, those who stay 10.0%"


def test_groups_are_said_by_the_greatest_change_and_those_below_four_fifths():
    table = pl.DataFrame(
        {
            "group": ["a", "b"],
            "subjects": [60, 70],
            "change": [0.01, -0.05],
            "below_four_fifths": [False, True],
            "needed": pl.Series([None, None], dtype=pl.Int64),
        }
    )
    assert both(findings.by_group, table) == (
        "Moved most: b −5.0 points · below 4/5: b",
        "变化最大：b −5.0 个百分点 · 低于五分之四：b",
    )
    still = table.with_columns(change=pl.lit(0.0), below_four_fifths=pl.lit(None, pl.Boolean))
    assert findings.by_group(still) == "No group's approval rate changes"
    few = table.with_columns(
        group=pl.Series(["女 × 莲都区", "b"]),
        needed=pl.Series([80, None]),
        subjects=pl.Series([60, 90]),
    )
    english, chinese = both(findings.by_group, few)
    assert english.endswith("No rate where fewer than 80 rows: female × Liandu 60")
    assert chinese.endswith("不作统计：少于 80 行：女 × 莲都区 60")


def test_grades_are_said_by_the_share_that_moved_most_and_by_place():
    years = pl.DataFrame(
        {
            "year": [2015, 2015, 2016, 2016],
            "grade": ["A", "B"] * 2,
            "label": ["甲", "乙"] * 2,
            "share": [0.5, 0.4, 0.45, 0.48],
            "place": [0, 1] * 2,
            "group": ["x"] * 4,
        }
    )
    assert both(findings.over_years, years) == (
        "乙 rises from 40.0% to 48.0%, 2015 to 2016",
        "2015—2016 年，乙 由 40.0% 升至 48.0%",
    )
    assert findings.over_years(years.filter(pl.col("year") == 2016)) == ""
    assert findings.by_place(years.filter(pl.col("year") == 2016)) == ""
    places = years.with_columns(group=pl.Series(["x", "x", "y", "y"]))
    assert findings.by_place(places) == "甲: from 45.0% in y to 50.0% in x"


def test_moves_are_shares_of_those_with_both_grades():
    table = pl.DataFrame({"what": ["same", "better", "worse", "left"], "subjects": [5, 3, 2, 90]})
    assert findings.moves(table) == "50.0% keep their grade, 30.0% rise, 20.0% fall"
    assert findings.moves(table.with_columns(subjects=pl.lit(0))) == ""


def test_what_points_rest_on_is_said_by_place():
    table = pl.DataFrame(
        {
            "group": ["x", "x", "y", "y"],
            "weak": [True, False] * 2,
            "share": [0.2, 0.8, 0.3, 0.7],
        }
    )
    said = "Unverified rows: 20.0% of the points in x, 30.0% in y"
    assert findings.resting(table) == said
    named = {"x": "莲都区", "y": "庆元县"}
    counties = table.with_columns(pl.col("group").replace(named))
    told = said.replace("in x", "in Liandu").replace("in y", "in Qingyuan")
    assert findings.resting(counties) == told
    one = table.filter(pl.col("group") == "x")
    assert findings.resting(one) == "20.0% of the points rest on unverified rows"
    firm = table.with_columns(weak=pl.lit(False))
    assert findings.resting(firm) == "No points rest on unverified rows"


def test_years_without_anything_unverified_are_said_in_words_and_not_drawn():
    table = pl.DataFrame(
        {
            "year": [2015, 2016],
            "graded": [5, 5],
            "points_share": [0.0, None],
            "decided_share": [0.0, 0.0],
            "movable_share": [0.1, 0.2],
        }
    )
    assert findings.unverified(table).startswith(
        "The unverified share of the points the edition can"
    )
    nothing = table.with_columns(movable_share=pl.lit(0.0))
    assert findings.unverified(nothing) == ""
    assert findings.nothing_unverified(nothing).startswith("In no year")
    assert (
        findings.nothing_unverified(nothing.with_columns(graded=pl.lit(0)))
        == "Nobody is graded here."
    )


def test_models_are_said_by_points_bins_bands_and_moves():
    points = pl.DataFrame(
        {
            "label": ["a", "a", "b", "b"],
            "points": [1, 5, 0, 9],
            "bin": ["<1", "1+", "no", "yes"],
            "rows": [10, 10, 0, 20],
            "bad_rate": [0.3, 0.1, 0.9, 0.2],
        }
    )
    assert findings.widest(points) == "b moves a score most: 9 points"
    assert findings.bins(points[:2], "a") == "a: 10.0% bad at 1+, 30.0% at <1"
    assert findings.bins(points[2:], "b") == ""  # a bin of nobody is no finding
    lines = pl.DataFrame(
        {"id": ["auc"], "name": ["AUC"], "value": ["0.7"], "interval": ["0.6 – 0.8"]}
    )
    assert both(findings.measured, lines, "auc") == ("AUC 0.7 (0.6 – 0.8)", "AUC 0.7（0.6 – 0.8）")
    assert findings.measured(lines, "ks") == ""
    bins = pl.DataFrame({"pd": [0.1, 0.5], "low": [0.05, 0.1], "high": [0.2, 0.3]})
    assert findings.calibrated(bins) == "The mean PD lies in the interval in 1 of 2 bins"
    rates = pl.DataFrame(
        {"grade": ["A", "B", "C"], "subjects": [5, 5, 0], "bad_rate": [0.01, 0.1, None]}
    )
    assert findings.graded(rates) == "Bad rate 1.0% in A, 10.0% in B"
    csi = pl.DataFrame({"feature": ["x", "y"], "psi": [0.3, 0.01], "moved": ["shifted", "stable"]})
    said = "1 of 2 not stable; the most: income 0.300 (shifted)"
    assert findings.drifted(csi, "feature", {"x": "income"}) == said
    periods = pl.DataFrame(
        {"metric": ["auc"] * 2, "period": ["2016", "2017"], "value": [0.81, 0.7]}
    )
    said = "AUC 2016 0.810, 2017 0.700, at development 0.790"
    assert findings.over_periods(periods, "auc", 0.79) == said


def test_captions_are_the_page_s_own_then_named_after_them_then_those_of_the_package():
    columns = ["indicator", "indicator_name", "value", "value_printed", "profit_fen_low", "mine"]
    shown = {"indicator_name": "Indicator", "value_printed": "Value"}
    assert captions(columns, shown) == {
        "indicator": "Indicator, code",
        "indicator_name": "Indicator",
        "value": "Value (number)",
        "value_printed": "Value",
        "profit_fen_low": "profit, fen, low",
        "mine": "mine",
    }
    set_language("zh")
    assert captions(["subjects", "share_low"]) == {
        "subjects": "主体数",
        "share_low": "占比（下限）",
    }


def test_no_two_columns_of_a_file_have_one_name():
    assert captions(["why", "reasons"]) == {"why": "why", "reasons": "why 2"}
    assert captions(["a", "b"], {"b": "a"}) == {"a": "a 2", "b": "a"}


@pytest.mark.parametrize(
    ("points", "said"),
    [
        (["3", "10", "-2"], ("Most points lost: a, 7", "失分最多：a，7分")),
        (["8", "8", "-2"], ("Most points lost: a, b, c, 2 each", "失分最多：a、b、c，2分（各）")),
        (["10", "10", "0"], ("No row loses a point", "各项均未失分")),
        (["", "10", "0"], ("Most points lost: a, 10", "失分最多：a，10分")),  # nothing was read
    ],
)
def test_an_explanation_says_where_most_points_are_lost(points, said):
    rows = pl.DataFrame(
        {
            "label": ["a", "b", "c", "d"],
            "points": [*points, ""],
            "out_of": ["10", "10", "", "50"],
            "state": ["scored", "scored", "scored", "not_applicable"],
        }
    )
    assert both(findings.fewest, rows) == said
    assert findings.fewest(rows.filter(pl.col("label") == "d")) == ""
