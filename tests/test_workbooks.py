"""A workbook's errors, and its formulas without a value, are read as such: where they stand, in any format."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import openpyxl
import polars as pl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.formula import ArrayFormula

from lishui_credit.errors import SubjectError
from lishui_credit.language import set_language
from lishui_credit.tables.read import read
from lishui_credit.tables.unreadable import formula, is_unreadable
from lishui_credit.tables.workbooks import sheet as module
from lishui_credit.tables.workbooks import xlsx as parts
from lishui_credit.tables.workbooks.choice import chosen_sheet
from lishui_credit.tables.workbooks.sheet import Sheet
from tests.workbooks import ERRORS, Cells, ods, old_record, raw_ods, raw_xlsx, xls, xlsb, xlsx

LATER = ("#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!", "#CONNECT!", "#GETTING_DATA")
"""Errors that fastexcel refuses a whole workbook for."""


@pytest.fixture(autouse=True)
def _english() -> object:
    set_language("en")
    yield
    set_language(None)


def first_sheet(path: Path) -> Sheet:
    return chosen_sheet(path)[0]


def rows_of(path: Path) -> list[tuple[str | None, ...]]:
    return first_sheet(path).frame.rows()


def numbered(path: Path) -> list[tuple[object, ...]]:
    """Every row below the header, its number in the sheet first."""
    return read(path).numbered().select("_row", pl.exclude("_row")).collect().rows()


def row(cells: str, number: int = 2) -> str:
    """Two rows of XML: a header, and the given cells."""
    header = "".join(f'<c r="{c}1" t="inlineStr"><is><t>{c.lower()}</t></is></c>' for c in "ABC")
    return f'<row r="1">{header}</row><row r="{number}">{cells}</row>'


@pytest.mark.parametrize("error", ERRORS)
def test_an_error_stands_where_it_stood_in_every_format(tmp_path: Path, error: str) -> None:
    rows: Cells = [["a", "b", "c"], [1, error, error], [error, 2, "x"]]
    expected = [("a", "b", "c"), ("1", error, error), (error, "2", "x")]
    assert rows_of(xlsx(tmp_path / "t.xlsx", rows)) == expected
    assert rows_of(xlsx(tmp_path / "t.xlsm", rows)) == expected
    assert rows_of(ods(tmp_path / "t.ods", rows)) == expected
    assert rows_of(xlsb(tmp_path / "t.xlsb", rows)) == expected
    cells = {
        (y, x): float(v) if isinstance(v, int) else str(v)
        for y, line in enumerate(rows)
        for x, v in enumerate(line)
    }
    assert rows_of(xls(tmp_path / "t.xls", cells)) == expected
    assert rows_of(xls(tmp_path / "short.xls", cells, small=True)) == expected


@pytest.mark.parametrize("error", ERRORS)
def test_the_value_of_a_formula_may_be_an_error(tmp_path: Path, error: str) -> None:
    with xlsxwriter.Workbook(tmp_path / "t.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["a", "b"])
        sheet.write_formula(1, 0, "=VLOOKUP(1,B:B,1,0)", value=error)
        sheet.write_formula(1, 1, "=1+1", value=2)
    assert rows_of(tmp_path / "t.xlsx") == [("a", "b"), (error, "2")]


@pytest.mark.parametrize("error", LATER)
def test_an_error_of_a_later_excel_refuses_no_workbook(tmp_path: Path, error: str) -> None:
    path = raw_xlsx(tmp_path / "t.xlsx", row(f'<c r="B2" t="e" vm="1"><v>{error}</v></c>'))
    assert rows_of(path)[1] == (None, error, None)
    assert is_unreadable(error)


def test_an_error_without_a_known_name_is_one_all_the_same(tmp_path: Path) -> None:
    cells = '<c r="A2" t="e"><v>#VALEUR</v></c><c r="B2" t="e"/><c r="C2" t="e"><v></v></c>'
    found = rows_of(raw_xlsx(tmp_path / "t.xlsx", row(cells)))[1]
    assert found == ("#ERROR! #VALEUR", "#ERROR!", "#ERROR!")
    assert all(map(is_unreadable, map(str, found)))


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ('<c r="B2"><f>A2&amp;"&lt;"</f></c>', formula('A2&"<"')),
        ('<c r="B2"><f>A2</f><v/></c>', formula("A2")),
        ('<c r="B2"><f>A2</f><v></v></c>', formula("A2")),
        ('<c r="B2" t="str"><f>A2</f></c>', formula("A2")),
        ('<c r="B2" t="n" s="0">\n<f>A2</f>\n<v></v></c>', formula("A2")),
        ('<c r="B2"><f/></c>', formula("")),
        ('<c r="B2"><v>3</v><f>A2</f></c>', formula("A2")),
        ('<c r="B2" t="e"><f>A2</f></c>', formula("A2")),
        ('<c r="B2" t="str"><f>""</f><v></v></c>', ""),
        ('<c r="B2" t="str"><f>""</f><v/></c>', ""),
        ('<c r="B2"><f>A2</f><v>3</v></c>', "3"),
        ('<c r="B2" t="str"><f>A2</f><v xml:space="preserve"> x</v></c>', " x"),
        ('<c r="B2" t="b"><f>A2</f><v>0</v></c>', "false"),
        ('<c r="B2" t="inlineStr"><is><t>t="e" &lt;f&gt;</t></is></c>', 't="e" <f>'),
    ],
)
def test_a_formula_without_a_value_is_told_and_one_with_a_value_is_read(
    tmp_path: Path, cell: str, found: str
) -> None:
    assert rows_of(raw_xlsx(tmp_path / "t.xlsx", row(cell)))[1] == (None, found, None)


def test_a_shared_formula_without_values_is_told_in_each_of_its_cells(tmp_path: Path) -> None:
    cells = (
        '<c r="A2"><f t="shared" ref="A2:C2" si="0">$A$1*2</f></c>'
        '<c r="B2"><f t="shared" si="0"/></c><c r="C2"><f t="shared" si="0"/><v>4</v></c>'
    )
    told = formula("$A$1*2")
    assert rows_of(raw_xlsx(tmp_path / "t.xlsx", row(cells)))[1] == (told, told, "4")


def test_an_array_formula_without_values_refuses_the_workbook(tmp_path: Path) -> None:
    """Its other cells may not be in the file at all, and would look empty."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["a", "b"])
    sheet.append([1, 2])
    sheet["B3"] = ArrayFormula("B3:B9", "=A1:A7*2")
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(SubjectError, match=r"array formula.*B3:B9: {=A1:A7\*2}"):
        first_sheet(tmp_path / "t.xlsx")
    sheet["B3"] = ArrayFormula("B3", "=SUM(A1:A7)")
    book.save(tmp_path / "t.xlsx")
    assert rows_of(tmp_path / "t.xlsx")[2] == (None, formula("SUM(A1:A7)"))
    with xlsxwriter.Workbook(tmp_path / "t.xlsx") as made:
        made.add_worksheet().write_array_formula("A1:A2", "{=B1:B2}", value=7)
    assert rows_of(tmp_path / "t.xlsx") == [("7",), ("0",)]


def test_names_with_a_prefix_are_the_same_names(tmp_path: Path) -> None:
    part = (
        '<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<x:sheetData><x:row r="1"><x:c r="A1" t="str"><x:v>a</x:v></x:c></x:row>'
        '<x:row r="2"><x:c r="A2" t="e"><x:v>#REF!</x:v></x:c></x:row>'
        '<x:row r="3"><x:c r="A3"><x:f>A1</x:f></x:c></x:row></x:sheetData></x:worksheet>'
    )
    path = raw_xlsx(tmp_path / "t.xlsx", "", sheet=part)
    assert rows_of(path) == [("a",), ("#REF!",), (formula("A1"),)]


def test_cells_without_an_address_follow_each_other(tmp_path: Path) -> None:
    rows = '<row><c t="str"><v>a</v></c><c t="str"><v>b</v></c></row>'
    rows += '<row><c/><c t="e"><v>#N/A</v></c></row>'
    assert rows_of(raw_xlsx(tmp_path / "t.xlsx", rows)) == [("a", "b"), (None, "#N/A")]


def test_the_first_sheet_is_found_through_the_relations(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["second", 5])
    first = book.create_sheet("第一&表", 0)
    first.append(["a", "#N/A"])
    book.save(tmp_path / "t.xlsx")
    found, notes = chosen_sheet(tmp_path / "t.xlsx")
    assert (found.name, notes) == ("第一&表", ["only sheet '第一&表' was read"])
    assert found.frame.rows() == [("a", "#N/A")]


@pytest.mark.parametrize("at", [(1, 1), (3, 2), (7, 30)])
def test_a_sheet_may_start_anywhere_and_have_gaps(tmp_path: Path, at: tuple[int, int]) -> None:
    rows: Cells = [["a", "b", "c"], [None, "=A1", None], [None] * 3, ["#N/A", None, 4], [None] * 3]
    path = xlsx(tmp_path / "t.xlsx", rows, at=at)
    assert numbered(path) == [
        (at[0] + 1, None, formula("A1"), None),
        (at[0] + 3, "#N/A", None, "4"),
    ]
    assert (
        first_sheet(path).place(at[0] + 2, 0) == f"{ {1: 'A', 2: 'B', 30: 'AD'}[at[1]] }{at[0] + 3}"
    )


def test_blank_rows_above_do_not_shift_the_numbers_of_rows(tmp_path: Path) -> None:
    blank = '<table:table-row table:number-rows-repeated="4"><table:table-cell/></table:table-row>'
    path = ods(tmp_path / "t.ods", [["a", "b"], [1, "#N/A"], ["=1", 2]], before=blank)
    assert numbered(path) == [(6, "1", "#N/A"), (7, formula("1"), "2")]
    cells: dict[tuple[int, int], str | float] = {
        (4, 1): "a", (4, 2): "b", (5, 1): 1.0, (5, 2): "#N/A", (9, 1): "#REF!",
    }  # fmt: skip
    found = read(xls(tmp_path / "t.xls", cells)).numbered().collect()
    assert found.select("_row", "a", "b").rows() == [(6, "1", "#N/A"), (10, "#REF!", None)]


def test_a_row_of_nothing_but_formulas_without_values_is_no_blank_row(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "t.xlsx", [["a", "b"], [1, 2], ["=X1", "=X2"], [None, None], ["=X3"]])
    assert read(path).numbered().collect()["_row"].to_list() == [2, 3, 5]


@pytest.mark.parametrize("unreadable", ["#REF!", "=B9"])
def test_a_header_that_is_unreadable_refuses_the_file(tmp_path: Path, unreadable: str) -> None:
    """Nobody can tell which column it is, so no column may be taken for absent."""
    rows: Cells = [["title"], ["a", unreadable, "b"], ["1", "2", "3"]]
    with pytest.raises(SubjectError, match=r"a header has no readable value .* B2: #"):
        read(xlsx(tmp_path / "t.xlsx", rows), lambda text: text in "ab")
    (tmp_path / "t.csv").write_text("a,#REF!,b\n1,2,3\n")
    with pytest.raises(SubjectError, match=r"a header has no readable value .* column 2: #REF!"):
        read(tmp_path / "t.csv")


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ('table:formula="of:=1/0" office:value-type="float" office:value="0">{p}#DIV/0!', "#DIV/0!"),
        ('office:value-type="string" office:string-value="" calcext:value-type="error">{p}Err:502', "Err:502"),
        ('table:formula="of:=A1" calcext:value-type="error">{p}#值', "#ERROR! #值"),
        ('table:formula="of:=[.A1]&gt;1">', formula("[.A1]>1")),
        ('table:formula="of:=&quot;&quot;" office:value-type="string" office:string-value="">', ""),
        ('table:formula="of:=2" office:value-type="float" office:value="2">{p}2', "2"),
        ('office:value-type="time" office:time-value="PT09H30M00S">{p}09:30', "09:30"),
        (">{p}有", "有"),
        ('table:style-name="ce1">', None),
        ('table:style-name="ce1"><office:annotation>{p}a remark</text:p></office:annotation>', None),
    ],
)  # fmt: skip
def test_a_cell_of_an_open_document_is_what_it_shows(
    tmp_path: Path, cell: str, found: str | None
) -> None:
    shown = cell.replace("{p}", "<text:p>")
    ends = "</text:p>" if shown.count("<text:p>") > shown.count("</text:p>") else ""
    rows = (
        '<table:table-row><table:table-cell office:value-type="string"><text:p>a</text:p>'
        '</table:table-cell><table:table-cell office:value-type="string"><text:p>b</text:p>'
        "</table:table-cell></table:table-row><table:table-row>"
        '<table:table-cell office:value-type="float" office:value="1"/>'
        f"<table:table-cell {shown}{ends}</table:table-cell></table:table-row>"
    )
    assert rows_of(raw_ods(tmp_path / "t.ods", rows)) == [("a", "b"), ("1", found)]


def test_repeated_cells_of_an_open_document_are_each_unreadable(tmp_path: Path) -> None:
    rows = (
        '<table:table-row table:number-rows-repeated="2"><table:table-cell'
        ' table:number-columns-repeated="2" table:formula="of:=1"/></table:table-row>'
    )
    assert rows_of(raw_ods(tmp_path / "t.ods", rows)) == [(formula("1"),) * 2] * 2


def test_a_workbook_without_unreadable_cells_is_read_as_it_is(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "t.xlsx") as book:
        sheet = book.add_worksheet("表")
        for place in range(50):
            sheet.write_formula(place, 0, f"=B{place}<2", value=place)
            sheet.write_string(place, 1, "</f> <f/> &")
    rows: Cells = [["a", "b"], [1, "x"]]
    xlsb(tmp_path / "t.xlsb", rows)
    ods(tmp_path / "t.ods", rows)
    for name in ("t.xlsx", "t.xlsb", "t.ods"):
        form = module._FORMS[Path(name).suffix]
        with zipfile.ZipFile(tmp_path / name) as book:
            (tab,) = form.tabs(book)
            with book.open(tab.part) as stream:
                assert not form.surveyed(stream, form.formats(book), tab.name).retell


VALUES = st.one_of(
    st.none(),
    st.integers(0, 9),
    st.sampled_from(["是", "无", "a<b", "&", '"e"', "</f>", *ERRORS]),
    st.sampled_from(["=A1", "=IF(A1>1,1,2)", '=A1&"</row>"', "=NA()"]),
)


@settings(max_examples=60)
@given(
    rows=st.lists(st.lists(VALUES, min_size=3, max_size=3), min_size=1, max_size=12),
    at=st.tuples(st.integers(1, 4), st.integers(1, 28)),
    chunk=st.integers(1, 900),
)
def test_every_cell_of_a_workbook_is_read_or_told(
    tmp_path_factory: pytest.TempPathFactory, rows: Cells, at: tuple[int, int], chunk: int
) -> None:
    rows = [["h1", "h2", "h3"], *rows]
    path = xlsx(tmp_path_factory.mktemp("any") / "t.xlsx", rows, at=at)
    said = {
        f"{value}": formula(value) for line in rows for value in line if str(value).startswith("=")
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "_CHUNK", chunk)
        found = first_sheet(path)
    expected = [
        tuple(None if value is None else said.get(str(value), str(value)) for value in line)
        for line in rows
    ]
    while not any(expected[-1]):
        expected.pop()
    assert found.frame.rows() == [(None,) * 3] * (at[0] - 1) + expected
    assert found.columns == tuple(range(at[1] - 1, at[1] + 2))


def test_a_sheet_is_the_same_whatever_pieces_it_is_read_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = xlsx(tmp_path / "t.xlsx", [["a", "b"], *([place, "x"] for place in range(40))])
    with zipfile.ZipFile(path) as book:
        whole = book.read("xl/worksheets/sheet1.xml")
        for chunk in (1, 7, 60, 500, 100_000):
            monkeypatch.setattr(parts, "_CHUNK", chunk)
            with book.open("xl/worksheets/sheet1.xml") as stream:
                pieces = list(parts._pieces(stream))
            assert b"".join(piece for piece, _ in pieces) == whole
            assert all(
                piece.startswith(b"<row") and piece.endswith(b"</row>")
                for piece, is_rows in pieces
                if is_rows
            )


def test_a_chart_on_an_old_sheet_is_no_part_of_its_cells(tmp_path: Path) -> None:
    cells: dict[tuple[int, int], str | float] = {(0, 0): "a", (1, 0): "x", (1, 1): "#NUM!"}
    path = xls(tmp_path / "t.xls", cells, chart=old_record(0x1002, bytes(4)))
    assert rows_of(path) == [("a", None), ("x", "#NUM!")]
    number = old_record(0x0203, struct.pack("<HHHd", 0, 0, 0, 469.0))
    with pytest.raises(SubjectError, match=r"a chart on the sheet keeps numbers"):
        first_sheet(xls(tmp_path / "t.xls", cells, chart=number))


def test_an_old_workbook_that_is_cut_short_or_none_is_told(tmp_path: Path) -> None:
    path = xls(tmp_path / "t.xls", {(0, 0): "a", (1, 0): "#N/A"})
    whole = path.read_bytes()
    for part in (whole[:600], whole[:1500], b"\xd0\xcf" + bytes(2000)):
        path.write_bytes(part)
        with pytest.raises(SubjectError, match="not a readable workbook"):
            first_sheet(path)


def test_a_date_column_keeps_its_day_numbers_beside_an_error(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "t.xlsx", [["day"], [43556], ["#N/A"], [43557]])
    raw = read(path, None, lambda text: text == "day")
    assert raw.frame.collect()["day"].to_list() == ["2019-04-01", "#N/A", "2019-04-02"]
    assert pl.Series(["#N/A"]).is_in(raw.frame.collect()["day"].to_list()).all()
