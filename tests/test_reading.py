"""A table is the same in every kind of file: its sheet, its header, its numbers, and what is told of damage."""

from __future__ import annotations

import contextlib
import csv
import errno
import json
import random
import re
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import openpyxl
import polars as pl
import pytest
import xlsxwriter

import lishui_credit
from lishui_credit.commands.cli import main, parser
from lishui_credit.errors import CreditError, ModelError, RubricError, SubjectError
from lishui_credit.language import set_language
from lishui_credit.tables import bounds, write
from lishui_credit.tables.conform import conform
from lishui_credit.tables.headers import is_date, is_header
from lishui_credit.tables.read import Raw, read
from lishui_credit.tables.toml_documents import parse_document
from lishui_credit.tables.unreadable import is_unreadable
from tests.workbooks import Cells, ods, raw_ods, raw_xlsx, xls, xlsb, xlsx

HEADERS = ["uscc", "企业名称", "涉及税款(元)", "发生日期"]
ROWS: list[list[str | int | float | None]] = [
    ["913311990000000003", "甲", 0.1, "2018-01-02"],
    ["913311990000000011", None, 1234567.5, None],
    ["91331199000000002X", "丙,丁", 3, "2018-03-04"],
]


@pytest.fixture(autouse=True)
def _english() -> object:
    set_language("en")
    yield
    set_language(None)


def csv_text(rows: Cells, separator: str = ",") -> str:
    def cell(value: object) -> str:
        text = "" if value is None else str(value)
        return f'"{text}"' if separator in text else text

    return "".join(separator.join(map(cell, row)) + "\n" for row in rows)


def every_format(folder: Path, rows: Cells) -> list[Path]:
    """Write one table in every kind of file whose cells are read as text."""
    wide = max(map(len, rows))
    rows = [[*row, *[None] * (wide - len(row))] for row in rows]
    cells = {
        (y, x): float(value) if isinstance(value, int | float) else value
        for y, row in enumerate(rows)
        for x, value in enumerate(row)
        if value is not None
    }
    texts = {
        "t.csv": csv_text(rows).encode(),
        "bom.csv": b"\xef\xbb\xbf" + csv_text(rows).encode(),
        "gb.csv": csv_text(rows).encode("gb18030"),
        "dos.csv": csv_text(rows).replace("\n", "\r\n").encode(),
        "t.tsv": csv_text(rows, "\t").encode(),
        "wide.txt": csv_text(rows, ";").encode("utf-16"),
    }
    for name, data in texts.items():
        (folder / name).write_bytes(data)
    return [
        *(folder / name for name in texts),
        xlsx(folder / "t.xlsx", rows),
        xlsx(folder / "t.xlsm", rows),
        xlsb(folder / "t.xlsb", rows),
        ods(folder / "t.ods", rows),
        xls(folder / "t.xls", cells),
    ]


def as_read(path: Path, **options: object) -> pl.DataFrame:
    raw = read(path, is_header, is_date, **options)  # type: ignore[arg-type]
    frame = raw.numbered().collect()
    return frame.select(pl.col("_row").cast(pl.Int64), pl.exclude("_row"))


TABLES: Mapping[str, Cells] = {
    "plain": [HEADERS, *ROWS],
    "titles": [["某县2018年报表"], ["填报单位", None, "单位:元"], HEADERS, *ROWS],
    "blank lines": [[None] * 4, ["某县2018年报表"], [None] * 4, HEADERS, ROWS[0], [None] * 4,
                    [None] * 4, *ROWS[1:], [None] * 4],
    "two rows": [["uscc", "企业情况", None, "发生日期"], [None, "企业名称", "涉及税款(元)", None], *ROWS],
    "group unit": [["uscc", "税务（元）", None, "发生日期"], [None, "涉及税款", "备注", None], *ROWS],
    "empty header": [["uscc", None, "涉及税款(元)", "发生日期"], *ROWS],
    "twice": [["uscc", "上年", "本年"], [None, "备注", "备注"], ["涉及税款", "发生日期", "x"],
              ["1", "2", "3"]],
}  # fmt: skip


@pytest.mark.parametrize("name", list(TABLES))
def test_a_table_is_the_same_in_every_kind_of_file(tmp_path: Path, name: str) -> None:
    paths = every_format(tmp_path, TABLES[name])
    first = as_read(paths[0])
    for path in paths[1:]:
        found = as_read(path)
        assert found.columns == first.columns, path.name
        assert found.rows() == first.rows(), path.name


@pytest.mark.parametrize(
    ("name", "columns", "lines"),
    [
        ("plain", HEADERS, [2, 3, 4]),
        ("titles", HEADERS, [4, 5, 6]),
        ("blank lines", HEADERS, [5, 8, 9]),
        ("two rows", HEADERS, [3, 4, 5]),
        ("group unit", ["uscc", "涉及税款（元）", "备注", "发生日期"], [3, 4, 5]),
        ("empty header", ["uscc", "column_2", "涉及税款(元)", "发生日期"], [2, 3, 4]),
    ],
)
def test_the_header_is_found_and_rows_keep_their_line(
    tmp_path: Path, name: str, columns: list[str], lines: list[int]
) -> None:
    for path in every_format(tmp_path, TABLES[name]):
        found = as_read(path)
        assert found.columns[1:] == columns, path.name
        assert found["_row"].to_list() == lines, path.name


def test_a_name_that_stands_under_two_groups_is_told_by_its_group(tmp_path: Path) -> None:
    rows: Cells = [["uscc", "上年", None, "本年", None], [None, "涉及税款", "备注", "涉及税款", "备注"],
                   ["a", 1, 2, 3, 4]]  # fmt: skip
    for path in every_format(tmp_path, rows):
        assert as_read(path).columns[1:] == [
            "uscc", "上年 涉及税款", "上年 备注", "本年 涉及税款", "本年 备注"
        ]  # fmt: skip


def test_a_row_of_data_that_holds_names_of_columns_is_no_header(tmp_path: Path) -> None:
    rows: Cells = [
        [*HEADERS, "说明"],
        ["a", "备注", 1, None, "企业名称"],
        ["b", "企业名称", 2, None, "备注"],
    ]
    for path in every_format(tmp_path, rows):
        assert as_read(path)["uscc"].to_list() == ["a", "b"], path.name


def test_a_header_of_two_lines_in_quotes_is_one_row(tmp_path: Path) -> None:
    text = '标题\n"uscc","涉及税款\n(元)","企业,名称"\na,1,b\n\nc,2,d\n'
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    found = as_read(tmp_path / "t.csv")
    assert found.columns[1:] == ["uscc", "涉及税款\n(元)", "企业,名称"]
    assert found.rows() == [(4, "a", "1", "b"), (6, "c", "2", "d")]


def test_merged_cells_below_a_header_are_not_filled(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (HEADERS, ["a", "甲", 1, None], [None, "乙", 2, None]):
        book.active.append(row)
    book.active.merge_cells("A2:A3")
    book.save(tmp_path / "t.xlsx")
    assert as_read(tmp_path / "t.xlsx")["uscc"].to_list() == ["a", None]


def test_blank_lines_of_a_large_file_leave_the_lines_of_rows(tmp_path: Path) -> None:
    count = 200_000
    lines = [f"{place},{'x' * 20}\n" + "\n" * (place % 3 == 0) for place in range(count)]
    (tmp_path / "t.csv").write_text("uscc,企业名称\n" + "".join(lines), encoding="utf-8")
    raw = read(tmp_path / "t.csv", is_header)
    found = raw.numbered().collect(engine="streaming").sort("_row")
    expected = [2 + place + -(-place // 3) for place in range(count)]
    assert found["_row"].to_list() == expected
    assert found["uscc"].to_list() == [str(place) for place in range(count)]
    done = conform(raw, {"uscc": True, "name": False}, key="uscc")
    assert done.rejected["row"].to_list()[:3] == expected[:3]


@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 8, 1000])
@pytest.mark.parametrize("line", ["", ",,,", " ", "\r", ", ,\t,\r"])
@pytest.mark.parametrize("end", ["\n", ""])
def test_a_blank_line_is_found_wherever_a_file_is_cut_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int, line: str, end: str
) -> None:
    monkeypatch.setattr("lishui_credit.tables.delimited._CHUNK", chunk)
    text = "uscc,企业名称,备注,x\na,b,c,d\n"
    for whole in (f"{text}{line}{end}", f"{text}{line}\ne,f,g,h{end}"):
        (tmp_path / "t.csv").write_bytes(whole.encode())
        found = as_read(tmp_path / "t.csv")
        assert found["uscc"].to_list() == (["a", "e"] if "e" in whole else ["a"])
        assert found["_row"].to_list()[1:] == ([4] if "e" in whole else [])


# ---- sheets -----------------------------------------------------------------------------------


SAMPLES = Path(__file__).parents[1] / "data_samples"


def csv_rows(path: Path) -> Cells:
    text = path.read_text(encoding="utf-8-sig").splitlines()
    return [[cell or None for cell in row] for row in csv.reader(text)]


def workbook(path: Path, sheets: Mapping[str, tuple[str, Cells]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, (state, rows) in sheets.items():
        sheet = book.create_sheet(name)
        sheet.sheet_state = state
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


TABLE: Cells = [HEADERS, *ROWS]
GUIDE: Cells = [["填表说明"], ["金额单位为元"], ["企业名称", "照执照填写"]]


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_is_read_only_when_it_is_asked_for(tmp_path: Path, state: str) -> None:
    old: Cells = [HEADERS, ["old", "旧", 1, None]]
    path = workbook(
        tmp_path / "t.xlsx",
        {"旧": (state, old), "说明": ("visible", GUIDE), "新": ("visible", TABLE)},
    )
    raw = read(path, is_header)
    assert raw.frame.collect().height == 3
    assert raw.notes == ("only sheet '新' was read",)
    asked = read(path, is_header, sheet="旧")
    assert asked.frame.collect()["uscc"].to_list() == ["old"]
    assert "sheet '旧' is hidden" in asked.notes
    assert read(path, is_header, sheet=2).frame.collect().equals(raw.frame.collect())
    assert read(path, is_header, sheet="2").frame.collect().equals(raw.frame.collect())


def test_sheets_that_match_alike_are_named_and_one_must_be_asked_for(tmp_path: Path) -> None:
    fewer: Cells = [HEADERS[:3], ["x", "y", 1]]
    path = workbook(
        tmp_path / "t.xlsx",
        {"甲村": ("visible", TABLE), "乙村": ("visible", fewer), "说明": ("visible", GUIDE)},
    )
    with pytest.raises(SubjectError, match=r"several sheets .*'甲村', '乙村' .*--sheet NAME"):
        read(path, is_header)
    assert read(path, is_header, sheet="乙村").frame.collect().height == 1
    with pytest.raises(SubjectError, match=r"no sheet '丙村' .*'甲村', '乙村', '说明'"):
        read(path, is_header, sheet="丙村")


def test_an_empty_form_beside_the_table_is_not_in_question(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "t.xlsx", {"空表": ("visible", [HEADERS]), "数据": ("visible", TABLE)}
    )
    assert read(path, is_header).frame.collect().height == 3


def test_a_sheet_of_columns_that_nobody_knows_is_chosen_by_its_width(tmp_path: Path) -> None:
    rows: Cells = [["x1", "x2", "bad"], [1, 2, 0]]
    notes: Cells = [["note"], ["made for a test"]]
    path = workbook(tmp_path / "t.xlsx", {"n": ("visible", notes), "d": ("visible", rows)})
    assert read(path, is_header).frame.collect().columns == ["x1", "x2", "bad"]
    assert read(path).frame.collect().columns == ["x1", "x2", "bad"]


def test_a_workbook_of_hidden_sheets_only_is_told(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>'
    path = raw_xlsx(tmp_path / "t.xlsx", rows)
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "h.xlsx", "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"<sheet ", b'<sheet state="hidden" '))
    with pytest.raises(SubjectError, match="every sheet of the workbook is hidden"):
        read(tmp_path / "h.xlsx", is_header)


def test_hidden_rows_are_rows_and_are_told(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "t.xlsx") as book:
        sheet = book.add_worksheet("s")
        for place, row in enumerate(TABLE):
            sheet.write_row(place, 0, row)
        sheet.set_row(2, None, None, {"hidden": True})
    raw = read(tmp_path / "t.xlsx", is_header)
    assert raw.frame.collect().height == 3
    assert raw.notes == ("1 hidden rows of sheet 's' were read as well",)


@pytest.mark.parametrize(
    "words",
    [
        ["grade", "r", "f", "-o", "o"], ["compare", "r", "a", "b", "f"], ["fit", "f", "-o", "o"],
        ["score", "m", "f", "-o", "o"], ["validate", "m", "f"], ["decide", "p", "f", "-o", "o"],
        ["policy", "compare", "a", "b", "f"], ["areas", "g", "--loans", "f", "-o", "o"],
        ["plan", "load", "f", "--data", "d", "--by", "x", "--reason", "y"], ["plan", "check", "f"],
        ["plan", "--data", "f"], ["plan", "status", "--data", "f"],
        ["plan", "report", "--data", "f", "-o", "o"],
    ],
)  # fmt: skip
def test_every_command_that_reads_a_workbook_takes_a_sheet(words: list[str]) -> None:
    options = parser().parse_args([*words, "--sheet", "s"])
    assert (options.sheet, getattr(options, options.sheet_of)) == ("s", "f")


def test_plan_check_reads_the_sheet_it_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = ["指标", "地区", "时期", "分子", "分母"]
    good: Cells = [head, ["“双公示”覆盖率", "景宁", "2018年6月", 95, 100]]
    bad: Cells = [head, ["“双公示”覆盖率", "景宁", "2018年6月", 195, 100]]
    path = workbook(tmp_path / "t.xlsx", {"a": ("visible", bad), "b": ("visible", good)})
    assert main(["plan", "check", str(path)]) == 2
    assert "--sheet" in capsys.readouterr().err
    assert main(["plan", "check", str(path), "--sheet", "a"]) == 1
    assert main(["plan", "check", str(path), "--sheet", "2"]) == 0


def test_sheets_of_one_workbook_are_graded_and_verified_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = csv_rows(SAMPLES / "households.csv")[:6]
    path = workbook(
        tmp_path / "t.xlsx",
        {
            "甲": ("visible", people[:4]),
            "乙": ("visible", [people[0], *people[4:]]),
            "基数": ("visible", csv_rows(SAMPLES / "county_bases.csv")),
        },
    )
    words = ["grade", "farmer-household", str(path), "--bases", str(path), "--on", "2016-06-30"]
    output = tmp_path / "o.csv"
    assert main([*words, "-o", str(output), "--bases-sheet", "基数"]) == 2
    assert "'甲', '乙'" in capsys.readouterr().err
    assert main([*words, "-o", str(output), "--bases-sheet", "基数", "--sheet", "乙"]) == 0
    assert pl.read_csv(output).height == len(people) - 4
    assert main(["verify", str(output)]) == 0
    said = json.loads((tmp_path / "o.csv.manifest.json").read_text(encoding="utf-8"))["inputs"]
    assert {role: entry["sheet"] for role, entry in said.items()} == {
        "subjects": "乙",
        "bases": "基数",
    }


@pytest.mark.parametrize("seed", range(3))
def test_a_damaged_file_ends_in_one_message(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    for path in every_format(tmp_path, TABLE):
        whole = path.read_bytes()
        for _ in range(8):
            data = bytearray(whole)
            for _ in range(chance.choice([1, 3, 20])):
                data[chance.randrange(len(data))] = chance.randrange(256)
            path.write_bytes(bytes(data[: chance.choice([len(data), chance.randrange(len(data))])]))
            with contextlib.suppress(SubjectError):
                raw = read(path, is_header, is_date)
                conform(raw, {"uscc": True, "name": False}, key="uscc").frame.collect()


# ---- number formats ---------------------------------------------------------------------------

SHOWN: list[tuple[float, str, str | None]] = [
    (0.97, "0.00%", "97%"), (0.07, "0%", "7%"), (1.0, "0%", "100%"), (0.98, "0%", "98%"),
    (0.29, '0.0"率"%', "29%"), (1.2e-5, "0.00%", "0.0012%"), (97.0, "0.00", "97"),
    (0.1, 'General"%"', "0.1"), (43000.0, "yyyy-mm-dd", "2017-09-22 00:00:00"),
    (43000.75, "yyyy/m/d h:mm", "2017-09-22 18:00:00"), (99999999.0, "yyyy-mm-dd", None),
    (2958466.0, "yyyy-mm-dd", None), (-5.0, "yyyy-mm-dd", None), (3.0, '0"day"', "3"),
]  # fmt: skip


def formatted(folder: Path, kind: str, epoch: int = 1900) -> Path:
    """Write a column of numbers below a header, each in its number format."""
    rows: Cells = [["a", "b"], *([number, "x"] for number, _, _ in SHOWN)]
    codes = {(place, 0): code for place, (_, code, _) in enumerate(SHOWN, 1)}
    path = folder / f"t{kind}"
    if kind == ".xlsb":
        return xlsb(path, rows, codes=codes, epoch=epoch)
    if kind == ".xls":
        cells = {(y, x): value for y, row in enumerate(rows) for x, value in enumerate(row)}
        return xls(path, cells, codes=codes, epoch=epoch)  # type: ignore[arg-type]
    with xlsxwriter.Workbook(path, {"date_1904": epoch == 1904}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, rows[0])
        for place, (number, code, _) in enumerate(SHOWN, 1):
            sheet.write_number(place, 0, number, book.add_format({"num_format": code}))
            sheet.write(place, 1, "x")
    return path


@pytest.mark.parametrize("kind", [".xlsx", ".xlsb", ".xls"])
def test_a_cell_is_read_as_its_number_format_shows_it(tmp_path: Path, kind: str) -> None:
    found = read(formatted(tmp_path, kind)).frame.collect()["a"].to_list()
    for cell, (number, code, shown) in zip(found, SHOWN, strict=True):
        if shown is None:
            assert is_unreadable(cell), (number, code, cell)
            assert f"{number:.0f}" in cell
        else:
            assert cell == shown, (number, code)


@pytest.mark.parametrize("kind", [".xlsx", ".xlsb", ".xls"])
def test_a_workbook_counts_days_from_its_own_epoch(tmp_path: Path, kind: str) -> None:
    found = read(formatted(tmp_path, kind, 1904)).frame.collect()["a"].to_list()
    assert found[8] == "2021-09-23 00:00:00"
    bare = {
        ".xlsx": lambda path: formatted(path, ".xlsx", 1904),
        ".xlsb": lambda path: xlsb(path / "d.xlsb", [["发生日期", "b"], [43000, "x"]], epoch=1904),
        ".xls": lambda path: xls(
            path / "d.xls", {(0, 0): "发生日期", (1, 0): 43000.0}, epoch=1904
        ),
    }[kind](tmp_path)  # fmt: skip
    if kind != ".xlsx":
        assert read(bare, is_header, is_date).frame.collect()["发生日期"].to_list() == [
            "2021-09-23"
        ]


def test_a_day_number_of_a_1904_sheet_without_a_format_is_read_by_its_epoch(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "t.xlsx", {"date_1904": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_column(0, 0, ["发生日期", 41000])
    found = read(tmp_path / "t.xlsx", is_header, is_date).frame.collect()
    assert found["发生日期"].to_list() == ["2016-04-02"]


@pytest.mark.parametrize("number", [31, 57])
def test_a_day_in_a_chinese_builtin_format_is_a_day(tmp_path: Path, number: int) -> None:
    with xlsxwriter.Workbook(tmp_path / "t.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["a", "b"])
        sheet.write_number(1, 0, 43000, book.add_format({"num_format": number}))
    assert read(tmp_path / "t.xlsx").frame.collect()["a"].to_list() == ["2017-09-22 00:00:00"]


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="A2" s="1"><v>0.97</v></c>', '<c r="A2" s="1" t="n"><v>0.96999999999999997</v></c>',
        "<c s='1' r='A2'><v>0.97</v></c>", '<c r="A2" s="1"><f>B2/2</f><v>0.97</v></c>',
        '<c r="A2" s="1"  ><v>9.7E-1</v></c>',
    ],
)  # fmt: skip
def test_a_percentage_is_read_however_its_cell_is_written(tmp_path: Path, cell: str) -> None:
    header = '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>'
    path = raw_xlsx(tmp_path / "b.xlsx", f'{header}<row r="2" s="1">{cell}</row>')
    styles = (
        '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="10"/></cellXfs></styleSheet>'
    )
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "t.xlsx", "w") as new:
        for name in old.namelist():
            new.writestr(name, styles if name == "xl/styles.xml" else old.read(name))
    assert read(tmp_path / "t.xlsx").frame.collect()["a"].to_list() == ["97%"]


def test_a_percentage_of_an_open_document_is_one(tmp_path: Path) -> None:
    cell = '<table:table-cell office:value-type="percentage" office:value="0.97"><text:p>97%</text:p></table:table-cell>'
    head = '<table:table-cell office:value-type="string"><text:p>a</text:p></table:table-cell>'
    rows = "".join(f"<table:table-row>{inside}</table:table-row>" for inside in (head, cell))
    assert read(raw_ods(tmp_path / "t.ods", rows)).frame.collect()["a"].to_list() == ["97%"]


# ---- bounds -----------------------------------------------------------------------------------


def far_cell(folder: Path, kind: str) -> Path:
    path = folder / f"t{kind}"
    if kind == ".xlsx":
        cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
        return raw_xlsx(path, cells)
    if kind == ".ods":
        cell = '<table:table-cell office:value-type="float" office:value="1"/>'
        rows = (
            f"<table:table-row>{cell}</table:table-row>"
            '<table:table-row table:number-rows-repeated="1048574"><table:table-cell/></table:table-row>'
            '<table:table-row><table:table-cell table:number-columns-repeated="16383"/>'
            f"{cell}</table:table-row>"
        )
        return raw_ods(path, rows)
    if kind == ".xls":
        return xls(path, {(0, 0): 1.0, (65535, 65535): 1.0})
    small = xlsb(folder / "small.xlsb", [[1, 2], [3, 4]])
    with zipfile.ZipFile(small) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("first.bin"):
                data = data.replace(
                    struct.pack("<II", 1, 0) + bytes(9), struct.pack("<II", 1048575, 0) + bytes(9)
                )
                at = data.rindex(struct.pack("<II", 1, 0) + struct.pack("<d", 4))
                data = data[:at] + struct.pack("<I", 16383) + data[at + 4 :]
            new.writestr(name, data)
    return path


@pytest.mark.parametrize("kind", [".xlsx", ".xlsb", ".ods", ".xls"])
def test_a_sheet_that_spans_too_much_is_refused_before_it_is_opened(
    tmp_path: Path, kind: str
) -> None:
    with pytest.raises(SubjectError, match=r"too many (cells|columns) .*LISHUI_CREDIT_LIMITS="):
        read(far_cell(tmp_path, kind))


def test_formats_far_below_the_data_do_not_count(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row><row r="2"><c r="A2"><v>1</v></c></row>'
        '<row r="1048576" s="1"><c r="XFD1048576" s="0"/><c r="XFE1048576" s="0"></c></row>'
    )
    assert read(raw_xlsx(tmp_path / "t.xlsx", rows)).frame.collect().rows() == [("1",)]


def test_limits_are_raised_and_lowered_by_a_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = xlsx(tmp_path / "t.xlsx", [["a", "b"], [1, 2], [3, 4]])
    for said, found in (("cells=5", "3 × 2: 6 > 5"), ("columns=1", "2 > 1"), ("inflated=9", "> 9")):
        monkeypatch.setenv(bounds.VARIABLE, said)
        if said != "inflated=9":  # the first look rounds up; small sheets are counted exactly
            with pytest.raises(SubjectError, match=found):
                read(path)
        else:
            with pytest.raises(SubjectError, match=rf"unpacks to too many bytes .*{found}"):
                read(path)
    monkeypatch.setenv(bounds.VARIABLE, "cells=6, columns=2")
    assert read(path).frame.collect().height == 2
    monkeypatch.setenv(bounds.VARIABLE, "cells=many")
    with pytest.raises(SubjectError, match=r"not a limit · found: cells=many"):
        read(path)


def test_a_part_that_unpacks_to_hundreds_of_times_its_size_is_refused(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "t.xlsx", [["a"], [1]])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/media/x.bin", bytes(70 << 20))
    with pytest.raises(
        SubjectError, match=r"too many times its size .*xl/media/x.bin: 1,0\d\d > 300"
    ):
        read(path)


def test_a_text_of_too_many_columns_or_too_long_a_line_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text(",".join(["a"] * 20_000) + "\n1\n2\n")
    with pytest.raises(SubjectError, match=r"too many columns · found: 20,000 > 16,384"):
        read(tmp_path / "c.csv")
    (tmp_path / "l.csv").write_text("a,b\n1," + "x" * (10 << 20))
    with pytest.raises(SubjectError, match="a line is too long"):
        read(tmp_path / "l.csv")


@pytest.mark.parametrize("depth", [100, 100_000])
def test_nesting_and_long_keys_are_refused_before_a_document_is_parsed(depth: int) -> None:
    from lishui_credit.scorecards.cards.card_file import from_json

    for text in ("a = " + "[" * depth + "]" * depth, "a = " + "{a=" * depth + "1" + "}" * depth,
                 ".".join(["a"] * depth) + " = 1"):  # fmt: skip
        with pytest.raises(RubricError, match=r"nested too deep .*LISHUI_CREDIT_LIMITS=depth="):
            parse_document(text, "t.toml")
    with pytest.raises(RubricError, match=r"a key is too long · found: a+… ?: 2,000 > 1,000"):
        parse_document("a" * 2_000 + " = 1", "t.toml")
    with pytest.raises(ModelError, match="nested too deep"):
        from_json('{"a":' * depth + "1" + "}" * depth)
    assert parse_document('a = "' + "[" * depth + '"', "t.toml").tables["a"] == "[" * depth


# ---- damage -----------------------------------------------------------------------------------


def failing(raw: Callable[[], Raw]) -> str:
    with pytest.raises(SubjectError) as caught:
        conform(raw(), {"uscc": True, "name": False}, key="uscc")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('uscc,企业名称\n1,甲\n2,乙"丙\n3,丁\n4,戊\n', "line 3 has a quote"),
        ('uscc,企业名称\n1,"甲\n2,乙\n3,丁\n4,戊\n', "line 2 has a quote"),
        ('uscc,企业名称\n1,"甲\n乙"\n2,丙"\n3,丁\n', "line 4 has a quote"),
        ('uscc,企业名称\n1,"甲""乙"\n2,丙"丁,\n3,戊\n', "line 3 has a quote"),
        ("uscc,企业名称\n1,甲\n2,乙,丙\n3,丁\n", "line 3 has 3 cells, the header 2"),
        ("标题,\nuscc,企业名称\n1,甲\n2,乙,丙\n3,丁\n", "line 4 has 3 cells, the header 2"),
        ("uscc,企业名称\n1,甲\n2", "the last line has 1 cells, the header 2"),
    ],
)
def test_a_line_that_does_not_fit_is_named_by_its_number(
    tmp_path: Path, text: str, told: str
) -> None:
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    said = failing(lambda: read(tmp_path / "t.csv", is_header))
    assert told in said
    assert not any(word in said for word in ("malformed", "Schema", "dtype"))


def ole(path: Path, inside: str) -> None:
    path.write_bytes(
        bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504) + inside.encode("utf-16-le") + bytes(900)
    )


BROKEN: Mapping[str, tuple[str, Callable[[Path], object], str]] = {
    "locked": ("t.xlsx", lambda p: ole(p, "EncryptedPackage"), "protected by a password"),
    "old": ("t.xlsx", lambda p: ole(p, "Workbook"), r"an old workbook \(.xls\) named .xlsx"),
    "broken old": ("t.xls", lambda p: ole(p, "x"), "damaged, or protected by a password"),
    "page": ("t.xls", lambda p: p.write_text("<html><table><tr><td>1"), r"web page \(HTML\) named .xls"),
    "xml": ("t.xls", lambda p: p.write_text('<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">'), "an XML spreadsheet of 2003"),
    "text": ("t.xls", lambda p: p.write_text("a\tb\n1\t2\n"), "a text named .xls"),
    "csv": ("t.xlsx", lambda p: p.write_text("甲,乙\n1,2\n" * 999), "a text named .xlsx"),
    "gb": ("t.xlsx", lambda p: p.write_bytes("甲,乙\n1,2\n".encode("gb18030")), "a text named .xlsx"),
    "noise": ("t.xlsx", lambda p: p.write_bytes(bytes(range(256)) * 9), "not a workbook by its first bytes"),
    "zip": ("t.xlsx", lambda p: zipfile.ZipFile(p, "w").writestr("a.txt", "x"), "a zip file without a workbook"),
    "xlsx as xls": ("t.xls", lambda p: xlsx(p.with_suffix(".xlsx"), [["a"], [1]]).rename(p), "a workbook .xlsx named .xls"),
    "xlsx as ods": ("t.ods", lambda p: xlsx(p.with_suffix(".xlsx"), [["a"], [1]]).rename(p), "a workbook .xlsx named .ods"),
    "cut": ("t.xlsx", lambda p: p.write_bytes(xlsx(p, [["a"], [1]]).read_bytes()[:-300]), "it is cut short"),
    "bad part": ("t.xlsx", lambda p: raw_xlsx(p, "", sheet="<worksheet><sheetData><row><c"), "a part of it is damaged"),
    "not parquet": ("t.parquet", lambda p: p.write_text("a,b\n1,2\n"), "found: a text"),
    "cut parquet": ("t.parquet", lambda p: p.write_bytes(b"PAR1" + bytes(500)), "its end is missing"),
    "bad footer": ("t.parquet", lambda p: p.write_bytes(b"PAR1" + b"\xff" * 90 + b"PAR1"), "its footer cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(BROKEN))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_file_that_cannot_be_read_is_told_by_what_it_is(
    tmp_path: Path, name: str, language: str
) -> None:
    file, make, told = BROKEN[name]
    make(tmp_path / file)
    set_language(language)
    with pytest.raises(SubjectError, match=told if language == "en" else "[一-鿿]") as caught:
        read(tmp_path / file, is_header).frame.collect()
    for word in ("calamine", "Error", "zip archive", "polars", "specification", "Cfb", "magic"):
        assert word not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (errno.EACCES, "access to the file is denied"), (errno.EIO, "cannot be reached"),
        (errno.EHOSTDOWN, "cannot be reached"), (errno.ENOENT, "no such file"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["t.csv", "t.xlsx"])
def test_a_file_that_the_system_refuses_is_told_by_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, told: str, name: str
) -> None:
    (tmp_path / name).write_text("a,b\n1,2\n")

    def refuse(path: Path, *_: object, **__: object) -> None:
        raise OSError(code, "no", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SubjectError, match=told):
        read(tmp_path / name)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError("No space left on device (os error 28)"),
        pl.exceptions.ComputeError("parquet: underlying IO error: No space left (os error 28)"),
        RuntimeError("[Errno 28] No space left on device"),
    ],
)
@pytest.mark.parametrize("kind", [".csv", ".parquet", ".xlsx"])
def test_a_full_disk_is_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, kind: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise error

    for owner, name in (
        (pl.LazyFrame, "sink_csv"),
        (pl.LazyFrame, "sink_parquet"),
        (pl.DataFrame, "write_excel"),
    ):
        monkeypatch.setattr(owner, name, full)
    with pytest.raises(SubjectError, match="the disk is full"):
        write.write_table(pl.LazyFrame({"a": [1]}), tmp_path / f"o{kind}", sheet="a")
    assert not list(tmp_path.iterdir())


def test_a_draft_that_finds_no_room_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "t.csv").write_bytes("甲,乙\n1,2\n".encode("gb18030"))
    path = xlsx(tmp_path / "t.xlsx", [["a", "b"], ["#N/A", 1]])
    monkeypatch.setattr("tempfile.mkstemp", full)
    monkeypatch.setattr("tempfile.mkdtemp", full)
    for file in (tmp_path / "t.csv", path):
        with pytest.raises(CreditError, match="the disk is full"):
            read(file)


def _nested(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('{"a":' * 100_000 + "1" + "}" * 100_000, encoding="utf-8")
    return path


@pytest.mark.parametrize("broken", ["nested", "cut"])
@pytest.mark.parametrize("name", ["validation", "board", "card", "sealed", "manifest"])
def test_every_reader_of_json_tells_what_is_wrong_in_its_own_words(
    tmp_path: Path, name: str, broken: str
) -> None:
    from lishui_credit.board.contents import open_board
    from lishui_credit.scorecards.cards.card_file import load
    from lishui_credit.scorecards.sealed_json import read_sealed
    from lishui_credit.tables.beside import refuse_unbound
    from lishui_credit.validation.report.stored import read_validation

    place = {"board": "board/board.json", "card": "scorecard.json",
             "manifest": "g.csv.manifest.json"}.get(name, "file.json")  # fmt: skip
    path = _nested(tmp_path / place)
    (tmp_path / "g.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    if broken == "cut":
        path.write_text('{"a": [1,\n2', encoding="utf-8")
    readers = {
        "validation": lambda: read_validation(path),
        "board": lambda: open_board(path.parent),
        "card": lambda: load(path),
        "sealed": lambda: read_sealed(path, "thing"),
        "manifest": lambda: refuse_unbound(tmp_path / "g.csv"),
    }
    with pytest.raises(CreditError) as told:
        readers[name]()
    said = str(told.value)
    assert ("nested too deep" in said) == (broken == "nested"), said
    assert ("not JSON" in said) == (broken == "cut"), said
    assert "Expecting" not in said


def test_texts_of_json_from_outside_are_parsed_in_one_place() -> None:
    # What else is parsed was written by the program itself a line before, or is its own data.
    own = {"json_nouns.py": 1, "proof.py": 1, "policy_file.py": 1, "shapes.py": 1,
           "card_file.py": 1, "policies.py": 1, "plan.py": 1, "plan_site.py": 1, "grading.py": 1, "models.py": 1,
           "card_values.py": 1, "ledger.py": 2, "watching.py": 1, "node.py": 1}  # fmt: skip
    found: dict[str, int] = {}
    for path in sorted(Path(lishui_credit.__file__).parent.rglob("*.py")):
        if count := len(re.findall(r"\bjson\.loads?\(", path.read_text("utf-8"))):
            found[path.name] = found.get(path.name, 0) + count
    assert found == own
