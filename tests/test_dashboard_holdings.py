"""Pages 评价, 模型 and 授信 on data of other shapes than the synthetic board's."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import numpy as np
import polars as pl
import pytest

pytest.importorskip("streamlit")
pytest.importorskip("duckdb")

from streamlit.testing.v1 import AppTest

from lishui_credit.board import build_board
from lishui_credit.board.holdings import synthetic_ids
from lishui_credit.language import set_language, spoken
from lishui_credit.plan.divisions import counties
from lishui_credit.rubrics import grade_files, grounds, stored_grades
from lishui_credit.rubrics.law import catalog
from lishui_credit.samples import enterprises, tax
from lishui_credit.scorecards import save
from lishui_credit.tables.beside import sha256
from tests.dashboard import APP, scan_once
from tests.laboratories import put
from tests.models import crossed_card

pytestmark = pytest.mark.xdist_group("dashboard pages")
scan_once()


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
    if page != "overview":
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


def test_the_page_of_a_card_says_whether_it_is_approved(folder):
    home = folder / "models" / "german" / "1"
    shutil.copytree(APP.parents[1] / "models" / "german" / "1", home)
    app = run("models", lang="en")
    assert not app.exception
    assert [row.value for row in app.warning] == ["NOT APPROVED"]
    digest = sha256(home / "scorecard.json")
    (home / "approval.toml").write_text(
        f'card_sha256 = "{digest}"\nowner = "张三"\nauthor = "赵六"\n[signature]\n'
        'approver = "王五"\non = 2026-02-01\nuntil = 2099-12-31\n',
        encoding="utf-8",
    )
    app = run("models", lang="en")
    assert not app.warning
    assert any(row.value.startswith("approved, by 王五") for row in app.caption)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_of_a_crossed_card_draws_the_table_that_is_picked(folder, lang):
    card = crossed_card()
    save(card, folder / "models" / "crossed" / "1")
    set_language("en" if lang == "en" else "zh")  # the words of fields are read here too
    app = run("models", lang=lang, crossed=card.crossed[1].name)
    assert not app.exception
    sent = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    (cells,) = (trace for spec in sent for trace in spec["data"] if trace["type"] == "heatmap")
    assert (
        np.round(np.array(cells["z"]) * 10).astype(int).tolist() == card.crossed[1].matrix.tolist()
    )
    told = " ".join(row.value for row in app.caption)
    assert str(card.cells) in told


def _register(folder: Path, synthetic: bool) -> None:
    firms = enterprises.small_enterprises(60)
    if not synthetic:
        firms = firms.drop("synthetic")
    home = folder / "graded/small-enterprise"
    home.mkdir(parents=True)
    firms.write_parquet(folder / "firms.parquet")
    edition = catalog.rubric("small-enterprise", on="2016-06-30")
    grade_files.grade(edition, folder / "firms.parquet", home / "2015.csv")


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


def _taxed(folder: Path) -> Path:
    """Tax payers of 2018 with events and an overlay that somebody signed."""
    home = folder / "graded/tax-credit"
    home.mkdir(parents=True)
    firms = tax.enterprises(300, seed=1, year=2018)
    firms.write_parquet(folder / "firms.parquet")
    tax.tax_events(firms, seed=1, year=2018).write_parquet(folder / "events.parquet")
    edition = catalog.for_period("tax-credit", 2018).edition
    overlay = folder / "mine.toml"
    overlay.write_text(
        f'format = 1\noverlay_of = "tax-credit@{edition}"\noverlay_title = "本市口径"\n'
        'title_zh = "本市办法"\n[signed_off]\nby = "信用科"\non = 2026-11-29\n',
        encoding="utf-8",
    )
    grade_files.grade(
        catalog.rubric(f"tax-credit@{edition}", overlay=overlay),
        folder / "firms.parquet",
        home / "2018.parquet",
        events=folder / "events.parquet",
        period=2018,
        overlay=overlay,
        skip_rejected=True,
    )
    return home / "2018.parquet"


def _shown(app: AppTest) -> str:
    texts = [text.value for text in (*app.markdown, *app.caption)]
    cells = [str(cell) for table in app.dataframe for row in table.value.values for cell in row]
    tables = [unescape(item.proto.body) for item in app.get("html")]
    return "\n".join(texts + cells + tables).replace("\\", "")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_tells_of_a_subject_all_that_explain_tells(folder, lang):
    path = _taxed(folder)
    set_language(lang)
    all_grounds = (
        grounds.grounds(path, subject) for subject in synthetic_ids(stored_grades.read(path))
    )
    one = next(
        found
        for found in all_grounds
        if len(found.event_lists) == 2 and found.way and len(found.events or ()) > 1
    )
    app = run("grades", lang=lang, subject=one.explanation.subject)
    assert not app.exception
    page = _shown(app)
    assert one.overlay
    assert "信用科" in page
    for said in (*one.remarks, *one.way, *(head for head, _ in one.event_lists)):
        assert spoken(said).strip() in page, said
    for event in one.events or ():
        assert event.event_id in page
        assert spoken(event.why) in page


def test_a_changed_file_of_events_is_told_on_the_page(folder):
    path = _taxed(folder)
    subject = next(
        subject
        for subject in synthetic_ids(stored_grades.read(path))
        if grounds.grounds(path, subject).event_lists
    )
    app = run("grades", lang="en", subject=subject)
    assert "Events are not listed" not in _shown(app)
    pl.read_parquet(folder / "events.parquet").head(-1).write_parquet(folder / "events.parquet")
    assert "has changed since the grading" in _shown(app.run())


def test_new_rows_with_an_old_manifest_are_refused_by_the_page(folder):
    path = _taxed(folder)
    footer = pl.read_parquet_metadata(path)
    pl.read_parquet(path).head(-1).write_parquet(
        path, metadata={"lishui_credit": footer["lishui_credit"]}
    )
    app = run("grades", lang="en")
    assert any("not written together" in error.value for error in app.error)
    assert not app.dataframe


def test_an_id_in_the_address_is_read_as_ids_in_files_are_or_told(folder):
    _register(folder, synthetic=True)
    own = pl.read_parquet(folder / "firms.parquet")["uscc"].sort()[7]

    def shown(asked: str):
        app = run("grades", lang="en", subject=asked)
        assert not app.exception
        (box,) = [box for box in app.selectbox if box.label == "Synthetic id"]
        said = [one.value.replace("\\", "") for one in (*app.caption, *app.info)]
        return box.value, " ".join(line for line in said if asked in line)

    assert shown(own) == (own, "")
    found, said = shown(f" {own.lower()}")
    assert found == own
    assert f"was read as '{own}'" in said
    other, said = shown(own[:-1])
    assert other != own[:-1]
    assert "is not listed here; did you mean" in said
    assert "is not listed here; shown is" in shown("nobody")[1]


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
    assert "140" in _shown(app)  # approved, from 560 of 500 to 699


def test_the_most_profit_is_one_press_away(folder):
    put(folder / "lending")
    app = run("lending", lang="en", approve="600")
    (press,) = (button for button in app.button if button.label == "Most profit")
    press.click().run()
    assert not app.exception
    (dial,) = (dial for dial in app.select_slider if dial.label == "Approve from this score up")
    assert dial.value == 556  # one point above the highest score of a bad loan


# ---- where a page opens -------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["overview", "indicator"])
@pytest.mark.parametrize(
    ("observed_in", "opens_on"),
    [
        (["331127"], "331127"),
        (["331181", "331122"], "331122"),  # in the order of the list
        (["331127", "331100"], "331100"),  # the city, where it has something
    ],
)
def test_a_page_opens_on_an_area_that_has_observations(
    tmp_path, monkeypatch, page, observed_in, opens_on
):
    text = "".join(f"5,{code},2018Q4,80,100\n" for code in observed_in)
    (tmp_path / "observations.csv").write_text("指标,地区,时期,分子,分母\n" + text)
    monkeypatch.setenv("LISHUI_CREDIT_DATA", str(tmp_path / "observations.csv"))
    app = run(page, lang="en")
    assert not app.exception
    assert [box.value for box in app.selectbox if box.label == "Area"] == [opens_on]
    asked = run(page, lang="en", area="331102")
    assert [box.value for box in asked.selectbox if box.label == "Area"] == ["331102"]
    set_language(None)


def test_a_page_opens_on_the_city_where_its_counties_give_it_figures(tmp_path, monkeypatch):
    rows = "".join(f"1,{area.adcode},2018Q4,80,100\n" for area in counties())
    (tmp_path / "observations.csv").write_text("指标,地区,时期,分子,分母\n" + rows)
    monkeypatch.setenv("LISHUI_CREDIT_DATA", str(tmp_path / "observations.csv"))
    app = run("overview", lang="en")
    assert not app.exception
    assert [box.value for box in app.selectbox if box.label == "Area"] == ["331100"]
    set_language(None)
