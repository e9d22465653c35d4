"""Several years in order, and villages up to counties."""

from __future__ import annotations

import polars as pl
import pytest

from lishui_credit.errors import SubjectError
from lishui_credit.rubrics import areas
from lishui_credit.rubrics.chain import Year, chain
from lishui_credit.rubrics.law import catalog

FIRM = "12331102398259791Y"


def year(period: int, *codes: str) -> Year:
    subjects = pl.DataFrame({"uscc": [FIRM], "has_non_recurring_info": [True]})
    events = pl.DataFrame(
        {
            "uscc": [FIRM] * len(codes),
            "event_id": [f"{period}-{n}" for n in range(len(codes))],
            "code": list(codes),
            "occurred_on": [f"{period}-05-{n + 1:02d}" for n in range(len(codes))],
            "tax_type": ["增值税"] * len(codes),
        },
        schema={
            "uscc": pl.String,
            "event_id": pl.String,
            "code": pl.String,
            "occurred_on": pl.String,
            "tax_type": pl.String,
        },
    ).with_columns(pl.col("occurred_on").str.to_date())
    return Year(period=period, subjects=subjects, events=events)


def grades(*years: Year) -> list[tuple[str | None, str]]:
    return [
        result.collect().select("grade", "decided_by").row(0) for result in chain(years).values()
    ]


def test_a_direct_d_is_kept_a_second_year_and_bars_a_in_the_third() -> None:
    assert grades(year(2020, "0301-FALSE-SPECIAL"), year(2021), year(2022), year(2023)) == [
        ("D", "d_r0301_false_special"),
        ("D", "d_retained"),
        ("B", "bar_prior_d"),
        ("A", "score"),
    ]


def test_a_d_by_score_costs_eleven_points_instead() -> None:
    bad = year(2020, *["010101"] * 13)
    assert grades(bad, year(2021), year(2022)) == [
        ("D", "score"),
        ("B", "score"),
        ("A", "score"),
    ]


def test_a_years_in_a_row_raise_the_start_score_from_2025() -> None:
    plain = pl.DataFrame(
        {"uscc": [FIRM], "has_non_recurring_info": [False], "payment_info_complete": [True]}
    )
    years = [Year(period=p, subjects=plain) for p in (2023, 2024, 2025, 2026)]
    found = chain(years)
    assert found[2025].collect()["points__start"][0] == 9500
    assert found[2026].collect()["points__start"][0] == 9600


def test_years_must_follow_one_another() -> None:
    with pytest.raises(SubjectError, match="consecutive"):
        grades(year(2018), year(2020))


def households(credit: int, rest: int, village: str) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "county": ["莲都区"] * (credit + rest),
            "township": ["合成乡镇01"] * (credit + rest),
            "village": [village] * (credit + rest),
            "grade": ["tier2"] * credit + ["tier4"] * rest,
        }
    )


def loans(village: str, bad: int = 0) -> dict[str, object]:
    return {
        "county": "莲都区",
        "township": "合成乡镇01",
        "village": village,
        "borrowers": 10,
        "borrowers_without_arrears": 10,
        "loan_balance": 1_000_000,
        "bad_loan_balance": bad,
        "bad_loan_rate_rise": 0,
    }


def test_villages_townships_and_counties_reach_status_from_graded_households() -> None:
    graded = pl.concat([households(7, 3, "甲"), households(6, 4, "乙"), households(9, 1, "丙")])
    reported = pl.DataFrame([loans("甲"), loans("乙"), loans("丙", bad=50_000)])
    editions = [catalog.rubric(f"credit-{x}@2009-01-01") for x in ("village", "township", "county")]
    facts = areas.village_facts(graded, reported, credit_grades=("tier1", "tier2", "tier3"))
    found = areas.long(areas.status(facts, *editions))
    assert dict(found.select("area", "grade").iter_rows()) == {
        "莲都区/合成乡镇01/甲": "credit",
        "莲都区/合成乡镇01/乙": "none",
        "莲都区/合成乡镇01/丙": "none",
        "莲都区/合成乡镇01": "none",
        "莲都区": "none",
    }


def test_a_village_without_the_lenders_figures_is_withheld_not_passed() -> None:
    graded = households(10, 0, "甲")
    reported = pl.DataFrame([loans("乙")])
    editions = [catalog.rubric(f"credit-{x}@2009-01-01") for x in ("village", "township", "county")]
    facts = areas.village_facts(graded, reported, credit_grades=("tier2",))
    found = areas.status(facts, *editions).villages.collect()
    assert found["outcome"].to_list() == ["withheld"]


def area_status(*reported: dict[str, object]) -> dict[str, tuple[str | None, str]]:
    graded = pl.concat([households(9, 1, village) for village in ("甲", "乙", "丙")])
    figures = pl.DataFrame(list(reported), infer_schema_length=None)
    editions = [catalog.rubric(f"credit-{x}@2009-01-01") for x in ("village", "township", "county")]
    facts = areas.village_facts(graded, figures, credit_grades=("tier2",))
    found = areas.long(areas.status(facts, *editions))
    return {
        area: (grade, outcome)
        for area, grade, outcome in found.select("area", "grade", "outcome").iter_rows()
    }


TOWN, COUNTY = "莲都区/合成乡镇01", "莲都区"


def test_a_township_and_county_whose_villages_all_report_reach_status() -> None:
    found = area_status(loans("甲"), loans("乙"), loans("丙"))
    assert found[TOWN] == found[COUNTY] == ("credit", "graded")


@pytest.mark.parametrize(
    "figure", ["borrowers", "borrowers_without_arrears", "bad_loan_balance", "bad_loan_rate_rise"]
)
def test_one_village_without_a_figure_withholds_its_township_and_county(figure: str) -> None:
    found = area_status(loans("甲"), loans("乙"), loans("丙") | {figure: None})
    assert found[TOWN] == found[COUNTY] == (None, "withheld")


def test_one_village_the_lenders_do_not_report_withholds_its_township_and_county() -> None:
    found = area_status(loans("甲"), loans("乙"))
    assert found[TOWN] == found[COUNTY] == (None, "withheld")


def test_a_village_nobody_borrows_in_does_not_lower_its_townships_lowest_share() -> None:
    idle = {"borrowers": 0, "borrowers_without_arrears": 0, "loan_balance": 0}
    found = area_status(loans("甲"), loans("乙"), loans("丙") | idle)
    assert found[f"{TOWN}/丙"] == ("none", "graded")
    assert found[TOWN] == ("credit", "graded")


def test_the_lowest_share_of_any_village_decides_for_its_township() -> None:
    found = area_status(loans("甲"), loans("乙"), loans("丙") | {"borrowers_without_arrears": 8})
    assert found[TOWN] == ("none", "graded")
    assert found[COUNTY] == ("credit", "graded")
