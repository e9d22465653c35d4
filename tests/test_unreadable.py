"""Unreadable is not empty: an error or a formula without a value rejects its row, whoever reads it."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lishui_credit.commands.cli import main
from lishui_credit.errors import SubjectError
from lishui_credit.language import set_language
from lishui_credit.plan.observed.reading import read_observations
from lishui_credit.plan.records.publication_fields import judged_records
from lishui_credit.plan.records.raw_tables import AREA, RawTable, level_column, raw_column, take
from lishui_credit.plan.targets import read_targets
from lishui_credit.policies.decision_files import decide_file
from lishui_credit.policies.policy_file import parse
from lishui_credit.policies.score_files import read_scores
from lishui_credit.rubrics.areas import from_files
from lishui_credit.rubrics.engine.evaluate import evaluate
from lishui_credit.rubrics.intake import intake
from lishui_credit.rubrics.law import catalog
from lishui_credit.scorecards.sample_files import read_sample, scan_sample, score_file
from lishui_credit.tables.cells import cell
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.conform import Conformed, conform
from lishui_credit.tables.headers import is_date, is_header
from lishui_credit.tables.identifiers import uscc_check_digit
from lishui_credit.tables.read import read
from lishui_credit.tables.unreadable import formula, is_unreadable, surely_readable, unreadable
from tests.test_card_files import CARD, FRAME
from tests.workbooks import ERRORS, Cells, xlsx

FIRM, OTHER = "12331102398259791Y", "1233110252601815X0"
SAMPLE = Path(__file__).resolve().parents[1] / "data_samples" / "environment.csv"
NATIONAL = "environment-credit@2014-03-01"
KINDS = {
    "exempt": "否",  # flag
    "clean_months": "12",  # integer
    "tax_amount": "5",  # money
    "min_outlet_compliance_rate": "0.9",  # rate
    "abc_total_score": "70",  # number
    "prior_grade": "A",  # level
    "occurred_on": "2019-04-01",  # date
    "county": "莲都区",  # text
    "event_id": "7",  # an id
}
UNREADABLE = [*ERRORS, "#SPILL!", "#GETTING_DATA", "=VLOOKUP(A1,B:C,2,0)"]


@pytest.fixture(autouse=True)
def _english() -> object:
    set_language("en")
    yield
    set_language(None)


def both(folder: Path, rows: Cells) -> tuple[Path, Path]:
    """The same cells as a workbook, and saved as CSV: where formulas without values are what is told."""
    said = [[formula(v) if str(v).startswith("=") else v for v in row] for row in rows]
    with (folder / "t.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(said)
    return xlsx(folder / "t.xlsx", rows), folder / "t.csv"


def taken(path: Path, wanted: dict[str, bool], key: str = "uscc") -> Conformed:
    return conform(read(path, is_header, is_date), wanted, key=key)


# ---- cells ------------------------------------------------------------------------------------


def firm(place: int) -> str:
    head = f"91331100MA3F{place:05d}"
    return head + uscc_check_digit(head)


@pytest.mark.parametrize("held", UNREADABLE)
def test_an_unreadable_cell_of_any_kind_rejects_its_row_and_is_quoted(
    tmp_path: Path, held: str
) -> None:
    """A row for each kind of column, unreadable in that one alone."""
    good = {"uscc": FIRM, **KINDS}
    bad = [{**good, "uscc": firm(place), name: held} for place, name in enumerate(good)]
    rows = [[*good], *([*row.values()] for row in (good, *bad))]
    told = formula(held) if held.startswith("=") else held
    for path in both(tmp_path, rows):
        found = taken(path, dict.fromkeys(good, True))
        assert found.rejected["row"].to_list() == [*range(3, 3 + len(good))]
        for name, lost in zip(good, found.rejected.iter_rows(named=True), strict=True):
            assert lost["reasons"].startswith(f"{name}: no readable value ")
            assert lost["reasons"].endswith(f": {told}")
            assert "; " not in lost["reasons"]
            assert lost[name] == told
        assert found.frame.collect()["uscc"].to_list() == [FIRM]


@pytest.mark.parametrize("held", UNREADABLE)
def test_a_column_that_is_not_used_rejects_no_row(tmp_path: Path, held: str) -> None:
    rows = [["uscc", "exempt", "remark"], [FIRM, "否", held]]
    for path in both(tmp_path, rows):
        found = taken(path, {"uscc": True, "exempt": True})
        assert found.rejected.is_empty()
        assert found.frame.collect().rows() == [(FIRM, False)]


def test_a_row_of_errors_alone_is_a_row_without_its_key(tmp_path: Path) -> None:
    rows = [["uscc", "exempt"], [FIRM, "否"], [None, "#REF!"], ["#REF!", "#REF!"]]
    for path in both(tmp_path, rows):
        found = taken(path, {"uscc": True, "exempt": True})
        assert found.rejected["row"].to_list() == [3, 4]
        assert "no uscc" in found.rejected["reasons"][0]
        assert "no uscc" not in found.rejected["reasons"][1]


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        *((error, True) for error in ERRORS),
        *((f" {error}\u3000", True) for error in ERRORS),
        ("#n/a", True),
        ("#溢出!", True),
        ("#值!", True),
        ("########", True),
        ("Err:502", True),
        ("#ERROR!", True),
        ("#FORMULA! a formula without a stored value: =A1\n+1", True),
        ("N/A", False),
        ("—", False),
        ("#", False),
        ("#3号厂房", False),
        ("#1!", False),
        ("3 #REF! in it", False),
        ("#ref", False),
        ("Error 502", False),
        ("=A1", False),
        ("", False),
    ],
)
def test_which_texts_are_unreadable(text: str, lost: bool) -> None:
    assert is_unreadable(text) is lost
    found = pl.DataFrame({"a": [text]}).select(
        unreadable(pl.col("a")).alias("lost"), surely_readable(pl.col("a")).alias("sure")
    )
    assert found["lost"].to_list() == [lost]
    assert not (lost and text == text.strip() and found["sure"][0])


def test_an_error_counts_as_nothing_in_no_kind_of_column() -> None:
    for name in (*KINDS, "uscc"):
        read_as = cell(dictionary()[name], name, "", pl.String())
        frame = pl.DataFrame({name: ["#N/A", None, "-"]})
        tests = [test.fill_null(False) for _, test in read_as.faults]
        assert frame.select(pl.any_horizontal(tests)).to_series().to_list() == [True, False, False]


def test_an_enumeration_of_texts_is_looked_through_too() -> None:
    for kind in (pl.Categorical(), pl.Enum(["莲都区", "#N/A"])):
        frame = pl.DataFrame({"county": ["莲都区", "#N/A"]}, schema={"county": kind})
        read_as = cell(dictionary()["county"], "county", "", kind)
        assert frame.select(read_as.faults[0][1]).to_series().to_list() == [False, True]


def test_the_message_is_chinese_on_request(tmp_path: Path) -> None:
    set_language("zh")
    label = dictionary()["exempt"].label_zh
    path = xlsx(tmp_path / "t.xlsx", [["uscc", label], [FIRM, "#N/A"], [OTHER, "=A1"]])
    said = f"exempt ({label}): 没有可读取的值(请更正该单元格,或打开工作簿后重新保存): "
    assert taken(path, {"uscc": True, "exempt": True}).rejected["reasons"].to_list() == [
        f"{said}#N/A",
        f"{said}#FORMULA! 没有存储值的公式:=A1",
    ]


# ---- grading ----------------------------------------------------------------------------------


def environment() -> tuple[list[str], list[list[str]]]:
    with SAMPLE.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    return header, rows


HEADER, FIRMS = environment()
VETOES = {
    row.column: place
    for row in catalog.rubric(NATIONAL).overrides
    if row.column is not None
    for place, name in enumerate(HEADER)
    if name in (dictionary()[row.column].label_zh, *dictionary()[row.column].aliases)
}


def test_the_sample_has_override_columns() -> None:
    assert len(VETOES) == 7


@settings(max_examples=40)
@given(
    place=st.integers(0, len(FIRMS) - 1),
    column=st.sampled_from(sorted(VETOES)),
    held=st.sampled_from(UNREADABLE),
    before=st.integers(0, 3),
)
def test_an_unreadable_override_never_gives_a_grade(
    tmp_path_factory: pytest.TempPathFactory, place: int, column: str, held: str, before: int
) -> None:
    low = max(0, place - 2)
    rows = [list(row) for row in FIRMS[low : place + 3]]
    rows[place - low][VETOES[column]] = held
    lines: Cells = [
        *([None] for _ in range(before)),
        HEADER,
        *([v or None for v in r] for r in rows),
    ]
    path = xlsx(tmp_path_factory.mktemp("veto") / "t.xlsx", lines)
    rubric = catalog.rubric(NATIONAL)
    found = intake(rubric, path, period=2015)
    assert found.rejected["row"].to_list() == [before + 2 + place - low]
    assert f"{column} ({HEADER[VETOES[column]]}): no readable value" in found.rejected["reasons"][0]
    graded = evaluate(found.subjects, rubric, period=2015).collect()
    assert FIRMS[place][0] not in graded["uscc"].to_list()
    assert graded.height == len(rows) - 1


@pytest.mark.parametrize("held", ["#N/A", "#DIV/0!", "=VLOOKUP(A1,B:C,2,0)"])
def test_one_sheet_gives_one_answer_in_whatever_format(tmp_path: Path, held: str) -> None:
    rows = [list(row) for row in FIRMS[:4]]
    rows[2][VETOES["veto_hidden_pipe"]] = held
    rubric = catalog.rubric(NATIONAL)
    answers = []
    for path in both(tmp_path, [HEADER, *([v or None for v in row] for row in rows)]):
        found = intake(rubric, path, period=2015)
        grades = evaluate(found.subjects, rubric, period=2015).collect()
        answers.append((found.rejected.select("row", "reasons").rows(), grades.rows()))
    assert answers[0] == answers[1]


def test_the_command_names_row_column_and_cell_and_grades_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [list(row) for row in FIRMS[:4]]
    label = HEADER[VETOES["veto_hidden_pipe"]]
    rows[1][VETOES["veto_hidden_pipe"]] = "#N/A"
    rows[2][VETOES["veto_hidden_pipe"]] = '=IF(1=1,"是","否")'
    path = xlsx(tmp_path / "t.xlsx", [HEADER, *([v or None for v in row] for row in rows)])
    job = ["grade", "environment-credit", str(path), "--on", "2018-06-30", "--lang", "en"]
    output = tmp_path / "g.csv"
    assert main([*job, "-o", str(output)]) == 2
    said = capsys.readouterr().err
    assert "2 rows rejected; nothing was graded" in said
    assert f"subjects row 3: veto_hidden_pipe ({label}): no readable value" in said
    assert "#N/A" in said
    assert not output.exists()
    rejected = pl.read_csv(tmp_path / "g.csv.rejected.csv")
    assert rejected["_row"].to_list() == [3, 4]
    assert f"{label} ✗" in rejected.columns
    assert rejected[f"{label} ✗"][1] == rejected["_reasons"][1].partition("): ")[2]
    assert rejected["_reasons"][1].endswith('a formula without a stored value: =IF(1=1,"是","否")')
    assert main([*job, "-o", str(output), "--skip-rejected"]) == 0
    assert pl.read_csv(output, infer_schema=False).height == 2


def spoiled(folder: Path, name: str, column: str, held: str) -> Path:
    """A committed sample as a workbook, with one cell of its first row spoiled."""
    with (SAMPLE.parent / name).open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    rows = rows[:40]
    rows[0][header.index(column)] = held
    return xlsx(folder / "t.xlsx", [header, *([v or None for v in row] for row in rows)])


@pytest.mark.parametrize("held", ["#DIV/0!", "=A1"])
def test_an_unreadable_base_is_rejected(tmp_path: Path, held: str) -> None:
    bases = SAMPLE.parent / "county_bases.csv"
    header = bases.read_text(encoding="utf-8-sig").splitlines()[0].split(",")
    column = next(name for name in header if "asset" in name or "资产" in name)
    rubric = catalog.rubric("farmer-household", on="2016-06-30")
    path = spoiled(tmp_path, "county_bases.csv", column, held)
    found = intake(rubric, SAMPLE.parent / "households.csv", bases=path, as_of=date(2016, 6, 30))
    wrong = found.rejected.filter(file="bases")
    assert wrong["row"].to_list() == [2]
    assert column in wrong["reasons"][0]
    assert "no readable value" in wrong["reasons"][0]


@pytest.mark.parametrize("held", ["#DIV/0!", "=A1"])
def test_an_event_with_an_unreadable_cell_is_rejected(tmp_path: Path, held: str) -> None:
    header = (SAMPLE.parent / "events.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    column = next(
        name
        for name in header.split(",")
        if name in ("corrected_on", dictionary()["corrected_on"].label_zh)
    )
    rubric = catalog.rubric("tax-credit", on="2019-04-30")
    path = spoiled(tmp_path, "events.csv", column, held)
    found = intake(rubric, SAMPLE.parent / "enterprises.xlsx", events=path, period=2018)
    assert found.rejected.filter(file="events", row=2)["reasons"][0].count("no readable value") == 1


@pytest.mark.parametrize("held", ["#DIV/0!", "=A1"])
def test_a_village_with_an_unreadable_figure_is_refused(tmp_path: Path, held: str) -> None:
    header = (SAMPLE.parent / "village_loans.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    path = spoiled(tmp_path, "village_loans.csv", header.split(",")[-2], held)
    names = ("credit-village", "credit-township", "credit-county")
    editions = [catalog.rubric(name, on="2016-06-30") for name in names]
    places = {name: ["甲"] for name in ("county", "township", "village", "grade")}
    with pytest.raises(SubjectError, match=r"row 2 .*no readable value"):
        from_files(pl.LazyFrame(places), path, *editions, credit_grades=["tier1"])


# ---- the plan ---------------------------------------------------------------------------------


@pytest.mark.parametrize("column", range(8))
def test_an_observation_with_an_unreadable_cell_is_rejected(tmp_path: Path, column: int) -> None:
    head = ["指标", "地区", "时期", "频率", "分子", "分母", "数值", "备注"]
    good = ["“双公示”覆盖率", "景宁", "2018年6月", None, 95, 100, None, None]
    for held in ("#N/A", "=A1"):
        bad = ["年查询量", "莲都区", "2018-06", "月", 1200, None, None, None]
        bad[column] = held
        for path in both(tmp_path, [head, good, bad]):
            found = read_observations(path, today=date(2019, 1, 1))
            assert found.rejected["row"].to_list() == [3]
            assert f"{head[column]}: no readable value" in found.rejected["reasons"][0]
            assert found.frame.height == 1


@pytest.mark.parametrize("column", range(5))
def test_a_target_with_an_unreadable_cell_refuses_the_file(tmp_path: Path, column: int) -> None:
    line = ["2", "景宁", 2018, 90, "内部文件"]
    line[column] = "#REF!"
    for path in both(tmp_path, [["指标", "地区", "年度", "目标值(%)", "来源"], line]):
        with pytest.raises(SubjectError, match=r":2: .*no readable value .*#REF!"):
            read_targets(path)


VISITS = RawTable(
    id="visits",
    title_zh="访问",
    columns=(
        AREA,
        raw_column("day", "日期", "date"),
        raw_column("at", "时刻", "moment"),
        raw_column("who", "访客"),
        raw_column("count", "次数", "integer"),
        raw_column("paid", "金额", "money"),
        raw_column("ok", "成功", "flag"),
        level_column("level", "等级", a=("甲",)),
    ),
    gaps=("at", "who", "count", "paid", "ok", "level"),
)


@pytest.mark.parametrize("column", range(8))
def test_raw_records_with_an_unreadable_cell_are_refused_with_its_row(
    tmp_path: Path, column: int
) -> None:
    good = ["莲都区", "2018-03-01", "2018-03-01 09:30:00", "张三", 1, 2, "是", "甲"]
    bad: list[str | int | None] = [*good]
    bad[column] = "#N/A"
    head: list[str | int | None] = [c.label_zh for c in VISITS.columns]
    path = xlsx(tmp_path / "t.xlsx", [head, good, [None] * 8, bad])
    with pytest.raises(SubjectError, match=r"1 rows, first row 4: #N/A") as caught:
        take(path, VISITS)
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize("held", ["#N/A", "#REF!", formula("=A1")])
def test_a_published_record_with_an_unreadable_field_does_not_comply(held: str) -> None:
    record = {
        "adcode": "331102", "CF_WSH": "甲罚〔2016〕1号", "处罚名称": "罚款", "处罚事由": "…",
        "处罚依据": "…", "行政相对人名称": "合成企业", "CF_JG": "罚款",
        "统一社会信用代码": "12331102398259791Y", "处罚决定日期": "2016-03-01", "处罚机关": "甲局",
    }  # fmt: skip
    assert judged_records(pl.DataFrame([record]), "penalty", "2015")[0]["passes"][0]
    for name in list(record)[1:]:
        judged, found = judged_records(pl.DataFrame([{**record, name: held}]), "penalty", "2015")
        assert not judged["passes"][0], name
        assert [fault for _, fault, _ in found.rows()] == ["unreadable"]


# ---- samples and scores -----------------------------------------------------------------------


def test_a_sample_with_unreadable_cells_is_refused_with_their_first_row(tmp_path: Path) -> None:
    rows = [["a", "b", "净资产(万元)", "bad"], [1, "x", 5, 0], [2, "#N/A", 6, 1], [None] * 4, ["=A1", "#N/A", "#REF!", 0]]  # fmt: skip
    for path in both(tmp_path, rows):
        with pytest.raises(SubjectError) as caught:
            read_sample(path, "bad")
        said = [str(problem) for problem in caught.value.problems]
        assert len(said) == 3
        assert "1 rows, first row 5: #FORMULA!" in said[0]
        assert "2 rows, first row 3: #N/A" in said[1]
        assert "1 rows, first row 5: #REF!" in said[2]


def test_columns_that_a_sample_leaves_out_may_hold_anything(tmp_path: Path) -> None:
    rows = [["a", "b", "bad"], [1, "#N/A", 0], [2, "x", 1]]
    for path in both(tmp_path, rows):
        assert read_sample(path, "bad", leave_out=["b"]).frame["a"].to_list() == [1, 2]
        assert read_sample(path, "bad", only=["a"]).frame["b"].to_list() == ["#N/A", "x"]
        with pytest.raises(SubjectError, match="no readable value"):
            read_sample(path, "bad")


def test_an_unreadable_outcome_is_no_unknown_outcome(tmp_path: Path) -> None:
    for path in both(tmp_path, [["a", "bad"], [1, 0], [2, "#N/A"]]):
        with pytest.raises(SubjectError, match=r"first row 3: #N/A"):
            read_sample(path, "bad", leave_out=["a"])


def test_a_file_is_scored_only_if_the_cards_columns_are_readable(tmp_path: Path) -> None:
    table = FRAME.head(3).with_columns(remark=pl.lit("#N/A"))
    name = CARD.columns[0]
    table.write_csv(tmp_path / "a.csv")
    assert score_file(CARD, tmp_path / "a.csv", tmp_path / "o.csv") == 3
    table.with_columns(pl.lit("#DIV/0!").alias(name)).write_csv(tmp_path / "a.csv")
    with pytest.raises(SubjectError, match=rf"a.csv: {name}.*3 rows, first row 2: #DIV/0!"):
        score_file(CARD, tmp_path / "a.csv", tmp_path / "p.csv")
    assert not (tmp_path / "p.csv").exists()


def test_text_that_says_there_is_nothing_is_nothing_still(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,NA\nN/A,-\n")
    found = scan_sample(tmp_path / "a.csv").collect()
    assert found.rows() == [(1, None), (None, None)]


HEAD = 'id = "p"\nversion = "1"\ntitle_zh = "政策"\nauthor = "甲"\napproved_by = "乙"\napproved_on = 2026-01-01\n'
SEGMENTS = (
    HEAD + 'kind = "segments"\nscore = { column = "score" }\ncut_off = 500\n'
    '[[segments]]\nwhere = { county = "龙泉" }\ncut_off = 620\n'
)
GRADES = HEAD + (
    'kind = "single"\ncut_off = "A"\nscore = { column = "grade", order = ["A", "B"] }\n'
)


@pytest.mark.parametrize(
    ("column", "held"),
    [("id", "#N/A"), ("score", "#N/A"), ("county", "#REF!"), ("county", "=A1"), ("amount_fen", "#NUM!")],
)  # fmt: skip
def test_an_applicant_with_an_unreadable_cell_is_not_decided_by_it(
    tmp_path: Path, column: str, held: str
) -> None:
    """A county nobody can read must not fall to the looser cut-off of all others."""
    (tmp_path / "p.toml").write_text(SEGMENTS, encoding="utf-8")
    good = {"id": "a", "score": 600, "county": "龙泉", "amount_fen": 5}
    bad = {**good, "id": "b", column: held}
    rows: Cells = [list(good), list(good.values()), list(bad.values())]
    for path in both(tmp_path, rows):
        with pytest.raises(SubjectError, match=rf"row 3: {column}: no readable value"):
            decide_file(tmp_path / "p.toml", path, tmp_path / "d.csv", on=date(2026, 6, 1))
        assert not (tmp_path / "d.csv").exists()
        done = decide_file(
            tmp_path / "p.toml", path, tmp_path / "d.csv", on=date(2026, 6, 1), skip_rejected=True
        )
        assert (done.facts.rejected, done.facts.counts["decline"]) == (1, 1)
        (tmp_path / "d.csv").unlink()


def test_a_grade_that_is_unreadable_is_rejected_as_such(tmp_path: Path) -> None:
    policy = parse(GRADES)
    for path in both(
        tmp_path, [["id", "grade", "remark"], ["a", "#N/A", "#N/A"], ["b", "A", None]]
    ):
        found = read_scores(path, policy)
        assert found.frame["grade"].to_list() == [None, "A"]
        assert {name: cells.to_list() for name, cells in found.faults.items()} == {
            "grade": ["#N/A", None]
        }
        with pytest.raises(
            SubjectError, match=r"no readable value.*grade|grade.*no readable value"
        ):
            found.whole("t")


def test_columns_that_a_comparison_splits_by_must_be_readable(tmp_path: Path) -> None:
    policy = parse(HEAD + 'kind = "single"\ncut_off = 600\nscore = { column = "score" }')
    path = xlsx(tmp_path / "t.xlsx", [["id", "score", "area"], ["a", 600, "#N/A"]])
    assert not read_scores(path, policy).faults
    assert list(read_scores(path, policy, texts=["area"]).faults) == ["area"]
