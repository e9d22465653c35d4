"""What a validation found, as an object, as text, as JSON and as a page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Final

import polars as pl

from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.reports.html import in_notebook
from lishui_credit.reports.layout import cut, table
from lishui_credit.tables.write import replacing
from lishui_credit.validation.report.conclusion import conclusion, findings
from lishui_credit.validation.report.findings import Line, Report, Section, Table, as_fields
from lishui_credit.validation.report.particulars import SEEN
from lishui_credit.validation.report.printed import cells, heads
from lishui_credit.version import __version__

SCHEMA = 1
"""Version of the JSON layout."""
STORED_SETTINGS: Final = ("level", "bins", "repeats", "seed", "min_rows")
"""Settings that this layout stores."""
ANSWERS: Final = ("owner", "due", "closed_on", "signed_by")
"""What a person fills in beside every finding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation(Report):
    """What `validate` found: sections of lines (figures) and tables, to read, print and write.

    Parameters
    ----------
    title : str
        What was validated.
    synthetic : bool
        Whether the data are made up; every output says so first.
    subjects, bads : int
        Rows and bad outcomes.
    settings : ValidationSettings
        How it was judged; a validation read back from JSON knows level, bins, repeats, seed and
        min_rows only.
    sections : tuple of Section
        One for each question that the data allow: ``id``, ``name``, ``lines``, ``tables``.
    remarks : tuple of Bilingual
        What a reader must know of all figures.
    particulars : Particulars
        Day, card, file and owner, with their hashes; whether the rows are the development sample.
    """

    @property
    def conclusion(self) -> str:
        """What the figures that were judged say together, in the language in use."""
        return str(conclusion(self))

    @property
    def findings(self) -> list[Line]:
        """The figures that fail, then those to watch: each needs an owner and an answer."""
        return findings(self)

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

    def named_table(self, id: str) -> Table:
        """Return the table of this id with its name and source; KeyError where there is none."""
        for section in self.sections:
            for found in section.tables:
                if found.id == id:
                    return found
        raise KeyError(id)

    def table(self, id: str) -> pl.DataFrame:
        """Return the frame of this id; KeyError where there is none."""
        return self.named_table(id).frame

    def frame(self) -> pl.DataFrame:
        """Return every figure as a row: section, id, names, value, interval, p, verdict, source."""
        rows = [{"section": section.id, **as_fields(line)} for section, line in self._lines()]
        floats = dict.fromkeys(("value", "low", "high", "p"), pl.Float64)
        names = "section id name_en name_zh value low high p standing verdict_en verdict_zh source"
        frame = pl.DataFrame(rows, schema_overrides=floats, infer_schema_length=None)
        return frame.select(names.split())

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "schema": SCHEMA,
            "made_by": f"lishui_credit {__version__}",
            "title": self.title,
            "synthetic": self.synthetic,
            "subjects": self.subjects,
            "bads": self.bads,
            "particulars": self.particulars.as_dict(),
            "conclusion": {"en": conclusion(self).en, "zh": conclusion(self).zh},
            "findings": [
                {"id": line.id, "standing": line.standing, **dict.fromkeys(ANSWERS, "")}
                for line in self.findings
            ],
            "settings": {name: getattr(self.settings, name) for name in STORED_SETTINGS},
            "remarks": [{"en": text.en, "zh": text.zh} for text in self.remarks],
            "sections": [
                {
                    "id": section.id,
                    "name_en": section.name.en,
                    "name_zh": section.name.zh,
                    "lines": [_plain(as_fields(line)) for line in section.lines],
                    "tables": [_stored(found) for found in section.tables],
                }
                for section in self.sections
            ],
        }

    def to_json(self) -> str:
        """Return everything as JSON text; figures that do not exist are null, never NaN."""
        return json.dumps(self.as_dict(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    def write(self, path: str | Path) -> Path:
        """Write a self-contained page (.html), the data (.json) or a text to edit (.docx), by the ending.

        Raises
        ------
        SubjectError
            If the path ends in none of them.
        ModelError
            For ``.docx`` without the extra ``word``.
        """
        target = Path(path)
        content: str | bytes
        if target.suffix == ".json":
            content = self.to_json()
        elif target.suffix in (".html", ".htm"):
            from lishui_credit.validation.report.validation_page import page

            content = page(self)
        elif target.suffix == ".docx":
            from lishui_credit.validation.report.validation_document import document

            content = document(self)
        else:
            raise SubjectError(
                tr(
                    "a report is written as .html, .json or .docx",
                    "报告只能写为 .html、.json 或 .docx",
                ),
                str(target.name),
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as draft:
            draft.write_bytes(content.encode() if isinstance(content, str) else content)
        return target

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """Return the figures as a notebook shows them."""
        from lishui_credit.validation.report.notebook_tables import tables

        return in_notebook(str(self), tables(self))

    def __str__(self) -> str:
        """Return the figures as a page of text."""
        share = f"{self.bads / self.subjects:.2%}"
        text = [f"*** {SEEN} ***"] if self.particulars.seen else []
        text += [self.title] if self.title else []
        if self.synthetic:
            text.append(
                tr(
                    "*** SYNTHETIC DATA: says nothing about real subjects ***",
                    "*** 合成数据:不代表任何真实主体 ***",
                )
            )
        text.append(
            tr(
                f"{self.subjects:,} subjects, {self.bads:,} bad ({share})",
                f"{self.subjects:,} 个主体,其中坏 {self.bads:,}({share})",
            )
        )
        text.append(tr("Conclusion: ", "结论:") + self.conclusion)
        if self.particulars.card or self.particulars.file:
            text += [f"{what}: {value}" for what, value in self.particulars.rows()]
        text += [str(remark) for remark in self.remarks]
        for section in self.sections:
            rows = [_row(line) for line in section.lines]
            tables = [str(found.name) for found in section.tables if not found.points]
            if not rows and tables:  # a heading with nothing under it reads as a fault
                rows = [(name, "", "", "", tr("see its table", "见表")) for name in tables]
            named = [heads()[name] for name in _PRINTED]
            text += ["", str(section.name), *(table(named, rows) if rows else [])]
        return "\n".join(text)


_PRINTED: Final = ("name", "value", "interval", "p", "verdict")
_WIDEST: Final = {"name": 52, "verdict": 72}


def _row(line: Line) -> tuple[str, ...]:
    found = cells(line)
    return tuple(cut(found[name], _WIDEST.get(name, 1_000)) for name in _PRINTED)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row JSON can hold: numbers that are not finite become null."""
    kept = {}
    for name, value in row.items():
        if isinstance(value, float) and not isfinite(value):
            value = None
        elif value is not None and not isinstance(value, str | int | float):
            value = str(value)
        kept[name] = value
    return kept


def _stored(found: Table) -> dict[str, Any]:
    row = as_fields(found)
    rows = [_plain(cells) for cells in row.pop("frame").to_dicts()]
    return {**row, "rows": rows}
