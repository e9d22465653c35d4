"""The empty workbook to fill in: headers with units, allowed values, checks, and a guide beside them.

A form is filled in, saved and given back as it is: its header stands in the third row, below a title
and an example that say what they are, and no reader takes these for data.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from lishui_credit.language import Bilingual, tr
from lishui_credit.tables.columns import Column
from lishui_credit.tables.identifiers import resident_id_check_digit, uscc_check_digit
from lishui_credit.tables.read import EXAMPLE
from lishui_credit.tables.write import replacing, workbook

if TYPE_CHECKING:
    import xlsxwriter.format
    import xlsxwriter.worksheet

ROWS: Final = 3_000  # rows that can be filled in
HEADER: Final = 3  # sheet row of the header
_LIST: Final = 250  # characters a list in a cell may have
_KINDS: Final[Mapping[str, Bilingual]] = {
    "text": Bilingual("text", "文本"),
    "uscc": Bilingual("18-character code", "18 位信用代码"),
    "resident_id": Bilingual("18-digit identity number", "18 位身份证号"),
    "integer": Bilingual("whole number", "整数"),
    "number": Bilingual("number", "数字"),
    "money": Bilingual("money", "金额"),
    "rate": Bilingual("percentage", "百分数"),
    "flag": Bilingual("yes or no", "是或否"),
    "level": Bilingual("one of a list", "选项"),
    "date": Bilingual("day", "日期"),
}
_GUIDE: Final = (30, 32, 18, 10, 24, 64)  # widths of the columns of the guide
_DARK, _PALE, _LINE = "#1f3a5f", "#eef3f8", "#b8c4d0"
_WIDE: Final = 60
_PRINTED: Final = 24  # empty rows of a printed form: one page high
_PAGE: Final = (
    230  # characters across a printed page, at three fifths of the size: as small as reads
)


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a form."""

    column: Column
    required: bool = False
    note: str = ""  # which clause asks for it, what an empty cell means
    allowed: tuple[str, ...] = ()  # words to choose from; those of the column where none are given
    example: object = None

    @property
    def header(self) -> str:
        """The header as the form writes it: the Chinese label and the unit its cells are in."""
        unit = "元" if self.column.type == "money" else self.column.unit
        return f"{self.column.label_zh}({unit})" if unit else self.column.label_zh

    @property
    def named(self) -> str:
        """The header, and what it is called in English."""
        return " / ".join(filter(None, (self.header, self.column.label_en)))

    @property
    def words(self) -> tuple[str, ...]:
        """What may be written, where it is a list."""
        if self.allowed:
            return self.allowed
        if self.column.type == "flag":
            return ("是", "否")
        return tuple(words[0] for words in self.column.values.values())

    @property
    def explained(self) -> tuple[str, ...]:
        """What may be written, in English each word with what it means."""
        named = {"是": "yes", "否": "no"}
        named |= {
            words[0]: self.column.values_en.get(name, "")
            for name, words in self.column.values.items()
        }
        english = ((word, named.get(word, "")) for word in self.words)
        return tuple(
            tr(f"{word} ({said})" if said not in ("", word) else word, word)
            for word, said in english
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A workbook to fill in."""

    title: str
    source: str  # the document the form asks for
    fields: tuple[Field, ...]
    guide: tuple[str, ...] = ()  # sentences above the list of columns
    rows: tuple[Mapping[str, object], ...] = field(default=())  # cells filled in beforehand, by id


def write_form(form: Form, path: Path | str) -> None:
    """Write a form as a workbook (.xlsx); cells cost ``rows x columns`` only where they are filled."""
    path = Path(path)
    dates = {"default_date_format": "yyyy-mm-dd"}
    with replacing(path) as draft, workbook(draft, dates) as book:
        sheet = book.add_worksheet(tr("Fill in", "填报"))
        guide = book.add_worksheet(tr("Guide", "填写说明"))
        styles = _styles(book)
        lists = _guide(guide, form, styles)
        _heads(sheet, form, styles)
        for place, one in enumerate(form.fields):
            sheet.set_column(place, place, _width(one), styles[_kind(one.column)])
            if check := _check(one, lists.get(one.column.id)):
                sheet.data_validation(HEADER, place, HEADER + ROWS - 1, place, check)
        for row, cells in enumerate(form.rows):
            for place, one in enumerate(form.fields):
                if (value := cells.get(one.column.id)) is not None:
                    sheet.write(HEADER + row, place, value, styles[_kind(one.column)])
        sheet.freeze_panes(HEADER, 1)
        options = {"format_columns": True, "insert_rows": True, "delete_rows": True, "sort": True}
        sheet.protect("", options)
        guide.protect()
        _printed(sheet, form)


def _printed(sheet: xlsxwriter.worksheet.Worksheet, form: Form) -> None:
    """Lay a form out for A4: as few pages across as can be read, header and first column on each."""
    _paper(sheet, form)
    sheet.repeat_rows(HEADER - 1)
    sheet.repeat_columns(0)
    last = HEADER + max(_PRINTED, len(form.rows)) - 1
    sheet.print_area(0, 0, last, len(form.fields) - 1)
    first, *others = map(_width, form.fields)
    sheet.fit_to_pages(max(1, math.ceil(sum(others) / (_PAGE - first))), 0)


def _paper(sheet: xlsxwriter.worksheet.Worksheet, form: Form) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer("&L" + form.title.replace("&", "&&") + "&R&P / &N")


def _styles(book: Any) -> dict[str, xlsxwriter.format.Format]:
    common = {"font_name": "Noto Sans CJK SC", "font_size": 10, "valign": "vcenter"}
    cell = {**common, "border": 1, "border_color": _LINE, "locked": False}
    return {
        "title": book.add_format({**common, "bold": True, "font_size": 13, "font_color": _DARK}),
        "example": book.add_format({**common, "italic": True, "font_color": "#5c6b7a", "text_wrap": True}),
        "head": book.add_format(
            {**common, "bold": True, "bg_color": _DARK, "font_color": "white", "border": 1,
             "text_wrap": True, "align": "center"}
        ),
        "asked": book.add_format(
            {**common, "bold": True, "bg_color": "#8a2b2b", "font_color": "white", "border": 1,
             "text_wrap": True, "align": "center"}
        ),
        "line": book.add_format({**common, "text_wrap": True, "valign": "top"}),
        "pale": book.add_format(
            {**common, "bold": True, "bg_color": _PALE, "border": 1, "border_color": _LINE}
        ),
        "text": book.add_format({**cell, "num_format": "@"}),
        "number": book.add_format({**cell, "num_format": "General"}),
        "money": book.add_format({**cell, "num_format": "#,##0.00"}),
        "rate": book.add_format({**cell, "num_format": "0.00%"}),
        "date": book.add_format({**cell, "num_format": "yyyy-mm-dd"}),
    }  # fmt: skip


def _kind(column: Column) -> str:
    """Return the style of a column's cells."""
    if column.type in ("money", "rate", "date"):
        return column.type
    return "number" if column.numeric else "text"


def _width(one: Field) -> float:
    wide = _units(one.header)
    longest = max(map(_units, one.words), default=0)
    least = 22 if one.column.is_id else 12
    return min(max(wide / 1.6 + 1, longest + 2, least), _WIDE)


def _units(text: str) -> int:
    """Return how wide a text is, in digits: a Chinese character is two."""
    return sum(2 if ord(letter) > 255 else 1 for letter in text)


def _heads(sheet: xlsxwriter.worksheet.Worksheet, form: Form, styles: Mapping[str, Any]) -> None:
    """Write title, example and header, with a note on every header."""
    sheet.set_row(0, 24)
    sheet.set_row(1, 30)
    sheet.write(0, 0, form.title, styles["title"])
    for place in range(1, len(form.fields)):
        sheet.write_blank(0, place, None, styles["title"])  # no cell to fill in above the header
    sheet.set_row(HEADER - 1, 44)
    said = tr(f"{EXAMPLE[0]}: ", f"{EXAMPLE[1]}:")
    for place, one in enumerate(form.fields):
        example = _example(one)
        text = f"{said}{example}" if place == 0 else example
        sheet.write_string(1, place, text, styles["example"])
        sheet.write_string(
            HEADER - 1, place, one.header, styles["asked" if one.required else "head"]
        )
        sheet.write_comment(
            HEADER - 1, place, _note(one), {"x_scale": 2.2, "y_scale": 1.6, "font_size": 9}
        )


def _example(one: Field) -> str:
    """Return a value as it may be written."""
    if one.example is not None:
        return str(one.example)
    column = one.column
    if one.words:
        return one.words[-1]
    if column.type == "date":
        return "2018-03-05"
    if column.type == "rate":
        return "95.5%"
    if column.type == "money":
        return "120000.00"
    if column.numeric and column.minimum is not None and column.maximum is not None:
        return str(min(max(int(column.minimum), 3), int(column.maximum)))
    if column.type == "uscc":
        return f"91331100MA2E0000X{uscc_check_digit('91331100MA2E0000X')}"
    if column.type == "resident_id":
        return f"33110219900101001{resident_id_check_digit('33110219900101001')}"
    return tr("text", "文本")


def _limits(column: Column) -> str:
    if not column.numeric:
        return ""
    unit = "元" if column.type == "money" else column.unit
    if column.type == "rate" and column.minimum is not None and column.maximum is not None:
        return f"{column.minimum * 100:g}% – {column.maximum * 100:g}%"
    return f"{column.minimum:,} – {column.maximum:,} {unit}".rstrip()


def _note(one: Field) -> str:
    parts = [
        one.named,
        f"{one.column.id}: {_KINDS[one.column.type]}",
        tr("required", "必填") if one.required else tr("may be empty", "可空"),
        _limits(one.column),
        "、".join(one.explained[:12]),
        one.note,
        tr(one.column.note, one.column.note_zh),
    ]
    return "\n".join(part for part in parts if part)


def _guide(
    sheet: xlsxwriter.worksheet.Worksheet, form: Form, styles: Mapping[str, Any]
) -> dict[str, str]:
    """Write the guide; return where long lists of allowed values stand, by column."""
    from xlsxwriter.utility import xl_range_abs

    for place, wide in enumerate(_GUIDE):
        sheet.set_column(place, place, wide)
    _paper(sheet, form)
    sheet.fit_to_pages(1, 0)
    sheet.write(0, 0, form.title, styles["title"])
    sheet.merge_range(1, 0, 1, 5, form.source, styles["line"])
    row = 3
    for sentence in (*_rules(), *form.guide):
        sheet.merge_range(row, 0, row, 5, sentence, styles["line"])
        sheet.set_row(row, _high([sentence], [sum(_GUIDE)]))
        row += 1
    row += 1
    heads = (
        tr("column", "列"), tr("id", "代号"), tr("kind", "类型"), tr("required", "必填"),
        tr("allowed", "取值范围"), tr("why, and what an empty cell means", "依据,以及空格的含义"),
    )  # fmt: skip
    for place, head in enumerate(heads):
        sheet.write(row, place, head, styles["pale"])
    lists: dict[str, str] = {}
    for one in form.fields:
        row += 1
        cells = (
            # two known names in one row would make it look like a header
            tr(one.named, one.header), f"({one.column.id})", str(_KINDS[one.column.type]),
            tr("yes", "是") if one.required else tr("no", "否"),
            _limits(one.column) or "、".join(one.explained[:6]) + ("…" if len(one.words) > 6 else ""),
            "  ".join(filter(None, (one.note, tr(one.column.note, one.column.note_zh)))),
        )  # fmt: skip
        for place, cell in enumerate(cells):
            sheet.write_string(row, place, cell, styles["line"])
        sheet.set_row(row, _high(cells, _GUIDE))
    sheet.print_area(0, 0, row, 5)  # not the long lists beside it
    for place, one in enumerate(one for one in form.fields if len(",".join(one.words)) > _LIST):
        column = 7 + place
        sheet.write_string(3, column, one.header, styles["pale"])
        for line, word in enumerate(one.words, 4):
            sheet.write_string(line, column, word, styles["line"])
        where = xl_range_abs(4, column, 3 + len(one.words), column)
        lists[one.column.id] = f"='{sheet.get_name()}'!{where}"
    return lists


def _high(cells: Sequence[str], widths: Sequence[float]) -> float:
    """Return the height of a row whose texts are wrapped; not every program finds it itself."""
    return 16 * max(
        math.ceil(_units(cell) * 1.05 / wide) or 1 for cell, wide in zip(cells, widths, strict=True)
    )


def _rules() -> tuple[str, ...]:
    return (
        tr(
            "Fill in from row 4 on, one thing a row. Red headers must be filled in.",
            "自第 4 行起逐行填写;红色表头为必填。",
        ),
        tr(
            "Leave a cell empty where nothing is known; do not write 待查 or ?. Errors such as #N/A "
            "and text in a number reject the row.",
            "不知道的留空,勿写“待查”“?”;#N/A 等错误、数字列中的文字会使该行被拒收。",
        ),
        tr(
            "Do not change the header row: names and units are read from it.",
            "请勿改动表头:列名与单位由表头读取。",
        ),
    )


def _check(one: Field, where: str | None) -> dict[str, Any] | None:
    """Return the check of a column's cells."""
    column = one.column
    told = {
        "error_title": tr("not accepted", "不符合要求"),
        "error_message": (_limits(column) or _note(one).partition("\n")[0])[:250],
    }
    if one.words:
        return {"validate": "list", "source": where or list(one.words), **told}
    if column.numeric and column.minimum is not None and column.maximum is not None:
        whole = column.type == "integer"
        low, high = (float(end) for end in (column.minimum, column.maximum))
        kind = "integer" if whole and abs(high) < 2**31 else "decimal"
        bounds = {"minimum": int(low) if whole else low, "maximum": int(high) if whole else high}
        return {"validate": kind, "criteria": "between", **bounds, **told}
    if column.type == "date":
        ends = {"minimum": date(1900, 1, 1), "maximum": date(2100, 12, 31)}
        message = tr("a day such as 2018-03-05", "请填日期,如 2018-03-05")
        return {"validate": "date", "criteria": "between", **ends, **told, "error_message": message}
    if column.type in ("uscc", "resident_id"):
        message = tr("18 characters", "应为 18 位")
        return {
            "validate": "length",
            "criteria": "==",
            "value": 18,
            **told,
            "error_message": message,
        }
    return None


def form_of(columns: Sequence[Field], **told: Any) -> Form:
    """Return a form of columns, those that must be filled in first."""
    asked = [one for one in columns if one.required]
    return Form(fields=(*asked, *(one for one in columns if not one.required)), **told)
