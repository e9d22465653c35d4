"""Pages 评价, 模型 and 授信 on data of other shapes than the synthetic board's."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

pytest.importorskip("streamlit")
pytest.importorskip("duckdb")

from streamlit.testing.v1 import AppTest

from lishui_credit.board import build_board
from lishui_credit.language import set_language
from lishui_credit.rubrics import grade_files as graded
from lishui_credit.rubrics.law import catalog
from lishui_credit.samples import enterprises
from tests.dashboard import APP
from tests.laboratories import put

pytestmark = pytest.mark.xdist_group("dashboard pages")


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of observations alone."""
    return build_board(tmp_path_factory.mktemp("own") / "board", parts=("observations",))


@pytest.fixture
def folder(observed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    made = shutil.copytree(observed, tmp_path / "data")
    (made / "board.json").unlink()  # a user's folder has none
    monkeypatch.setenv("LISHUI_CREDIT_DATA", str(made))
    yield made
    set_language(None)


def run(page: str, **choices: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=60)
    for name, value in choices.items():
        app.query_params[name] = value
    app.run()
    app.switch_page(f"screens/{page}.py")
    for name, value in choices.items():
        app.query_params[name] = value
    return app.run()


@pytest.mark.parametrize("page", ["grades", "models", "lending"])
def test_a_page_without_its_data_says_what_to_bring(folder, page):
    app = run(page, lang="en")
    assert not app.exception
    assert not app.error
    assert any("in the folder" in info.value for info in app.info)


def _register(folder: Path, synthetic: bool) -> None:
    firms = enterprises.small_enterprises(60)
    if not synthetic:
        firms = firms.drop("synthetic")
    home = folder / "graded/small-enterprise"
    home.mkdir(parents=True)
    firms.write_parquet(folder / "firms.parquet")
    edition = catalog.rubric("small-enterprise", on="2016-06-30")
    graded.grade(edition, folder / "firms.parquet", home / "2015.csv")


def test_a_real_subject_is_not_explained_and_none_is_named(folder):
    _register(folder, synthetic=False)
    first = pl.read_parquet(folder / "firms.parquet")["uscc"][0]
    app = run("grades", lang="en", subject=first)
    assert not app.exception
    assert any("Only synthetic subjects" in info.value for info in app.info)
    assert not [box for box in app.selectbox if box.label == "Synthetic id"]
    assert first not in str(app.main)


def test_one_year_has_no_moves_and_a_synthetic_subject_is_explained(folder):
    _register(folder, synthetic=True)
    app = run("grades", lang="en")
    assert not app.exception
    assert any("two years" in info.value for info in app.info)
    assert [box for box in app.selectbox if box.label == "Synthetic id"]


def test_a_broken_laboratory_is_told_and_not_thrown(folder):
    home = folder / "lending"
    home.mkdir()
    (home / "laboratory.toml").write_text("title_zh = 3", encoding="utf-8")
    app = run("lending", lang="en")
    assert not app.exception
    assert len(app.error) == 1
    assert "loans" in app.error[0].value


def test_the_address_sets_the_dials_and_nonsense_in_it_is_passed_over(folder):
    put(folder / "lending")
    app = run("lending", lang="en", approve="560", rate="1000", lgd="x", funding="-5")
    assert not app.exception
    dials = {dial.label: dial.value for dial in app.select_slider}
    assert dials["Approve from this score up"] == 560
    assert dials["Rate a year"] == 1000
    assert dials["Loss given default"] == 4500
    assert dials["Funding cost a year"] == 300
    assert any("140" in text.value for text in app.markdown)  # approved, from 560 of 500 to 699


def test_the_most_profit_is_one_press_away(folder):
    put(folder / "lending")
    app = run("lending", lang="en", approve="600")
    (press,) = (button for button in app.button if button.label == "Most profit")
    press.click().run()
    assert not app.exception
    (dial,) = (dial for dial in app.select_slider if dial.label == "Approve from this score up")
    assert dial.value == 556  # one point above the highest score of a bad loan
