"""No page names a place on the server: not where the data lie, nor what their files are called."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

pytest.importorskip("streamlit")
pytest.importorskip("duckdb")

from streamlit.testing.v1 import AppTest

from lishui_credit.language import set_language
from lishui_credit.plan.observed.opened import open_observations
from tests.dashboard import LANGUAGES, PAGES, built
from tests.test_dashboard_pages import run

pytestmark = pytest.mark.xdist_group("dashboard pages")
SECRET = "zzsecret"


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory)


@pytest.fixture(autouse=True)
def _language() -> Iterator[None]:
    yield
    set_language(None)


def everything(app: AppTest) -> str:
    """What a page sends to a browser, whatever the kind of its parts."""
    sent = "\n".join(str(getattr(node, "proto", "")) for node in app.main)
    assert not app.exception
    assert len(sent) > 100
    return sent


def real(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.lit(False).alias("synthetic"))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_the_name_of_a_folder_is_on_no_page(board, tmp_path, monkeypatch, page, lang):
    monkeypatch.setenv("LISHUI_CREDIT_DATA", str(shutil.copytree(board, tmp_path / SECRET)))
    assert SECRET not in everything(run(page, lang=lang))


def test_a_single_file_of_real_data_is_called_by_what_it_holds(board, tmp_path, monkeypatch):
    file = tmp_path / SECRET / f"{SECRET}.parquet"
    file.parent.mkdir()
    held = open_observations(board / "observations.duckdb").latest
    real(held.drop("revision", "recorded_at", "recorded_by", "reason")).write_parquet(file)
    monkeypatch.setenv("LISHUI_CREDIT_DATA", str(file))
    for page in PAGES:
        sent = everything(run(page, lang="en"))
        assert SECRET not in sent, page
        assert "observations up to" in sent, page


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("page", "broken"),
    [
        ("overview", "observations.duckdb"),
        ("overview", "targets.csv"),
        ("overview", "board.json"),
        ("grades", "graded/farmer-household/2019.parquet.manifest.json"),
        ("models", "models/*/*/scorecard.json"),
        ("lending", "lending/laboratory.toml"),
    ],
)
def test_a_refusal_names_no_place_and_the_log_does(
    board, tmp_path, monkeypatch, caplog, page, broken, lang
):
    folder = shutil.copytree(board, tmp_path / SECRET)
    files = [*folder.glob(broken)] or [folder / broken]  # a board has no targets of its own
    for file in files:
        file.write_bytes(b"\x00 no such thing")
    monkeypatch.setenv("LISHUI_CREDIT_DATA", str(folder))
    with caplog.at_level(logging.WARNING):
        app = run(page, lang=lang)
    assert SECRET not in everything(app)
    assert len(app.error) == 1
    for file in files:
        assert file.name not in app.error[0].value.replace("\\", "")
    assert files[0].name in caplog.text or str(files[0].parent) in caplog.text


def test_nothing_where_the_data_should_be_is_refused_without_its_place(tmp_path, monkeypatch):
    monkeypatch.setenv("LISHUI_CREDIT_DATA", str(tmp_path / SECRET))
    app = run("overview", lang="en")
    assert SECRET not in everything(app)
    assert "no such file or folder" in app.error[0].value


# What a page without its part says, by the name that its file must have.
EXPECTED = {
    "overview": "observations.duckdb",
    "grades": "graded/",
    "models": "models/",
    "lending": "lending/laboratory.toml",
}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("page", "name"), EXPECTED.items())
def test_a_folder_without_the_expected_file_says_which_name_to_use(
    tmp_path, monkeypatch, page, name, lang
):
    (tmp_path / "notes.txt").write_text("nothing of ours")
    monkeypatch.setenv("LISHUI_CREDIT_DATA", str(tmp_path))
    assert name in everything(run(page, lang=lang)).replace("\\\\", "")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_rejected_rows_are_listed_and_none_is_said_only_where_there_are_none(
    board, tmp_path, monkeypatch, lang
):
    none, head = {"zh": ("无。", "退回的行"), "en": ("None.", "Rejected rows")}[lang]
    shown = []
    monkeypatch.setenv("LISHUI_CREDIT_DATA", str(board))
    for rejected in (True, False):
        app = run("data", lang=lang)
        parts = list(app.main)
        at = next(n for n, part in enumerate(parts) if getattr(part, "value", "") == head)
        said = getattr(parts[at + 1], "value", "")
        assert (said == none) is not rejected
        shown.append(sum("丽阳县" in item.proto.body for item in app.get("html")))
        # The same data without the rows that were rejected.
        file = tmp_path / "observations.parquet"
        held = open_observations(board / "observations.duckdb").latest
        held.drop("revision", "recorded_at", "recorded_by", "reason").write_parquet(file)
        monkeypatch.setenv("LISHUI_CREDIT_DATA", str(tmp_path))
    assert shown == [1, 0]
