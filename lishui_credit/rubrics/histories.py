"""One subject over years: what each graded file says of it, and what changed between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl

from lishui_credit.errors import Problem, refuse
from lishui_credit.language import tr
from lishui_credit.reports.layout import cut, table
from lishui_credit.rubrics import stored_grades
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine.explain import explain
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.row_labels import row_label
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.tables.asked_ids import asked_id


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryYear:
    """What one graded file says of the subject; `grade` is empty where it gives none."""

    year: int
    file: str
    edition: str
    listed: bool  # whether the file holds the subject
    grade: str = ""
    grade_label: str = ""
    outcome: str = ""
    decided_by: str = ""
    decided: str = ""  # in words, with its clause
    score: str = "—"
    changes: tuple[str, ...] = ()  # since the year before it, in words


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectHistory:
    """One subject over years, oldest first.

    Parameters
    ----------
    subject : str
        Its id.
    rubric : str
        The method that graded every year.
    years : tuple of HistoryYear
        One per file.
    synthetic : bool
        Whether any file holds synthetic data.
    """

    subject: str
    rubric: str
    years: tuple[HistoryYear, ...]
    synthetic: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data, for ``--json``."""
        return asdict(self)

    def __str__(self) -> str:
        """Return it as a page of text."""
        heads = (
            tr("year", "年度"),
            tr("grade", "等级"),
            tr("points", "得分"),
            tr("decided by", "判定依据"),
            tr("edition", "版本"),
        )
        cells = [
            (
                str(row.year),
                f"{row.grade} {row.grade_label}".strip() or "—",
                row.score,
                cut(row.decided, 60),
                row.edition,
            )
            for row in self.years
        ]
        lines = [f"{self.subject}  ·  {self.rubric}", "", *table(heads, cells)]
        for row in self.years:
            if row.changes:
                lines += ["", tr(f"{row.year}, what changed:", f"{row.year} 年的变化:")]
                lines += [f"  {change}" for change in row.changes]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class _Held:
    """One year with what its changes are told from."""

    told: HistoryYear
    rubric: Rubric
    row: Mapping[str, Any]
    synthetic: bool


def subject_history(subject: str, files: Iterable[Path | str]) -> SubjectHistory:
    """Return what graded files of several years say of one subject.

    Parameters
    ----------
    subject : str
        Id of the subject.
    files : iterable of path-like
        Files that `grade` wrote, of one method, one per year; in any order.

    Returns
    -------
    SubjectHistory

    Raises
    ------
    ModelError
        If a file is no graded file.
    SubjectError
        If two files are of one year, they are of several methods, or none holds the subject.
    """
    opened = [(stored_grades.read(Path(file)), Path(file)) for file in files]
    ids = [
        stored.frame.select(pl.col(stored.rubric.subject_id).cast(pl.String).alias("id"))
        for stored, _ in opened
    ]
    subject = asked_id(
        subject,
        pl.concat([pl.LazyFrame(schema={"id": pl.String}), *ids]),
        Problem(tr("none of the files holds the subject", "各文件中均没有该主体")),
    )
    held = sorted((_held(subject, *one) for one in opened), key=lambda entry: entry.told.year)
    _refuse_unlike(held)
    years, last = [], None
    for entry in held:
        changes = () if last is None else tuple(_changes(last, entry))
        years.append(replace(entry.told, changes=changes))
        last = entry
    return SubjectHistory(
        subject=subject,
        rubric=held[0].rubric.name,
        years=tuple(years),
        synthetic=any(entry.synthetic for entry in held),
    )


def _held(subject: str, stored: stored_grades.Graded, file: Path) -> _Held:
    facts, rubric = stored.manifest.facts, stored.rubric
    found = stored.frame.filter(pl.col(rubric.subject_id) == subject).collect()
    told = HistoryYear(
        year=facts.as_of.year if facts.period is None else facts.period,
        file=str(file),
        edition=rubric.edition,
        listed=not found.is_empty(),
        decided=tr("not in the file", "文件中没有该主体"),
    )
    if not told.listed:
        return _Held(told, rubric, {}, stored.manifest.synthetic)
    row = found.row(0, named=True)
    why = explain(row, rubric)
    told = replace(
        told,
        grade=why.grade,
        grade_label=why.grade_label,
        outcome=why.outcome,
        decided_by=why.decided_by,
        decided=why.decided,
        score=why.score,
    )
    return _Held(told, rubric, row, stored.manifest.synthetic)


def _refuse_unlike(held: list[_Held]) -> None:
    problems = []
    methods = sorted({entry.rubric.name for entry in held})
    if len(methods) > 1:
        problems.append(
            Problem(
                tr("the files were graded by several methods", "各文件所用评价办法不同"),
                ", ".join(methods),
                tr("give files of one method", "请只给出同一办法的文件"),
            )
        )
    for one, other in pairwise(held):
        if one.told.year == other.told.year:
            problems.append(
                Problem(
                    tr(
                        f"two files are of the year {one.told.year}",
                        f"{one.told.year} 年度有两个文件",
                    ),
                    f"{one.told.file}, {other.told.file}",
                    tr("give one of them", "请只给出其中一个"),
                )
            )
    refuse(problems)


def _changes(before: _Held, now: _Held) -> Iterator[str]:
    """Yield what changed from one year to the next, in words."""
    old, new = before.told, now.told
    if new.year > old.year + 1:
        gap = f"{old.year + 1}" if new.year == old.year + 2 else f"{old.year + 1}-{new.year - 1}"
        yield tr(f"no file for {gap}", f"{gap} 年度无文件")
    if old.edition != new.edition:
        yield tr("edition: ", "版本:") + f"{old.edition} → {new.edition}"
    if not (old.listed and new.listed):
        return
    if old.grade != new.grade:
        yield tr("grade: ", "等级:") + f"{old.grade or '—'} → {new.grade or '—'}"
    if old.decided != new.decided:
        yield tr("decided by: ", "判定依据:") + f"{old.decided} → {new.decided}"
    if old.score != new.score:
        yield tr("points: ", "得分:") + f"{old.score} → {new.score}"
    yield from _points(before, now)
    yield from _told_otherwise(before, now)


def _points(before: _Held, now: _Held) -> Iterator[str]:
    """Yield the rows whose points are others, in the order of the newer edition."""
    labels = {row.id: row_label(row) for row in (*before.rubric.indicators, *now.rubric.indicators)}
    labels = {"start": tr("start score", "起评分"), **labels}
    for row_id, label in labels.items():
        values = [_value(entry, row_id) for entry in (before, now)]
        if values[0] != values[1] and any(values):
            shown = [
                "—"
                if value is None
                else tables.printed(entry.row[_name(row_id)], entry.rubric.point_unit)
                for entry, value in zip((before, now), values, strict=True)
            ]
            yield f"{label}: {shown[0]} → {shown[1]}"


def _name(row_id: str) -> str:
    return f"{compiled.POINTS}{row_id}"


def _value(entry: _Held, row_id: str) -> Fraction | None:
    value = entry.row.get(_name(row_id))
    return Fraction(value, entry.rubric.point_unit) if isinstance(value, int) else None


def _told_otherwise(before: _Held, now: _Held) -> Iterator[str]:
    """Yield that a year was graded with another last grade than the file of the year before gives."""
    taken = now.row.get("prior_grade")
    given, follows = before.told.grade, now.told.year == before.told.year + 1
    if follows and given and "prior_grade" in now.row and taken != given:
        yield tr(
            f"graded with {taken or 'no grade'} as last year's grade; the file of"
            f" {before.told.year} says {given}",
            f"评级时上年等级填为 {taken or '空'},而 {before.told.year} 年度文件为 {given}",
        )
