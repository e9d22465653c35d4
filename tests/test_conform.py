"""Raw files become dictionary columns, or are rejected with every reason."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lishui_credit.errors import SubjectError
from lishui_credit.language import set_language
from lishui_credit.tables import headers, keys, plain_files
from lishui_credit.tables.cells import cell as cell_of
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.conform import Conformed, conform
from lishui_credit.tables.header_words import UNITS
from lishui_credit.tables.read import Raw, read

FIRM = "12331102398259791Y"
OTHER = "1233110252601815X0"
WANTED = {
    "uscc": True,
    "occurred_on": False,
    "tax_amount": False,
    "exempt": False,
    "clean_months": False,
    "prior_grade": False,
    "min_outlet_compliance_rate": False,
}


@pytest.fixture(autouse=True)
def _english() -> object:
    set_language("en")
    yield
    set_language(None)


def taken(
    cells: Mapping[str, object], wanted: Mapping[str, bool] = WANTED, **options: object
) -> Conformed:
    frame = pl.DataFrame(
        {"uscc": [FIRM], **{name: [value] for name, value in cells.items()}}, strict=False
    )
    return conform(Raw(frame=frame.lazy(), name="t"), dict(wanted), key="uscc", **options)


def value(header: str, cell: object, column: str) -> object:
    found = taken({header: cell})
    assert found.rejected.is_empty(), found.rejected["reasons"][0]
    return found.frame.collect()[column][0]


def reason(header: str, cell: object) -> str:
    found = taken({header: cell})
    assert found.rejected.height == 1
    return str(found.rejected["reasons"][0])


@pytest.mark.parametrize(
    "cell",
    [
        "2019-04-01",
        "2019/4/1",
        "2019年4月1日",
        "2019.04.01",
        "20190401",
        "２０１９年４月１日",
        " 2019-4-1 ",
        "2019-04-01 00:00:00",
        date(2019, 4, 1),
        datetime(2019, 4, 1),
    ],
)
def test_dates_in_the_forms_officials_write(cell: object) -> None:
    assert value("发生日期", cell, "occurred_on") == date(2019, 4, 1)


@pytest.mark.parametrize("cell", ["2019-02-30", "2019年13月1日", "April", "1019-04-01"])
def test_dates_that_are_none_are_rejected(cell: str) -> None:
    assert "occurred_on" in reason("occurred_on", cell)


@pytest.mark.parametrize(
    ("header", "cell", "fen"),
    [
        ("涉及税款(万元)", "1.2", 1_200_000),
        ("涉及税款（万元）", 1.2, 1_200_000),
        ("涉及税款(元)", "12,000.50", 1_200_050),
        ("tax_amount", "12000", 1_200_000),
        ("tax_amount", "1.2万元", 1_200_000),
        ("tax_amount_fen", 1_200_000, 1_200_000),
        ("tax_amount_wan", "１．２", 1_200_000),
        ("税款金额", "12000元", 1_200_000),
        ("tax_amount", 0.29, 29),
    ],
)
def test_money_in_any_stated_unit_becomes_fen(header: str, cell: object, fen: int) -> None:
    assert value(header, cell, "tax_amount") == fen


@given(st.integers(0, 10**12), st.sampled_from(["元", "万元", "分"]))
def test_a_printed_amount_comes_back_to_the_fen(fen: int, unit: str) -> None:
    digits = {"元": 2, "万元": 6, "分": 0}[unit]
    text = f"{fen // 10**digits}.{fen % 10**digits:0{digits}d}" if digits else str(fen)
    assert value(f"涉及税款({unit})", text, "tax_amount") == fen


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("many", "not a number"),
        ("NaN", "not a number"),
        ("inf", "not a number"),
        (float("nan"), "not a finite number"),
        (float("inf"), "not a finite number"),
        ("0.001", "more decimals"),
        ("-1", "outside"),
        ("1e30", "outside"),
    ],
)
def test_numbers_that_are_none_are_rejected(cell: object, said: str) -> None:
    assert said in reason("tax_amount", cell)


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ("达标率", "0.9"),
        ("达标率", "90%"),
        ("达标率(%)", "90"),
        ("min_outlet_compliance_rate_bp", 9_000),
    ],
)
def test_rates_in_any_form_become_ten_thousandths(header: str, cell: object) -> None:
    assert value(header, cell, "min_outlet_compliance_rate") == 9_000


def test_percent_without_a_sign_is_suspected() -> None:
    with pytest.raises(SubjectError, match="percent"):
        taken({"达标率": "90"})


@pytest.mark.parametrize(
    ("cell", "said"), [("是", True), ("否", False), ("1", True), (0, False), ("", None)]
)
def test_flags(cell: object, said: bool | None) -> None:
    assert value("首违不罚", cell, "exempt") is said


def test_levels_by_word_or_id_and_nothing_else() -> None:
    assert value("上年度等级", "B级", "prior_grade") == "B"
    assert value("prior_grade", "A", "prior_grade") == "A"
    assert "not one of" in reason("prior_grade", "AA")


def test_codes_are_checked_and_cleaned() -> None:
    frame = pl.DataFrame({"统一社会信用代码": [f"\t{FIRM.lower()} ", FIRM[:-1] + "X", "1.23E+17"]})
    found = conform(Raw(frame=frame.lazy(), name="t"), {"uscc": True}, key="uscc")
    assert found.frame.collect()["uscc"].to_list() == [FIRM]
    assert found.rejected["row"].to_list() == [3, 4]
    assert "GB 32100" in found.rejected["reasons"][0]
    assert "a spreadsheet rounded" in found.rejected["reasons"][1]


@pytest.mark.parametrize("parts", [1, 3])
def test_every_copy_of_a_duplicate_is_rejected(parts: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if parts > 1:
        monkeypatch.setattr(keys, "_PART_ROWS", 1)
    frame = pl.DataFrame({"uscc": [FIRM, OTHER, FIRM]})
    found = conform(Raw(frame=frame.lazy(), name="t"), {"uscc": True}, key="uscc")
    assert found.rejected["row"].to_list() == [2, 4]
    assert found.frame.collect()["uscc"].to_list() == [OTHER]


def test_a_total_row_is_that_and_nothing_more() -> None:
    frame = pl.DataFrame({"uscc": [FIRM, "合计"], "tax_amount": ["1", "x"]})
    found = conform(Raw(frame=frame.lazy(), name="t"), WANTED, key="uscc")
    assert found.rejected["reasons"].to_list() == ["a total row, not a subject"]


@pytest.mark.parametrize("header", ["宗教信仰", "blood_type", "Blood_Type_duplicated_1"])
def test_banned_fields_are_refused(header: str) -> None:
    with pytest.raises(SubjectError, match="no credit file may hold"):
        taken({header: "x"})


def test_two_headers_for_one_column_are_refused() -> None:
    with pytest.raises(SubjectError, match="two headers"):
        taken({"涉及税款(元)": "1", "tax_amount": "1"})


def test_unused_columns_are_said() -> None:
    assert "未知列" in taken({"未知列": "1"}).notes[0]


TEXT = f"统一社会信用代码,涉及税款(元),发生日期\n{FIRM},100,2019年4月1日\n"


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        TEXT.encode("gb18030"),
        TEXT.encode("utf-16"),
        TEXT.replace(",", "\t").encode(),
        TEXT.replace(",", ";").encode(),
        TEXT.replace("\n", "\r\n").encode(),
    ],
    ids=["utf-8", "bom", "gb18030", "utf-16", "tabs", "semicolons", "crlf"],
)
def test_text_files_of_every_common_kind_read_the_same(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    found = conform(read(path), WANTED, key="uscc").frame.collect()
    assert found.row(0, named=True) == {
        "uscc": FIRM,
        "tax_amount": 10_000,
        "occurred_on": date(2019, 4, 1),
    }


def test_a_sheet_with_a_title_above_its_header_is_read(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["2018年度纳税人事件表(合成)"])
    sheet.append(["统一社会信用代码", "涉及税款(元)", "发生日期"])
    sheet.append([FIRM, 100.0, datetime(2019, 4, 1)])
    book.create_sheet("说明")
    book.save(tmp_path / "t.xlsx")
    raw = read(tmp_path / "t.xlsx", headers.is_header)
    found = conform(raw, WANTED, key="uscc")
    assert found.frame.collect().row(0) == (FIRM, 10_000, date(2019, 4, 1))
    assert any("row 2" in note for note in found.notes)
    assert any("only sheet" in note for note in found.notes)


def test_ragged_rows_get_one_message(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"uscc,tax_amount\n{FIRM},1\n{FIRM},1,2,3\n", encoding="utf-8")
    with pytest.raises(SubjectError, match="cannot be read"):
        conform(read(path), WANTED, key="uscc")


def test_a_row_longer_than_its_header_is_told_by_line_whatever_columns_are_read(
    tmp_path: Path,
) -> None:
    path = tmp_path / "t.csv"
    rows = f"uscc,备注,tax_amount\n{FIRM},a,1\n{OTHER},b,c,2\n"
    path.write_text(rows, encoding="utf-8")
    with pytest.raises(SubjectError, match="line 3 has 4 cells, the header 3"):
        conform(read(path), {"uscc": True}, key="uscc")


def test_a_header_that_stands_twice_is_two_headers(tmp_path: Path) -> None:
    frame = pl.DataFrame({"uscc": [FIRM], "tax_amount": ["1"], "other": ["2"]})
    text = frame.write_csv().replace("other", "tax_amount")
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    with pytest.raises(SubjectError, match="two headers for 'tax_amount'"):
        conform(read(tmp_path / "t.csv"), WANTED, key="uscc")


def test_a_file_without_any_known_header_gets_one_message() -> None:
    frame = pl.DataFrame({"锟斤": ["拷"], "烫烫": ["屯"]})
    with pytest.raises(SubjectError, match="no header is known") as caught:
        conform(Raw(frame=frame.lazy(), name="t"), {"uscc": True, "code": True}, key="uscc")
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize("cell", ["合 计", "合　计", "本页合计", "全县 合计", "总 计", "Total"])
def test_a_total_row_is_known_as_officials_space_it(cell: str) -> None:
    frame = pl.DataFrame({"uscc": [FIRM, cell]})
    found = conform(Raw(frame=frame.lazy(), name="t"), {"uscc": True}, key="uscc")
    assert found.rejected["reasons"].to_list() == ["a total row, not a subject"]


@pytest.mark.parametrize(
    ("header", "cell", "looks"),
    [("资产总额(元)", 600, "万元"), ("资产总额(万元)", 6_000_000, "元")],
)
def test_a_stated_unit_is_doubted_where_thirty_rows_speak_against_it(
    header: str, cell: int, looks: str
) -> None:
    def refused(rows: int, name: str) -> bool:
        frame = pl.DataFrame({"household_id": [str(n) for n in range(rows)], name: [cell] * rows})
        wanted = {"household_id": True, "firm_assets": True}
        try:
            conform(Raw(frame=frame.lazy(), name="t"), wanted, key="household_id")
        except SubjectError as error:
            return f"looks like {looks}" in str(error)
        return False

    assert refused(30, header)
    assert not refused(29, header)
    assert not refused(30, "资产总额(分)")


def test_a_column_without_any_value_is_empty_of_its_own_type() -> None:
    cells = dict.fromkeys(("tax_amount", "exempt", "occurred_on", "prior_grade"))
    found = taken(cells)
    assert found.rejected.is_empty()
    row = found.frame.collect()
    assert row.schema["tax_amount"] == pl.Int64
    assert row.schema["exempt"] == pl.Boolean
    assert row.schema["occurred_on"] == pl.Date
    assert row.select(list(cells)).row(0) == (None, None, None, None)


def test_an_id_that_a_spreadsheet_rounded_is_no_id() -> None:
    for cell in ("1.2E+17", "3.31102e17", 3.31102199001e17):
        frame = pl.DataFrame({"household_id": [cell]})
        found = conform(
            Raw(frame=frame.lazy(), name="t"), {"household_id": True}, key="household_id"
        )
        assert "rounded" in found.rejected["reasons"][0]
    frame = pl.DataFrame({"household_id": [17.0, 18.0]})
    found = conform(Raw(frame=frame.lazy(), name="t"), {"household_id": True}, key="household_id")
    assert found.frame.collect()["household_id"].to_list() == ["17", "18"]


@pytest.mark.parametrize("name", sorted({c.type: c.id for c in dictionary().values()}.values()))
def test_the_engine_reads_a_cell_in_one_stage(name: str) -> None:
    # Stages of a few hundred cells wait for one another: 150 rows took a minute.
    column = dictionary()[name]
    units = ("", *UNITS.get(column.type, ()))
    kinds = (pl.String(), pl.Float64(), pl.Int64(), pl.Boolean(), pl.Date(), pl.Datetime("us"))
    for kind in kinds[: 1 if column.type in ("uscc", "resident_id") else None]:
        for unit in units if kind == pl.String() else units[:1]:
            read_as = cell_of(column, name, unit, kind)
            read = [read_as.value, *(test for _, test in read_as.faults)]
            read += [e for way in read_as.plain for e in (way.holds, way.value)]
            frame = pl.LazyFrame({name: [None]}, schema={name: kind})
            plan = frame.select(e.alias(str(n)) for n, e in enumerate(read)).show_graph(
                engine="streaming", plan_stage="physical", raw_output=True
            )
            assert plan is not None
            stages = set(re.findall(r'label="([a-z-]+)', plan))
            assert stages <= {"in-memory-source", "select", "with-columns"}, (kind, unit)


def sheet(path: Path, rows: list[list[object]]) -> Raw:
    from openpyxl import Workbook

    book = Workbook()
    page = book.active
    assert page is not None
    for row in rows:
        page.append(row)
    book.save(path)
    return read(path, headers.is_header, headers.is_date)


def test_numbers_of_sixteen_digits_in_a_sheet_have_lost_their_last(tmp_path: Path) -> None:
    ids = [331102199001010000.0 + 1000 * n for n in range(3)]
    raw = sheet(tmp_path / "t.xlsx", [["household_id"], *([number] for number in ids)])
    found = conform(raw, {"household_id": True}, key="household_id")
    assert found.rejected["reasons"].str.contains("rounded").to_list() == [True] * 3
    texts = [f"33110219900101{n:04}" for n in (3, 11, 28)]
    raw = sheet(tmp_path / "t.xlsx", [["household_id"], *([text] for text in texts)])
    found = conform(raw, {"household_id": True}, key="household_id")
    assert found.frame.collect()["household_id"].to_list() == texts


def test_day_numbers_of_a_sheet_are_dates_and_said(tmp_path: Path) -> None:
    rows: list[list[object]] = [["uscc", "发生日期"], [FIRM, 43556], [OTHER, "43556"]]
    found = conform(sheet(tmp_path / "t.xlsx", rows), WANTED, key="uscc")
    assert found.frame.collect()["occurred_on"].to_list() == [date(2019, 4, 1)] * 2
    assert any("2 cells of '发生日期' read as Excel day numbers" in note for note in found.notes)
    assert "not a date" in reason("发生日期", "43556")  # in a CSV it may be anything


def test_rows_of_a_sheet_keep_their_number_below_an_empty_one(tmp_path: Path) -> None:
    rows: list[list[object]] = [["uscc", "涉及税款(元)"], [FIRM, 1], [None, None], [OTHER, "x"]]
    found = conform(sheet(tmp_path / "t.xlsx", rows), WANTED, key="uscc")
    assert found.rows == 2
    assert found.rejected["row"].to_list() == [4]


def test_a_text_in_gb18030_is_written_again_piece_by_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lishui_credit.tables.delimited._CHUNK", 7)
    (tmp_path / "t.csv").write_bytes(TEXT.encode("gb18030"))
    found = conform(read(tmp_path / "t.csv"), WANTED, key="uscc").frame.collect()
    assert found["tax_amount"].to_list() == [10_000]


@pytest.mark.parametrize(
    ("header", "usual", "odd", "said"),
    [
        ("prior_grade", "A", "Z", "prior_grade: not one of"),
        ("tax_amount", 100, 10**18, "tax_amount: outside"),
        ("min_outlet_compliance_rate", 0.5, float("nan"), "not a finite number"),
        ("occurred_on", date(2019, 4, 1), date(1019, 4, 1), "an unlikely year"),
    ],
)
def test_a_fault_far_below_rows_that_look_plain_is_found(
    header: str, usual: object, odd: object, said: str
) -> None:
    far = plain_files.GLANCE + 5
    frame = pl.DataFrame({"uscc": [FIRM] * (far + 1), header: [usual] * far + [odd]})
    found = conform(Raw(frame=frame.lazy(), name="t"), WANTED, key="uscc", unique=False)
    assert found.rejected["row"].to_list() == [far + 2]
    assert said in found.rejected["reasons"][0]
    assert found.frame.collect().height == far


def test_a_word_far_below_rows_of_ids_is_still_read() -> None:
    far = plain_files.GLANCE + 5
    frame = pl.DataFrame({"uscc": [FIRM] * (far + 1), "prior_grade": ["A"] * far + [" B级 "]})
    found = conform(Raw(frame=frame.lazy(), name="t"), WANTED, key="uscc", unique=False)
    assert found.rejected.is_empty()
    assert found.frame.collect()["prior_grade"].to_list() == ["A"] * far + ["B"]


def test_a_unit_in_a_cell_goes_before_the_header_and_is_never_dropped():
    assert value("tax_amount(万元)", "500元", "tax_amount") == 50_000
    assert value("tax_amount(元)", "5万元", "tax_amount") == 5_000_000
    assert value("tax_amount(万元)", "5", "tax_amount") == 5_000_000
    assert "not a number" in reason("tax_amount", "5%")
    assert "not a number" in reason("clean_months", "5万元")


@pytest.mark.parametrize("later", ["1.5", "1,234", "-", "２", "3元"])
def test_a_file_that_leaves_its_plain_form_late_is_read_as_if_it_never_had_one(later: str) -> None:
    first = ["7"] * (plain_files.GLANCE + 5)
    raw = Raw(frame=pl.LazyFrame({"total_assets": [*first, later]}), name="t")
    found = conform(raw, {"total_assets": True}, key=None, suspect_units=False)
    assert found.rejected.is_empty()
    amounts = found.frame.collect()["total_assets"].to_list()
    assert amounts[:-1] == [700] * len(first)
    assert amounts[-1] == {"1.5": 150, "1,234": 123_400, "-": None, "２": 200, "3元": 300}[later]


# ---- numbers, units, ids and yes as people write them --------------------------------------------


@pytest.mark.parametrize(
    ("header", "cell", "fen"),
    [
        ("tax_amount", "¥1,234", 123_400),
        ("tax_amount", "￥1，234.50", 123_450),
        ("tax_amount", "45万", 45_000_000),
        ("tax_amount(元)", "45万", 45_000_000),
        ("tax_amount", "0.5亿元", 5_000_000_000),
        ("tax_amount(万元)", "3万元", 3_000_000),
        ("tax_amount", "人民币 12 元", 1_200),
        ("tax_amount", "1.2E+05", 12_000_000),
    ],
)
def test_money_as_officials_write_it(header: str, cell: str, fen: int) -> None:
    assert value(header, cell, "tax_amount") == fen


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ("tax_amount", "12,5"),
        ("tax_amount", "1,2,3,4"),
        ("tax_amount", "4人"),
        ("tax_amount", "4%"),
        ("tax_amount(万元)", "45万"),  # 45 or 450,000 times 10,000
        ("tax_amount", "约5万"),
        ("tax_amount", "(1,234)"),
        ("tax_amount", "1_000"),
        ("clean_months", "4元"),
        ("clean_months", "4%"),
        ("clean_months", "4户"),
        ("clean_months", "1,2"),
        ("clean_months", True),
        ("达标率", "0.9元"),
        ("达标率", "9成"),
    ],
)
def test_what_is_no_number_of_the_column_is_rejected(header: str, cell: object) -> None:
    assert "not a number" in reason(header, cell)


@pytest.mark.parametrize("cell", ["12个月", "12月", "１２", "12.0", 12.0, "+12"])
def test_a_cell_may_state_the_own_unit_of_its_column(cell: object) -> None:
    assert value("clean_months", cell, "clean_months") == 12


@pytest.mark.parametrize(
    "header", ["连续无失信月数(月)", "连续无失信月数（个月）", "clean_months(months)"]
)
def test_a_header_may_state_the_own_unit_of_its_column(header: str) -> None:
    assert value(header, "12", "clean_months") == 12


@pytest.mark.parametrize(
    "header", ["连续无失信月数(万元)", "涉及税款(吨)", "达标率(万元)", "连续无失信月数(%)"]
)
def test_a_unit_the_column_cannot_have_is_refused(header: str) -> None:
    with pytest.raises(SubjectError, match="a unit this column cannot have"):
        taken({header: "1"})


@pytest.mark.parametrize("header", ["首违不罚(是/否)", "上年度等级（A-D）", "发生日期(年月日)"])
def test_a_remark_in_brackets_is_no_unit(header: str) -> None:
    assert taken({header: None}).rejected.is_empty()


@pytest.mark.parametrize("header", ["连续无失信月", "上一年度等级", "涉及税 款项", "clean_month"])
def test_a_header_that_is_nearly_a_column_stops_the_run(header: str) -> None:
    with pytest.raises(SubjectError, match="nearly the column") as caught:
        taken({header: "1"})
    assert caught.value.problems[0].found == header


def test_a_header_of_another_column_or_unlike_all_is_only_unused() -> None:
    found = taken({"行业": "x", "total_assets": "1"})
    assert "行业" in found.notes[0]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("YES", True), ("✓", True), ("ｔｒｕｅ", True), ("T", True), (1.0, True), ("1.00", True),
        ("f", False), ("NO", False), (-0.0, False), ("✗", False), (None, None), ("——", None),
    ],
)  # fmt: skip
def test_a_yes_and_a_no_in_any_spelling(cell: object, said: bool | None) -> None:
    assert value("首违不罚", cell, "exempt") is said


@pytest.mark.parametrize("cell", ["待查", "?", "2", 2, 0.5, "是否", "x"])
def test_what_is_neither_yes_nor_no_is_rejected(cell: object) -> None:
    assert "neither yes nor no" in reason("首违不罚", cell)


def test_a_word_of_the_column_is_never_nothing() -> None:
    for word, said in (("none", "none"), ("无", "none"), ("NONE", "none"), ("None", "none")):
        found = taken(
            {"environmental_sanction": word}, {"uscc": True, "environmental_sanction": True}
        )
        assert found.frame.collect()["environmental_sanction"].to_list() == [said]
    assert value("上年度等级", "None", "prior_grade") == "none"
    assert value("上年度等级", "NA", "prior_grade") is None


def test_a_level_is_known_in_any_width_and_case() -> None:
    assert value("上年度等级", "ｂ 级", "prior_grade") == "B"


@pytest.mark.parametrize(
    "cell", ["2016-3-123", "2016-01-01至2016-12-31", "2016-01-01,2017-01-01", "2016-3", "2016年"]
)
def test_a_cell_that_is_more_or_less_than_a_day_is_no_date(cell: str) -> None:
    assert "not a date" in reason("occurred_on", cell)


def test_single_precision_is_read_by_its_shortest_decimal() -> None:
    for number, kind in ((0.9, pl.Float32), (0.9, pl.Float64), ("0.9", pl.Decimal(5, 3))):
        rates = pl.Series([number]).cast(kind)
        frame = pl.DataFrame({"uscc": [FIRM], "达标率": rates})
        found = conform(Raw(frame=frame.lazy(), name="t"), WANTED, key="uscc")
        assert found.rejected.is_empty()
        assert found.frame.collect()["min_outlet_compliance_rate"].to_list() == [9_000]


def test_ids_are_one_in_any_width_case_and_with_blanks() -> None:
    ids = ["ls001", "ＬＳ００１", "LS 001", "'LS001", "LS\u200b001"]
    frame = pl.DataFrame({"household_id": [*ids, "LS002"]})
    found = conform(Raw(frame=frame.lazy(), name="t"), {"household_id": True}, key="household_id")
    assert found.frame.collect()["household_id"].to_list() == ["LS002"]
    assert found.rejected["reasons"].to_list() == ["LS001 occurs 5 times"] * 5
    alone = frame.slice(0, 1)
    noted = conform(Raw(frame=alone.lazy(), name="t"), {"household_id": True}, key="household_id")
    assert noted.frame.collect()["household_id"].to_list() == ["LS001"]
    assert "1 cell of 'household_id'" in noted.notes[0]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("331100123456789", "a registration number of before 2015"),
        ("123311023982597000", "a spreadsheet rounded"),
        ("1.23311E+17", "a spreadsheet rounded"),
        (FIRM[:-2], "not 18 characters"),
        (FIRM[:-1] + "X", "check digit"),
    ],
)
def test_a_wrong_code_is_told_for_what_it_is(code: str, said: str) -> None:
    found = conform(
        Raw(frame=pl.LazyFrame({"uscc": [FIRM, code]}), name="t"), {"uscc": True}, key="uscc"
    )
    assert said in found.rejected["reasons"][0]
    assert found.rejected["reasons"][0].count("uscc") == 1


@pytest.mark.parametrize(
    ("header", "cells", "suspected"),
    [
        ("达标率(%)", ["1.00", "0.95", "0.9"], True),
        ("达标率(%)", ["100", "95", "0.9"], False),
        ("达标率(%)", ["1%", "0.5%", "0.9%"], False),
        ("达标率(%)", ["0", "0", "0"], False),
        ("达标率", ["100", "95", "0.9"], True),
        ("达标率", ["1", "0.95", "0.9"], False),
    ],
)
def test_a_wrong_unit_of_a_rate_is_suspected_both_ways(
    header: str, cells: list[str], suspected: bool
) -> None:
    frame = pl.DataFrame({"village_id": ["V1", "V2", "V3"], header: cells})
    wanted = {"village_id": True, "min_outlet_compliance_rate": False}
    raw = Raw(frame=frame.lazy(), name="t")
    if suspected:
        with pytest.raises(SubjectError, match="looks like"):
            conform(raw, wanted, key="village_id")
    else:
        assert conform(raw, wanted, key="village_id").rejected.is_empty()
