"""A rubric proved where it will run: hostile rows graded there and by polars, every cell compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Literal

import polars as pl

from lishui_credit.backends.cell_differences import Differences, compared
from lishui_credit.backends.engines_here import Answer
from lishui_credit.backends.local_databases import Frames
from lishui_credit.errors import CreditError
from lishui_credit.rubrics import rubric_code
from lishui_credit.rubrics.engine.evaluate import evaluate, grading_day
from lishui_credit.rubrics.hostile_subjects import Hostile
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.rubric_sql import to_sql

EVENTS_PER_SUBJECT = 3
WITHIN_64_BITS = 4 * 10**8
"""Largest amount, in fen, of the second trial in an engine that stops where 64 bits are passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RubricTrial:
    """An edition as the engines of a machine take it, and hostile subjects to grade.

    Parameters
    ----------
    rubric : Rubric
        The edition.
    rows : int
        Subjects, and three events for each where the edition counts events.
    seed : int
        Of the rows.
    period, as_of, labels
        As for `rubric_sql.to_sql`.
    """

    rubric: Rubric
    rows: int
    seed: int
    period: int | None = None
    as_of: date | None = None
    labels: str | None = None
    function: ClassVar[str] = "grade"

    @property
    def tables(self) -> tuple[str, ...]:
        """Roles of the frames."""
        return ("subjects", "events") if self.rubric.uses_events else ("subjects",)

    def differences(self, dialect: str, answer: Answer) -> Differences:
        """Return what differs from polars, eager."""
        try:
            return self._differences(answer, 10**30)
        except CreditError as error:
            # SQLite stops there by intent, as its contract says: it is tried within 64 bits.
            if dialect != "sqlite" or "integer overflow" not in str(error):
                raise
        return self._differences(answer, WITHIN_64_BITS)

    def lazily(self, frames: Mapping[str, pl.LazyFrame]) -> pl.LazyFrame:
        """Return the grades over lazy frames."""
        graded: pl.LazyFrame = self._graded(frames).frame
        return graded

    def statement(self, dialect: str, tables: Mapping[str, str]) -> str:
        """Return the statement."""
        return to_sql(
            self.rubric,
            dialect,
            table=tables["subjects"],
            events=tables.get("events"),
            period=self.period,
            as_of=self._day,
            labels=self.labels,
            without=(),
        )

    def code(self, language: Literal["python", "javascript"]) -> str:
        """Return plain code; it does not look at whether cells can be read."""
        record = rubric_code.recorded(self.rubric, self.period, self._day, self.labels, ())
        return rubric_code.printed(record, language, checked=False)

    def given(self, frames: Frames) -> list[Sequence[Any]]:
        """Return every subject with its events."""
        happened: dict[Any, list[Any]] = defaultdict(list)
        if "events" in frames:
            for event in frames["events"].iter_rows(named=True):
                happened[event[self.rubric.subject_id]].append(event)
        rows = frames["subjects"].iter_rows(named=True)
        return [(row, happened[row[self.rubric.subject_id]]) for row in rows]

    @property
    def _day(self) -> date:
        return grading_day(self.rubric, self.period, self.as_of)

    def _differences(self, answer: Answer, largest: int) -> Differences:
        made = Hostile(self.rubric, self._day, self.seed, largest=largest, period=self.period)
        frames = {"subjects": made.subjects(self.rows)}
        if self.rubric.uses_events:
            ids = frames["subjects"][self.rubric.subject_id]
            frames["events"] = made.events(EVENTS_PER_SUBJECT * self.rows, ids)
        expected = self._graded(frames).collect()
        return compared(answer(frames), expected, self.rubric.subject_id)

    def _graded(self, frames: Mapping[str, Any]) -> Any:
        return evaluate(
            frames["subjects"],
            self.rubric,
            events=frames.get("events"),
            period=self.period,
            as_of=self._day,
            labels=self.labels,
        )
