"""An explanation as an object: plain data, a page of text, what a notebook shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import polars as pl

from lishui_credit.citation import EVIDENCE, Evidence, is_weak
from lishui_credit.language import Bilingual, plural, tr
from lishui_credit.reports import html
from lishui_credit.reports.layout import cut, table
from lishui_credit.rubrics.law.links import Link
from lishui_credit.rubrics.law.row_labels import row_label
from lishui_credit.rubrics.law.rubric import Override

_STATE: Final[Mapping[str, Bilingual]] = {
    "missing": Bilingual("missing", "缺失"),
    "not_applicable": Bilingual("not applicable", "不适用"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedRow:
    """One row of an explanation; values and points as printed."""

    id: str
    label: str
    dimension: str
    value: str  # what was read; empty for rows of events
    points: str  # earned, or taken off
    out_of: str  # the most there is
    state: Literal["scored", "missing", "not_applicable", "not_scored"]
    clause: str
    evidence: Evidence
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Why one subject has its grade; printed, a page of text."""

    subject: str
    edition: str
    source: str  # the document, cited
    grade: str
    grade_label: str
    outcome: str
    decided_by: str
    decided: str  # what decided it, in words, with its clause
    score: str  # as printed, with what was possible where rows were left out
    rows: tuple[ExplainedRow, ...]  # scored ones first
    applied: tuple[Override, ...]  # override rules that apply to this subject
    weak_share: int  # percent of the points the edition can move that rest on weak evidence
    amounts: tuple[tuple[str, str], ...] = ()
    adjusted_grade: str | None = None
    # By table and id: where each row of the edition stands; not printed, for ``--json``.
    links: Mapping[tuple[str, str], Link] = field(default_factory=dict, repr=False)

    def frame(self) -> pl.DataFrame:
        """Return the rows as a polars frame, one row each."""
        fields = ("id", "label", "dimension", "value", "points", "out_of", "state", "clause")
        return pl.DataFrame(
            [
                {**{name: getattr(row, name) for name in fields}, "evidence": row.evidence}
                for row in self.rows
            ]
        )

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data, for ``--json``."""
        return {
            "subject": self.subject,
            "edition": self.edition,
            "source": self.source,
            "grade": self.grade,
            "grade_label": self.grade_label,
            "outcome": self.outcome,
            "decided_by": self.decided_by,
            "decided": self.decided,
            "score": self.score,
            "adjusted_grade": self.adjusted_grade,
            "amounts": dict(self.amounts),
            "weak_evidence_percent": self.weak_share,
            "rows": [
                {**row, **self._copy("start" if row["id"] == "start" else "indicators", row["id"])}
                for row in self.frame().to_dicts()
            ],
            "overrides": [
                {
                    "id": row.id,
                    "label": row_label(row),
                    "clause": row.clause,
                    "evidence": row.evidence,
                    **self._copy("overrides", row.id),
                }
                for row in self.applied
            ],
        }

    def _copy(self, part: str, row_id: str) -> dict[str, Any]:
        """Return the document of a row, cited, and where a copy can be read."""
        link = self.links.get((part, row_id if part != "start" else "rows.0"))
        if link is None:
            return {}
        return {"document": str(link.document), "url": link.url, "read_on": link.read_on}

    def __str__(self) -> str:
        """Return the explanation as a page of text."""
        shown = [
            [cut(cell, most) for cell, most in zip(row, _WIDEST, strict=True)]
            for row in self._cells()
        ]
        lines = [*self._head(), "", *table(_heads(), shown), *self._quiet()]
        return "\n".join([*lines, *(line for part in self._below() for line in ("", *part))])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """Return the explanation as a notebook shows it."""
        parts = (self._head(), self._quiet(), *self._below())
        first, *below = [f"<p>{'<br>'.join(map(html.words, part))}</p>" for part in parts if part]
        heads, *rows = [[("", cell) for cell in row] for row in (_heads(), *self._cells())]
        return html.in_notebook(str(self), "".join([first, html.table(heads, rows), *below]))

    def _head(self) -> list[str]:
        head = [
            f"{self.subject}  ·  {self.edition}",
            self.source,
            f"{tr('grade', '等级')}: {self.grade or '—'} {self.grade_label}".rstrip()
            + f"   {tr('score', '得分')}: {self.score}",
            f"{tr('decided by', '判定依据')}: {self.decided}",
        ]
        if self.adjusted_grade:
            head.append(f"{tr('adjusted by a person to', '人工调整为')}: {self.adjusted_grade}")
        return head + [f"{label}: {value}" for label, value in self.amounts]

    def _scored(self, *, quiet: bool) -> list[ExplainedRow]:
        """Return the rows that count, either those that moved nothing or the others."""
        rows = [row for row in self.rows if row.state != "not_scored"]
        return [row for row in rows if (row.points == "0" and not row.out_of) is quiet]

    def _cells(self) -> list[tuple[str, ...]]:
        return [
            (
                row.label,
                row.value,
                str(_STATE[row.state])
                if row.state in _STATE
                else (f"{row.points}/{row.out_of}" if row.out_of else row.points),
                row.clause,
                how_known(row.evidence),
            )
            for row in self._scored(quiet=False)
        ]

    def _quiet(self) -> list[str]:
        count = len(self._scored(quiet=True))
        told = tr(
            f"and {plural(count, 'indicator')} without a recorded event (0 points)",
            f"另有 {count} 项指标无事件记录(0 分)",
        )
        return [told] if count else []

    def _below(self) -> list[list[str]]:
        """Return the paragraphs that stand below the table, line by line."""
        listed = [row for row in self.rows if row.state == "not_scored"]
        found = []
        if self.applied:
            rules = [
                f"  {row_label(row)}  [{row.clause}; {how_known(row.evidence)}]"
                for row in self.applied
            ]
            found.append([tr("Override rules that apply:", "适用的直接判级规则:"), *rules])
        if listed:
            told = tr(
                f"{plural(len(listed), 'indicator')} without effect on the score (points unknown"
                " or switched off): ",
                f"{len(listed)} 项指标不计分(分值未知或已停用):",
            )
            names = tr(", ", "、").join(row.label for row in listed[:6])
            found.append([told + names + ("…" if len(listed) > 6 else "")])
        if self.weak_share:
            told = tr(
                f"{self.weak_share}% of the points this edition can move rest on evidence below"
                " 'secondary' (marked !).",
                f"该版本可变动分值中有 {self.weak_share}% 的依据弱于“二手转述”(标 !)。",
            )
            found.append([told])
        return found


_WIDEST: Final = (44, 34, 99, 30, 99)
"""Terminal columns that the cells of a printed row may take."""


def how_known(level: Evidence) -> str:
    """Return how well a row is known, in words; weak evidence is marked."""
    return f"{EVIDENCE[level]} !" if is_weak(level) else str(EVIDENCE[level])


def _heads() -> tuple[str, ...]:
    return (
        tr("indicator", "指标"),
        tr("value", "取值"),
        tr("points", "得分"),
        tr("clause", "条款"),
        tr("evidence", "依据"),
    )
