"""Tables that an engine has, as an edition grades them: opened, checked, and what grades them recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from lishui_credit.backends import recorder
from lishui_credit.errors import Problem, refuse
from lishui_credit.language import tr
from lishui_credit.rubrics.conformed_tables import (
    EXAMPLE,
    REJECTED,
    ROWS,
    Checked,
    checked_events,
    checked_subjects,
)
from lishui_credit.rubrics.engine import compile as compiled
from lishui_credit.rubrics.engine import events as event_rules
from lishui_credit.rubrics.engine.engine_sessions import EngineSession
from lishui_credit.rubrics.engine.evaluate import Evaluation, evaluate
from lishui_credit.rubrics.engine.sql_frames import EVENTS, SUBJECTS, mistyped, run, source
from lishui_credit.rubrics.event_intake import event_notes
from lishui_credit.rubrics.intake import NO_EVENTS, unused_files
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.whole_records import withheld
from lishui_credit.statistics.refusals import lacking


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be graded, and how."""

    rubric: Rubric
    files: Mapping[str, Path]  # subjects, events, overlay
    period: int | None
    day: date
    labels: str | None
    skip: bool
    strict: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineIntake:
    """Tables that an engine has, checked."""

    session: EngineSession
    asked: Asked
    frames: Mapping[str, Any]
    checked: Mapping[str, Checked]
    told: Mapping[str, Mapping[str, Any]]  # the row of each summary
    unused: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, session: EngineSession, asked: Asked) -> EngineIntake:
        """Open and check the tables; SubjectError for what concerns one as a whole."""
        rubric, files = asked.rubric, asked.files
        refuse(unused_files(rubric, files.get("events"), None))
        roles = [role for role in ("subjects", "events") if role in files]
        frames = {role: session.parquet(files[role]) for role in roles}
        types = {role: session.types(frame) for role, frame in frames.items()}
        wanted = {"subjects": compiled.needed_columns(rubric)}
        needed = (rubric.subject_id, "code", "occurred_on", "event_id")
        columns = (rubric.subject_id, *event_rules.needed_columns(rubric))
        wanted["events"] = {name: name in needed for name in columns}
        names = {role: [n for n in wanted[role] if n in types[role]] for role in roles}
        problems: list[Problem] = []
        for role in roles:
            absent = [name for name, required in wanted[role].items() if required]
            problems += lacking(absent, sorted(types[role]))
            problems += mistyped(types[role], names[role], files[role].name)
        refuse(problems)
        checked = {"subjects": checked_subjects(rubric, names["subjects"], asked.day)}
        if "events" in files:
            people = checked["subjects"].accepted
            checked["events"] = checked_events(
                rubric, names["events"], people, asked.day, asked.period
            )
        found = cls(
            session=session,
            asked=asked,
            frames=frames,
            checked=checked,
            told={},
            unused={r: tuple(n for n in types[r] if n not in names[r]) for r in roles},
        )
        told = {role: found._rows(checked[role].summary())[0] for role in roles}
        return replace(found, told={role: _whole(row) for role, row in told.items()})

    def frame(self, query: recorder.Table) -> Any:
        """Return the engine's frame of a recorded query."""
        return run(self.session, query, self.frames["subjects"], self.frames.get("events"))

    def answered(self, statement: str) -> Any:
        """Return the engine's frame of a statement that is printed."""
        return self.session.answered(statement, self.frames["subjects"], self.frames.get("events"))

    def pieces(self) -> Iterator[EngineIntake]:
        """Yield the tables in pieces that the engine can group; whole where rows are left out.

        Which rows contradict each other is seen in whole tables only.
        """
        if "events" not in self.frames or self._lost("events"):
            yield self
            return
        key, rows = self.asked.rubric.subject_id, self.told["subjects"][ROWS]
        for frames in self.session.pieces(self.frames, key, rows):
            yield replace(self, frames=frames)

    def _rows(self, query: recorder.Table) -> list[dict[str, Any]]:
        return self.session.rows(self.frame(query))

    def counts(self, role: str) -> dict[str, int]:
        """Return what was counted of the accepted rows of a table."""
        told = self.told[role]
        return {name: told[flag] for flag, name in self.checked[role].counts.items()}

    def notes(self) -> Iterator[str]:
        """Yield what must be said of what was read."""
        for role, names in self.unused.items():
            if names:
                shown = ", ".join(names[:8]) + ("…" if len(names) > 8 else "")
                told = tr("columns not used: ", "未使用的列:") + shown
                yield f"{self.asked.files[role].name}: {told}"
        if "events" in self.told:
            yield from event_notes(self.counts("events"), (self.asked.rubric,), self.asked.day)
        elif self.asked.rubric.uses_events:
            yield str(NO_EVENTS)

    def evaluation(self) -> Evaluation[Any]:
        """Return what grades the accepted rows, recorded; whose record is not whole is withheld."""
        asked, told = self.asked, self.told
        tables = {
            role: checked.accepted if self._lost(role) else source(_NAMES[role], checked.columns)
            for role, checked in self.checked.items()
        }
        result = evaluate(
            tables["subjects"],
            asked.rubric,
            events=tables.get("events"),
            period=asked.period,
            as_of=asked.day,
            labels=asked.labels,
        )
        frame, names = result.frame, result.frame.names()
        if "events" in told and told["events"][REJECTED]:
            frame = frame.join(
                self.checked["events"].in_doubt, on=asked.rubric.subject_id, how="left"
            )
            lost = ~recorder.col(REJECTED).is_null()
            frame = withheld(frame, asked.rubric, lost, compiled.REJECTED_EVENT, recorder)
        if asked.strict:
            for name, count in self.counts("subjects").items():
                if count:
                    empty = recorder.col(name).is_null()
                    frame = withheld(frame, asked.rubric, empty, name, recorder)
        return replace(result, frame=frame.select(*names))

    def _lost(self, role: str) -> bool:
        """Tell whether rows of a table are left out; those of events also with their subjects."""
        return any(self.told[one][REJECTED] for one in ("subjects", role))


_NAMES: Final = {"subjects": SUBJECTS, "events": EVENTS}


def _whole(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a summary; of no rows, sums are null."""
    return {n: v if n.startswith(EXAMPLE) else int(v or 0) for n, v in row.items()}
