"""The questions of an edition's calculator: a field per column, from the same dictionary as the forms."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from html import escape
from typing import Any
from urllib.parse import urlencode

from lishui_credit.language import either, tr
from lishui_credit.reports.html import words
from lishui_credit.rubrics.cases import Case, tried
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine import events as event_rules
from lishui_credit.rubrics.event_traces import event_labels
from lishui_credit.rubrics.law import catalog
from lishui_credit.rubrics.law.row_labels import row_label
from lishui_credit.rubrics.law.rubric import GradeRow, Rubric
from lishui_credit.rubrics.pages.page_parts import anchor
from lishui_credit.rubrics.rubric_forms import MISSING, Reader, readers
from lishui_credit.tables.columns import Column, dictionary, printed
from lishui_credit.tables.data_words import counted

DAY, YEAR = "as_of", "period"
"""Keys of the day of grading and the year assessed in the address of a calculation."""
_NOT_ASKED = frozenset({"name", "county", "township", "village", "synthetic", "year"})
_FEW = 3  # rows and rules that are named below a field; more are folded
_ALWAYS = frozenset({"code", "occurred_on", "event_id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One field of the form."""

    column: Column
    key: str  # of the field in the address of a calculation
    needed: bool = False  # whether an empty one withholds every grade
    filled: bool = False  # whether an empty one is refused
    words: tuple[tuple[str, str], ...] = ()  # what may be chosen, and what it is called
    readers: tuple[Reader, ...] = ()
    asked_by: tuple[GradeRow, ...] = ()  # grades whose conditions or cut-offs read it
    starts: str = ""  # what an empty field means to the start score, which reads it

    @property
    def label(self) -> str:
        """What people call it, with the unit it is written in."""
        named = either(self.column.label_en, self.column.label_zh)
        unit = _unit(self.column)
        return f"{named} ({unit})" if unit else named

    @property
    def kind(self) -> str:
        """How a cell is read: number, flag, word, day or text."""
        if self.words:
            return "flag" if self.column.type == "flag" else "word"
        if self.column.numeric:
            return "number"
        return "day" if self.column.type == "date" else "text"

    def data(self) -> dict[str, Any]:
        """Return what the script has to know to read its cell."""
        told: dict[str, Any] = {"kind": self.kind}
        if self.kind == "number":
            column = self.column
            assert column.minimum is not None
            assert column.maximum is not None
            ends = (int(end * column.per_unit) for end in (column.minimum, column.maximum))
            told |= {"per": column.per_unit, "type": column.type}
            told |= dict(zip(("least", "most"), ends, strict=True))
        if self.kind == "word":
            told["words"] = [word for word, _ in self.words]
        return told | ({"filled": True} if self.filled else {})


def questions(rubric: Rubric) -> tuple[Question, ...]:
    """Return the questions about a subject; those without which there is no grade stand first."""
    known, read = dictionary(), readers(rubric)
    apart = {rubric.subject_id} | _NOT_ASKED
    apart |= set() if rubric.bases is None else {rubric.bases.key}
    start = rubric.start
    first = {c.column for row in start.rows for c in row.when} if start is not None else set()
    starts = start.missing if start is not None else ""
    made = [
        Question(
            column=known[name],
            key=name,
            needed=needed,
            words=_words(known[name]),
            readers=tuple(read.get(name, ())),
            starts=starts if name in first else "",
            asked_by=tuple(row for row in rubric.grades if name in _asks(row)),
        )
        for name, needed in compiled.needed_columns(rubric).items()
        if name not in apart
    ]
    return (*(row for row in made if row.needed), *(row for row in made if not row.needed))


def _asks(grade: GradeRow) -> set[str | None]:
    """Return the columns that a grade's conditions and cut-offs read."""
    return {name for c in grade.requires for name in (c.column, c.over)} | set(grade.at_least_if)


def event_questions(rubric: Rubric) -> tuple[Question, ...]:
    """Return the questions about one event; none where the edition counts no events."""
    if not rubric.uses_events:
        return ()
    known = dictionary()
    codes = tuple(
        (code, f"{code} {label}") for code, (label, _) in sorted(event_labels(rubric).items())
    )
    return tuple(
        Question(
            column=known[name],
            key=name,
            filled=name in _ALWAYS,
            words=codes if name == "code" else _words(known[name]),
        )
        for name in event_rules.needed_columns(rubric)
    )


def _unit(column: Column) -> str:
    if column.type in ("money", "rate"):
        return tr("yuan", "元") if column.type == "money" else tr("as 95.5%", "如 95.5%")
    return counted(column.unit, Decimal(2))


def _words(column: Column) -> tuple[tuple[str, str], ...]:
    if column.type == "flag":
        return (("true", tr("yes", "是")), ("false", tr("no", "否")))
    return tuple((word, printed(column.id, word)) for word in column.values)


# ---- a calculation as an address ---------------------------------------------------------------


def written(column: Column, value: object) -> str:
    """Return a held value as its field takes it; "" for null.

    Examples
    --------
    >>> written(dictionary()["tax_amount"], 120050), written(dictionary()["tax_amount"], None)
    ('1200.5', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and column.numeric:
        percent = 100 if column.type == "rate" else 1
        exact = Decimal(value) * percent / column.per_unit
        return f"{exact.normalize():f}" + ("%" if percent == 100 else "")
    return value.isoformat() if isinstance(value, date) else str(value)


def address(
    subject: Mapping[str, object],
    events: Sequence[Mapping[str, object]] = (),
    *,
    as_of: date,
    period: int | None = None,
) -> str:
    """Return the fragment that opens a calculator with these held values."""
    known = dictionary()
    told = {DAY: as_of.isoformat(), YEAR: "" if period is None else str(period)}
    told |= {name: written(known[name], value) for name, value in subject.items()}
    for place, event in enumerate(events, 1):
        told |= {f"{place}.{name}": written(known[name], cell) for name, cell in event.items()}
    return "#?" + urlencode({key: value for key, value in told.items() if value})


@cache
def _asked(rubric: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the keys of the questions about a subject and about an event, the same in every language."""
    law = catalog.rubric(rubric)
    asked, happened = questions(law), event_questions(law)
    return frozenset(row.key for row in asked), frozenset(row.key for row in happened)


def case_address(case: Case) -> str:
    """Return the fragment that opens a calculator with the facts of a worked case."""
    subject, events, day = tried(case.rubric)[case.id].facts
    asked, happened = _asked(case.rubric)
    return address(
        {name: value for name, value in subject.items() if name in asked},
        [{name: cell for name, cell in row.items() if name in happened} for row in events],
        as_of=day,
        period=case.period,
    )


# ---- the form -----------------------------------------------------------------------------------


def field(question: Question, place: str = "") -> str:
    """Return a question as it stands in the form; events are told apart by their `place`."""
    name = f"{place}{question.key}"
    data = escape(json.dumps(question.data(), ensure_ascii=False, separators=(",", ":")))
    attributes = f'id="q-{name}" name="{name}" data-q="{data}" aria-describedby="n-{name} e-{name}"'
    if question.words:
        offered = "".join(
            f'<option value="{escape(word)}">{escape(said)}</option>'
            for word, said in question.words
        )
        control = f'<select {attributes}><option value="">{tr("not known", "未知")}</option>{offered}</select>'
    elif question.kind == "day":
        control = f'<input type="date" min="1900-01-01" max="2100-12-31" {attributes}>'
    else:
        mode = ' inputmode="decimal"' if question.kind == "number" else ""
        control = f'<input type="text" autocomplete="off"{mode} {attributes}>'
    must = tr("required", "必填") if question.needed or question.filled else ""
    mark = f' <span class="must">{must}</span>' if must else ""
    return (
        f'<div class="q"><label for="q-{name}">{escape(question.label)}{mark}</label>{control}'
        f'<div class="note" id="n-{name}">{_read_by(question)}</div>'
        f'<p class="fault" id="e-{name}"></p></div>'
    )


def _read_by(question: Question) -> str:
    """Return which rows read it, and what an empty field means to each."""
    column = question.column
    found: dict[str, list[str]] = {}
    for one in question.readers:
        link = f'<a href="#{anchor(one.row)}">{words(row_label(one.row))}</a>'
        found.setdefault(one.missing or "", []).append(link)
    told = [
        tr("; ", "；").join(links) + (f" ({words(tr(*MISSING[missing]))})" if missing else "")
        for missing, links in found.items()
    ]
    if question.starts:
        said = tr("start score", "起评分")
        told.insert(0, f'<a href="#r-start">{said}</a> ({words(tr(*MISSING[question.starts]))})')
    if question.asked_by:
        listed = tr(", ", "、").join(words(row_label(row)) for row in question.asked_by)
        told.insert(
            0, f'<a href="#grades">{words(tr("conditions of grades", "等级条件"))}</a>: {listed}'
        )
    whole = tr("; ", "；").join(told)
    if (count := len(question.readers)) > _FEW:
        said = tr(f"{count} rows or rules use it", f"{count} 项指标或规则用到")
        whole = f"<details><summary>{words(said)}</summary>{whole}</details>"
    return " ".join(filter(None, (words(tr(column.note, column.note_zh)), whole)))
