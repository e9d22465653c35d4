"""A city that counts bodies of its own, or answers with weights, is more than its counties."""

from datetime import date

import polars as pl
import pytest

from lishui_credit.plan.divisions import CITY, counties
from lishui_credit.plan.observed.city import with_city
from lishui_credit.plan.records.codes import code_coverage
from lishui_credit.plan.records.publicity import double_publicity
from lishui_credit.plan.records.survey import satisfaction
from lishui_credit.plan.records.usage import query_volume
from lishui_credit.samples import plan_records as made

YEAR_END = date(2018, 12, 31)


def test_computed_coverage_with_bodies_of_the_city_stands_and_is_not_reproached():
    decided = made.decisions()
    for found in (
        code_coverage(made.register(), YEAR_END, extra_regions=(made.REGION,)),
        double_publicity(decided, made.publications(decided), at=YEAR_END, frequency="year"),
    ):
        city = found.observations.filter(adcode=CITY)
        assert city.height == 1
        whole = with_city(found.observations)
        assert whole.frame.filter(adcode=CITY)["numerator"].equals(city["numerator"])
        assert whole.frame.filter(adcode=CITY)["denominator"].equals(city["denominator"])
        assert whole.reconciliation.is_empty()
        assert whole.missing.is_empty()


@pytest.mark.parametrize(
    ("city", "stands", "mismatch"),
    [
        ((72, 100), True, False),  # ten bodies of its own, none covered
        ((82, 100), True, False),  # all covered
        ((71, 100), False, True),  # fewer hits than the counties have
        ((83, 100), False, True),  # more own hits than own bodies
        ((75, 90), False, True),  # no bodies of its own, other hits
        ((72, 90), False, False),  # just its counties
    ],
)
def test_only_counts_that_leave_room_for_own_bodies_stand(city, stands, mismatch):
    rows = pl.DataFrame(
        {
            "adcode": [*(row.adcode for row in counties()), CITY],
            "numerator": [8] * 9 + [city[0]],
            "denominator": [10] * 9 + [city[1]],
        }
    ).with_columns(
        indicator=pl.lit("collection_completeness"),
        period=pl.date(2018, 6, 30),
        frequency=pl.lit("month"),
    )
    whole = with_city(rows)
    kept = whole.frame.filter(adcode=CITY).select("numerator", "denominator").row(0)
    assert kept == (city if stands else (72, 90))
    assert whole.reconciliation.is_empty() == (not mismatch)


def test_a_city_value_without_counts_is_still_checked():
    rows = pl.DataFrame(
        {
            "adcode": [*(row.adcode for row in counties()), CITY],
            "numerator": [8] * 9 + [None],
            "denominator": [10] * 9 + [None],
            "value": [None] * 9 + [84.0],
        }
    ).with_columns(
        indicator=pl.lit("collection_completeness"),
        period=pl.date(2018, 6, 30),
        frequency=pl.lit("month"),
    )
    whole = with_city(rows)
    assert whole.frame.filter(adcode=CITY)["value"].to_list() == [80.0]
    assert whole.reconciliation["reported"].to_list() == [84.0]


def test_a_raked_survey_keeps_its_interval():
    found = satisfaction(made.answers(60), "satisfaction_social", YEAR_END, margins=made.MARGINS)
    city = found.of("satisfaction_social")
    kept = with_city(found.observations).frame.filter(adcode=CITY).row(0, named=True)
    assert (kept["value"], kept["low"], kept["high"]) == (city["value"], city["low"], city["high"])


def test_an_unraked_survey_is_computed_from_its_counties_and_agrees():
    found = satisfaction(made.answers(60), "satisfaction_social", YEAR_END)
    city = found.of("satisfaction_social")
    whole = with_city(found.observations)
    kept = whole.frame.filter(adcode=CITY).row(0, named=True)
    assert kept["value"] == pytest.approx(city["value"], abs=1e-3)
    assert kept["low"] == pytest.approx(city["low"], abs=0.02)
    assert whole.reconciliation.is_empty()


@pytest.mark.parametrize(
    ("city", "kept", "told"), [(120, 120, True), (90, 90, False), (80, 90, True)]
)
def test_a_count_above_its_counties_stands_and_is_told(city, kept, told):
    rows = pl.DataFrame(
        {
            "adcode": [*(row.adcode for row in counties()), CITY],
            "value": [10.0] * 9 + [float(city)],
        }
    ).with_columns(
        indicator=pl.lit("query_volume"), period=pl.date(2018, 6, 30), frequency=pl.lit("month")
    )
    whole = with_city(rows)
    assert whole.frame.filter(adcode=CITY)["value"].to_list() == [kept]
    assert whole.reconciliation.is_empty() == (not told)


def test_queries_that_belong_to_no_county_stay_in_the_citys_figure():
    found = query_volume(made.queries(), at=YEAR_END, frequency="year")
    whole = with_city(found.observations)
    city = found.of("query_volume")["value"]
    assert whole.frame.filter(adcode=CITY)["value"].to_list() == [city]
    assert whole.reconciliation["reported"].to_list() == [city]
