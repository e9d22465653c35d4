"""Returns as county offices send them: what they number, call and date, and what is told of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from lishui_credit.errors import SubjectError
from lishui_credit.language import set_language
from lishui_credit.plan.observed.period_words import period_said
from lishui_credit.plan.observed.reading import read_observations
from lishui_credit.plan.targets import read_targets

TODAY = date(2021, 6, 1)


@pytest.fixture(autouse=True)
def _english() -> object:
    set_language("en")
    yield
    set_language(None)


def book(path: Path, *rows: tuple[object, ...]) -> Path:
    """A workbook of one sheet."""
    made = openpyxl.Workbook()
    sheet = made.worksheets[0]
    for row in rows:
        sheet.append(row)
    made.save(path)
    return path


def told(path: Path) -> dict[int, str]:
    return dict(read_observations(path, today=TODAY).rejected.select("row", "reasons").iter_rows())


def test_a_row_number_beside_the_names_of_indicators_is_ignored(tmp_path: Path) -> None:
    path = book(
        tmp_path / "a.xlsx",
        ("序号", "指标名称", "地区", "时期", "分子", "分母"),
        (1, "信用网站开通率", "莲都区", "2018年12月", 1, 1),
        (2, "归集完整率", "莲都区", "2018年12月", 700, 1000),
    )
    found = read_observations(path, today=TODAY)
    assert found.rejected.is_empty()
    assert set(found.frame["indicator"]) == {"website_rate", "collection_completeness"}
    assert found.notes == ("a.xlsx: columns not used: 序号",)


@pytest.mark.parametrize("item", ["项目", "项目名称"])
def test_items_name_indicators_where_only_a_row_number_stands_beside_them(
    tmp_path: Path, item: str
) -> None:
    path = book(
        tmp_path / "a.xlsx",
        ("序号", item, "地区", "时期", "数值"),
        (1, "政务诚信满意度", "莲都区", "2018年", 88),
        (2, "商务诚信满意度", "莲都区", "2018年", 82),
    )
    found = read_observations(path, today=TODAY)
    assert set(found.frame["indicator"]) == {"satisfaction_government", "satisfaction_business"}


def test_a_row_number_alone_names_no_indicator(tmp_path: Path) -> None:
    rows = (1, "莲都区", "2018年", 88)
    with pytest.raises(SubjectError, match="no column 'indicator'") as caught:
        read_observations(book(tmp_path / "a.xlsx", ("序号", "地区", "时期", "数值"), rows))
    assert "序号" not in str(caught.value)
    for header in ("指标编号", "指标序号"):
        path = book(tmp_path / "b.xlsx", (header, "地区", "时期", "数值"), (9, *rows[1:]))
        found = read_observations(path, today=TODAY)
        assert found.frame["indicator"].to_list() == ["satisfaction_government"]


def test_a_row_number_names_no_indicator_of_a_target(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("序号,指标,地区,年度,目标值\n1,4,莲都,2018,90\n")
    assert read_targets(path)["indicator"].to_list() == ["collection_completeness"]


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("莲都", "331102"), ("青田", "331121"), ("缙云", "331122"), ("遂昌", "331123"), ("松阳", "331124"),
        ("云和", "331125"), ("庆元", "331126"), ("景宁", "331127"), ("龙泉", "331181"), ("莲都区", "331102"),
        ("遂 昌 县", "331123"), ("龙泉市", "331181"), ("景宁县", "331127"), ("景宁自治县", "331127"),
        ("景宁畲族自治县", "331127"), ("浙江省丽水市遂昌县", "331123"), ("丽水市松阳县", "331124"),
        ("３３１１２３", "331123"), ("331123000000", "331123"), ("全市", "331100"), ("丽水市", "331100"),
    ],
)  # fmt: skip
def test_counties_are_known_by_the_names_offices_use(tmp_path: Path, word: str, code: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"指标,地区,时期,分子,分母\n双公示覆盖率,{word},2018年6月,7,10\n")
    assert read_observations(path, today=TODAY).frame["adcode"].to_list() == [code]


@pytest.mark.parametrize("word", ["逐昌县", "市本级", "龙泉区", "青田市", "丽水县", "杭州市青田县"])
def test_a_name_of_no_county_is_rejected(tmp_path: Path, word: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"指标,地区,时期,分子,分母\n双公示覆盖率,{word},2018年6月,7,10\n")
    assert "not one of" in told(path)[2]


@pytest.mark.parametrize(
    ("text", "end", "frequency"),
    [
        ("2018Q2", "2018-06-30", "quarter"), ("2018年第二季度", "2018-06-30", "quarter"),
        ("2018年二季度", "2018-06-30", "quarter"), ("2018四季度", "2018-12-31", "quarter"),
        ("二〇一八年第二季度", "2018-06-30", "quarter"), ("2018年6月", "2018-06-30", "month"),
        ("2018年6月份", "2018-06-30", "month"), ("2018-06", "2018-06-30", "month"),
        ("2018-11月", "2018-11-30", "month"), ("201806", "2018-06-30", "month"),
        ("18年8月", "2018-08-31", "month"), ("二〇一八年六月", "2018-06-30", "month"),
        ("二零一八年十一月", "2018-11-30", "month"), ("二○一六年二月", "2016-02-29", "month"),
        ("2018年", "2018-12-31", "year"), ("2018年全年", "2018-12-31", "year"),
        ("二〇一八年", "2018-12-31", "year"), ("二〇一八年六月三十日", "2018-06-30", None),
        ("2018/6/30", "2018/6/30", None), ("98年8月", "98年8月", None), ("2018年13月", "2018年13月", None),
        ("2018-2019", "2018-2019", None), ("2018.1", "2018.1", None),
    ],
)  # fmt: skip
def test_a_period_is_read_as_it_is_said(text: str, end: str, frequency: str | None) -> None:
    said = period_said(text)
    assert (said.end, said.frequency, said.several, said.as_of) == (end, frequency, False, False)


@pytest.mark.parametrize(
    "text",
    ["2018年上半年", "2018上半年", "2018H1", "2018年下半年", "2018年1-6月", "2018年1月至6月", "2018年前三季度", "2018年第一至三季度"],
)  # fmt: skip
def test_a_stretch_of_periods_is_rejected_with_what_to_write(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"指标,地区,时期,分子,分母\n双公示覆盖率,遂昌,{text},7,10\n")
    (reasons,) = told(path).values()
    assert reasons.startswith("half a year or several months")
    assert "2018Q2" in reasons
    assert ";" not in reasons


def test_the_state_as_of_a_day_is_read_and_a_flow_as_of_it_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    body = "".join(
        f"双公示覆盖率,遂昌,{text},7,10\n"
        for text in ("2017年11月末", "截至2017年12月", "2018年底")
    )
    path.write_text(f"指标,地区,时期,分子,分母\n{body}7,遂昌,截至2018年6月,7,\n")
    found = read_observations(path, today=TODAY)
    assert sorted(found.frame["period"]) == [
        date(2017, 11, 30),
        date(2017, 12, 31),
        date(2018, 12, 31),
    ]
    assert "over which period" in told(path)[5]


def test_empty_cells_below_a_merged_one_are_told_by_row(tmp_path: Path) -> None:
    path = book(
        tmp_path / "a.xlsx",
        ("莲都区2018年信用指标报送表",),
        ("指标", "地区", "时期", "分子", "分母"),
        ("“双公示”覆盖率", "莲都区", "2018年6月", 735, 1000),
        (None, "莲都区", "2018年7月", 744, 1000),
    )
    made = openpyxl.load_workbook(path)
    made.worksheets[0].merge_cells("A3:A4")
    made.save(path)
    assert "merged" in told(path)[4]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (("88", "90", "85"), "low is above high"),
        (("88", "0.85", "0.9"), "value outside low and high"),
        (("88%", "85%", "120%"), "low or high is above 100%"),
        (("88", "101", "120"), "low or high is above 100%"),
        (("88", "-5", "90"), "below zero"),
    ],
)
def test_an_interval_that_cannot_be_is_rejected(
    tmp_path: Path, cells: tuple[str, ...], reason: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        f"指标,地区,时期,数值,下限,上限\n政务诚信满意度,莲都区,2018年,{','.join(cells)}\n"
    )
    assert reason in told(path)[2]


def test_an_interval_holds_the_share_that_its_counts_make(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    head = "指标,地区,时期,分子,分母,下限,上限\n政务诚信满意度,"
    path.write_text(
        f"{head}莲都区,2018年,352,400,84.3,90.9\n政务诚信满意度,青田,2018年,352,400,89,95\n"
    )
    assert told(path) == {3: "numerator / denominator outside low and high"}
    frame = read_observations(path, today=TODAY).frame
    assert frame.select(pl.col("low"), pl.col("high")).row(0) == (84.3, 90.9)
