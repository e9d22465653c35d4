"""Empty forms for an edition: subjects, events, county bases; and a blank overlay for its annex."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from lishui_credit.citation import EVIDENCE
from lishui_credit.errors import SubjectError
from lishui_credit.language import tr
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine import events as event_rules
from lishui_credit.rubrics.event_traces import event_labels
from lishui_credit.rubrics.law.row_labels import row_label
from lishui_credit.rubrics.law.rubric import Indicator, Override, Rubric
from lishui_credit.tables.columns import dictionary
from lishui_credit.tables.forms import Field, Form, form_of

Table = Literal["subjects", "events", "bases"]
TABLES: Final[tuple[Table, ...]] = ("subjects", "events", "bases")

MISSING: Final = {
    "withhold": ("empty: no grade", "空:暂不评级"),
    "zero": ("empty: no points", "空:计 0 分"),
    "full": ("empty: full points", "空:计满分"),
    "exclude": ("empty: the row does not count", "空:该项不计"),
    "no": ("empty: taken for 'no'", "空:按“否”处理"),
}
"""What an empty cell means to a row, in both languages."""


def rubric_form(rubric: Rubric, table: Table = "subjects", period: int | None = None) -> Form:
    """Return the empty form of an edition.

    Parameters
    ----------
    rubric : Rubric
        The edition.
    table : {"subjects", "events", "bases"}
        Which of its files.
    period : int, optional
        Year assessed, for the title.

    Returns
    -------
    Form
        For `write_form`; required columns first.

    Raises
    ------
    SubjectError
        If the edition has no such file.

    Examples
    --------
    >>> from lishui_credit.rubrics.law.catalog import rubric
    >>> form = rubric_form(rubric("environment-credit", on="2018-06-30"))
    >>> form.fields[0].header, form.fields[0].required
    ('统一社会信用代码', True)
    """
    year = f" {period}" if period is not None else ""
    told = {
        "title": f"{rubric.title_zh}{year}  {rubric.name}@{rubric.edition}",
        "source": str(rubric.source),
        "guide": (
            tr(
                f"Give it back: lishui-credit grade {rubric.name} FILE -o grades.csv",
                f"填好后:lishui-credit grade {rubric.name} 文件 -o grades.csv",
            ),
        ),
    }
    known = dictionary()
    if table == "subjects":
        apart = () if rubric.bases is None else rubric.bases.columns
        needed = compiled.needed_columns(rubric)
        notes = _notes(rubric)
        columns = [
            Field(known[name], required, "; ".join(notes.get(name, ())))
            for name, required in needed.items()
            if name not in apart and name != "synthetic"
        ]
        return form_of(columns, **told)
    if table == "events":
        if not rubric.uses_events:
            raise SubjectError(
                tr(f"{rubric.name} counts no events", f"{rubric.name} 不使用事件文件")
            )
        codes = _codes(rubric)
        names = event_rules.needed_columns(rubric)
        columns = [
            Field(
                known[name],
                name in (rubric.subject_id, "code", "occurred_on"),
                allowed=tuple(codes) if name == "code" else (),
            )
            for name in (rubric.subject_id, *names)
        ]
        guide = tuple(f"{code}  {said}" for code, said in codes.items())
        return form_of(columns, **{**told, "guide": (*told["guide"], *guide)})
    if rubric.bases is None:
        raise SubjectError(tr(f"{rubric.name} uses no bases", f"{rubric.name} 不使用基数文件"))
    names = (rubric.bases.key, *rubric.bases.columns, "year")
    asked = [
        Field(
            known[name], name != "year", example=_year(rubric, period) if name == "year" else None
        )
        for name in names
    ]
    return form_of(asked, **told)


def _year(rubric: Rubric, period: int | None) -> int:
    return period if period is not None else rubric.period.start.year


def _codes(rubric: Rubric) -> dict[str, str]:
    """Return the codes of events an edition knows, each with its text and clause."""
    said = event_labels(rubric)
    return {code: "  ".join(said[code]) for code in event_rules.codes(rubric)}


@dataclass(frozen=True, slots=True)
class Reader:
    """A row or rule that reads a column, and what an empty cell means to it."""

    row: Indicator | Override
    missing: str | None  # a key of `MISSING`


def readers(rubric: Rubric) -> dict[str, list[Reader]]:
    """Return which rows and rules read each column of the subjects."""
    found: dict[str, list[Reader]] = {}

    def note(names: Iterable[str | None], row: Indicator | Override) -> None:
        for name in dict.fromkeys(names):
            if name is not None:
                found.setdefault(name, []).append(Reader(row, row.missing))

    for row in rubric.scoring:
        note(compiled.row_columns(row), row)
    for override in rubric.active_overrides:
        names = [name for c in override.when for name in (c.column, c.over)]
        note((override.column, *names), override)
    return found


def _notes(rubric: Rubric) -> dict[str, list[str]]:
    """Return what each column of the subjects is read for: clause, evidence, what empty means."""

    def said(one: Reader) -> str:
        row, means = one.row, tr(*MISSING[one.missing]) if one.missing else ""
        return f"{row_label(row)} [{row.clause}, {EVIDENCE[row.evidence]}] {means}".rstrip()

    return {name: [*map(said, found)] for name, found in readers(rubric).items()}


def blank_overlay(rubric: Rubric) -> str:
    """Return an overlay to fill in: every row of weak evidence, with what an annex would correct."""
    lines = [
        "# "
        + tr(
            "what the official text says; delete what it does not change",
            "按正式文本填写;未改动的行请删除",
        ),
        "format = 1",
        f'overlay_of = "{rubric.name}@{rubric.edition}"',
        'overlay_title = ""',
        "",
        "[signed_off]",
        'by = ""',
        "on = 2000-01-01  # " + tr("the day of the comparison", "核对日期"),
    ]
    for row in rubric.scoring:
        if row.evidence in ("local", "memory", "placeholder"):
            lines += ["", "[[indicators]]", f'id = "{row.id}"  # {row_label(row)}']
            lines += [f'clause = "{row.clause}"', 'evidence = "official"']
            if row.max_points is not None:
                lines.append(f"max_points = {row.max_points}")
    return "\n".join(lines) + "\n"
