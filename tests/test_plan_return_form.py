"""A county's empty return, filled in and given back, loads without a message; one county is spoken of."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

from lishui_credit.commands.cli import main
from lishui_credit.errors import SubjectError
from lishui_credit.language import set_language
from lishui_credit.plan.definitions import indicators
from lishui_credit.plan.divisions import areas
from lishui_credit.plan.observed.reading import read_observations
from lishui_credit.plan.observed.store import Store
from lishui_credit.plan.return_form import return_form
from lishui_credit.tables.forms import HEADER, Form, write_form


@pytest.fixture(autouse=True)
def _english() -> object:
    set_language("en")
    yield
    set_language(None)


def filled(form: Form, path: Path, *, intervals: bool = False) -> Path:
    """The form with the figures of every row filled in, saved as a spreadsheet saves it."""
    write_form(form, path)
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    places = {one.column.id: place for place, one in enumerate(form.fields, 1)}
    rows = {row.name_zh: row for row in indicators().values()}
    for line, cells in enumerate(form.rows, HEADER + 1):
        asked = rows[str(cells["indicator"])]
        assert sheet.cell(line, places["indicator"]).value == asked.name_zh
        if asked.unit == "yuan":
            figures: dict[str, object] = {"value": 1_205_000.5}
        elif asked.unit == "queries":
            figures = {"numerator": 12_000}
        elif intervals and asked.kind == "survey":
            figures = {"value": "88%", "low": "84.3%", "high": "90.9%"}
        else:
            figures = {"numerator": 7, "denominator": 10}
        for name, figure in (figures | {"source": "县信用办"}).items():
            sheet.cell(line, places[name]).value = figure
    book.save(path)
    return path


@pytest.mark.parametrize("period", ["2018", "2018Q2", "2018年6月"])
@pytest.mark.parametrize("area", areas(), ids=lambda area: area.adcode)
def test_the_return_of_every_county_is_read_without_a_message(
    tmp_path: Path, area: object, period: str
) -> None:
    form = return_form(area.adcode, period)
    path = filled(form, tmp_path / "form.xlsx", intervals=True)
    found = read_observations(path)
    assert found.rejected.is_empty()
    assert found.frame.height == len(form.rows)
    assert found.frame["adcode"].unique().to_list() == [area.adcode]
    assert found.frame["period"].n_unique() == 1
    assert [
        note for note in found.notes if "header found" not in note and "only sheet" not in note
    ] == []


def test_a_return_in_chinese_is_the_same_return(tmp_path: Path) -> None:
    set_language("zh")
    path = filled(return_form("遂昌", "2018"), tmp_path / "form.xlsx")
    done = Store.open(tmp_path / "plan.duckdb").load(path, by="张三", reason="年报")
    assert (done.added, done.rejected.height) == (12, 0)
    guide = openpyxl.load_workbook(path).worksheets[1]
    told = "\n".join(str(cell.value) for row in guide.iter_rows() for cell in row if cell.value)
    for row in indicators().values():
        assert row.name_zh in told
        assert row.definition.denominator_zh in told or row.kind == "doubling"


def test_a_year_asks_for_all_twelve_and_a_month_for_what_is_observed_monthly() -> None:
    keys = {row.name_zh: row for row in indicators().values()}
    for period, often in (("2018-06", {"month"}), ("2018Q2", {"month", "quarter"})):
        rows = return_form("云和", period).rows
        assert {keys[str(row["indicator"])].frequency for row in rows} == often
    assert len(return_form("云和", "2018").rows) == 12


def test_a_row_without_figures_is_rejected_and_nothing_else(tmp_path: Path) -> None:
    path = filled(return_form("云和", "2018"), tmp_path / "form.xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    for place in (4, 5):
        sheet.cell(HEADER + 2, place).value = None
    book.save(path)
    found = read_observations(path)
    assert dict(found.rejected.select("row", "reasons").iter_rows()) == {
        HEADER + 2: "neither value nor numerator"
    }


@pytest.mark.parametrize("period", ["2021", "2015", "2018年上半年", "x", "2018/6/30"])
def test_a_period_that_is_none_of_the_plan_is_refused(period: str) -> None:
    with pytest.raises(SubjectError, match="not a period of the plan"):
        return_form("云和", period)
    with pytest.raises(SubjectError, match="nine counties"):
        return_form("杭州", "2018")


def test_the_command_writes_the_form_and_never_over_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "form.xlsx"
    words = ["plan", "form", "--county", "331121", "--period", "2018", "-o", str(path), "--json"]
    assert main(words) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["area"], facts["period"], facts["rows"]) == ("331121", "2018年", 12)
    before = path.read_bytes()
    assert main(words) == 2
    assert path.read_bytes() == before


# ---- one county's return ----------------------------------------------------------------------


def test_one_county_is_not_answered_with_the_absence_of_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("指标,地区,时期,分子,分母\n5,青田,2015年,0,1\n2,青田县,2018Q2,7,10\n")
    assert main(["plan", "check", str(path), "--lang", "en"]) == 0
    told = capsys.readouterr().out
    assert "the return of one county: Qingtian" in told
    assert "missing" not in told
    assert main(["plan", "status", "--data", str(path), "--at", "2018-06-30", "--lang", "en"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("Qingtian · 30 June 2018")
    assert "not computed" not in told
    out = tmp_path / "r.html"
    words = ["plan", "report", "--data", str(path), "--at", "2018-06-30", "-o", str(out), "--json"]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["area"] == "331121"
    assert main(["verify", str(out)]) == 0
    page = out.read_text(encoding="utf-8")
    assert "counties are missing" not in page


def test_two_counties_and_the_city_are_answered_as_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("指标,地区,时期,分子,分母\n2,青田,2018Q2,7,10\n2,缙云,2018Q2,7,10\n")
    assert main(["plan", "check", str(path), "--lang", "en"]) == 0
    told = capsys.readouterr().out
    assert "one county" not in told
    assert "counties are missing Liandu" in told
    path.write_text("指标,地区,时期,分子,分母\n2,全市,2018Q2,7,10\n")
    assert main(["plan", "status", "--data", str(path), "--lang", "en"]) == 0
    assert capsys.readouterr().out.startswith("Lishui ·")


def test_status_and_report_say_what_a_store_could_not_take(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, data = tmp_path / "in" / "a.csv", tmp_path / "plan.duckdb"
    path.parent.mkdir()
    path.write_text("指标,地区,时期,分子,分母\n5,青田,2018Q2,0,1\n5,缙云,2018Q2,缺,1\n")
    load = ["plan", "load", str(path), "--data", str(data), "--by", "a", "--reason", "b"]
    assert main(load) == 1
    capsys.readouterr()
    assert main(["plan", "status", "--data", str(data), "--lang", "en"]) == 0
    assert (
        "! a.csv: 1 row rejected and not in these figures; row 3: numerator"
        in capsys.readouterr().out
    )
    assert main(["plan", "status", "--data", str(data), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["rejected"]
    assert (row["file"], row["row"]) == ("a.csv", 3)
    assert (
        main(
            ["plan", "report", "--data", str(data), "-o", str(tmp_path / "r.html"), "--lang", "en"]
        )
        == 0
    )
    assert "a.csv: 1 row rejected" in capsys.readouterr().out
    path.write_text(path.read_text().replace("缺", "1"))
    assert main(load) == 0
    capsys.readouterr()
    assert main(["plan", "status", "--data", str(data), "--lang", "en"]) == 0
    assert "rejected" not in capsys.readouterr().out
