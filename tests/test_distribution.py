"""Counts over graded files, against loops over the same rows in plain Python."""

from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from lishui_credit.citation import is_weak
from lishui_credit.errors import SubjectError
from lishui_credit.rubrics import grade_files, stored_grades
from lishui_credit.rubrics.distribution import (
    by_year,
    deciders,
    distribution,
    resting_on,
    unverified,
)
from lishui_credit.rubrics.law import catalog
from lishui_credit.samples import enterprises, households, tax
from lishui_credit.validation.regraded import merged, regraded


@pytest.fixture(scope="module")
def taxed(tmp_path_factory):
    """Two years of the same firms, of which the second year has others too."""
    folder: Path = tmp_path_factory.mktemp("taxed")
    files = {}
    for year, rows in ((2016, 400), (2018, 450)):
        firms = tax.enterprises(rows, year=year)
        firms.write_parquet(folder / f"firms{year}.parquet")
        tax.tax_events(firms, year=year).write_parquet(folder / f"events{year}.parquet")
        grade_files.grade(
            catalog.for_period("tax-credit", year),
            folder / f"firms{year}.parquet",
            folder / f"{year}.parquet",
            events=folder / f"events{year}.parquet",
            period=year,
        )
        files[year] = stored_grades.read(folder / f"{year}.parquet")
    return files


@pytest.fixture(scope="module")
def farmers(tmp_path_factory):
    folder: Path = tmp_path_factory.mktemp("farmers")
    households.households(600).write_parquet(folder / "homes.parquet")
    households.county_bases(2015).write_parquet(folder / "bases.parquet")
    grade_files.grade(
        catalog.rubric("farmer-household", on="2016-06-30"),
        folder / "homes.parquet",
        folder / "out.csv",
        bases=folder / "bases.parquet",
        labels="lishui",
    )
    return stored_grades.read(folder / "out.csv")


def test_every_subject_is_counted_once_in_its_county_and_grade(taxed):
    rows = taxed[2018].frame.collect().rows(named=True)
    expected = Counter((row["county"], row["grade"], row["outcome"]) for row in rows)
    found = distribution(taxed[2018], "county")
    told = {
        (row["group"], row["grade"], row["outcome"]): row["subjects"]
        for row in found.rows(named=True)
        if row["subjects"]
    }
    assert told == dict(expected)


def test_a_grade_nobody_has_stands_with_zero(taxed):
    found = distribution(taxed[2018], "county")
    sizes = found.group_by("group").len()["len"].unique().to_list()
    assert len(sizes) == 1
    assert sizes[0] >= 5
    shares = found.group_by("group").agg(pl.col("share").sum())["share"]
    assert shares.to_list() == pytest.approx([1.0] * len(shares))


def test_grades_stand_best_first_and_the_ungraded_last(farmers):
    found = distribution(farmers)
    assert found["label"].to_list()[:4] == ["AAA", "AA", "A", "no credit household"]
    assert found["place"].to_list() == list(range(found.height))
    if found.height > 4:
        assert found["grade"].to_list()[4:] == [None] * (found.height - 4)


@pytest.mark.parametrize("by", [None, "county"])
def test_points_by_evidence_are_those_of_the_rows(taxed, by):
    file = taxed[2018]
    level = {f"points__{row.id}": row.evidence for row in file.rubric.scoring}
    expected: Counter = Counter()
    for row in file.frame.collect().rows(named=True):
        if row["outcome"] != "graded":
            continue
        for name, evidence in level.items():
            expected[row[by] if by else "", evidence] += abs(row.get(name) or 0)
    found = resting_on(file, by)
    told = {(row["group"], row["evidence"]): row["points"] for row in found.rows(named=True)}
    assert {key: points for key, points in told.items() if points} == {
        key: points for key, points in expected.items() if points
    }


def test_the_start_score_is_not_among_the_points(taxed):
    file = taxed[2018]
    frame = file.frame.filter(pl.col("outcome") == "graded").collect()
    assert frame["points__start"].sum() > 0
    moved = frame["points__start"].sum() - frame["earned"].sum()
    # what is taken off, net of what repairs give back, cannot be more than what was moved
    assert resting_on(file)["points"].sum() >= moved


def test_unverified_shares_are_the_weak_part(taxed):
    file = taxed[2018]
    parts = resting_on(file, "county")
    for row in unverified(file, "county").rows(named=True):
        own = parts.filter(pl.col("group") == row["group"])
        weak = own.filter(pl.col("evidence").map_elements(is_weak, return_dtype=pl.Boolean))
        assert row["points_share"] == pytest.approx(weak["points"].sum() / own["points"].sum())
        assert row["decided"] == weak["decided"].sum()
        assert row["movable_share"] == file.manifest.facts.weak_evidence_percent / 100
    rules = {rule.id for rule in file.rubric.overrides if is_weak(rule.evidence)}
    rows = file.frame.filter(pl.col("outcome") == "graded").collect()
    assert unverified(file)["decided"].sum() == rows["decided_by"].is_in(list(rules)).sum()


def test_what_decided_is_counted_and_named(taxed):
    found = deciders(taxed[2018])
    expected = Counter(taxed[2018].frame.collect()["decided_by"])
    assert dict(found.select("decided_by", "subjects").rows()) == dict(expected)
    rule = found.filter(pl.col("decided_by") == "bar_three_years").row(0, named=True)
    assert rule["clause"]
    assert rule["evidence"]
    assert found.filter(pl.col("decided_by") == "score")["clause"].item() is None


def test_years_stand_one_under_the_other(taxed):
    found = by_year(taxed, distribution)
    assert found["year"].unique(maintain_order=True).to_list() == [2016, 2018]
    assert found.group_by("year").agg(pl.col("subjects").sum()).sort("year")[
        "subjects"
    ].to_list() == [400, 450]
    assert found["edition"].n_unique() == 2
    with pytest.raises(SubjectError):
        by_year({}, distribution)


def test_an_absent_column_is_refused(taxed):
    for counted in (distribution, resting_on, unverified, deciders):
        with pytest.raises(SubjectError, match="village"):
            counted(taxed[2018], "village")


def test_moves_are_those_of_the_same_firm(taxed):
    first, second = (
        {row["uscc"]: row["grade"] for row in taxed[year].frame.collect().rows(named=True)}
        for year in (2016, 2018)
    )
    expected = Counter(
        (first[firm], second[firm]) for firm in first if first[firm] and second.get(firm)
    )
    found = regraded(taxed[2016], taxed[2018])
    told = {
        (row["from"], row["to"]): row["subjects"]
        for row in found.cells().rows(named=True)
        if row["subjects"]
    }
    assert told == dict(expected)
    assert (found.entered, found.left) == (50, 0)
    assert found.summary()["subjects"].sum() == 450
    assert found.matrix.grades == ("A", "B", "M", "C", "D")


def test_moves_of_one_county_are_a_part_of_all(taxed):
    whole = regraded(taxed[2016], taxed[2018])
    counties = taxed[2018].frame.collect()["county"].unique().to_list()
    parts = [regraded(taxed[2016], taxed[2018], only=("county", name)) for name in counties]
    assert sum(part.matrix.counts.sum() for part in parts) == whole.matrix.counts.sum()
    assert sum(part.entered for part in parts) == whole.entered
    with pytest.raises(SubjectError, match="village"):
        regraded(taxed[2016], taxed[2018], only=("village", "x"))


def test_files_of_two_rubrics_are_not_compared(taxed, farmers):
    with pytest.raises(SubjectError, match="farmer-household"):
        regraded(farmers, taxed[2018])


def test_grades_of_an_older_edition_keep_their_place():
    assert merged(["A", "X", "B"], ["A", "B", "C"]) == ["A", "X", "B", "C"]
    assert merged(["X", "A"], ["A", "B"]) == ["X", "A", "B"]


def test_shares_without_a_moved_point_are_null(tmp_path):
    """A register of nobody graded has no group; one without points has no share."""
    enterprises.small_enterprises(3).write_parquet(tmp_path / "in.parquet")
    edition = catalog.rubric("small-enterprise", on="2016-06-30")
    grade_files.grade(edition, tmp_path / "in.parquet", tmp_path / "out.parquet")
    file = stored_grades.read(tmp_path / "out.parquet")
    emptied = stored_grades.Graded(
        frame=file.frame.with_columns(
            pl.lit(0).alias(name)
            for name in file.frame.collect_schema().names()
            if name.startswith("points__")
        ),
        manifest=file.manifest,
        rubric=file.rubric,
    )
    assert resting_on(emptied)["share"].null_count() == resting_on(emptied).height
    assert unverified(emptied)["points_share"].item() is None
