"""A rubric's SQL proved where it will run: hostile rows graded there and by polars, every cell compared."""

from __future__ import annotations

from datetime import date

import polars as pl

from lishui_credit.errors import CreditError
from lishui_credit.rubrics.cell_differences import Differences, compared
from lishui_credit.rubrics.engine.evaluate import evaluate, grading_day
from lishui_credit.rubrics.hostile_subjects import Hostile
from lishui_credit.rubrics.law.rubric import Rubric
from lishui_credit.rubrics.rubric_sql import to_sql
from lishui_credit.rubrics.users_database import Database, loaded

EVENTS_PER_SUBJECT = 3
WITHIN_64_BITS = 4 * 10**8
"""Largest amount, in fen, of the second trial in an engine that stops where 64 bits are passed."""


def prove_rubric(
    base: Database,
    rubric: Rubric,
    dialect: str,
    *,
    rows: int,
    seed: int,
    period: int | None = None,
    as_of: date | None = None,
    labels: str | None = None,
) -> Differences:
    """Grade hostile subjects in a database by the printed statement, and compare with polars.

    Parameters
    ----------
    base : Database
        Where to run it; see `users_database.connected`.
    rubric : Rubric
        The edition.
    dialect : str
        As for `to_sql`.
    rows : int
        Subjects, and three events for each where the edition counts events.
    seed : int
        Of the rows.
    period, as_of, labels
        As for `to_sql`.

    Returns
    -------
    Differences
        What was compared and what differs.

    Raises
    ------
    CreditError
        If the database makes no temporary tables, or does not run the statement.
    """
    day = grading_day(rubric, period, as_of)
    largest = 10**30
    while True:
        hostile = Hostile(rubric, day, seed, largest=largest, period=period)
        frames = {"subjects": hostile.subjects(rows)}
        if rubric.uses_events:
            ids = frames["subjects"][rubric.subject_id]
            frames["events"] = hostile.events(EVENTS_PER_SUBJECT * rows, ids)
        try:
            found = _answer(base, rubric, dialect, frames, period, day, labels)
            break
        except CreditError as error:
            # SQLite stops there by intent, as its contract says: it is tried within 64 bits.
            if dialect != "sqlite" or "integer overflow" not in str(error) or largest < 10**30:
                raise
            largest = WITHIN_64_BITS
    expected = evaluate(
        frames["subjects"],
        rubric,
        events=frames.get("events"),
        period=period,
        as_of=day,
        labels=labels,
    )
    return compared(found, expected.collect(), rubric.subject_id)


def _answer(
    base: Database,
    rubric: Rubric,
    dialect: str,
    frames: dict[str, pl.DataFrame],
    period: int | None,
    day: date,
    labels: str | None,
) -> pl.DataFrame:
    with loaded(base, frames) as names:
        statement = to_sql(
            rubric,
            dialect,
            table=names["subjects"],
            events=names.get("events"),
            period=period,
            as_of=day,
            labels=labels,
            without=(),
        )
        return base.run(statement)
