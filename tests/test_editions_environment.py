"""The environmental editions: what is known, what stands in, and where the edges lie."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from lishui_credit.errors import EditionError
from lishui_credit.rubrics import cases
from lishui_credit.rubrics.engine.evaluate import evaluate
from lishui_credit.rubrics.intake import intake
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law import edition as reader
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.samples.environment import environmental_records
from lishui_credit.tables.toml_documents import read_document

NATIONAL = "environment-credit@2014-03-01"
GUANGZHOU = "environment-credit/guangzhou@2015-01-01"
QINGDAO = "environment-credit/qingdao@2014-03-01"
YANGTZE_DELTA = "environment-credit/yangtze-delta@2009-07-31"

KNOWN_WEIGHTS = {
    "outlet_compliance": 15,
    "solid_waste": 5,
    "hazardous_waste": 5,
    "noise": 4,
    "siting": 2,
    "risk_management": 10,
    "penalties": 15,
}
PLACEHOLDERS = {
    "resource_use": 1,
    "development": 2,
    "permit": 4,
    "declaration": 3,
    "fee": 3,
    "facility_operation": 5,
    "outlet_standardisation": 3,
    "self_monitoring": 5,
    "internal_management": 3,
    "cleaner_production": 3,
    "complaints": 3,
    "media": 3,
    "disclosure": 3,
    "monitoring_disclosure": 3,
}
VETOES = {
    "crime": "secondary",
    "no_eia": "secondary",
    "no_acceptance": "secondary",
    "major_change": "secondary",
    "over_cap": "secondary",
    "hidden_pipe": "secondary",
    "illegal_hazardous_waste": "secondary",
    "water_source_cut": "memory",
    "sensitive_area": "memory",
    "severe_ecological_damage": "memory",
    "major_incident": "local",
    "supervised_overdue": "memory",
    "obstruction": "memory",
    "heavy_pollution_response": "memory",
}
SANITY = {"green": (2, 19), "blue": (51, 87), "yellow": (1, 26), "red": (0.5, 17)}
"""Percent of the rated firms where the national measure was applied, 2014 to 2023."""

BEST: dict[str, Any] = {
    "uscc": "12331102398259791Y",
    "min_outlet_compliance_rate": "1",
    "solid_waste_disposal_rate": "1",
    "hazardous_waste_assessment": "达标",
    "boundary_noise_exceedance": "0",
    "environmental_sanction": "无",
    "voluntary_items": "2",
    **{f"band_{row}": "第1档" for row in ("siting", "risk_management", *PLACEHOLDERS)},
}


def graded(facts: dict[str, Any], rubric: Rubric | str = NATIONAL) -> dict[str, Any]:
    if isinstance(rubric, str):
        rubric = catalog.rubric(rubric)
    taken = intake(rubric, pl.DataFrame({k: [v] for k, v in facts.items()}), period=2015)
    assert taken.rejected.is_empty(), taken.rejected["reasons"].to_list()
    return evaluate(taken.subjects, rubric, period=2015).collect().row(0, named=True)


def points(facts: dict[str, Any], row: str) -> float:
    found: int = graded({**BEST, **facts})[f"points__{row}"]
    return found / (KNOWN_WEIGHTS | PLACEHOLDERS)[row]


def case(case_id: str, rubric: str = NATIONAL) -> dict[str, Any]:
    return next(c.subject for c in cases.all_cases() if (c.rubric, c.id) == (rubric, case_id))


def test_twenty_one_rows_weigh_one_hundred() -> None:
    rubric = catalog.rubric(NATIONAL)
    assert {row.id: row.weight for row in rubric.indicators} == KNOWN_WEIGHTS | PLACEHOLDERS
    assert len(rubric.indicators) == 21
    assert sum((KNOWN_WEIGHTS | PLACEHOLDERS).values()) == 100
    assert sum(KNOWN_WEIGHTS.values()) == 56


def test_exactly_the_rows_that_were_not_seen_say_placeholder() -> None:
    rows = catalog.rubric(NATIONAL).indicators
    assert {row.id for row in rows if row.evidence == "placeholder"} == set(PLACEHOLDERS)
    assert all("placeholder" in row.note for row in rows if row.id in PLACEHOLDERS)


def test_each_category_has_its_known_total() -> None:
    rubric = catalog.rubric(NATIONAL)
    totals = {dimension.id: dimension.points for dimension in rubric.dimensions}
    assert totals == {"pollution": 29, "ecology": 5, "management": 54, "supervision": 12}
    for dimension, total in totals.items():
        found = sum(r.weight or 0 for r in rubric.indicators if r.dimension == dimension)
        assert found == total


def test_only_rows_that_may_not_apply_are_left_out_when_empty() -> None:
    rows = catalog.rubric(NATIONAL).indicators
    left_out = {row.id for row in rows if row.missing == "exclude"}
    assert left_out == {"solid_waste", "hazardous_waste", "cleaner_production"}
    assert all(row.missing == "withhold" for row in rows if row.id not in left_out)


def test_every_row_takes_the_figure_of_an_assessor() -> None:
    rows = catalog.rubric(NATIONAL).indicators
    assert all(row.judged == f"score_{row.id}" for row in rows)


@pytest.mark.parametrize("name", [NATIONAL, GUANGZHOU, QINGDAO])
def test_fourteen_vetoes_mean_red_and_six_are_from_memory(name: str) -> None:
    rubric = catalog.rubric(name)
    found = {r.id: r.evidence for r in rubric.active_overrides if r.effect.set == "red"}
    assert found == VETOES
    vetoes = [row for row in rubric.overrides if row.id in VETOES]
    assert all((row.column, row.missing) == (f"veto_{row.id}", "no") for row in vetoes)


@pytest.mark.parametrize("veto", VETOES)
def test_each_veto_alone_makes_a_perfect_firm_red(veto: str) -> None:
    row = graded({**BEST, f"veto_{veto}": "是"})
    assert (row["grade"], row["decided_by"]) == ("red", veto)


@pytest.mark.parametrize("ref", [GUANGZHOU, QINGDAO])
def test_a_city_is_the_national_file_with_its_own_text_laid_over(ref: str) -> None:
    name, _, day = ref.partition("@")
    paths = {(e.name, str(e.start)): e.path for e in catalog.entries()}
    over = read_document(paths[name, day])
    assert over.tables["overlay_of"] == NATIONAL
    base = read_document(paths["environment-credit", "2014-03-01"])
    rubric = reader.build(over, reader.lay_over(base.tables, over.tables))
    national = catalog.rubric(NATIONAL)
    assert (rubric.name, rubric.edition) == (name, day)
    assert rubric.indicators == national.indicators
    unnamed = [
        replace(row, document=row.document.removeprefix(NATIONAL.replace("@", "-")))
        for row in rubric.overrides
    ]
    assert unnamed == list(
        national.overrides
    )  # a row of the national file names its own document here
    assert rubric.source != national.source
    assert [row.at_least for row in rubric.grades] == [100, 80, 60, None]


@pytest.mark.parametrize(
    ("name", "items", "grade"),
    [
        (NATIONAL, "2", "green"),
        (NATIONAL, "1", "blue"),
        (NATIONAL, None, "blue"),
        (GUANGZHOU, "2", "green"),
        (GUANGZHOU, "1", "blue"),
        (QINGDAO, "0", "green"),
        (QINGDAO, None, "green"),
    ],
)
def test_green_takes_two_voluntary_items_except_in_qingdao(
    name: str, items: str | None, grade: str
) -> None:
    assert graded({**BEST, "voluntary_items": items}, name)["grade"] == grade


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        ("1", 100),
        ("0.95", 90),
        ("0.90", 80),
        ("0.8999", 78),
        ("0.75", 50),
        ("0.7499", 48),
        ("0.50", 0),
        ("0.4999", 0),
        ("0", 0),
    ],
)
def test_the_worst_outlet_lies_in_the_printed_band(rate: str, expected: int) -> None:
    assert points({"min_outlet_compliance_rate": rate}, "outlet_compliance") == expected


@pytest.mark.parametrize(
    ("rate", "expected"),
    [("1", 100), ("0.95", 80), ("0.9499", 78), ("0.80", 50), ("0.7999", 48), ("0", 0)],
)
def test_solid_waste_lies_in_the_printed_band(rate: str, expected: int) -> None:
    assert points({"solid_waste_disposal_rate": rate}, "solid_waste") == expected


@pytest.mark.parametrize(
    ("excess", "expected"), [("-3", 100), ("0", 100), ("0.1", 79), ("5", 79), ("5.1", 49)]
)
def test_noise_lies_in_the_printed_band(excess: str, expected: int) -> None:
    assert points({"boundary_noise_exceedance": excess}, "noise") == expected


@pytest.mark.parametrize(
    ("column", "word", "row", "expected"),
    [
        ("hazardous_waste_assessment", "基本达标", "hazardous_waste", 79),
        ("hazardous_waste_assessment", "不达标", "hazardous_waste", 49),
        ("environmental_sanction", "责令改正", "penalties", 79),
        ("environmental_sanction", "行政处罚", "penalties", 0),
        ("band_permit", "第2档", "permit", 79),
        ("band_permit", "第3档", "permit", 49),
    ],
)
def test_a_category_without_an_assessors_figure_takes_the_upper_end(
    column: str, word: str, row: str, expected: int
) -> None:
    assert points({column: word}, row) == expected


def test_an_assessors_figure_counts_inside_its_band() -> None:
    facts = {"min_outlet_compliance_rate": "0.95", "score_outlet_compliance": "100"}
    assert points(facts, "outlet_compliance") == 100
    facts = {"band_risk_management": "第2档", "score_risk_management": "50"}
    assert points(facts, "risk_management") == 50


def test_an_assessors_figure_outside_its_band_is_refused() -> None:
    facts = {**BEST, "band_risk_management": "第2档", "score_risk_management": "80"}
    taken = intake(catalog.rubric(NATIONAL), pl.DataFrame([facts]), period=2015)
    assert taken.rejected.height == 1
    assert "score_risk_management" in taken.rejected["reasons"][0]


@pytest.mark.parametrize(
    ("score", "earned", "grade"),
    [(34, 9010, "blue"), (33, 8995, "blue"), (0, 8500, "blue")],
)
def test_points_are_held_in_hundredths(score: int, earned: int, grade: str) -> None:
    facts = {**BEST, "environmental_sanction": "行政处罚", "score_penalties": str(score)}
    row = graded(facts)
    assert (row["earned"], row["possible"], row["grade"]) == (earned, 10_000, grade)


@pytest.mark.parametrize(
    ("third", "earned", "grade"),
    [("34", 8010, "blue"), ("33", 7995, "yellow")],
)
def test_eighty_is_blue_and_a_hair_less_is_yellow(third: str, earned: int, grade: str) -> None:
    facts = {
        **BEST,
        "environmental_sanction": "行政处罚",
        "score_penalties": third,
        "band_risk_management": "第3档",
        "score_risk_management": "0",
    }
    row = graded(facts)
    assert (row["earned"], row["grade"]) == (earned, grade)


def test_below_sixty_is_red() -> None:
    facts = {**case("D6"), "uscc": BEST["uscc"]}
    assert graded(facts)["grade"] == "yellow"
    worse = graded({**facts, "band_media": "第2档"})
    assert (worse["earned"], worse["grade"], worse["decided_by"]) == (5937, "red", "score")


def test_a_row_that_does_not_apply_leaves_the_cut_off_where_it_was() -> None:
    facts = {k: v for k, v in BEST.items() if k != "hazardous_waste_assessment"}
    row = graded(facts)
    assert (row["earned"], row["possible"], row["grade"]) == (9500, 9500, "green")
    row = graded({**facts, "environmental_sanction": "行政处罚"})
    assert (row["earned"], row["possible"], row["grade"]) == (8000, 9500, "blue")


def test_a_firm_that_stopped_is_not_rated_unless_vetoed() -> None:
    stopped = {**BEST, "stopped_over_half_year": "是"}
    assert graded(stopped)["outcome"] == "not_graded"
    assert graded({**stopped, "veto_hidden_pipe": "是"})["grade"] == "red"


@pytest.mark.parametrize(
    ("facts", "grade"),
    [
        ({}, "blue"),
        ({"environmental_sanction": "行政处罚"}, "yellow"),
        ({"environmental_sanction": "行政处罚", "min_outlet_compliance_rate": "0.4"}, "red"),
        ({"veto_crime": "是"}, "red"),
    ],
)
def test_an_ordinary_incident_costs_one_grade_and_never_more_than_red(
    facts: dict[str, Any], grade: str
) -> None:
    assert graded({**BEST, **facts, "ordinary_incident": "是"})["grade"] == grade


def test_ningbos_practice_is_off_until_an_overlay_switches_it_on(tmp_path: Path) -> None:
    penalised = {**BEST, "environmental_sanction": "行政处罚"}
    switch = next(r for r in catalog.rubric(NATIONAL).overrides if r.id == "penalty_means_red")
    assert not switch.enabled
    assert "Ningbo" in switch.why_disabled
    assert graded(penalised)["grade"] == "blue"
    path = tmp_path / "ningbo.toml"
    path.write_text(
        f"""format = 1
overlay_of = "{NATIONAL}"
overlay_title = "宁波口径"
[[overrides]]
id = "penalty_means_red"
enabled = true
""",
        encoding="utf-8",
    )
    ningbo = catalog.rubric(NATIONAL, overlay=path)
    row = graded(penalised, ningbo)
    assert (row["grade"], row["decided_by"]) == ("red", "penalty_means_red")
    assert graded({**BEST, "environmental_sanction": "责令改正"}, ningbo)["grade"] == "blue"


def test_three_rows_of_the_five_colour_standard_count_and_eleven_are_names() -> None:
    rubric = catalog.rubric(YANGTZE_DELTA)
    assert rubric.status == "partial"
    assert [row.id for row in rubric.scoring] == ["outlet_compliance", "total_control", "penalties"]
    assert [row.id for row in rubric.unscored] == [
        "incidents",
        "impact_assessment_procedure",
        "discharge_fee",
        "facility_condition",
        "outlet_standardisation",
        "environmental_management",
        "solid_waste_disposal",
        "cleaner_production",
        "iso_14001",
        "complaints",
        "violations",
    ]
    assert {row.id: row.at_least for row in rubric.grades} == {
        "green": 5,
        "blue": 4,
        "yellow": 3,
        "red": 2,
        "black": None,
    }
    assert set(rubric.indicator("penalties").levels) == {"green", "blue", "yellow", "red"}


@pytest.mark.parametrize(
    ("colours", "grade"),
    [("绿蓝绿", "blue"), ("绿绿红", "red"), ("黑绿绿", "black"), ("绿黑红", "black")],
)
def test_the_worst_colour_counts(colours: str, grade: str) -> None:
    names = ("outlet_compliance_colour", "total_control_colour", "penalty_colour")
    facts = {"uscc": BEST["uscc"], **dict(zip(names, colours, strict=True))}
    assert graded(facts, YANGTZE_DELTA)["grade"] == grade


def test_the_editions_hold_from_their_first_day() -> None:
    before, first = date(2014, 2, 28), date(2014, 3, 1)
    assert catalog.rubric("environment-credit", on=first).name == "environment-credit"
    with pytest.raises(EditionError, match="2014-03-01"):
        catalog.rubric("environment-credit", on=before)
    assert catalog.rubric("environment-credit/yangtze-delta", on=before).edition == "2009-07-31"


@pytest.mark.parametrize("seed", [7, 20161001])
def test_synthetic_firms_spread_over_the_grades_as_published(seed: int) -> None:
    rubric = catalog.rubric(NATIONAL)
    taken = intake(rubric, environmental_records(20_000, seed=seed), period=2015)
    assert taken.rejected.is_empty()
    found = evaluate(taken.subjects, rubric, period=2015).collect()
    rated = found.filter(pl.col("outcome") == "graded")
    assert 0.02 < 1 - rated.height / found.height < 0.04
    for grade, (low, high) in SANITY.items():
        assert low < 100 * (rated["grade"] == grade).mean() < high


def test_better_grades_default_less_often() -> None:
    rubric = catalog.rubric(NATIONAL)
    firms = environmental_records(60_000)
    taken = intake(rubric, firms, period=2015)
    found = evaluate(taken.subjects, rubric, period=2015).collect().select("uscc", "grade")
    joined = found.join(firms.select("uscc", "default_12m"), on="uscc")
    rates = dict(joined.group_by("grade").agg(pl.col("default_12m").mean()).iter_rows())
    assert rates["green"] < rates["blue"] < rates["yellow"] < rates["red"]


def test_synthetic_firms_join_up_at_the_chunk_edge() -> None:
    across = environmental_records(3, start=499_999)
    assert_frame_equal(across[1:], environmental_records(2, start=500_000))
    assert_frame_equal(environmental_records(50), environmental_records(50))
