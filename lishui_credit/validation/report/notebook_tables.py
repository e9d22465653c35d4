"""A validation as a notebook shows it: what its text says first, then its figures as tables."""

from __future__ import annotations

from typing import Final

from lishui_credit.reports import html
from lishui_credit.validation.report.findings import Report
from lishui_credit.validation.report.printed import cells, heads

_COLUMNS: Final = {
    "name": "",
    "value": "n",
    "interval": "n",
    "p": "n",
    "standing": "n",
    "verdict": "",
}
"""Columns of the figures of a section, and the kind of their cells."""


def tables(report: Report) -> str:
    """Return a report as HTML to stand inside a page, in the language in use."""
    words = heads()
    named = {**words, "standing": words["verdict"], "verdict": ""}
    top = [(kind, named[name]) for name, kind in _COLUMNS.items()]
    opening = str(report).split("\n\n")[0].splitlines()
    parts = [f"<p>{'<br>'.join(map(html.words, opening))}</p>"]
    for section in report.sections:
        rows = []
        for line in section.lines:
            found = cells(line)
            if line.standing == "note":  # it judges nothing
                found["standing"] = ""
            rows.append([(kind, found[name]) for name, kind in _COLUMNS.items()])
        if rows:
            title = f"<h4>{html.words(str(section.name))}</h4>"
            parts.append(title + html.table(top, rows))
    return "".join(parts)
