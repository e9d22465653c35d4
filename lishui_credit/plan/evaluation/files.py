"""The mid-term evaluation as a file: HTML, Excel or PDF, by the name it is given."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import tr
from lishui_credit.plan.definitions import END
from lishui_credit.plan.divisions import CITY
from lishui_credit.plan.evaluation.mid_term import mid_term
from lishui_credit.tables.write import replacing

KINDS: Final = (".html", ".xlsx", ".pdf")
"""Suffixes a report can have."""


def check_output(path: Path | str) -> Path:
    """Return the path if a report can be written there; refuse an unknown kind, a folder, a PDF without Chromium."""
    path = Path(path)
    if path.is_dir():
        raise SubjectError(
            Problem(tr("a folder, not a file", "这是目录,不是文件"), where=str(path))
        )
    kind = path.suffix.lower()
    if kind not in KINDS:
        raise SubjectError(
            Problem(
                tr("unknown kind of report", "不支持的报告类型"),
                path.name,
                tr("name it .html, .xlsx or .pdf", "请使用 .html、.xlsx 或 .pdf"),
            )
        )
    if kind == ".pdf":
        from lishui_credit.reports.pdf import browser

        browser()
    return path


def write_report(
    frame: Any,
    path: Path | str,
    *,
    at: date = END,
    area: str = CITY,
    targets: pl.DataFrame | None = None,
    known_on: date | None = None,
) -> Path:
    """Write the mid-term evaluation of a day, in the language in use.

    Parameters
    ----------
    frame : any narwhals frame
        Observations, best with all their revisions, for the annex lists them.
    path : path-like
        ``.html`` (self-contained), ``.xlsx`` or ``.pdf`` (printed by a Chromium on the machine). An
        earlier file is replaced only when the new one is complete.
    at, area, targets, known_on
        See `lishui_credit.plan.evaluation.mid_term.mid_term`.

    Returns
    -------
    Path

    Raises
    ------
    SubjectError
        If the kind is unknown, the frame holds no observations, or the PDF cannot be printed.

    Examples
    --------
    >>> import tempfile
    >>> from lishui_credit.samples.plan_observations import plan_observations
    >>> folder = tempfile.TemporaryDirectory()
    >>> made = write_report(plan_observations(), f"{folder.name}/r.html", at=date(2018, 6, 30))
    >>> "SYNTHETIC DATA" in made.read_text(encoding="utf-8")
    True
    >>> folder.cleanup()
    """
    path = check_output(path)
    found = mid_term(frame, at, area=area, targets=targets, known_on=known_on)
    kind = path.suffix.lower()
    if kind == ".xlsx":
        from lishui_credit.plan.evaluation.workbook import write_workbook

        return write_workbook(found, path)
    from lishui_credit.plan.evaluation.evaluation_page import page

    html = page(found)
    if kind == ".pdf":
        from lishui_credit.reports.pdf import print_pdf

        return print_pdf(html, path)
    with replacing(path) as draft:
        draft.write_text(html, encoding="utf-8")
    return path
