"""A form filled in and given back is read without a single message."""

from __future__ import annotations

import math
import re
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from lishui_credit.commands.cli import main
from lishui_credit.errors import SubjectError
from lishui_credit.language import Language, set_language
from lishui_credit.rubrics.engine import events as event_rules
from lishui_credit.rubrics.intake import intake
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.rubric_forms import blank_overlay, rubric_form
from lishui_credit.tables.columns import Column, dictionary
from lishui_credit.tables.forms import HEADER, Field, Form, _width, write_form
from lishui_credit.tables.identifiers import resident_id_check_digit, uscc_check_digit

EDITIONS = [catalog.load(entry.path) for entry in catalog.entries()]
GRADING = [rubric for rubric in EDITIONS if rubric.lacking is None]


def named(rubric: Rubric) -> str:
    return f"{rubric.name}@{rubric.edition}".replace("/", "-")


def cell(one: Field, row: int, rubric: Rubric) -> Any:
    """A value a clerk could write."""
    column = one.column
    if column.type == "uscc":
        head = f"91331100MA2E0{row:04d}"
        return head + uscc_check_digit(head)
    if column.type == "resident_id":
        head = f"33110219900101{row:03d}"
        return head + resident_id_check_digit(head)
    if one.words:
        return one.words[row % len(one.words)]
    if column.type == "date":
        return date(2018, 3, 5)
    if column.id == "year":
        return 2018
    if column.type == "rate":
        return 0.95
    if column.numeric:
        return max(int(column.minimum or 0), min(int(column.maximum or 0), 3))
    return f"V{row}" if column.is_id else "莲都区"


def filled(form: Form, path: Path, rubric: Rubric, rows: int = 3) -> Path:
    """The form with some rows filled in, saved as a spreadsheet saves it."""
    write_form(form, path)
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    for row in range(rows):
        for place, one in enumerate(form.fields, 1):
            at = sheet.cell(HEADER + 1 + row, place)
            at.value = cell(one, row, rubric)
    book.save(path)
    return path


@pytest.mark.parametrize("rubric", GRADING, ids=named)
def test_the_form_of_subjects_is_read_without_a_message(rubric: Rubric, tmp_path: Path) -> None:
    path = filled(rubric_form(rubric), tmp_path / "form.xlsx", rubric, rows=1)
    more: dict[str, Any] = {}
    if rubric.bases is not None:
        more["bases"] = filled(rubric_form(rubric, "bases"), tmp_path / "bases.xlsx", rubric, 1)
    if rubric.uses_events:
        form = rubric_form(rubric, "events")
        codes = tuple(event_rules.codes(rubric))
        assert next(one for one in form.fields if one.column.id == "code").words == codes
        more["events"] = filled(form, tmp_path / "events.xlsx", rubric, 1)
    year = max(rubric.period.start.year, 2018)
    found = intake(rubric, path, period=year, as_of=date(year + 1, 4, 1), **more)
    reasons = [row for row in found.rejected["reasons"] if "未" not in row]
    assert found.rows["subjects"] == 1
    assert found.notes == ()
    # values made up column by column may contradict each other; none may be unreadable
    assert not [row for row in reasons if "not a" in row or "no readable" in row or "fails" in row]


def test_a_form_says_what_is_asked_what_is_allowed_and_why(tmp_path: Path) -> None:
    rubric = catalog.rubric("environment-credit", on="2018-06-30")
    path = tmp_path / "form.xlsx"
    write_form(rubric_form(rubric, period=2018), path)
    book = openpyxl.load_workbook(path)
    sheet, guide = book.worksheets
    heads = [found.value for found in sheet[HEADER]]
    assert heads[0] == "统一社会信用代码"
    assert "自愿活动项数(项)" in heads
    assert str(sheet["A2"].value).startswith(("示例", "example"))
    assert all(found.comment for found in sheet[HEADER])
    assert sum("附件1" in found.comment.text for found in sheet[HEADER]) > 10
    assert sheet.protection.sheet
    assert sheet.cell(HEADER, 1).protection.locked
    assert not sheet.column_dimensions["A"].protection.locked
    kinds = {check.type for check in sheet.data_validations.dataValidation}
    assert {"list", "textLength"} <= kinds
    assert "环发〔2013〕150号" in str(guide["A2"].value)


def test_the_command_writes_forms_and_never_over_one(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "form.xlsx"
    words = ["--lang", "en", "form", "tax-credit", "--period", "2020", "-o", str(path)]
    assert main(words) == 0
    before = path.read_bytes()
    assert main(words) == 2
    assert "may be filled in" in capsys.readouterr().err
    assert path.read_bytes() == before
    assert main([*words[:-1], str(tmp_path / "form.csv")]) == 2
    events = [*words[:-1], str(tmp_path / "events.xlsx"), "--events"]
    assert main(events) == 0
    annex = tmp_path / "mine.toml"
    blank = ["rubrics", "form", "tax-credit", "--period", "2020", "-o", str(annex)]
    assert main(blank) == 0
    assert main(blank) == 2  # it may be filled in
    assert main([*blank[:-1], str(tmp_path / "mine.xlsx")]) == 2
    assert 'overlay_of = "tax-credit@' in annex.read_text(encoding="utf-8")
    with pytest.raises(SubjectError, match="uses no bases"):
        rubric_form(catalog.for_period("tax-credit", 2020), "bases")


def test_a_form_of_a_year_is_of_the_edition_with_its_overlay(tmp_path: Path) -> None:
    overlay, path = tmp_path / "mine.toml", tmp_path / "form.xlsx"
    edition = catalog.for_period("tax-credit", 2020).edition
    overlay.write_text(
        f'format = 1\noverlay_of = "tax-credit@{edition}"\noverlay_title = "本市"\n'
        'title_zh = "本市办法"\n[signed_off]\nby = "信用科"\non = 2026-11-29\n',
        encoding="utf-8",
    )
    words = ["form", "tax-credit", "--period", "2020", "--overlay", str(overlay), "-o", str(path)]
    assert main(words) == 0
    assert "本市办法" in str(openpyxl.load_workbook(path).worksheets[0]["A1"].value)


def test_a_blank_overlay_names_every_row_of_weak_evidence() -> None:
    rubric = catalog.for_period("tax-credit", 2020)
    text = blank_overlay(rubric)
    weak = [row.id for row in rubric.scoring if row.evidence in ("local", "memory", "placeholder")]
    assert weak
    assert all(f'id = "{name}"' in text for name in weak)


def test_columns_are_listed_with_what_counts_as_nothing(capsys: Any) -> None:
    assert main(["--lang", "en", "columns", "uscc"]) == 0
    told = capsys.readouterr().out
    assert "uscc" in told
    assert "N/A" in told
    assert main(["columns", "family", "--json"]) == 0
    assert '"nothing"' in capsys.readouterr().out
    assert main(["--lang", "en", "columns", "tax_amuont"]) == 2
    assert "no column 'tax_amuont'" in (said := capsys.readouterr().err)
    assert "did you mean 'tax_amount'?" in said


def test_a_list_too_long_for_a_cell_stands_in_the_guide(tmp_path: Path) -> None:
    words = tuple(f"word number {n}" for n in range(60))
    column = Column(id="x", label_zh="长", type="text")
    form = Form(title="t", source="s", fields=(Field(column, allowed=words),))
    path = tmp_path / "long.xlsx"
    write_form(form, path)
    book = openpyxl.load_workbook(path)
    (check,) = book.worksheets[0].data_validations.dataValidation
    where = check.formula1.replace("'", "").replace("$", "").partition("!")[2]
    cells = [row[0].value for row in book.worksheets[1][where]]
    assert cells == list(words)


def across(form: Form) -> int:
    """Characters that a form is wide."""
    return sum(math.ceil(_width(one)) for one in form.fields)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("rubric", GRADING, ids=named)
def test_a_form_prints_on_few_pages_with_its_header_on_each(
    rubric: Rubric, lang: Language, tmp_path: Path
) -> None:
    set_language(lang)
    tables = ("subjects", *["events"] * rubric.uses_events, *["bases"] * bool(rubric.bases))
    for table in tables:
        form = rubric_form(rubric, table)
        write_form(form, tmp_path / f"{table}.xlsx")
        for sheet in openpyxl.load_workbook(tmp_path / f"{table}.xlsx").worksheets:
            setup, area = sheet.page_setup, str(sheet.print_area)
            assert (setup.orientation, int(setup.paperSize)) == ("landscape", 9)
            assert sheet.sheet_properties.pageSetUpPr.fitToPage
            assert str(sheet.oddFooter.right.text) == "&P / &N"
            assert "$A$1:$" in area
            assert int(setup.fitToHeight) == 0
            if sheet.title in ("填写说明", "Guide"):
                continue
            assert (sheet.print_title_rows, sheet.print_title_cols) == ("$3:$3", "$A:$A")
            pages = int(setup.fitToWidth or 1)
            assert across(form) / pages < 270  # more across an A4 page cannot be read
            assert pages == 1 or across(form) / pages > 120
            at = area.rpartition("$")[0].rpartition("$")[2]
            assert openpyxl.utils.column_index_from_string(at) == len(form.fields)
    set_language(None)


def test_no_cell_of_a_form_but_those_to_fill_in_looks_like_one(tmp_path: Path) -> None:
    write_form(rubric_form(catalog.for_period("tax-credit", 2020), "events"), tmp_path / "e.xlsx")
    sheet, guide = openpyxl.load_workbook(tmp_path / "e.xlsx").worksheets
    assert all(cell.border.left.style is None and cell.protection.locked for cell in sheet[1])
    assert sheet["A2"].alignment.wrap_text  # the words and the code stand in one narrow cell
    for row in range(4, guide.max_row + 1):
        texts = [str(cell.value or "") for cell in guide[row][:6]]
        longest = sum(2 if ord(letter) > 255 else 1 for letter in texts[0])
        lines = -(-longest // 178) if not any(texts[1:]) else 1
        assert (guide.row_dimensions[row].height or 15) >= 15 * lines, texts


def test_the_year_of_bases_is_shown_by_a_year_that_can_be_graded() -> None:
    form = rubric_form(catalog.rubric("farmer-household", on="2018-06-30"), "bases", 2018)
    assert {one.column.id: one.example for one in form.fields}["year"] == 2018


def test_a_form_in_chinese_says_nothing_in_english(tmp_path: Path) -> None:
    set_language("zh")
    for rubric in GRADING:
        tables = ("subjects", *["events"] * rubric.uses_events, *["bases"] * bool(rubric.bases))
        for table in tables:
            form = rubric_form(rubric, table)
            write_form(form, tmp_path / "f.xlsx")
            for sheet in openpyxl.load_workbook(tmp_path / "f.xlsx").worksheets:
                for row in sheet.iter_rows():
                    for cell in row:
                        words = str(cell.value or "").replace("lishui-credit grade", "")
                        assert not re.search(r"[A-Za-z]+(?: [A-Za-z]+){2,}", words), words
    set_language(None)
    assert all(bool(column.note) == bool(column.note_zh) for column in dictionary().values())
