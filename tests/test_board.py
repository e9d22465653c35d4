"""The synthetic board: complete or not there, the same from the same seed, in the way of nothing."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from lishui_credit.board import build_board, open_board
from lishui_credit.board.__main__ import main
from lishui_credit.errors import SubjectError
from lishui_credit.language import language, set_language
from lishui_credit.plan.observed.opened import open_observations


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    return build_board(
        tmp_path_factory.mktemp("made") / "board", parts=("observations", "companions")
    )


def test_the_board_says_synthetic_and_where_it_opens(board):
    held = open_board(board)
    assert held.synthetic
    assert held.opens_at == date(2018, 12, 31)
    assert held.file("nothing") is None


def test_every_observation_and_companion_is_synthetic(board):
    held = open_board(board)
    seen = open_observations(held.observations)
    assert seen.revisions["synthetic"].all()
    assert pl.read_parquet(held.companions)["synthetic"].all()
    assert seen.revisions["indicator"].n_unique() == 12


def test_it_has_a_revision_and_rejected_rows_with_reasons_to_show(board):
    seen = open_observations(open_board(board).observations)
    assert seen.revisions["revision"].max() == 2
    assert seen.rejected.height == 5
    assert seen.rejected["reasons"].str.len_chars().min() > 0


def test_the_report_adds_nothing_to_what_the_store_knows(board, tmp_path):
    again = build_board(tmp_path / "b", parts=("observations",))
    one, two = (open_observations(p / "observations.duckdb").revisions for p in (board, again))
    assert one.equals(two)


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(SubjectError, match="something else"):
        build_board(tmp_path, parts=())
    assert (tmp_path / "mine.txt").read_text() == "x"


def test_a_board_that_fails_leaves_the_old_one(tmp_path):
    made = build_board(tmp_path / "board", parts=())
    with pytest.raises(ModuleNotFoundError):
        build_board(tmp_path / "board", parts=("no_such_part",))
    assert (made / "board.json").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["board"]


def test_building_leaves_the_language_as_it_was(tmp_path):
    set_language("en")
    try:
        build_board(tmp_path / "b", parts=("observations",))
        assert language() == "en"
    finally:
        set_language(None)


def test_a_single_file_is_a_board_of_observations_only(board):
    held = open_board(board / "observations.duckdb")
    assert held.observations == held.path
    assert not held.synthetic
    assert held.opens_at is None
    with pytest.raises(SubjectError, match="no such file"):
        open_board(board / "nothing")


def test_a_manifest_that_is_no_json_is_refused(tmp_path):
    (tmp_path / "board.json").write_text("{", "utf-8")
    with pytest.raises(SubjectError, match="not JSON"):
        open_board(tmp_path)


def test_the_command_builds_once(tmp_path, capsys):
    folder = tmp_path / "board"
    build_board(folder, parts=())
    assert main([str(folder)]) == 0
    assert capsys.readouterr().out == ""
    assert main([]) == 2
