"""A validation as a Word document (.docx) that people complete and sign: words and tables, no drawings."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime, time
from typing import TYPE_CHECKING, Final

from lishui_credit.errors import ModelError
from lishui_credit.language import spoken, tr
from lishui_credit.validation.report.conclusion import (
    conclusion,
    finding_heads,
    finding_rows,
    signer_heads,
    signer_names,
)
from lishui_credit.validation.report.findings import Report, Section, Table
from lishui_credit.validation.report.particulars import SEEN
from lishui_credit.validation.report.printed import cells, heads, printed
from lishui_credit.validation.report.validation_page import PRINTED_ROWS, about, printed_table

if TYPE_CHECKING:
    from docx.document import Document

_LATIN, _CHINESE = "Calibri", "SimSun"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_SHOWN: Final = ("name", "value", "interval", "p", "standing", "verdict", "source")


def document(report: Report) -> bytes:
    """Return a report as the bytes of a .docx, in the language in use; one report gives the same bytes."""
    made = _empty()
    title = report.title or tr("Validation", "验证报告")
    day = report.particulars.made_on
    told = made.core_properties
    told.title, told.author, told.comments = title, report.particulars.owner, ""
    if day is not None:
        told.created = told.modified = datetime.combine(day, time())
    for warning in _warnings(report):
        _loud(made, warning)
    made.add_heading(spoken(title), 0)
    made.add_paragraph(spoken(about(report)))
    made.add_heading(tr("Conclusion", "总体结论"), 1)
    _loud(made, str(conclusion(report)))
    _grid(made, (tr("what", "项目"), tr("value", "内容")), report.particulars.rows())
    for remark in report.remarks:
        made.add_paragraph(spoken(str(remark)))
    for section in report.sections:
        _section(made, section)
    made.add_heading(tr("Findings to sign", "待签发现"), 1)
    rows = [(*row, "", "", "", "") for row in finding_rows(report)]
    if rows:
        _grid(made, finding_heads(), rows)
    else:
        made.add_paragraph(tr("There are no findings.", "没有需要处理的发现。"))
    made.add_paragraph()
    _grid(made, signer_heads(), [(name, "", "", "") for name in signer_names()])
    buffer = io.BytesIO()
    made.save(buffer)
    return _undated(buffer.getvalue())


def _empty() -> Document:
    """Return an empty A4 page across, with a Chinese font beside the Latin one."""
    try:
        import docx
        from docx.enum.section import WD_ORIENT
        from docx.oxml.ns import qn
        from docx.shared import Cm, Pt
    except ImportError:
        raise ModelError(
            tr("a .docx needs python-docx", "写出 .docx 需要 python-docx"),
            hint="pip install 'lishui-credit[word]'",
        ) from None
    made = docx.Document()
    page = made.sections[0]
    page.orientation, page.page_width, page.page_height = WD_ORIENT.LANDSCAPE, Cm(29.7), Cm(21)
    page.left_margin = page.right_margin = Cm(1.5)
    for name in ("Normal", "Title", "Heading 1", "Heading 2"):
        font = made.styles[name].font
        font.name = _LATIN
        fonts = made.styles[name].element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), _CHINESE)
    made.styles["Normal"].font.size = Pt(9)
    return made


def _warnings(report: Report) -> Iterable[str]:
    if report.synthetic:
        yield tr(
            "SYNTHETIC DATA 合成数据: says nothing about real subjects",
            "合成数据 SYNTHETIC DATA:不代表任何真实主体",
        )
    if report.particulars.seen:
        yield str(SEEN)


def _loud(made: Document, text: str) -> None:
    made.add_paragraph().add_run(spoken(text)).bold = True


def _section(made: Document, section: Section) -> None:
    made.add_heading(spoken(str(section.name)), 1)
    words = heads()
    named = {**words, "standing": words["verdict"], "verdict": tr("explanation", "说明")}
    rows = []
    for line in section.lines:
        told = cells(line)
        rows.append([told[name] for name in _SHOWN])
    if rows:
        _grid(made, [named[name] for name in _SHOWN], rows)
    for found in section.tables:
        if not found.points:
            _table(made, found)


def _table(made: Document, found: Table) -> None:
    made.add_heading(spoken(str(found.name)), 2)
    top, rows = printed_table(found)
    _grid(made, [text for _, text in top], [[text for _, text in row] for row in rows])
    if len(found.frame) > PRINTED_ROWS:
        rest = printed(len(found.frame), "count")
        made.add_paragraph(
            tr(
                f"first {PRINTED_ROWS} of {rest} rows; the JSON report has all",
                f"仅显示前 {PRINTED_ROWS} 行,共 {rest} 行;JSON 报告含全部",
            )
        )
    if found.source:
        made.add_paragraph(found.source)


def _grid(made: Document, top: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Add a table; its cells are set through the rows, which python-docx looks up once each."""
    grid = made.add_table(rows=len(rows) + 1, cols=len(top), style="Table Grid")
    for line, texts in zip(grid.rows, [top, *rows], strict=True):
        for cell, text in zip(line.cells, texts, strict=True):
            cell.text = spoken(text)
    for cell in grid.rows[0].cells:
        for run in cell.paragraphs[0].runs:
            run.bold = True


def _undated(packed: bytes) -> bytes:
    """Return an archive with the hour of its making taken out of every entry."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(packed)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, _EPOCH), old.read(name), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
