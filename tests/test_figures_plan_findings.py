"""Titles of the plan's charts say what the rows bear out: ties, nobody off, all off, no value."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from lishui_credit.figures import plan_findings as said
from lishui_credit.language import set_language
from lishui_credit.plan.divisions import CITY, counties

CODES = [area.adcode for area in counties()]


@pytest.fixture(autouse=True)
def _spoken():
    yield
    set_language(None)


def both(say, *given):
    made = []
    for spoken in ("zh", "en"):
        set_language(spoken)
        made.append(say(*given))
    return made


def county_rows(statuses, values=None, path=60.0, key="website_rate"):
    """The city, which no title counts, and the nine counties in the order of their codes."""
    values = values or [50.0] * len(statuses)
    return pl.DataFrame(
        [
            {
                "indicator": key, "adcode": code, "status": status, "value": value, "path": path,
                "gap": None if path is None or value is None else value - path,
            }
            for code, status, value in zip(
                [CITY, *CODES], ["far_behind", *statuses], [0.0, *values], strict=False
            )
        ],
        schema={"indicator": pl.String, "adcode": pl.String, "status": pl.String,
                "value": pl.Float64, "path": pl.Float64, "gap": pl.Float64},
    )  # fmt: skip


def stood(**other):
    return {
        "indicator": "website_rate", "status": "behind", "value": 57.1, "path": 65.7,
        "period": date(2018, 12, 31), "target": 100.0, "projected": 85.7,
    } | other  # fmt: skip


def test_a_course_says_the_value_what_was_due_and_where_it_leads():
    assert both(said.stands, stood()) == [
        "2018年12月31日为57.1%，应达65.7%：滞后；2020年预测85.7%，目标100.0%",
        "57.1% at 31 December 2018, 65.7% due: behind; 2020 projected 85.7%, target 100.0%",
    ]


def test_a_course_says_nothing_that_is_not_known():
    assert both(said.stands, stood(value=None, path=None, status="no_data")) == [
        "尚无观测值",
        "No value has been observed",
    ]
    without = stood(path=None, projected=None, status="no_baseline")
    assert both(said.stands, without) == [
        "2018年12月31日为57.1%：无基数",
        "57.1% at 31 December 2018: no baseline",
    ]
    ended = stood(period=date(2020, 12, 31), status="missed")
    assert "projected" not in both(said.stands, ended)[1]


def test_a_share_just_short_of_what_is_due_is_not_printed_like_it():
    near = stood(value=99.96, path=100.0, projected=None, status="near")
    assert both(said.stands, near)[1] == "99.96% at 31 December 2018, 100.00% due: near its path"


@pytest.mark.parametrize(
    ("statuses", "zh", "en"),
    [
        (["behind"] * 9, "九县（市、区）均滞后", "All nine counties: behind"),
        (["ahead"] * 9, "九县（市、区）均超前", "All nine counties: ahead"),
        (["no_data"] * 9, "九县（市、区）均无数据", "All nine counties: no data"),
        (
            ["far_behind"] * 2 + ["behind"] * 7,
            "九县（市、区）均偏离进度：莲都、青田严重滞后，7县滞后",
            "All nine counties off: Liandu, Qingtian far behind, 7 counties behind",
        ),
        (["on_track", *["near"] * 8], "没有县（市、区）偏离进度", "No county is off its path"),
        (
            ["on_track", *["cannot_tell"] * 8],
            "没有县（市、区）偏离进度；8县无法判定",
            "No county is off its path; 8 cannot be judged",
        ),
        (
            ["no_data"] * 4 + ["cannot_tell"] * 5,
            "各县（市、区）均无法判定",
            "No county can be judged",
        ),
        (
            ["behind", "reversed", *["ahead"] * 6, "no_data"],
            "九县中2县偏离进度：青田倒退，莲都滞后；1县无法判定",
            "2 of nine counties off: Qingtian reversed, Liandu behind; 1 cannot be judged",
        ),
        (
            ["behind", "ahead"],  # the others are in no row
            "九县中1县偏离进度：莲都滞后；7县无法判定",
            "1 of nine counties off: Liandu behind; 7 cannot be judged",
        ),
        ([], "", ""),
    ],
)
def test_a_map_says_which_counties_are_off_and_how_many_cannot_be_judged(statuses, zh, en):
    assert both(said.where, county_rows(statuses)) == [zh, en]


@pytest.mark.parametrize(
    ("statuses", "values", "path", "en"),
    [
        (
            ["behind", *["ahead"] * 8],
            [40.0, *[70.0] * 8],
            60.0,
            "Farthest below what is due: Liandu, 40.0% where 60.0% was due (behind)",
        ),
        (
            ["behind", "behind", *["near"] * 7],
            [40.0, 40.0, *[59.0] * 7],
            60.0,
            "Farthest below what is due: Liandu, Qingtian, 40.0% where 60.0% was due (behind)",
        ),
        (
            ["behind"] * 9,
            [40.0] * 9,
            60.0,
            "Farthest below what is due: all nine counties, 40.0% where 60.0% was due (behind)",
        ),
        (["on_track"] * 9, [60.0] * 9, 60.0, "No county is below what is due"),
        (
            ["no_data", *["on_track"] * 8],
            [None, *[70.0] * 8],
            60.0,
            "No county is below what is due; 1 cannot be compared",
        ),
        (
            ["no_baseline"] * 9,
            [50.0] * 9,
            None,
            "Nothing is due that a county could be set against",
        ),
    ],
)
def test_small_charts_say_who_is_farthest_below_what_is_due(statuses, values, path, en):
    zh, told = both(said.widest_gap, county_rows(statuses, values, path))
    assert told == en
    assert zh


def test_the_widest_gap_is_told_against_what_is_due_as_the_plan_orders_it():
    rows = county_rows(["behind", "behind"], [90.0, 8.0]).with_columns(
        path=pl.Series([60.0, 100.0, 10.0])
    )
    rows = rows.with_columns(gap=pl.col("value") - pl.col("path"))
    # 10 of 100 is less than 2 of 10, though more in points.
    assert both(said.widest_gap, rows)[1].startswith("Farthest below what is due: Qingtian, 8.0%")


def ranked(*rows):
    return pl.DataFrame(
        [
            {"adcode": code, "value": value, "place_from": first, "place_to": last}
            for code, (value, first, last) in zip(CODES, rows, strict=False)
        ],
        schema={"adcode": pl.String, "value": pl.Float64, "place_from": pl.Int64,
                "place_to": pl.Int64},
    )  # fmt: skip


def test_a_league_names_who_could_be_first_and_last_and_nobody_where_chance_decides():
    apart = ranked((90.0, 1, 2), (89.0, 1, 2), (40.0, 3, 3))
    assert both(said.places, apart, "website_rate") == [
        "可能居首：莲都、青田；可能居末：缙云",
        "Could be first: Liandu, Qingtian; could be last: Jinyun",
    ]
    alike = ranked((90.0, 1, 2), (89.0, 1, 2))
    assert both(said.places, alike, "website_rate")[1] == "No two counties can be told apart"
    assert both(said.places, ranked(), "website_rate") == ["", ""]


def test_a_league_without_sampling_errors_says_its_ends_and_places_nobody():
    rows = ranked(*[(100.0, None, None)] * 8, (0.0, None, None))
    assert both(said.places, rows, "website_rate") == [
        "龙泉0.0%最低，8县100.0%最高",
        "Lowest 0.0% in Longquan, highest 100.0% in 8 counties",
    ]
    money = ranked((1.5, None, None), (1.25, None, None))
    assert both(said.places, money, "service_revenue")[1] == (
        "Lowest 1.25 times in Qingtian, highest 1.50 times in Liandu"
    )
    assert both(said.places, rows.head(8), "website_rate")[1] == (
        "100.0% in every county with a value"
    )


def test_companions_say_the_series_that_moved_most():
    days = [date(2016, 12, 31), date(2018, 12, 31)]
    rows = pl.DataFrame(
        {
            "companion": ["late", "late", "timeliness", "timeliness"],
            "day": days * 2,
            "value": [3.5, 4.5, 97.0, 90.0],
        }
    )
    names = {"late": "Late", "timeliness": "On time"}
    assert both(said.companions, rows, names) == [
        "2016—2018 年，On time由 97.0% 降至 90.0%",
        "On time: falls from 97.0% to 90.0%, 2016 to 2018",
    ]
    assert both(said.companions, rows.head(1), names)[1] == "Late: 3.5% at 31 December 2016"
    assert both(said.companions, rows.with_columns(value=pl.lit(None, pl.Float64)), names) == [
        "",
        "",
    ]
