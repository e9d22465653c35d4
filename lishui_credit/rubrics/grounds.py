"""What decided one subject's grade, from a graded file: points, events, rules, and the next grade."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from lishui_credit.errors import CreditError, Problem
from lishui_credit.language import dated, tr
from lishui_credit.reports.layout import table
from lishui_credit.rubrics import event_traces
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine import events as event_rules
from lishui_credit.rubrics.engine.evaluate import Evaluation
from lishui_credit.rubrics.engine.explanation import Explanation
from lishui_credit.rubrics.event_traces import TracedEvent, trace
from lishui_credit.rubrics.intake import events_of
from lishui_credit.rubrics.law import rows as tables
from lishui_credit.rubrics.law.catalog import overlay_signature
from lishui_credit.rubrics.law.grade_measures import GroundedMeasure, measures_of
from lishui_credit.rubrics.law.row_labels import row_label
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.next_grade import NextGrade, graded_alike, next_grade
from lishui_credit.rubrics.stored_grades import (
    FolderFacts,
    Graded,
    in_own_types,
    opened,
    scan,
    stated,
)
from lishui_credit.tables.asked_ids import asked_id
from lishui_credit.tables.beside import sha256
from lishui_credit.tables.columns import called


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """Why one subject has its grade, and what the next one takes.

    Parameters
    ----------
    explanation : Explanation
        Every row with value, points, clause and evidence.
    rubric : Rubric
        The edition, overlay laid over.
    events : tuple of TracedEvent or None
        The subject's events, those that cost nothing too; None where they are not at hand.
    events_note : str
        Why `events` is None or not whole; empty for an edition that counts none.
    next : NextGrade or None
        The next better grade; None for the best one and where no grade was given.
    empty : tuple of str
        Columns whose empty cell an override rule took for "no".
    overlay : str
        The user's overlay and who signed it off; empty without one.
    measures : tuple of GroundedMeasure
        What documents in force on the day of grading attach to the grade: incentives and supervision.
    """

    explanation: Explanation
    rubric: Rubric
    events: tuple[TracedEvent, ...] | None = None
    events_note: str = ""
    next: NextGrade | None = None
    empty: tuple[str, ...] = ()
    overlay: str = ""
    measures: tuple[GroundedMeasure, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data, for ``--json``."""
        unit = self.rubric.point_unit
        return {
            **self.explanation.as_dict(),
            "events": None
            if self.events is None
            else [event.as_dict(unit) for event in self.events],
            "events_note": self.events_note,
            "next_grade": None if self.next is None else self.next.as_dict(unit),
            "empty_taken_for_no": list(self.empty),
            "overlay": self.overlay,
            "measures": [measure.as_dict() for measure in self.measures],
        }

    def __str__(self) -> str:
        """Return it as a page of text."""
        lines = [str(self.explanation)]
        for remark in self.remarks:
            lines += ["", remark]
        if self.events_note:
            lines += ["", self.events_note]
        for name, rows in self.event_lists:
            cells = [event_traces.cells(event, self.rubric.point_unit) for event in rows]
            lines += ["", name, *(table(event_traces.heads(), cells) if cells else [])]
        for part in (self.brought, self.way):
            lines += ["", *part] if part else []
        return "\n".join(lines)

    @property
    def brought(self) -> list[str]:
        """What the grade opens or brings, in lines; none where no document attaches anything to it."""
        if not self.measures:
            return []
        head = tr(
            "What documents attach to this grade (an authority or a lender decides; nothing follows by itself):",
            "文件对该等级规定的措施(由主管部门或金融机构决定,不因等级自动生效):",
        )
        return [head, *(f"  {measure}" for measure in self.measures)]

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences on the overlay and on empty cells taken for "no"; none where there is nothing to say."""
        said = [tr("Overlay: ", "覆盖文件:") + self.overlay] if self.overlay else []
        if self.empty:
            names = tr(", ", ";").join(map(called, self.empty))
            said.append(
                tr(
                    f"Empty cells that override rules took for 'no': {names}",
                    f"直接判级规则按“否”处理的空单元格:{names}",
                )
            )
        return tuple(said)

    @property
    def event_lists(self) -> tuple[tuple[str, tuple[TracedEvent, ...]], ...]:
        """Events that count and events that cost nothing, each list below its head; none not at hand."""
        if self.events is None:
            return ()
        if not self.events:
            return (
                (tr("No event of this subject is in the file.", "文件中没有该主体的事件。"), ()),
            )
        lists = (
            (
                tr("Events that count:", "计入的事件:"),
                tuple(event for event in self.events if event.counts),
            ),
            (
                tr("Events that cost nothing:", "不扣分的事件:"),
                tuple(event for event in self.events if not event.counts),
            ),
        )
        return tuple((name, rows) for name, rows in lists if rows)

    @property
    def way(self) -> tuple[str, ...]:
        """Lines on the next better grade: how far it is, what is not met, which repairs lead there."""
        return () if self.next is None else tuple(self._next(self.next))

    def _next(self, aim: NextGrade) -> list[str]:
        unit, label = self.rubric.point_unit, f"{row_label(aim.grade)} ({aim.grade.id})"
        head = tr(f"Next grade: {label}", f"更高一级:{label}")
        if aim.lacking:
            gap = tables.printed(aim.lacking, unit)
            head += tr(f", {gap} points away", f",相差 {gap} 分")
        elif aim.lacking == 0:
            head += tr(
                f"; the points are enough, what decides is: {self.explanation.decided}",
                f";得分已达到,起决定作用的是:{self.explanation.decided}",
            )
        lines = [head]
        lines += [tr("  not met: ", "  未满足:") + str(row) for row in aim.missed]
        if not self.rubric.uses_events or not aim.looked:
            if self.rubric.uses_events:
                lines.append(
                    tr(
                        "  repairs cannot be told without the events",
                        "  没有事件,无法说明可作的修复",
                    )
                )
            else:
                lines.append(tr("  the edition knows no repair", "  该版本没有修复规则"))
        elif aim.reaches:
            gives = tables.printed(aim.gives, unit)
            lines.append(
                tr(
                    f"  corrections that lead to {aim.reaches}, none of which can be left out (open on"
                    f" {dated(aim.on)}; {gives} points come back):",
                    f"  作以下修复可达 {aim.reaches},缺一不可(期限在{dated(aim.on)}尚未届满;共加回 {gives} 分):",
                )
            )
            labels = {event.event_id: event.label for event in self.events or ()}
            for row in aim.corrections:
                until = (
                    tr("no last day", "无截止日")
                    if row.by is None
                    else tr(f"by {dated(row.by)}", f"{dated(row.by)}前(含当日)")
                )
                lines.append(
                    f"    {row.event_id}  {row.code} {labels.get(row.event_id, '')}  {until}  [{row.clause}]"
                )
        else:
            lines.append(
                tr(
                    f"  no repair opens it (looked for on {dated(aim.on)})",
                    f"  没有可达到该等级的修复(自{dated(aim.on)}起)",
                )
            )
        return lines


def grounds(path: Path | str, subject: str, *, on: date | None = None) -> Grounds:
    """Explain one subject of a graded file or folder: what counted, what did not, and the next grade.

    Parameters
    ----------
    path : path-like
        A file or folder that `grade` wrote, with its manifest.
    subject : str
        Id of the subject.
    on : date, optional
        Day from which repairs that are still open are looked for; the day of grading if None.

    Returns
    -------
    Grounds

    Raises
    ------
    ModelError
        If it is no graded file.
    SubjectError
        If the file holds no such subject.

    Notes
    -----
    Events are read from the file that the manifest names, if it is there and its hash is the same.
    """
    said = stated(path)
    return of_graded(opened(said), said.path, subject, on=on)


def of_graded(stored: Graded, path: Path, subject: str, *, on: date | None = None) -> Grounds:
    """Explain one subject of a graded file that was read already; see `grounds`."""
    facts, rubric = stored.manifest.facts, stored.rubric
    ids = stored.frame.select(rubric.subject_id)
    hint = tr(f"give a {rubric.subject_id}", f"请给出 {rubric.subject_id}")
    lacking = Problem(tr("no such subject in the result", "结果中没有该主体"), hint=hint)
    subject = asked_id(subject, ids, lacking)
    explanation = Evaluation(stored.frame, rubric, facts.as_of, facts.period).explain(subject)
    row = stored.frame.filter(pl.col(rubric.subject_id) == subject).collect()
    events, note = _events(stored, path, row, subject)
    traced = None
    if events is not None:
        traced = trace(events, rubric, as_of=facts.as_of, period=facts.period)
    aim = next_grade(row, rubric, as_of=facts.as_of, period=facts.period, events=events, on=on)
    return Grounds(
        explanation=explanation,
        rubric=rubric,
        events=traced,
        events_note=note,
        next=aim,
        empty=_empty(row.row(0, named=True), rubric, strict=facts.strict),
        overlay=_signed(stored, path),
        measures=_measures(rubric, row["grade"][0], facts.as_of),
    )


def _measures(rubric: Rubric, grade: str | None, day: date) -> tuple[GroundedMeasure, ...]:
    return () if grade is None else measures_of(rubric, grade, on=day)


def _events(
    stored: Graded, path: Path, row: pl.DataFrame, subject: str
) -> tuple[pl.DataFrame | None, str]:
    """Return the subject's events, or None and one line that says why."""
    facts, rubric = stored.manifest.facts, stored.rubric
    if not rubric.uses_events:
        return None, ""
    file = stored.manifest.files(path).get("events")
    if file is None:
        return None, tr("The file was graded without a file of events.", "评级时未提供事件文件。")
    if not file.exists():
        return None, tr(
            f"Events are not listed: {file.name} is not where it was graded from.",
            f"无法列出事件:评级所用的 {file.name} 已不在原处。",
        )
    if sha256(file) != stored.manifest.inputs["events"].sha256:
        return None, tr(
            f"Events are not listed: {file.name} has changed since the grading.",
            f"无法列出事件:{file.name} 在评级后已被修改。",
        )
    sheet = stored.manifest.sheets().get("events")
    conformed = isinstance(facts, FolderFacts)  # amounts in fen, which `events_of` takes for yuan
    if conformed and row["withheld_by"][0] == compiled.REJECTED_EVENT:
        return None, tr(
            "Events are not listed: one was rejected; see the rejected folder beside the grades.",
            "无法列出事件:有事件被拒收,详见评级目录旁的拒收目录。",
        )
    try:
        if conformed:
            theirs = scan(file).filter(pl.col(rubric.subject_id) == subject)
            found = in_own_types(theirs, event_rules.needed_columns(rubric)).collect()
        else:
            found = events_of(
                rubric, file, subject, period=facts.period, as_of=facts.as_of, sheet=sheet
            )
    except CreditError as error:
        return None, tr("Events are not listed: ", "无法列出事件:") + str(error.problems[0])
    if row["outcome"][0] == compiled.GRADED and not graded_alike(
        row, rubric, found, facts.as_of, facts.period
    ):
        return None, tr(
            "Events are not listed: counted again they do not give the points of the file;"
            " run verify.",
            "无法列出事件:重新计算与文件中的得分不符,请运行 verify。",
        )
    if row["withheld_by"][0] == compiled.REJECTED_EVENT:
        return found, tr(
            "Events that were rejected are not listed: see the rejected file beside the grades.",
            "被拒收的事件未列出,详见评级文件旁的拒收文件。",
        )
    return found, ""


def _empty(row: Mapping[str, Any], rubric: Rubric, *, strict: bool) -> tuple[str, ...]:
    if strict and row["outcome"] == compiled.WITHHELD:
        return ()
    names = compiled.favourable_columns(rubric)
    return tuple(name for name in names if name in row and row[name] is None)


def _signed(stored: Graded, path: Path) -> str:
    """Return the user's overlay with its hand, as the file beside the grades says it."""
    file = stored.manifest.files(path).get("overlay")
    if file is None:
        return ""
    title, by, day = overlay_signature(file)
    if not by:
        return f"{title}: " + tr("signed off by nobody", "无人签署")
    return f"{title}: " + tr(f"signed off by {by} on {dated(day)}", f"由 {by} 于{dated(day)}签署")
