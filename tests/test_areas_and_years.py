"""Several years in order, and villages up to counties."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from lishui_credit.commands.cli import main
from lishui_credit.errors import SubjectError
from lishui_credit.language import set_language
from lishui_credit.rubrics import areas
from lishui_credit.rubrics.chain import Year, chain
from lishui_credit.rubrics.law import catalog
from tests.populations import POPULATIONS

FIRM = "12331102398259791Y"
FARMERS = POPULATIONS[0]


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    set_language("en")
    yield
    set_language(None)


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


def told(*reported: dict[str, object], credit: int = 9) -> pl.DataFrame:
    """The long table of one village 甲 of ten households."""
    facts = areas.village_facts(
        households(credit, 10 - credit, "甲"),
        pl.DataFrame(list(reported), infer_schema_length=None),
        credit_grades=("tier2",),
    )
    editions = [catalog.rubric(f"credit-{x}@2009-01-01") for x in ("village", "township", "county")]
    return areas.long(areas.status(facts, *editions))


def village_of(found: pl.DataFrame) -> tuple[str | None, str | None]:
    return found.filter(pl.col("level") == "village").select("grade_label", "lacks").row(0)


def test_a_village_that_reaches_its_status_lacks_nothing() -> None:
    assert village_of(told(loans("甲"))) == ("信用村", None)


def test_each_missed_condition_is_told_with_what_is_short() -> None:
    label, lacks = village_of(told(loans("甲", bad=60_000) | {"borrowers_without_arrears": 7},
                                   credit=6))  # fmt: skip
    assert label == "未达标"
    assert lacks == (
        "Credit households / Farm households: 60% = 6 households / 10 households (needed: ≥ 70%, 1 household short);"
        " Households with loans and no arrears / Households with loans: 70% = 7 households / 10 households (needed: ≥ 85%, 2 households short);"
        " Balance of bad loans / Loan balance: 6% = 600 yuan / 10,000 yuan"
        " (needed: < 5%, 100.01 yuan too much)"
    )


def test_a_rise_just_on_its_bound_is_too_much_by_the_smallest_step() -> None:
    _, lacks = village_of(told(loans("甲") | {"bad_loan_rate_rise": 100}))
    assert lacks == "Rise of the bad-loan rate: 1% (needed: < 1%, 0.01% too much)"


def test_a_village_with_nothing_to_divide_has_no_loans() -> None:
    idle = {"borrowers": 0, "borrowers_without_arrears": 0, "loan_balance": 0}
    assert village_of(told(loans("甲") | idle)) == (
        "无贷款",
        "Households with loans and no arrears / Households with loans: no loans (needed: ≥ 85%)",
    )
    label, lacks = village_of(told(loans("甲") | idle, credit=6))
    assert label == "未达标"  # it also has too few credit households
    assert lacks is not None
    assert "1 household short" in lacks


def test_a_withheld_village_says_which_figure_is_missing() -> None:
    label, lacks = village_of(told(loans("甲") | {"borrowers": None}))
    assert label is None
    assert lacks == (
        "Households with loans and no arrears / Households with loans: no figure for Households with loans (needed: ≥ 85%)"
    )


def test_in_chinese_conditions_bear_the_labels_of_their_columns() -> None:
    set_language("zh")
    assert village_of(told(loans("甲"), credit=6))[1] == (
        "信用户数 / 农户数: 60% = 6 户 / 10 户 (要求:≥ 70%,差 1 户)"
    )


def test_households_without_a_grade_are_counted() -> None:
    ungraded = households(0, 2, "甲").with_columns(pl.lit(None, dtype=pl.String).alias("grade"))
    facts = areas.village_facts(
        pl.concat([households(8, 0, "甲"), ungraded]),
        pl.DataFrame([loans("甲")]),
        credit_grades=("tier2",),
    )
    assert facts.select("households", "households_without_grade").row(0) == (10, 2)


def test_villages_without_a_graded_household_and_households_without_a_village_are_noted() -> None:
    nowhere = households(1, 0, "甲").with_columns(pl.lit(None, dtype=pl.String).alias("village"))
    graded = pl.concat([households(8, 0, "甲"), nowhere]).lazy()
    notes = list(areas.absent_households(graded, pl.DataFrame([loans("甲"), loans("乙")])))
    assert notes[0].startswith("1 household without county, township or village")
    assert "莲都区/合成乡镇01/乙" in notes[1]


def area_job(folder: Path) -> list[str]:
    """The words of ``areas`` over the committed sample's villages."""
    raw = FARMERS.raw(60)
    assert raw["subjects"] is not None
    assert raw["bases"] is not None
    raw["subjects"].write_csv(folder / "households.csv")
    raw["bases"].write_csv(folder / "bases.csv")
    assert main(["grade", "farmer-household", str(folder / "households.csv"), "--bases",
                 str(folder / "bases.csv"), "--on", "2016-06-30",
                 "-o", str(folder / "g.parquet")]) == 0  # fmt: skip
    return ["areas", str(folder / "g.parquet"), "--loans", "data_samples/village_loans.csv"]


@pytest.mark.parametrize("suffix", ["csv", "parquet", "xlsx"])
def test_a_file_of_areas_has_a_manifest_and_verifies(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    output = tmp_path / f"a.{suffix}"
    assert main([*area_job(tmp_path), "-o", str(output)]) == 0
    assert "what they lack" in capsys.readouterr().out
    manifest = json.loads((tmp_path / f"a.{suffix}.manifest.json").read_text("utf-8"))
    assert (manifest["kind"], manifest["synthetic"]) == ("areas", True)
    assert manifest["credit_grades"] == ["tier1", "tier2", "tier3"]
    assert set(manifest["inputs"]) == {"grades", "loans"}
    assert len(manifest["editions"]) == 3
    assert main(["verify", str(output)]) == 0


@pytest.mark.parametrize("column", ["grade_label", "outcome", "lacks", "households"])
def test_any_changed_column_fails_verification(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], column: str
) -> None:
    output = tmp_path / "a.parquet"
    assert main([*area_job(tmp_path), "-o", str(output)]) == 0
    table = pl.read_parquet(output)
    place = table[column].is_not_null().arg_true()[0]
    changed = pl.when(pl.int_range(pl.len()) == place).then(
        pl.col(column) + (1 if table.schema[column].is_numeric() else "x")
    )
    metadata = pl.read_parquet_metadata(output)
    table.with_columns(
        changed.otherwise(column).cast(table.schema[column]).alias(column)
    ).write_parquet(output, metadata={k: v for k, v in metadata.items() if k != "ARROW:schema"})
    capsys.readouterr()
    assert main(["verify", str(output)]) == 1
    assert "areas: DIFFERENT" in capsys.readouterr().out


@pytest.mark.parametrize(("written", "verified"), [("en", "zh"), ("zh", "en")])
def test_a_file_of_areas_verifies_in_the_other_language(
    tmp_path: Path, written: str, verified: str
) -> None:
    output = tmp_path / "a.csv"
    assert main(["--lang", written, *area_job(tmp_path), "-o", str(output)]) == 0
    assert main(["--lang", verified, "verify", str(output)]) == 0


def test_changed_notes_of_a_manifest_fail_verification(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "a.csv"
    assert main([*area_job(tmp_path), "-o", str(output)]) == 0
    beside = tmp_path / "a.csv.manifest.json"
    manifest = json.loads(beside.read_text("utf-8"))
    manifest["notes"] = [*manifest["notes"], "all is well"]
    beside.write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    capsys.readouterr()
    assert main(["verify", str(output)]) == 1


def test_one_area_is_explained_without_writing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = area_job(tmp_path)
    file = pl.read_parquet(tmp_path / "g.parquet")
    area = "/".join(file.select("county", "township", "village").row(0))
    before = sorted(path.name for path in tmp_path.iterdir())
    capsys.readouterr()
    assert main([*words, "--explain", area]) == 0
    page = capsys.readouterr().out
    assert area in page
    assert "Credit households / Farm households" in page
    assert main([*words, "--explain", area, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["conditions"]) == 4
    assert main([*words, "--explain", area.split("/")[0], "--lang", "zh"]) == 0
    assert "信用村数" in capsys.readouterr().out
    set_language("en")
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert main([*words, "--explain", "nowhere"]) == 2
    assert "no such area" in capsys.readouterr().err
    assert main(words) == 2
    assert "no output was named" in capsys.readouterr().err


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
    assert found[f"{TOWN}/丙"] == ("none", "graded")  # no grade of its own: it says "no loans"
    assert found[TOWN] == ("credit", "graded")


def test_the_lowest_share_of_any_village_decides_for_its_township() -> None:
    found = area_status(loans("甲"), loans("乙"), loans("丙") | {"borrowers_without_arrears": 8})
    assert found[TOWN] == ("none", "graded")
    assert found[COUNTY] == ("credit", "graded")
