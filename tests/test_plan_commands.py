"""``lishui-credit plan``: what it says, in both languages, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from lishui_credit.commands.cli import main
from lishui_credit.language import set_language
from lishui_credit.plan.observed.store import Store
from lishui_credit.plan.status import STATUSES

Run = Callable[..., tuple[int, str, str]]
SAMPLE = Path(__file__).resolve().parents[1] / "data_samples" / "plan_observations.csv"


@pytest.fixture(autouse=True)
def _english() -> object:
    set_language("en")
    yield
    set_language(None)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: object) -> tuple[int, str, str]:
        code = main(["plan", *map(str, words)])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return call


def test_without_data_the_first_line_says_synthetic(run: Run):
    code, out, _ = run("status", "--at", "2018-06-30")
    assert code == 0
    assert out.startswith("*** SYNTHETIC DATA")
    assert [line.split()[0] for line in out.splitlines()[4:16]] == [str(n) for n in range(1, 13)]
    assert "widest gap first: Jingning" in out
    assert "reported city value does not add up" in out
    assert "city not computed: counties are missing Yunhe" in out
    assert "S=0.51" in out
    assert "R=0.65" in out


def test_chinese_is_complete(run: Run):
    code, out, _ = run("status", "--at", "2018-06-30", "--lang", "zh", "--county", "景宁")
    assert code == 0
    assert out.startswith("*** 合成数据")
    assert "景宁畲族自治县" in out
    for word in ("约束性", "预期性", "指导性", "无基数", "严重滞后", "偏离始于"):
        assert word in out
    latin = [
        w for w in out.replace("S=", "").replace("R=", "").split() if w.isascii() and w.isalpha()
    ]
    assert latin == []


def test_json_holds_every_figure(run: Run):
    code, out, _ = run("status", "--at", "2018-06-30", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["synthetic"] is True
    assert len(found["indicators"]) == 12
    assert {row["status"] for row in found["indicators"]} <= set(STATUSES)
    assert len(found["city_not_computed"]) == 2
    assert len(found["reconciliation"]) == 1


def test_the_committed_file_and_a_store_of_it_tell_what_the_sample_tells(run: Run, tmp_path: Path):
    data = tmp_path / "plan.duckdb"
    words = ("load", SAMPLE, "--data", data, "--by", "张三", "--reason", "初次装载")
    code, out, _ = run(*words)
    assert code == 0
    assert "0 revised, 0 unchanged, 0 rejected" in out
    code, out, _ = run(*words)
    assert "0 added, 0 revised" in out
    at = ("--at", "2018-06-30", "--json")
    told = [json.loads(run("status", *at, *more)[1])["indicators"] for more in ((), ("--data", SAMPLE), ("--data", data))]  # fmt: skip
    assert told[1] == told[2] == told[0]
    out = run("status", "--data", data, "--known-on", "2016-01-01", "--json")[1]
    assert {row["status"] for row in json.loads(out)["indicators"]} == {"no_data"}
    export = Store.open(data).export(tmp_path / "out.parquet")
    assert json.loads(run("status", *at, "--data", export)[1])["indicators"] == told[0]


def test_an_option_before_the_inner_command_holds(run: Run):
    out = run("--at", "2016-12-31", "--json", "status", "--county", "331127")[1]
    found = json.loads(out)
    assert (found["at"], found["area"]) == ("2016-12-31", "331127")


def test_the_report_is_written(run: Run, tmp_path: Path):
    code, out, _ = run("report", "-o", tmp_path / "r.html", "--at", "2018-06-30")
    assert code == 0
    assert out.startswith("*** SYNTHETIC DATA")
    assert (tmp_path / "r.html").stat().st_size > 0


def test_real_data_raise_no_banner(run: Run, tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text("指标,地区,时期,分子,分母\n5,全市,2015Q4,2,10\n5,全市,2018Q2,8,10\n")
    code, out, _ = run("status", "--data", path, "--at", "2018-06-30")
    assert code == 0
    assert "SYNTHETIC" not in out
    assert "80.0%" in out


def test_check_tells_each_wrong_row_and_leaves_with_one(run: Run, tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text(
        "指标,地区,时期,分子,分母\n5,全市,2018Q2,8,10\n5,杭州,2018Q2,8,10\n5,全市,2018Q3,18,10\n"
    )
    code, out, _ = run("check", path)
    assert code == 1
    assert "1 row accepted, 2 rejected" in out
    assert "row 3: " in out
    assert "row 4: numerator above denominator" in out
    assert run("check", SAMPLE)[0] == 0
    found = json.loads(run("check", path, "--json")[1])
    assert [row["row"] for row in found["rejected"]] == [3, 4]
    code, _, err = run("status", "--data", path, "--at", "2018-06-30")
    assert code == 0
    assert "2 rows left out" in err


def test_load_says_what_it_rejected_and_where_it_went(run: Run, tmp_path: Path):
    path = tmp_path / "a.csv"
    path.write_text("指标,地区,时期,分子,分母\n5,全市,2018Q2,8,10\n5,杭州,2018Q2,8,10\n")
    code, out, _ = run("load", path, "--data", tmp_path / "s.parquet", "--by", "a", "--reason", "b")
    assert code == 1
    assert "1 added, 0 revised, 0 unchanged, 1 rejected" in out
    assert pl.read_csv(tmp_path / "a.csv.rejected.csv").height == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("status", "--at", "mid-2018"), "not a date"),
        (("status", "--county", "杭州"), "331127"),
        (("status", "--data", "gone.csv"), "no such file"),
        (("status", "--data", "gone.duckdb"), "no such file"),
        (("status", "--data", str(SAMPLE), "--known-on", "2018-01-01"), "no revisions"),
        (("status", "--targets", "gone.csv"), "no such file"),
        (("check", "gone.csv"), "no such file"),
        (
            ("load", str(SAMPLE), "--data", "x.sqlite", "--by", "a", "--reason", "b"),
            "kind of store",
        ),
        (("load", str(SAMPLE), "--data", "x.duckdb", "--by", " ", "--reason", "b"), "who records"),
    ],
)
def test_bad_input_is_one_message_and_two(run: Run, tmp_path: Path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*words)
    assert code == 2
    assert said in err
    assert out == ""
    assert list(tmp_path.iterdir()) == []


def test_targets_bend_the_path(run: Run, tmp_path: Path):
    path = tmp_path / "t.csv"
    path.write_text("指标,地区,年度,目标值\n4,全市,2018,95\n")
    out = run("status", "--at", "2018-04-30", "--targets", path, "--json")[1]
    row = next(
        r for r in json.loads(out)["indicators"] if r["indicator"] == "collection_completeness"
    )
    assert row["target_basis"] == "loaded"
    assert row["status"] in ("behind", "far_behind")


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Observations, two sheets of targets and a hidden third, in one workbook."""
    observed = pl.read_csv(SAMPLE, infer_schema=False)
    sheets = {"观测": [observed.columns, *observed.rows()]}
    for name, target in {"草案": 40, "定稿": 95, "旧稿": 10}.items():
        sheets[name] = [["指标", "地区", "年度", "目标值(%)"], [4, "全市", 2018, target]]
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        sheet.sheet_state = "hidden" if name == "旧稿" else "visible"
        for row in rows:
            sheet.append(list(row))
    made.save(tmp_path / "book.xlsx")
    return tmp_path / "book.xlsx"


def test_of_several_sheets_of_targets_one_must_be_named(run: Run, book: Path, tmp_path: Path):
    words = ("--at", "2018-04-30", "--data", SAMPLE, "--targets", book)
    for command in (("status",), ("report", "-o", tmp_path / "r.html")):
        code, _, err = run(*command, *words)
        assert code == 2
        assert "several sheets" in err
        assert "'草案', '定稿'" in err
        assert "旧稿" not in err
        assert "--targets-sheet" in err
    for sheet, behind in {"草案": False, "定稿": True}.items():
        out = run("status", *words, "--targets-sheet", sheet, "--json")[1]
        row = json.loads(out)["indicators"][3]
        assert row["target_basis"] == "loaded"
        assert (row["status"] in ("behind", "far_behind")) is behind


def test_observations_and_targets_of_one_workbook_are_verified_from_their_own_sheets(
    run: Run, book: Path, tmp_path: Path
):
    path, at = tmp_path / "r.html", ("--at", "2018-04-30")
    targets = ("--targets", book, "--targets-sheet")
    words = ("--data", book, "--sheet", "观测", *targets, "定稿")
    assert run("report", *words, *at, "-o", path)[0] == 0
    inputs = json.loads((tmp_path / "r.html.manifest.json").read_text(encoding="utf-8"))["inputs"]
    told = {role: entry["sheet"] for role, entry in inputs.items()}
    assert told == {"data": "观测", "targets": "定稿"}
    of_one = run("status", *words, *at, "--json")[1]
    of_two = run("status", "--data", SAMPLE, *targets, "3", *at, "--json")[1]
    assert json.loads(of_one)["indicators"] == json.loads(of_two)["indicators"]
    assert main(["verify", str(path)]) == 0
