"""What a validation found, as an object, as text, as JSON and as a page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from lishui_credit.errors import Problem, SubjectError
from lishui_credit.language import tr
from lishui_credit.reports.layout import cut, table
from lishui_credit.validation.report.findings import Line, Report, Section, Table, plain, printed
from lishui_credit.version import __version__

SCHEMA = 1
"""Version of the JSON layout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation(Report):
    """What `validate` found: sections of lines (figures) and tables, to read, print and write.

    Parameters are those of `Report`.
    """

    def _lines(self) -> Iterator[tuple[Section, Line]]:
        for section in self.sections:
            for line in section.lines:
                yield section, line

    def line(self, id: str) -> Line:
        """Return the figure of this id; KeyError where there is none."""
        for _, line in self._lines():
            if line.id == id:
                return line
        raise KeyError(id)

    def table(self, id: str) -> pl.DataFrame:
        """Return the frame of this id; KeyError where there is none."""
        for section in self.sections:
            for found in section.tables:
                if found.id == id:
                    return found.frame
        raise KeyError(id)

    def frame(self) -> pl.DataFrame:
        """Return every figure as a row: section, id, names, value, interval, p, verdict, source."""
        names = [
            "id",
            "name_en",
            "name_zh",
            "value",
            "low",
            "high",
            "p",
            "standing",
            "verdict_en",
            "verdict_zh",
            "source",
        ]
        floats = dict.fromkeys(("value", "low", "high", "p"), pl.Float64)
        rows = [
            {"section": section.id, **{name: getattr(line, name) for name in names}}
            for section, line in self._lines()
        ]
        return pl.DataFrame(rows, schema_overrides=floats, infer_schema_length=None)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""

        def one(found: Line | Table) -> dict[str, Any]:
            names = [name for name in found.__slots__ if name != "frame"]
            fields = {name: plain(getattr(found, name)) for name in names}
            if isinstance(found, Table):
                fields["rows"] = [
                    {name: plain(value) for name, value in row.items()}
                    for row in found.frame.to_dicts()
                ]
            return fields

        return {
            "schema": SCHEMA,
            "made_by": f"lishui_credit {__version__}",
            "title": self.title,
            "synthetic": self.synthetic,
            "subjects": self.subjects,
            "bads": self.bads,
            "settings": {name: getattr(self.settings, name) for name in self.settings.__slots__},
            "remarks": [{"en": en, "zh": zh} for en, zh in self.remarks],
            "sections": [
                {
                    "id": section.id,
                    "name_en": section.name_en,
                    "name_zh": section.name_zh,
                    "lines": [one(line) for line in section.lines],
                    "tables": [one(found) for found in section.tables],
                }
                for section in self.sections
            ],
        }

    def to_json(self) -> str:
        """Return everything as JSON text; figures that do not exist are null, never NaN."""
        return json.dumps(self.as_dict(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    def write(self, path: str | Path) -> Path:
        """Write a self-contained page (.html) or the data (.json), by the ending of the path.

        Raises
        ------
        SubjectError
            If the path ends in neither.
        """
        target = Path(path)
        if target.suffix == ".json":
            text = self.to_json()
        elif target.suffix in (".html", ".htm"):
            from lishui_credit.validation.report.validation_page import page

            text = page(self)
        else:
            raise SubjectError(
                Problem(
                    tr("a report is written as .html or .json", "报告只能写为 .html 或 .json"),
                    str(target.name),
                )
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return target

    def __str__(self) -> str:
        """Return the figures as a page of text."""
        share = f"{self.bads / self.subjects:.2%}"
        head = [self.title] if self.title else []
        if self.synthetic:
            head.append(
                tr(
                    "*** SYNTHETIC DATA: says nothing about real subjects ***",
                    "*** 合成数据:不代表任何真实主体 ***",
                )
            )
        head.append(
            tr(
                f"{self.subjects:,} subjects, {self.bads:,} bad ({share})",
                f"{self.subjects:,} 个主体,其中坏 {self.bads:,}({share})",
            )
        )
        head += [tr(en, zh) for en, zh in self.remarks]
        heads = (
            tr("figure", "指标"),
            tr("value", "数值"),
            tr("interval", "区间"),
            "p",
            tr("verdict", "结论"),
        )
        for section in self.sections:
            rows = [
                (
                    cut(line.name, 52),
                    printed(line.value, line.unit),
                    interval(line),
                    printed(line.p, "p") if line.p is not None else "",
                    cut(line.verdict, 72),
                )
                for line in section.lines
            ]
            tables = [found.name for found in section.tables if not found.points]
            if not rows and tables:  # a heading with nothing under it reads as a fault
                rows = [(name, "", "", "", tr("see its table", "见表")) for name in tables]
            head += ["", section.name, *(table(heads, rows) if rows else [])]
        return "\n".join(head)


def interval(line: Line) -> str:
    """Return a line's interval as printed, empty where there is none."""
    if line.low is None or line.high is None:
        return ""
    return f"{printed(line.low, line.unit)} – {printed(line.high, line.unit)}"
