"""Courses to draw, freshness, completeness, revisions, words: what the pages read."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
import pytest

from lishui_credit.language import set_language, typeset
from lishui_credit.plan.course import COURSE, companion_course, course, quarter_before, quarters
from lishui_credit.plan.definitions import BASE, END, indicators
from lishui_credit.plan.divisions import CITY, counties
from lishui_credit.plan.labels import defined, interval_printed, with_names, with_printed
from lishui_credit.plan.methods import path_value
from lishui_credit.plan.observed.freshness import coverage_of_periods, freshness, revised
from lishui_credit.plan.observed.opened import days_to_ask, open_observations
from lishui_credit.plan.observed.table import observations
from lishui_credit.plan.sentences import change_sentence, printed
from lishui_credit.plan.standings import progress
from lishui_credit.samples.plan_observations import plan_observations

AT = date(2018, 12, 31)


@pytest.fixture(scope="module")
def made():
    return plan_observations()


@pytest.fixture(scope="module")
def table(made):
    return progress(made, AT)


@pytest.fixture(scope="module")
def drawn(made, table):
    return course(made, table, AT)


@pytest.fixture
def chinese():
    set_language("zh")
    yield
    set_language(None)


def test_the_path_begins_at_the_base_and_ends_at_the_target(drawn, table):
    ways = (
        drawn.filter(series="path").sort("day").group_by("indicator", "adcode", maintain_order=True)
    )
    ends = ways.agg(
        pl.col("value").first().alias("first"), pl.col("value").last().alias("last"), pl.len()
    )
    both = ends.join(table, on=["indicator", "adcode"])
    assert both.height == 110  # one survey has no base anywhere
    assert both["len"].unique().to_list() == [21]
    assert both["first"].to_list() == both["base"].to_list()
    assert both["last"].to_list() == pytest.approx(both["target"].to_list())


def test_the_path_is_the_one_that_judged(drawn, table):
    for key, row in indicators().items():
        found = table.filter(indicator=key, adcode=CITY).row(0, named=True)
        if found["base"] is None:
            continue
        day = date(2018, 6, 30)
        value = drawn.filter(indicator=key, adcode=CITY, series="path", day=day)["value"].item()
        assert value == pytest.approx(path_value(row.path, found["base"], found["target"], day))


def test_the_projection_leads_from_the_last_value_to_what_progress_projects(drawn, table):
    found = table.filter(indicator="service_revenue", adcode=CITY).row(0, named=True)
    rows = drawn.filter(indicator="service_revenue", adcode=CITY, series="projection").rows(
        named=True
    )
    assert [(r["day"], r["value"]) for r in rows] == [
        (found["period"], found["value"]),
        (END, found["projected"]),
    ]
    assert (rows[1]["low"], rows[1]["high"]) == (found["projected_low"], found["projected_high"])


def test_nothing_observed_later_is_drawn(drawn):
    seen = drawn.filter(series="observed")
    assert seen["day"].max() == AT
    assert seen["day"].min() == BASE
    assert drawn.schema == COURSE


def test_loaded_targets_bend_the_path(made):
    loaded = pl.DataFrame(
        {"indicator": ["double_publicity_coverage"], "adcode": [CITY], "year": [2018],
         "target": [90.0], "basis": ["loaded"], "source": [""]},
        schema_overrides={"year": pl.Int32},
    )  # fmt: skip
    found = course(made, progress(made, AT, targets=loaded), AT, targets=loaded)
    way = found.filter(indicator="double_publicity_coverage", adcode=CITY, series="path")
    assert way.filter(day=AT)["value"].item() == 90.0
    assert way["source"].unique().to_list() == ["loaded"]


def test_the_quarter_before_the_first_is_the_base():
    assert quarter_before(date(2016, 3, 31)) == BASE
    assert quarter_before(quarters()[-1]) == date(2020, 9, 30)


def test_companions_of_one_indicator_and_area_only():
    rows = pl.DataFrame(
        {"indicator": ["a.x", "a.x", "ab.x", "a.y"], "adcode": ["1", "2", "1", "1"],
         "period": [AT, AT, AT, END], "value": [1.0, 2.0, 3.0, 4.0]}
    ).with_columns(low=None, high=None, source=pl.lit(""), synthetic=True)  # fmt: skip
    assert companion_course(rows, "a", "1", AT).select("companion", "value").rows() == [("x", 1.0)]


def opened(day: date, adcode: str = "331102", **more: object) -> dict[str, object]:
    row = {"indicator": "website_rate", "adcode": adcode, "period": day, "frequency": "quarter"}
    return row | {"numerator": 1, "denominator": 1} | more


@pytest.mark.parametrize(
    ("at", "late", "state"),
    [
        (date(2018, 6, 30), 0, "partial"),
        (date(2018, 9, 30), 0, "partial"),  # the quarter has just ended
        (date(2018, 10, 31), 3, "late"),
        (date(2019, 4, 30), 9, "late"),
    ],
)
def test_a_period_is_late_a_month_after_it_should_be_there(at, late, state):
    found = freshness(pl.DataFrame([opened(date(2018, 6, 30))]), at).filter(
        indicator="website_rate"
    )
    assert found.select("months_late", "state").row(0) == (late, state)


def test_counties_that_are_silent_are_named():
    rows = [opened(date(2018, 6, 30), c.adcode) for c in counties()[:8]] + [
        opened(date(2018, 3, 31), "331181")
    ]
    found = freshness(pl.DataFrame(rows), date(2018, 6, 30)).filter(indicator="website_rate")
    assert found.select("counties", "silent", "state").row(0) == (8, ["331181"], "partial")
    assert freshness(pl.DataFrame(rows), BASE)["state"].unique().to_list() == ["none"]


def test_completeness_counts_the_periods_due_and_finds_the_silence_of_the_sample(made):
    found = coverage_of_periods(made, AT)
    silent = found.filter(indicator="collection_completeness", adcode="331125").row(0, named=True)
    assert (silent["due"], silent["observed"]) == (37, 35)
    assert silent["first_missing"] == date(2018, 5, 31)
    assert found.filter(indicator="query_volume")["share"].unique().to_list() == [1.0]
    assert found.height == 12 * 9


def test_revisions_tell_before_and_after(made):
    found = revised(made)
    assert found.height == 1
    row = found.row(0, named=True)
    assert row["value_before"] == pytest.approx(10 * row["value"])
    assert row["reason"] == "原报数多写一位"


def test_the_newest_revision_comes_first():
    rows = [
        opened(
            AT,
            revision=n,
            numerator=n - 1,
            denominator=10,
            recorded_at=datetime(2019, 1, n, tzinfo=UTC),
        )
        for n in (1, 2, 3)
    ]
    assert revised(observations(pl.DataFrame(rows)))["revision"].to_list() == [3, 2]


def test_days_to_ask_end_with_the_quarter_of_the_last_period():
    days = days_to_ask(pl.DataFrame({"period": [date(2017, 1, 31), date(2016, 12, 31)]}))
    assert list(days) == [2016, 2017]
    assert days[2017] == {1: date(2017, 3, 31)}
    assert days_to_ask(pl.DataFrame({"period": [BASE]})) == {}


def test_a_file_is_opened_with_what_was_rejected(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("指标,地区,时期,分子,分母\n5,全市,2018Q2,7,10\n5,全市,2018Q3,11,10\n", "utf-8")
    found = open_observations(path, today=date(2019, 1, 1))
    assert found.latest["value"].to_list() == [70.0]
    assert found.rejected.select("file", "row").row(0) == ("a.csv", 3)
    assert "指标 5" in found.rejected["cells"][0]
    assert not found.synthetic


# ---- words ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("覆盖率(约束性):滞后,应达 50.0%", "覆盖率（约束性）：滞后，应达 50.0%"),
        ("1,234 件,共 2,000 件", "1,234 件，共 2,000 件"),
        ("见 a, b (c)", "见 a, b (c)"),
        ("no Chinese, at all: 5%", "no Chinese, at all: 5%"),
        ("“双公示”,是", "“双公示”，是"),
        ("已达标;98.9%,好", "已达标；98.9%，好"),
        ("12:30 发布", "12:30 发布"),
    ],
)
def test_chinese_is_set_with_the_marks_of_print(text, said):
    assert typeset(text) == said
    assert typeset(said) == said


def test_names_follow_the_language(chinese):
    rows = pl.DataFrame(
        {
            "indicator": ["website_rate"],
            "adcode": ["331127"],
            "status": ["near"],
            "silent": [["331102"]],
        }
    )
    assert with_names(rows).row(0)[4:] == (
        "信用网站开通率",
        "景宁畲族自治县",
        "◇ 接近进度",
        "莲都区",
    )
    value = pl.DataFrame({"indicator": ["website_rate"], "value": [70.0]})
    assert with_printed(value, "value")["value_printed"].item() == "70.0%"
    assert interval_printed(indicators()["website_rate"], 1.0, 2.0) == "1.0% – 2.0%"
    assert interval_printed(indicators()["website_rate"], None, 2.0) == ""


def test_every_indicator_says_what_it_is_and_that_the_definition_is_proposed(chinese):
    for row in indicators().values():
        said = dict(defined(row))
        assert row.as_printed in said["规划原文"]
        assert said["定义的依据"].startswith("本软件拟定")
        assert {"分子", "分母", "条款", "预期路径"} <= said.keys()


def test_a_value_that_prints_the_same_is_said_to_have_hardly_moved():
    row = {"indicator": "website_rate", "value_before": 50.01, "value": 50.02,
           "status_before": "near", "status": "near", "turned": "same"}  # fmt: skip
    assert change_sentence(row).endswith("50.0%, hardly moved")


@pytest.mark.parametrize(
    ("value", "target", "en", "zh"),
    [
        (27_944_000, None, "27.9 million yuan", "2,794.4万元"),
        (27_944_000, 27_946_000, "27.94 million yuan", "2,794.4万元"),
        (27_944_000, 27_944_000, "27.9 million yuan", "2,794.4万元"),
        (27_946_000, 27_944_000, "27.95 million yuan", "2,794.6万元"),
        (27_960_000, 27_999_000, "27.96 million yuan", "2,796.0万元"),
        (1_000_000, None, "1.0 million yuan", "100.0万元"),
        (999_960, None, "1.0 million yuan", "100.0万元"),
        (999_940, None, "999.9 thousand yuan", "100.0万元"),
        (812_040, 1_200_000, "812.0 thousand yuan", "81.2万元"),
    ],
)
def test_money_is_in_units_that_the_language_counts_in(value, target, en, zh):
    row = indicators()["service_revenue"]
    for lang, said in (("en", en), ("zh", zh)):
        set_language(lang)
        assert printed(row, value, target) == said
    set_language(None)
