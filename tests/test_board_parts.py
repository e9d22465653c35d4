"""The board's registers, model and loans: built small, found again, and loud that they are made up."""

import json

import polars as pl
import pytest

from lishui_credit.board import graded as registers
from lishui_credit.board import lending, models
from lishui_credit.board.holdings import (
    explained,
    graded_files,
    laboratory_file,
    stored_models,
    synthetic_ids,
)
from lishui_credit.cutoffs.laboratory import read_laboratory
from lishui_credit.errors import ModelError, SubjectError
from lishui_credit.language import set_language
from lishui_credit.monitoring import read_ledger
from lishui_credit.rubrics import grade_files, stored_grades
from lishui_credit.scorecards.cards import card_tables
from lishui_credit.scorecards.cards.card_file import load
from lishui_credit.scorecards.protected import protected_as
from lishui_credit.validation.report.printed import printed_lines
from lishui_credit.validation.report.stored import read_validation


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    folder = tmp_path_factory.mktemp("board")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registers, "YEARS", (2016, 2018))
        registers.write(folder, 7, rows=150)
    models.write(folder, 7, rows=2_500, later_rows=900)
    lending.write(folder, 7, rows=1_500)
    yield folder
    set_language(None)


def test_four_rubrics_are_found_by_year(board):
    found = graded_files(board)
    assert set(found) == {
        "farmer-household",
        "tax-credit",
        "small-enterprise",
        "environment-credit",
    }
    assert {tuple(years) for years in found.values()} == {(2016, 2018)}


def test_every_register_is_synthetic_and_can_be_graded_again(board):
    for years in graded_files(board).values():
        for path in years.values():
            assert stored_grades.read(path).manifest.synthetic
    verdict = grade_files.verify(graded_files(board)["tax-credit"][2018])
    assert all(verdict.checks.values())


def test_the_same_index_is_the_same_subject_in_every_year(board):
    first, second = (
        stored_grades.read(path).frame.select("household_id", "county").collect()
        for path in graded_files(board)["farmer-household"].values()
    )
    assert first.equals(second)


def test_other_names_in_the_folder_are_no_years(board, tmp_path):
    home = tmp_path / "graded" / "x"
    home.mkdir(parents=True)
    for name in ("2018.csv", "2018.csv.rejected.csv", "notes.csv", "2018.parquet.manifest.json"):
        (home / name).touch()
    assert graded_files(tmp_path) == {"x": {2018: home / "2018.csv"}}
    (home / "2018.parquet").touch()
    assert graded_files(tmp_path)["x"][2018].suffix == ".parquet"


def test_only_synthetic_subjects_are_explained(board):
    path = graded_files(board)["small-enterprise"][2018]
    file = stored_grades.read(path)
    ids = synthetic_ids(file, rows=20)
    assert len(ids) == 20
    assert explained(file, path, ids[0]).explanation.subject == ids[0]
    rows = file.frame.collect()
    shown = rows.filter(pl.col("uscc").is_in(ids))
    assert shown["grade"].n_unique() == rows["grade"].n_unique()
    with pytest.raises(SubjectError):
        explained(file, path, "nobody")
    for real in (
        file.frame.drop("synthetic"),
        file.frame.with_columns(pl.lit(False).alias("synthetic")),
        file.frame.with_columns(pl.lit(None, pl.Boolean).alias("synthetic")),
    ):
        made = stored_grades.Graded(frame=real, manifest=file.manifest, rubric=file.rubric)
        assert synthetic_ids(made) == []
        with pytest.raises(SubjectError, match="synthetic"):
            explained(made, path, ids[0])


def test_the_model_is_found_with_its_validations_and_the_owners_words(board):
    (found,) = stored_models(board).values()
    assert found.id == models.MODEL
    assert set(found.validations) == {"development", "later"}
    card = load(found.folder)
    assert card.synthetic
    assert not [name for name in card.columns if protected_as(name)]
    assert not set(card.columns) & set(models.NO_FEATURES)
    assert found.about("intended", "en") == models.ABOUT["intended_en"]
    assert found.about("unsaid", "en") == ""
    assert stored_models(board / "nowhere") == {}


def test_the_model_is_watched_over_its_later_years(board):
    (found,) = stored_models(board).values()
    ledger = read_ledger(found.watch)
    assert ledger.periods == ["2016", "2017", "2018", "2019"]
    assert all(row["synthetic"] for row in ledger.entries[1:])
    assert type(found)(id="x", folder=found.folder.parent, validations={}).watch is None


def test_words_that_are_no_json_are_refused(board, tmp_path):
    (found,) = stored_models(board).values()
    broken = type(found)(id="x", folder=tmp_path, validations={})
    assert broken.about("intended", "zh") == ""
    for text in ("{", "[]"):
        (tmp_path / "about.json").write_text(text, encoding="utf-8")
        with pytest.raises(ModelError):
            broken.about("intended", "zh")


def test_later_years_are_judged_by_period_and_on_other_households(board):
    (found,) = stored_models(board).values()
    later = read_validation(found.validations["later"])
    assert later.synthetic
    assert later.table("psi_periods")["period"].to_list() == ["2016", "2017", "2018", "2019"]
    inputs = board / "models/inputs"
    first = set(pl.read_parquet(inputs / "households_2015.parquet")["household_id"])
    after = set(pl.read_parquet(inputs / "households_2016_2019.parquet")["household_id"])
    assert not first & after


def test_a_stored_validation_reads_back_as_it_was(board, tmp_path):
    (found,) = stored_models(board).values()
    path = found.validations["later"]
    again = read_validation(path)
    assert json.loads(again.to_json()) == json.loads(path.read_text("utf-8"))
    assert printed_lines(again).height == sum(len(part.lines) for part in again.sections)


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 99}', '{"schema": 1}'])
def test_another_file_is_no_validation(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError):
        read_validation(path)
    with pytest.raises(ModelError):
        read_validation(tmp_path / "absent.json")


def test_the_tables_of_a_card_are_those_of_its_bins(board):
    card = card_tables.named(load(next(iter(stored_models(board).values())).folder))
    points = card_tables.points(card)
    assert points.height == sum(len(item.binning.bins) for item in card.characteristics)
    first = card.characteristics[0]
    own = points.filter(pl.col("feature") == first.feature)
    assert own["points"].to_list() == [card.printed(mark) for mark in first.points]
    assert card_tables.regression(card)["iv"].to_list() == [
        item.binning.iv for item in card.characteristics
    ]
    assert card_tables.measures(card).filter(pl.col("what") == "out_of_fold auc").height == 1
    set_language("en")
    assert not [item.label for item in card.characteristics if "_" in item.label]
    assert "a test" in card_tables.facts(card, intended="a test")["value"].to_list()
    set_language(None)


def test_the_loans_open_as_a_laboratory(board):
    found = read_laboratory(laboratory_file(board))
    assert found.synthetic
    assert found.policy.score.sha256
    assert set(found.groups) == {"sex", "age_band"}
    assert not found.book.segments
    assert found.compared(found.terms, 600, repeats=0).height == 2
    assert laboratory_file(board / "nowhere") is None
