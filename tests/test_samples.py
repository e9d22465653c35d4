"""Synthetic populations: seeded, joinable, valid, coherent, and near the published marginals."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from lishui_credit import samples
from lishui_credit.rubrics.engine.evaluate import evaluate
from lishui_credit.rubrics.intake import intake
from lishui_credit.rubrics.law import catalog
from lishui_credit.samples import registers
from lishui_credit.samples.enterprises import small_enterprises
from lishui_credit.samples.environment import environmental_records
from lishui_credit.samples.households import county_bases, households, village_loans
from lishui_credit.samples.small_loan_households import small_loan_households
from lishui_credit.samples.supervised_firms import (
    customs_records,
    early_taxpayers,
    exporters,
    labour_records,
    star_shops,
)
from lishui_credit.samples.tax import enterprises, tax_events
from lishui_credit.tables.identifiers import uscc_valid

ROWS = 20_000
MAKERS = pytest.mark.parametrize(
    "make",
    [
        households,
        small_enterprises,
        environmental_records,
        enterprises,
        small_loan_households,
        labour_records,
        customs_records,
        exporters,
        early_taxpayers,
        star_shops,
    ],
)


@pytest.fixture(scope="module")
def homes() -> pl.DataFrame:
    return households(ROWS)


@pytest.fixture(scope="module")
def firms() -> pl.DataFrame:
    return small_enterprises(ROWS)


@pytest.fixture(scope="module")
def grades(homes: pl.DataFrame) -> pl.DataFrame:
    rubric = catalog.rubric("farmer-household", on="2016-06-30")
    taken = intake(rubric, homes, bases=county_bases(2015))
    assert taken.rejected.is_empty()
    return evaluate(taken.subjects, rubric, as_of=date(2016, 6, 30)).collect()


@MAKERS
def test_the_seed_alone_decides(make) -> None:
    assert_frame_equal(make(500, seed=3), make(500, seed=3))
    assert not make(500, seed=3).equals(make(500, seed=4))


@MAKERS
def test_a_row_is_the_same_in_whatever_piece_it_is_asked_for(make) -> None:
    whole = make(registers.BLOCK + 500)
    for start, rows in ((0, 7), (123, 40), (registers.BLOCK - 3, 8), (registers.BLOCK + 7, 9)):
        assert_frame_equal(whole.slice(start, rows), make(rows, start=start))
    assert make(0).is_empty()


@MAKERS
def test_a_subject_lasts_and_its_years_differ(make) -> None:
    before, after = make(2_000, year=2015), make(2_000, year=2016)
    lasting = [name for name in ("household_id", "uscc", "name", "county") if name in before]
    assert_frame_equal(before.select(lasting), after.select(lasting))
    assert not before["default_12m"].equals(after["default_12m"])


def test_the_same_seed_writes_the_same_files(tmp_path: Path) -> None:
    first = samples.write(tmp_path / "a", rows=60)
    time.sleep(1.1)  # a workbook tells its time of making in seconds
    second = samples.write(tmp_path / "b", rows=60)
    assert [path.name for path in first] == [path.name for path in second]
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name


def test_events_are_the_same_in_whatever_piece_their_firms_are_asked_for() -> None:
    whole = tax_events(enterprises(registers.BLOCK + 300))
    piece = enterprises(400, start=registers.BLOCK - 200)
    found = tax_events(piece)
    assert_frame_equal(whole.filter(pl.col("uscc").is_in(piece["uscc"].implode())), found)
    assert whole["event_id"].is_unique().all()


@MAKERS
def test_every_population_has_outcomes(make) -> None:
    assert 0.005 < make(ROWS)["default_12m"].mean() < 0.05


def test_codes_are_valid_and_unique() -> None:
    last = 31**9 - 1
    codes = registers.uscc(np.r_[np.arange(100_000), last - 1, last])
    assert uscc_valid(codes).all()
    assert codes.n_unique() == 100_002
    assert codes.str.starts_with("91331199").all()


def test_ids_do_not_repeat(homes: pl.DataFrame, firms: pl.DataFrame) -> None:
    assert homes["household_id"].n_unique() == ROWS
    assert firms["uscc"].n_unique() == firms["name"].n_unique() == ROWS
    assert uscc_valid(firms["uscc"]).all()


def test_counties_follow_population() -> None:
    drawn = registers.counties(np.random.default_rng(0), 100_000)
    people = registers.COUNTIES["population_2015"]
    for county, expected in zip(registers.COUNTIES["county"], people / people.sum(), strict=True):
        assert (drawn == county).mean() == pytest.approx(expected, abs=0.01)


def test_every_row_says_synthetic(homes: pl.DataFrame, firms: pl.DataFrame) -> None:
    for frame in (homes, firms, county_bases(2015), village_loans(homes)):
        assert frame["synthetic"].dtype == pl.Boolean
        assert frame["synthetic"].null_count() == 0
        assert frame["synthetic"].all()


def test_labourers_are_members(homes: pl.DataFrame) -> None:
    assert (homes["labourers"] <= homes["family_members"]).all()


def test_default_facts_belong_to_defaults(homes: pl.DataFrame) -> None:
    bad = homes["performance_record"] == "default"
    for column in ("default_item", "defaulted_on", "default_measure"):
        assert (homes[column].is_not_null() == bad).all()
    assert homes.filter(~bad)["repaid_on"].is_null().all()
    open_share = homes.filter(bad)["repaid_on"].is_null().mean()
    assert 0 < open_share < 1
    repaid = homes.filter(pl.col("repaid_on").is_not_null())
    assert (repaid["defaulted_on"] <= repaid["repaid_on"]).all()


def test_credit_households_near_the_published_share(grades: pl.DataFrame) -> None:
    graded = grades.filter(pl.col("outcome") == "graded")
    credit = (graded["grade"] != "tier4").mean()
    assert credit == pytest.approx(0.854, abs=0.02)  # 41万 of 48万, 2015
    withheld = (grades["outcome"] == "withheld").mean()
    assert 0.001 < withheld < 0.006


def test_defaults_near_the_design_and_worse_by_grade(
    homes: pl.DataFrame, grades: pl.DataFrame
) -> None:
    assert homes["default_12m"].mean() == pytest.approx(0.015, abs=0.004)
    assert homes["default_12m"].is_not_null().mean() == pytest.approx(0.75, abs=0.02)
    rates = (
        homes.join(grades.select("household_id", "grade"), on="household_id")
        .drop_nulls("grade")
        .group_by("grade")
        .agg(pl.col("default_12m").mean())
        .sort("grade")["default_12m"]
    )
    assert rates.is_sorted()


def test_village_loans_add_up(homes: pl.DataFrame) -> None:
    loans = village_loans(homes)
    assert loans["borrowers"].sum() == homes["default_12m"].is_not_null().sum()
    assert (loans["borrowers_without_arrears"] <= loans["borrowers"]).all()
    assert (loans["bad_loan_balance"] <= loans["loan_balance"]).all()


def test_statements_keep_within_their_totals(firms: pl.DataFrame) -> None:
    assert (firms["current_assets"] <= firms["firm_assets"]).all()
    assert (firms["current_liabilities"] <= firms["firm_liabilities"]).all()
    parts = firms["cash"] + firms["receivables"] + firms["inventory"]
    assert (parts <= firms["current_assets"]).all()
    assert (firms["fixed_assets_net"] + firms["current_assets"] <= firms["firm_assets"]).all()
    assert (firms["loss_this_period"] == (firms["net_profit"] < 0)).all()
    assert (firms["loss_prior_period"] == (firms["prior_profit"] < 0)).all()


@pytest.mark.parametrize("rate", [0.0013, 0.03])
def test_a_scenario_moves_the_defaults_and_nothing_else(homes: pl.DataFrame, rate: float) -> None:
    other = households(ROWS, default_rate=rate)
    assert other["default_12m"].mean() == pytest.approx(rate, rel=0.3)
    assert_frame_equal(other.drop("default_12m"), homes.drop("default_12m"))


def test_small_firm_grades_are_spread_as_the_design_says(firms: pl.DataFrame) -> None:
    rubric = catalog.rubric("small-enterprise")
    taken = intake(rubric, firms)
    assert taken.rejected.is_empty()
    grades = evaluate(taken.subjects, rubric, as_of=date(2016, 6, 30)).collect()["grade"]
    shares = {
        row["grade"]: row["proportion"] for row in grades.value_counts(normalize=True).to_dicts()
    }
    assert 0.1 < shares["AAA"] < 0.2
    assert sum(shares[name] for name in ("AA", "A", "BBB")) > 0.5
    assert set(shares) == {row.id for row in rubric.grades}


def test_tax_grades_are_spread_as_the_design_says() -> None:
    register = enterprises(ROWS, year=2018)
    rubric = catalog.for_period("tax-credit", 2018)
    taken = intake(rubric, register, events=tax_events(register, year=2018), period=2018)
    assert taken.rejected.is_empty()
    found = evaluate(taken.subjects, rubric, events=taken.events, period=2018)
    grades = found.collect()["grade"].drop_nulls()
    assert 0.10 < (grades == "A").mean() < 0.16
    assert 0.03 < (grades == "C").mean() < 0.08
    assert 0.02 < (grades == "D").mean() < 0.06
